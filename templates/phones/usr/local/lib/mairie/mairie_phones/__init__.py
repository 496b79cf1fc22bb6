"""Files with which phones set themselves up: each given once, to the phone that it is for."""

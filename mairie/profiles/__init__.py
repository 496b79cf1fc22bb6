"""Files that set a person's device up for the Wi-Fi of the staff, one kind a module."""

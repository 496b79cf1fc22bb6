"""Sheets of paper: what is put up in the town hall, one page a subject."""

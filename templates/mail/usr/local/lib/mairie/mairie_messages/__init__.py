"""Sends what the telephone system took down: messages with their recording, faxes as PDF.

Both wait as files; a file is gone only when the queue of this host has taken it.
"""

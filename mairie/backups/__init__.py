"""Asking hosts about their backups: one command on a host, its answer; many hosts at once."""

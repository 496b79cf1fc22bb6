"""Calls of a telephone host: who is on the telephone now, and who was."""

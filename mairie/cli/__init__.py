"""The mairie command, one file per command."""

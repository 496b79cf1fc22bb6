"""Marquesas: a cable to two islands, satellite links to the others."""

segments = {"public": {"rate_limit": "4M"}}

__all__ = ["segments"]

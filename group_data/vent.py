"""Windward Islands: fibre of 100 Mbit/s and more."""

segments = {"public": {"rate_limit": "50M"}}

__all__ = ["segments"]

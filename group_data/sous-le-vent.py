"""Leeward Islands: fibre, with visitors in numbers."""

segments = {"public": {"rate_limit": "20M"}}

__all__ = ["segments"]

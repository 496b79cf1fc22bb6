"""Tuamotu and Gambier: satellite links, and a cable with little room on nine atolls."""

segments = {"public": {"rate_limit": "2M"}}

# Downloads take longer than on a fast cable.
upgrades = {"start": "00:00", "hours": 5}

__all__ = ["segments", "upgrades"]

"""Austral Islands: satellite links of 10 to 20 Mbit/s shared by everybody."""

segments = {"public": {"rate_limit": "2M"}}

# Downloads take longer than on a cable.
upgrades = {"start": "00:00", "hours": 5}

__all__ = ["segments", "upgrades"]

"""Hubs: they see the traffic of every commune, so their journal has more room."""

journal = {"max_use_mb": 4000}

__all__ = ["journal"]

"""Settings of a host, as its deploy writes them."""

from __future__ import annotations

from typing import Any

SETTINGS: dict[str, Any] = {
    "host": "rapa-mairie-box", "domain": "demo.example", "server": "10.0.0.1:8000",
    "repository": "http://10.0.0.1:8000/rapa-mairie-box/",
    "window": {"start": "23:00", "minutes": 45}, "upload": 1_200_000, "download": 6_000_000,
    "connections": 5, "pack_bytes": 4 << 20, "folders": ["/etc", "/nowhere"],
    "excludes": ["*.tmp"], "databases": [], "local_target": "", "alert_nights": 2,
    "memory_bytes": 1, "cpu_percent": 1,
    "drill": {"day": 1, "at": "03:00", "files": 5, "max_bytes": 1000, "max_age_days": 40},
}  # fmt: skip

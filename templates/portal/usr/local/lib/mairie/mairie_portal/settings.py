"""What a deploy says of the portal: ``/etc/mairie/portal/portal.json``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

SETTINGS = Path("/etc/mairie/portal/portal.json")
STATE = Path("/var/lib/mairie-portal")
"""Sessions and vouchers; beside what is saved at night: who was here is nobody's business."""
ACCOUNT = "mairie-portal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The terms in one language."""

    code: str
    language: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything the portal needs to know."""

    commune: str
    site: str
    interface: str
    addresses: tuple[str, ...]
    """IPv4, then IPv6."""
    port: int
    mode: Literal["click", "voucher"]
    seconds: int
    data_bytes: int
    languages: tuple[Terms, ...]


def load(path: Path = SETTINGS) -> Settings:
    """Read the settings.

    Raises:
        OSError: there are none.
        ValueError: they are not JSON.

    """
    data = json.loads(path.read_text(encoding="utf-8"))
    return Settings(
        commune=data["commune"],
        site=data["site"],
        interface=data["interface"],
        addresses=tuple(data["addresses"]),
        port=data["port"],
        mode=data["mode"],
        seconds=data["seconds"],
        data_bytes=data["data_bytes"],
        languages=tuple(Terms(**each) for each in data["languages"]),
    )

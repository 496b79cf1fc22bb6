"""What the deploy wrote about this host, and where things are."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Period:
    """From when to when a law holds, and how long it has records kept."""

    start: date
    end: date | None
    """Last day; None: in force."""
    days: int

    @classmethod
    def of(cls, written: dict[str, Any]) -> Period:
        """Read one row of the settings."""
        end = written["end"]
        return cls(
            date.fromisoformat(written["start"]),
            date.fromisoformat(end) if end else None,
            written["days"],
        )

    def holds(self, day: date) -> bool:
        """Whether it says something about what was recorded that day."""
        return self.start <= day and (self.end is None or day <= self.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Of this host."""

    host: str
    label: str
    """Commune and site, for people."""
    interface: str
    ipv4: IPv4Network
    ipv6: IPv6Network
    periods: tuple[Period, ...]
    day_bytes: int
    """Room of one day, before compression."""
    source_bytes: int
    """Room of one device in a day."""

    @classmethod
    def read(cls, path: Path) -> Settings:
        """Read the file of the deploy."""
        written = json.loads(path.read_text())
        return cls(
            host=written["host"],
            label=written["label"],
            interface=written["interface"],
            ipv4=IPv4Network(written["ipv4"]),
            ipv6=IPv6Network(written["ipv6"]),
            periods=tuple(Period.of(row) for row in written["periods"]),
            day_bytes=written["day_bytes"],
            source_bytes=written["source_bytes"],
        )


@dataclass(frozen=True, slots=True)
class Places:
    """Files and folders; tests have others."""

    settings: Path = Path("/etc/mairie/records.json")
    records: Path = Path("/var/lib/mairie/records")
    """A file a day; in no backup."""
    log: Path = Path("/var/lib/mairie/records-log")
    """What may be saved: digests of days, and who asked for what."""
    run: Path = Path("/run/mairie-records")
    leases: Path = Path("/var/lib/misc/dnsmasq.leases")
    host_key: Path = field(default=Path("/etc/ssh/ssh_host_ed25519_key"))

    @property
    def days(self) -> Path:
        """The chain of the days' digests."""
        return self.log / "days.jsonl"

    @property
    def requisitions(self) -> Path:
        """The chain of what was asked for."""
        return self.log / "requisitions.jsonl"

    @property
    def state(self) -> Path:
        """What the recorder says of itself."""
        return self.run / "state.json"

    @property
    def trusted(self) -> Path:
        """There once the clock has been right since the machine started."""
        return self.run / "clock-was-right"

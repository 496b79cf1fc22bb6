"""Brick ``records`` of one host: what is recorded of visitors' connections."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionPeriod:
    """A law in time: what is recorded from ``start`` to ``end`` is kept for ``days``."""

    start: str
    """First day, ISO 8601."""
    end: str
    """Last day; empty: in force."""
    days: int
    source: str
    checked: str
    """Day on which a person read the source in force there; empty: nobody has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordsPlan:
    """Brick ``records`` on the gateway of a site with the public network."""

    segment: str
    interface: str
    prefix_ipv4: str
    prefix_ipv6: str
    territory: str
    """Whose law: name of a row of the reference."""
    periods: tuple[RetentionPeriod, ...]
    day_bytes: int
    """Room of one day's records before they are compressed."""
    source_bytes: int
    """Room of one device in a day."""
    memory_bytes: int
    """Ceiling of the service (systemd MemoryMax)."""
    cpu_percent: int
    """Ceiling of the service (systemd CPUQuota)."""

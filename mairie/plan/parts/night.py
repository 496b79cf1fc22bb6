"""When a host does its heavy work."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class NightWindow:
    """When a host may back itself up, local time of the host."""

    start: str
    """``HH:MM``, the minute from a hash of the commune."""
    minutes: int
    """After which an unfinished upload stops, to go on the next night."""

"""How far the time of a record can be believed: what chrony says, and jumps of the clock."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass

OWN_REFERENCE = "7F7F0101"
"""chrony's name for the host's own clock, which it serves while every source is lost."""
JUMP_S = 0.5
"""A clock that moved this much more or less than time passed was set."""


@dataclass(frozen=True, slots=True)
class Clock:
    """What chrony knows."""

    synchronised: bool
    """To something other than itself."""
    source: str
    """Address or name of what it follows; empty when it follows nothing."""
    offset_s: float
    """Of the system's time from what chrony holds right."""

    @classmethod
    def of(cls, tracking: str) -> Clock:
        """Read what ``chronyc -c -n tracking`` says; nothing readable is not synchronised."""
        fields = tracking.strip().split(",")
        try:
            reference, source, offset, leap = fields[0], fields[1], float(fields[4]), fields[13]
        except (IndexError, ValueError):
            return cls(synchronised=False, source="", offset_s=0.0)
        right = leap != "Not synchronised" and reference not in (OWN_REFERENCE, "00000000")
        return cls(synchronised=right, source=source if right else "", offset_s=round(offset, 6))


def look() -> Clock:
    """Ask chrony."""
    try:
        said = subprocess.run(
            ["chronyc", "-c", "-n", "tracking"],
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        said = ""
    return Clock.of(said)


def jump(wall: tuple[float, float], steady: tuple[float, float]) -> float:
    """Return by how many seconds the clock was set between two looks; 0.0 when it was not.

    Args:
        wall: time of day at both looks, seconds.
        steady: a clock that only passes, at both looks.

    """
    moved = (wall[1] - wall[0]) - (steady[1] - steady[0])
    return round(moved, 3) if abs(moved) > JUMP_S else 0.0

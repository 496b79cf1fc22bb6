"""Time of day, and time that only passes: a clock that is set ends no lesson and lengthens none."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

BOOT = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Moment:
    """One moment by both clocks."""

    wall: float
    """Seconds since 1970, as the clock says."""
    passed: float
    """Seconds since the host started, sleep included."""
    boot: str
    """Which start that was."""


def now() -> Moment:
    """Return this moment."""
    return Moment(
        time.time(),
        time.clock_gettime(time.CLOCK_BOOTTIME),
        BOOT.read_text(encoding="ascii").strip(),
    )

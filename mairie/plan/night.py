"""The night of a whole fleet: who sends when, in one time for all, and how many at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from mairie.plan.parts.night import NightWindow

DAY_MINUTES = 24 * 60
YEAR = 2026
"""Whose seasons are looked at: what follows from an inventory may not depend on today."""


@dataclass(frozen=True, slots=True)
class Sending:
    """One host's window of the night."""

    host: str
    uplink: str
    """What it shares with the other hosts of its site."""
    timezone: str
    window: NightWindow


@dataclass(frozen=True, slots=True)
class Season:
    """A part of the year in which no time zone of the fleet changes its offset."""

    first_day: int
    """Of the year, from 0."""
    offsets: dict[str, int]
    """Minutes ahead of UTC, by time zone."""

    def minutes(self, sending: Sending) -> list[int]:
        """Return the minutes of the UTC day in which a host may send."""
        start = minute_of(sending.window.start) - self.offsets[sending.timezone]
        return [(start + n) % DAY_MINUTES for n in range(sending.window.minutes)]

    def local(self, utc_minute: int, timezone: str) -> str:
        """Return ``HH:MM`` in a time zone."""
        return clock(utc_minute + self.offsets[timezone])


def minute_of(text: str) -> int:
    """Return the minute of the day of ``HH:MM``."""
    hour, minute = text.split(":")
    return (int(hour) * 60 + int(minute)) % DAY_MINUTES


def clock(minute: int) -> str:
    """Return ``HH:MM`` of a minute of the day, also beyond its ends."""
    return f"{minute // 60 % 24:02d}:{minute % 60:02d}"


def seasons(timezones: Iterable[str]) -> tuple[Season, ...]:
    """Return one season for each way in which the offsets of time zones occur together."""
    zones = sorted(set(timezones))
    by_offsets: dict[tuple[int, ...], Season] = {}
    for day, offsets in enumerate(zip(*(_offsets(zone) for zone in zones), strict=True)):
        season = Season(day, dict(zip(zones, offsets, strict=True)))
        by_offsets.setdefault(offsets, season)
    return tuple(by_offsets.values())


@cache
def _offsets(timezone: str) -> tuple[int, ...]:
    """Return the offset of each day of the year, in minutes."""
    zone = ZoneInfo(timezone)
    first = datetime(YEAR, 1, 1, 12, tzinfo=UTC)
    found = []
    for day in range(365):
        offset = (first + timedelta(days=day)).astimezone(zone).utcoffset() or timedelta()
        found.append(int(offset.total_seconds()) // 60)
    return tuple(found)


def loads(sendings: Sequence[Sending], season: Season) -> list[int]:
    """Return how many hosts may send in each minute of the UTC day."""
    counts = [0] * DAY_MINUTES
    for sending in sendings:
        for minute in season.minutes(sending):
            counts[minute] += 1
    return counts

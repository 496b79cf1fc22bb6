"""Lessons of every week: which one holds now."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from mairie_lessons.settings import Weekly

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def current(schedule: Iterable[Weekly], now: datetime) -> tuple[str, int] | None:
    """Return the lesson of a local time, as its name and the seconds it has left; None without."""
    at = 3600 * now.hour + 60 * now.minute + now.second
    for lesson in schedule:
        if DAYS[now.weekday()] in lesson.days and _seconds(lesson.start) <= at < (
            _seconds(lesson.end)
        ):
            return f"{now:%Y-%m-%d} {lesson.start}", _seconds(lesson.end) - at
    return None


def _seconds(clock: str) -> int:
    hours, _, minutes = clock.partition(":")
    return 3600 * int(hours) + 60 * int(minutes)

"""Brick ``lessons`` of one host: networks that are on for a lesson."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonsPlan:
    """Brick ``lessons`` at a site whose radios carry networks that are off by default."""

    minutes: int
    """Of a lesson whose length nobody said."""
    longest: int
    """Of any lesson, minutes."""
    schedule: tuple[WeeklyLesson, ...]
    """In the host's time zone; none overlaps another. Empty on an access point."""
    follows: str
    """On an access point, the address of the gateway that says whether there is a lesson; empty on
    the gateway, which switches."""
    page_addresses: tuple[str, ...]
    """Of this gateway in the segments of the networks, both families: the teachers' page is there,
    and nowhere else. HostSecrets has a hash of their code under ``wifi-lessons``. Empty on an
    access point."""
    page_port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WeeklyLesson:
    """A lesson that begins and ends by itself; ``days`` are ``mon`` … ``sun``."""

    days: tuple[str, ...]
    start: str
    """``HH:MM``, local time; ``end`` is later on the same day, ``24:00`` at most."""
    end: str

"""Which snapshots are forgotten: counted by the day they reached the hub, never by their date.

In each day, week, month and year the *first* snapshot to arrive is the one kept: whatever a host
sends later in the same period can never take its place. Arrivals cannot be forged, so the only
way to age a good snapshot is to wait, and the guard and people have that time.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, tzinfo

from mairie_store.guard import Snapshot
from mairie_store.settings import Retention

Period = Callable[[datetime], tuple[int, ...]]


def _day(moment: datetime) -> tuple[int, ...]:
    return (moment.year, moment.month, moment.day)


def _week(moment: datetime) -> tuple[int, ...]:
    return tuple(moment.isocalendar()[:2])


def _month(moment: datetime) -> tuple[int, ...]:
    return (moment.year, moment.month)


def _year(moment: datetime) -> tuple[int, ...]:
    return (moment.year,)


def to_forget(
    snapshots: Sequence[Snapshot], retention: Retention, zone: tzinfo, pinned: Collection[str]
) -> tuple[str, ...]:
    """Return the ids to forget, oldest first.

    The newest to arrive and ``pinned`` always stay. ``zone`` is the host's: its days are counted.
    """
    newest_first = sorted(snapshots, key=lambda one: (one.arrived, one.id), reverse=True)
    kept = {*pinned, *(snapshot.id for snapshot in newest_first[:1])}
    rules: tuple[tuple[int, Period], ...] = (
        (retention.daily, _day),
        (retention.weekly, _week),
        (retention.monthly, _month),
        (retention.yearly, _year),
    )
    for count, period in rules:
        first: dict[tuple[int, ...], str] = {}
        for snapshot in newest_first:
            # An earlier arrival in the same period replaces a later one; the order of the
            # periods stays that of their newest snapshot.
            first[period(snapshot.arrived.astimezone(zone))] = snapshot.id
        kept.update(list(first.values())[:count])
    return tuple(one.id for one in reversed(newest_first) if one.id not in kept)

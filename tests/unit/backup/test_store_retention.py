"""Retention by arrival: what a host says of dates, or adds later, changes nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from mairie_store.guard import Snapshot
from mairie_store.retention import to_forget
from mairie_store.settings import Retention

ZONE = ZoneInfo("Pacific/Tahiti")
FIRST = datetime(2025, 1, 1, 9, 0, tzinfo=UTC)
STANDARD = Retention(name="standard", daily=7, weekly=4, monthly=12, yearly=2)


def snapshot(name: str, arrived: datetime) -> Snapshot:
    return Snapshot(
        id=name,
        time=arrived,
        arrived=arrived,
        hostname="h",
        username="root",
        paths=("/etc",),
        bytes=1,
        files=1,
        added=0,
        tree="",
    )


def nights(count: int) -> list[Snapshot]:
    return [snapshot(f"n{night:03}", FIRST + timedelta(days=night)) for night in range(count)]


def kept(snapshots: list[Snapshot], retention: Retention = STANDARD, pins: str = "") -> set[str]:
    gone = to_forget(snapshots, retention, ZONE, pins.split())
    return {one.id for one in snapshots} - set(gone)


def test_two_years_of_nights() -> None:
    found = kept(nights(730))
    # Seven days, three earlier Mondays, twelve firsts of a month, and 1 January 2025.
    days = {f"n{night:03}" for night in range(723, 730)}
    assert days <= found
    assert "n366" in found  # 1 January 2026 in Tahiti, where the first night is of 2024
    assert "n001" in found  # 1 January 2025: the second year
    assert len(found) == 7 + 3 + 12 + 1


def test_the_newest_always_stays() -> None:
    nothing = Retention(name="none", daily=0, weekly=0, monthly=0, yearly=0)
    assert kept(nights(5), nothing) == {"n004"}
    assert kept([], nothing) == set()


def test_pinned_stay() -> None:
    assert "n123" in kept(nights(730), pins="n123 unknown")


def test_days_are_those_of_the_host() -> None:
    """23:00 and 01:00 in Tahiti are two days there, and one day in UTC."""
    late = snapshot("late", datetime(2025, 6, 2, 9, 0, tzinfo=UTC))
    early = snapshot("early", datetime(2025, 6, 2, 11, 0, tzinfo=UTC))
    later = snapshot("later", datetime(2025, 6, 2, 12, 0, tzinfo=UTC))
    two_days = Retention(name="two", daily=2, weekly=0, monthly=0, yearly=0)
    assert kept([late, early, later], two_days) == {"late", "early", "later"}
    end = snapshot("end", datetime(2025, 6, 2, 13, 0, tzinfo=UTC))
    assert kept([late, early, later, end], two_days) == {"late", "early", "end"}


def test_forged_dates_change_nothing() -> None:
    honest = nights(60)
    lying = [replace(one, time=FIRST + timedelta(days=4000)) for one in honest]
    assert kept(honest) == kept(lying)


@given(
    count=st.integers(1, 120),
    extra=st.lists(st.integers(1, 12 * 3600), min_size=1, max_size=30),
)
def test_nothing_sent_later_takes_the_place_of_what_came_first(
    count: int, extra: list[int]
) -> None:
    honest = nights(count)
    before = kept(honest)
    sent = [
        snapshot(f"evil{number}", honest[-1].arrived + timedelta(seconds=seconds))
        for number, seconds in enumerate(extra)
        # The same day in Tahiti: the night is at 23:00, so one hour is left of it.
        if (honest[-1].arrived + timedelta(seconds=seconds)).astimezone(ZONE).date()
        == honest[-1].arrived.astimezone(ZONE).date()
    ]
    assert before <= kept([*honest, *sent])

"""Windows, nights and clocks of a host's backup."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from mairie_backup import canary, state
from mairie_backup.clock import Clock
from mairie_backup.window import deadline

NIGHT = datetime(2026, 3, 1, 23, 50)


@pytest.mark.parametrize(
    ("start", "now", "ends"),
    [
        ("23:40", NIGHT, datetime(2026, 3, 2, 0, 25)),
        ("23:40", datetime(2026, 3, 2, 0, 10), datetime(2026, 3, 2, 0, 25)),
        ("00:05", datetime(2026, 3, 2, 0, 5), datetime(2026, 3, 2, 0, 50)),
        # Switched on in the morning: as long as a window, from now.
        ("23:40", datetime(2026, 3, 2, 8, 0), datetime(2026, 3, 2, 8, 45)),
        ("23:40", datetime(2026, 3, 2, 0, 25), datetime(2026, 3, 2, 1, 10)),
    ],
)
def test_a_run_ends_with_its_window(start: str, now: datetime, ends: datetime) -> None:
    assert deadline(start, 45, now) == ends


def test_tries_of_one_night_count_once() -> None:
    known = dict(state.EMPTY)
    for day in (1, 1, 1, 2):
        known = state.count_night(known, date(2026, 3, day), saved=False)
    assert known["nights_failed"] == 2
    known = state.count_night(known, date(2026, 3, 2), saved=True)
    assert known["nights_failed"] == 0
    known = state.count_night(known, date(2026, 3, 2), saved=False)
    assert known["nights_failed"] == 0, "a night that has its snapshot is not lost any more"
    assert state.count_night(known, date(2026, 3, 3), saved=False)["nights_failed"] == 1


def test_a_clock_ahead_of_the_hub_never_dates_a_backup_in_the_future() -> None:
    now = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
    ahead = Clock(synchronised=True, ahead_s=86_400.0)
    assert ahead.is_wrong
    assert ahead.corrected(now) == now - timedelta(days=1)
    assert "avance de 24 h 0 min" in ahead.sentence()
    late = Clock(synchronised=True, ahead_s=-86_400.0)
    assert late.corrected(now) == now + timedelta(days=1)
    assert "retarde" in late.sentence()


def test_clocks_that_agree_are_left_alone() -> None:
    now = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
    for clock in (Clock(True, 30.0), Clock(None, None), Clock(False, -20.0)):
        assert clock.corrected(now) == now
        assert clock.sentence() == ""
    assert "pas synchronisée" in Clock(synchronised=False, ahead_s=None).sentence()


MADE = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"host": "rapa", "date": "2026-03-02T00:59:00+00:00", "random": "x"}', ""),
        ('{"host": "tubuai", "date": "2026-03-02T00:59:00+00:00", "random": "x"}', "tubuai"),
        ('{"host": "rapa", "date": "2026-02-20T00:59:00+00:00", "random": "x"}', "20/02/2026"),
        ('{"host": "rapa", "date": "2026-03-03T00:59:00+00:00", "random": "x"}', "03/03/2026"),
        ("{", "illisible"),
        ("[]", "illisible"),
        ("", "illisible"),
    ],
)
def test_a_canary_is_of_the_host_and_of_the_day(text: str, says: str) -> None:
    problem = canary.problem(text, "rapa", MADE)
    assert says in problem
    assert bool(problem) == bool(says)

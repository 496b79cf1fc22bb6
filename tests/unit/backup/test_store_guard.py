"""The guard before pruning: what it lets by, what it holds, and for how long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mairie_store.guard import (
    LONGEST_RUN,
    MOST_A_DAY,
    Evidence,
    Snapshot,
    Strange,
    Verdict,
    judge,
)

NOW = datetime(2026, 3, 31, 16, 0, tzinfo=UTC)
FOLDERS = ("/etc", "/srv", "/var/lib/mairie")
DAY = timedelta(days=1)
MB = 1_000_000


def snapshot(night: int, **changes: Any) -> Snapshot:
    """What an honest host sends on a night of March."""
    began = datetime(2026, 3, 1, 9, 0, tzinfo=UTC) + (night - 1) * DAY
    return replace(
        Snapshot(
            id=f"{night:02}" * 32,
            time=began,
            arrived=began + timedelta(minutes=4),
            hostname="rurutu-mairie-srv",
            username="root",
            paths=FOLDERS,
            bytes=500 * MB + night * MB,
            files=9000 + night,
            added=2 * MB,
            tree="0" * 64,
        ),
        **changes,
    )


NIGHTS = tuple(snapshot(night) for night in range(1, 31))
LAST = 31


def verdict(*more: Snapshot, nights: Sequence[Snapshot] = NIGHTS, **changes: Any) -> Verdict:
    return judge(
        replace(
            Evidence(
                now=NOW,
                host="rurutu-mairie-srv",
                folders=FOLDERS,
                snapshots=(*nights, *more),
            ),
            **changes,
        )
    )


def keys(found: Verdict) -> list[str]:
    return [reason.key.partition(":")[0] for reason in found.reasons]


def test_a_month_of_honest_nights_is_clear() -> None:
    found = verdict()
    assert not found.held
    assert found.known_good == NIGHTS[-1].id


def test_no_snapshot_yet_is_clear() -> None:
    assert verdict(nights=()) == Verdict(reasons=(), known_good="")


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"time": NOW + timedelta(days=400)}, "date"),
        ({"time": NOW + timedelta(hours=1)}, "date"),
        ({"time": snapshot(LAST).arrived + timedelta(hours=5)}, "date"),
        ({"time": snapshot(LAST).time - DAY}, "date"),
        ({"time": datetime(2019, 1, 1, tzinfo=UTC)}, "date"),
        ({"arrived": NOW + DAY, "time": NOW + DAY}, "arrival"),
        ({"hostname": "rapa-mairie-box"}, "host"),
        ({"username": "www-data"}, "user"),
        ({"paths": (*FOLDERS, "/tmp")}, "paths"),
        ({"paths": ("/etc/../srv2",)}, "paths"),
        ({"paths": ("/srv-of-another",)}, "paths"),
        ({"paths": ("/etc", "/var/lib/mairie")}, "lost"),
        ({"bytes": 10 * MB}, "shrink"),
        ({"files": 12}, "shrink"),
        ({"added": 400 * MB}, "upheaval"),
        ({"bytes": None}, "summary"),
    ],
)
def test_one_suspect_snapshot_holds_the_repository(changes: dict[str, Any], kind: str) -> None:
    bad = snapshot(LAST, **changes)
    found = verdict(bad)
    assert kind in keys(found)
    assert found.known_good == NIGHTS[-1].id
    assert all(reason.snapshots == (bad.id,) for reason in found.reasons)


@pytest.mark.parametrize(
    "changes",
    [
        {"time": snapshot(LAST).arrived + timedelta(minutes=8)},
        {"time": snapshot(LAST).arrived - LONGEST_RUN + timedelta(minutes=1)},
        {"paths": (*FOLDERS, "/srv/partage")},
        {"bytes": 300 * MB},
        {"files": 8000},
        {"added": 200 * MB},
    ],
)
def test_what_happens_on_honest_hosts_is_clear(changes: dict[str, Any]) -> None:
    assert not verdict(snapshot(LAST, **changes)).held


def test_each_reason_is_a_french_sentence_about_its_snapshot() -> None:
    (reason,) = verdict(snapshot(LAST, time=NOW + timedelta(days=400))).reasons
    assert reason.text == "La sauvegarde 31313131 est datée du 2027-05-05 16:00 UTC, dans le futur."


def test_a_forged_date_has_the_same_key_once_its_day_has_come() -> None:
    bad = snapshot(LAST, time=NOW + DAY)
    (before,) = verdict(bad).reasons
    (after,) = verdict(bad, now=NOW + 2 * DAY).reasons
    assert before.key == after.key


def test_what_exceeds_a_day_is_suspect_and_not_the_good_one_before_it() -> None:
    def later(number: int) -> Snapshot:
        moment = snapshot(LAST).arrived + timedelta(minutes=number)
        return snapshot(LAST, id=f"{number:064}", time=moment, arrived=moment)

    assert not verdict(*(later(number) for number in range(MOST_A_DAY - 1))).held
    found = verdict(*(later(number) for number in range(MOST_A_DAY + 2)))
    assert keys(found) == ["burst"] * 2
    suspect = {id_ for reason in found.reasons for id_ in reason.snapshots}
    assert NIGHTS[-1].id not in suspect
    assert found.known_good == later(MOST_A_DAY - 1).id


def test_shrinking_a_little_each_night_shows_too() -> None:
    slow = [snapshot(20 + n, bytes=int(500 * MB * 0.8**n)) for n in range(8)]
    found = verdict(nights=(*NIGHTS[:19], *slow))
    assert keys(found)[0] == "shrink"
    assert found.reasons[0].snapshots == (slow[3].id,)


def test_a_small_host_may_lose_a_few_files() -> None:
    small = [snapshot(night, bytes=40_000, files=30, added=500) for night in range(1, 10)]
    assert not verdict(snapshot(10, bytes=1000, files=2, added=10), nights=small).held


def test_dumps_that_are_new_each_night_are_no_upheaval() -> None:
    nights = [snapshot(night, bytes=100 * MB, added=80 * MB) for night in range(1, 10)]
    assert not verdict(snapshot(10, bytes=100 * MB, added=85 * MB), nights=nights).held


def test_the_first_nights_of_a_host_are_no_upheaval() -> None:
    nights = [snapshot(1, added=500 * MB), snapshot(2, added=400 * MB)]
    assert not verdict(nights=nights).held


def test_a_folder_that_left_the_plan_may_leave_the_snapshots() -> None:
    found = verdict(snapshot(LAST, paths=FOLDERS[:2]), folders=FOLDERS[:2])
    assert "lost" not in keys(found)


def test_a_known_snapshot_that_is_gone_holds() -> None:
    found = verdict(missing=["f" * 64])
    assert keys(found) == ["missing"]


def test_files_of_no_restic_hold() -> None:
    strange = Strange(keys=("a" * 64,), unreadable=("b" * 64,), packs=("c" * 64,), others=("x/y",))
    assert keys(verdict(strange=strange)) == ["key", "unreadable", "pack", "other"]


def test_approval_covers_exactly_what_was_held() -> None:
    bad = snapshot(LAST, bytes=10 * MB)
    (reason,) = verdict(bad).reasons
    approved = frozenset({reason.key})
    assert not verdict(bad, approved=approved).held
    again = snapshot(LAST, id="e" * 64, hostname="other", bytes=10 * MB)
    assert keys(verdict(bad, again, approved=approved)) == ["host"]


def test_what_was_approved_is_the_new_usual() -> None:
    small = snapshot(28, bytes=10 * MB)
    nights = [*NIGHTS[:27], small, *(snapshot(n, bytes=11 * MB) for n in (29, 30))]
    approved = frozenset({f"shrink:{small.id}"})
    assert not verdict(nights=nights, approved=approved).held
    assert keys(verdict(snapshot(LAST, bytes=2 * MB), nights=nights, approved=approved)) == [
        "shrink"
    ]


def test_unapproved_snapshots_do_not_make_usual() -> None:
    """A forged snapshot may not lower the bar for the next one."""
    tiny = snapshot(30, bytes=1 * MB)
    found = verdict(snapshot(LAST, bytes=1 * MB), nights=(*NIGHTS[:29], tiny))
    assert keys(found) == ["shrink", "shrink"]


@given(st.lists(st.tuples(st.integers(-4000, 4000), st.integers(1, 600)), min_size=1, max_size=12))
def test_no_forged_date_within_reach_goes_unseen(forged: list[tuple[int, int]]) -> None:
    """Whatever the dates: each one further from its arrival than a run may last is suspect."""
    sent = [
        snapshot(
            LAST,
            id=f"{number:064}",
            time=NOW + timedelta(hours=hours),
            arrived=NOW - timedelta(seconds=seconds),
        )
        for number, (hours, seconds) in enumerate(forged)
    ]
    found = verdict(*sent)
    suspect = {id_ for reason in found.reasons for id_ in reason.snapshots}
    assert suspect >= {
        one.id
        for one in sent
        if not timedelta(0) <= one.arrived - one.time <= LONGEST_RUN
        and abs(one.arrived - one.time) > timedelta(minutes=10)
    }
    assert not suspect & {one.id for one in NIGHTS}

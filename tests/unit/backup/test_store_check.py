"""Slices of the integrity check, and what the state says of them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mairie_store.check import next_slice, oldest_read, overall
from mairie_store.guard import Snapshot
from mairie_store.settle import is_interrupted
from mairie_store.state import State, load, save
from mairie_store.status import nights_without

DAY = timedelta(days=1)
START = datetime(2026, 3, 1, 16, 0, tzinfo=UTC)


def read(outcome: str, day: int, *packs: str) -> dict[str, object]:
    return {"at": (START + day * DAY).isoformat(), "outcome": outcome, "packs": list(packs)}


def test_every_slice_is_read_in_as_many_days_and_missed_days_are_made_up() -> None:
    slices: dict[str, dict[str, object]] = {}
    order = []
    for day in [*range(10), *range(15, 33)]:
        number = next_slice(slices, 28)
        order.append(number)
        slices[str(number)] = read("sound", day)
    assert order == list(range(1, 29))
    assert next_slice(slices, 28) == 1
    assert oldest_read(slices, 28) == START
    assert oldest_read(slices, 29) is None


def test_a_damaged_slice_stays_red_whatever_the_others_say() -> None:
    slices = {"1": read("damaged", 0, "a" * 64), "2": read("sound", 1)}
    found = overall(slices)
    assert found.outcome == "damaged"
    assert found.packs == ["a" * 64]
    slices["1"] = read("sound", 2)
    assert overall(slices).outcome == "sound"
    assert overall({}).outcome == "unknown"


@pytest.mark.parametrize(
    ("data", "index", "last", "now", "expected"),
    [
        (100, 50, 100, 100 + 901, True),
        (100, 50, 100, 100 + 899, False),  # it may still be sending
        (100, 50, 1000, 1000 + 60, False),  # its lock is refreshed
        (100, 101, 101, 5000, False),  # it ended
        (0, 0, 0, 5000, False),
    ],
)
def test_when_an_upload_was_interrupted(
    data: float, index: float, last: float, now: float, expected: bool
) -> None:
    assert is_interrupted(data, index, last, now) is expected


def test_state_survives_a_turn_and_keeps_the_first_arrival(tmp_path: Path) -> None:
    state = load(tmp_path, "rapa")
    assert state == State(host="rapa")
    came = Snapshot(
        id="a" * 64,
        time=START,
        # Another one may arrive within the same second: which came first is not forgotten.
        arrived=START + timedelta(minutes=5, microseconds=7),
        hostname="rapa",
        username="root",
        paths=("/etc",),
        bytes=1,
        files=2,
        added=3,
        tree="t",
    )
    state.remember(came)
    state.guard.verdict = "held"
    save(tmp_path, state)
    again = load(tmp_path, "rapa")
    assert again.guard.verdict == "held"
    assert State.recall(again.seen[came.id]) == came
    again.remember(replace(came, arrived=START + 9 * DAY))
    assert State.recall(again.seen[came.id]).arrived == came.arrived
    assert (tmp_path / "rapa.json").stat().st_mode & 0o777 == 0o644


def test_state_that_a_power_cut_spoiled_is_begun_again(tmp_path: Path) -> None:
    (tmp_path / "rapa.json").write_text(json.dumps({"host": "rapa"})[:5])
    assert load(tmp_path, "rapa") == State(host="rapa")


def test_nights_without_a_snapshot() -> None:
    state = State(host="rapa")
    assert nights_without(state, START) is None
    state.last_snapshot = {"arrived": START.isoformat()}
    assert nights_without(state, START + timedelta(hours=23)) == 0
    assert nights_without(state, START + 3 * DAY) == 3

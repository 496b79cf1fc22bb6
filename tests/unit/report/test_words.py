"""Words: three outcomes never look alike; numbers, times and places as French writes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import get_args

import pytest

from mairie.host.events import Outcome, Severity
from mairie.report import words
from mairie.report.model import GOOD, WORST_FIRST, HostStatus, Kind
from tests.unit.report import sample


def test_every_value_has_a_word_and_outcomes_share_none() -> None:
    assert set(words.OUTCOMES) == set(words.SIGNS) == set(get_args(Outcome))
    assert len(set(words.OUTCOMES.values())) == len(set(words.SIGNS.values())) == 3
    statuses = set(get_args(HostStatus))
    assert set(words.STATUSES) == set(words.STATUS_SIGNS) == set(WORST_FIRST) == statuses
    assert len(set(words.STATUSES.values())) == len(statuses)
    assert set(words.SEVERITIES) == set(get_args(Severity))
    assert set(words.KINDS) == set(get_args(Kind))


@pytest.mark.parametrize("kind", get_args(Kind))
def test_advice_exactly_where_something_is_wrong(kind: Kind) -> None:
    for host in (*sample.demo().hosts, *sample.clean().hosts):
        assert bool(words.advice(host, kind)) == (host.status not in GOOD)
        assert bool(words.why(host)) == (host.status not in GOOD)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0,0 s"), (9.94, "9,9 s"), (12.4, "12 s"), (59.6, "1 min 00 s"), (187, "3 min 07 s"),
     (3600, "1 h 00 min"), (7620, "2 h 07 min")],
)  # fmt: skip
def test_duration(seconds: float, text: str) -> None:
    assert words.duration(seconds) == text


def test_when() -> None:
    assert words.when(datetime(2026, 8, 1, 7, 5, tzinfo=UTC)) == "1er août 2026 à 07:05 UTC"
    tahiti = timezone(timedelta(hours=-10), "UTC-10")
    assert words.when(datetime(2026, 12, 31, 23, 0, tzinfo=tahiti)).endswith("à 23:00 UTC-10")


def test_number_takes_the_singular_below_two() -> None:
    assert [words.number(n, "hôte", "hôtes") for n in (0, 1, 2)] == ["0 hôte", "1 hôte", "2 hôtes"]


def test_named() -> None:
    assert words.named("tuamotu-gambier") == "Tuamotu-Gambier"
    assert words.named("Îles du Vent") == "Îles du Vent"


def test_clean_keeps_text_and_drops_what_drives_a_terminal() -> None:
    assert words.clean("\x1b[1;31mé\x1b[0m\tà\n\x00\x07\x9b\ud800ok") == "é\tà\nok"

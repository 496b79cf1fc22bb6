"""What can be wrong with how long connection records are kept: the exact sentence, for each."""

# ruff: noqa: E501 - sentences are compared whole

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.unit.inventory.small import Inventory

RAPA, RURUTU, SYNDICATE = "communes/rapa.yaml", "communes/rurutu.yaml", "syndicate.yaml"
LAW = "Durée de la France, faute d'avoir lu les textes du pays : les télécommunications y sont de sa compétence (loi organique 2004-192)"


@pytest.fixture
def small(tmp_path: Path) -> Inventory:
    return Inventory(tmp_path)


def add(small: Inventory, name: str, text: str) -> int:
    """Add lines to a file; return the number of the first one."""
    path = small.folder / name
    before = path.read_text()
    path.write_text(before + text)
    return before.count("\n") + 1


def territory(periods: str, insee: str = '["987"]') -> str:
    return f"overrides: {{records: {{territories: {{polynesie: {{insee: {insee}, periods: {periods}}}}}}}}}\n"


def test_nothing_is_wrong(small: Inventory) -> None:
    assert small.errors() == []


def test_a_commune_does_not_keep_records_longer(small: Inventory) -> None:
    line = add(
        small,
        RURUTU,
        territory("[{start: 2021-10-21, days: 730, source: Le maire}]"),
    )
    assert small.errors() == [
        f"communes/rurutu.yaml:{line}: overrides.records.territories: how long connection records are kept is the law's, a commune cannot change it; remove it; in force: 365 days ({LAW}; to be checked)"
    ]


def test_nor_by_another_territory(small: Inventory) -> None:
    line = add(
        small, RURUTU, "overrides:\n  records:\n    territories: {france: {insee: ['98744']}}\n"
    )
    assert small.errors() == [
        f"communes/rurutu.yaml:{line + 2}: overrides.records.territories: how long connection records are kept is the law's, a commune cannot change it; remove it; in force: 365 days ({LAW}; to be checked)"
    ]


def test_a_commune_may_give_them_more_room(small: Inventory) -> None:
    add(small, RURUTU, "overrides: {records: {day_mb: 256}}\n")
    assert small.errors() == []


def test_a_period_ends_before_it_starts(small: Inventory) -> None:
    line = add(
        small, SYNDICATE, territory("[{start: 2022-01-01, end: 2021-01-01, days: 30, source: a}]")
    )
    assert small.errors() == [
        f"syndicate.yaml:{line}: overrides.records.territories.polynesie.periods[0]: it ends on 2021-01-01, before it starts; correct one of the dates"
    ]


def test_two_periods_at_once(small: Inventory) -> None:
    periods = (
        "[{start: 2028-01-01, days: 30, source: b}, {start: 2021-10-21, days: 365, source: a}]"
    )
    line = add(small, SYNDICATE, territory(periods))
    assert small.errors() == [
        f"syndicate.yaml:{line}: overrides.records.territories.polynesie.periods[0]: it starts on 2028-01-01, while the period of 2021-10-21 goes on; give that one an end before"
    ]


def test_a_code_of_two_territories(small: Inventory) -> None:
    add(small, SYNDICATE, territory("[{start: 2021-10-21, days: 365, source: a}]", '["988"]'))
    (found,) = small.errors()
    assert re.fullmatch(
        r'group_data/all\.py:\d+: records\.territories\.nouvelle-caledonie\.insee: codes that begin with "988" are already "polynesie"; keep one',
        found,
    )


def test_a_code_that_is_none(small: Inventory) -> None:
    line = add(
        small, SYNDICATE, territory("[{start: 2021-10-21, days: 365, source: a}]", '["98-7"]')
    )
    assert small.errors() == [
        f'syndicate.yaml:{line}: overrides.records.territories.polynesie.insee[0]: "98-7" is not allowed; write the beginning of official codes, such as 987 or 2A; empty for all of them'
    ]


def test_a_commune_that_no_law_is_known_for(small: Inventory) -> None:
    add(small, SYNDICATE, "overrides: {records: {territories: {france: null, polynesie: null}}}\n")
    assert small.errors() == [
        "communes/rurutu.yaml:1: insee: no law on connection records is known for 98744, whose site mairie has the segment public; known: codes that begin with 986, 988; add a row to records.territories in group_data/"
    ]

"""The grid: worst outcome of each pair, in words, without hiding what was not tried."""

from __future__ import annotations

import msgspec
import pytest

from mairie.report.matrix import Cell, grids
from mairie.report.model import FlowCheck
from tests.unit.report import sample

BASE = FlowCheck(
    host="lab",
    site="s",
    source="a",
    destination="b",
    family="ipv4",
    service="icmp",
    expected="refused",
    observed="refused",
)
CHECKS = {
    "allowed": msgspec.structs.replace(BASE, expected="allowed", observed="allowed"),
    "refused": BASE,
    "leak": msgspec.structs.replace(BASE, observed="allowed"),
    "cut": msgspec.structs.replace(BASE, expected="allowed"),
    "unknown": msgspec.structs.replace(BASE, observed="unknown"),
}


@pytest.mark.parametrize(
    ("checks", "tone", "sign", "words"),
    [
        ("", "none", "–", "non essayé"),
        ("allowed", "allowed", "✓", "autorisé"),
        ("refused refused", "refused", "✓", "refusé"),
        ("allowed allowed refused", "mixed", "✓", "2 autorisés, 1 refusé"),
        ("leak", "fail", "✗", "autorisé à tort"),
        ("refused leak unknown", "fail", "✗", "autorisé à tort (1 sur 3)"),
        ("cut", "fail", "✗", "refusé à tort"),
        ("cut leak", "fail", "✗", "autorisé et refusé à tort (2 sur 2)"),
        ("unknown", "unknown", "?", "inconnu"),
        ("allowed unknown", "unknown", "?", "inconnu (1 sur 2)"),
    ],
)
def test_cell(checks: str, tone: str, sign: str, words: str) -> None:
    cell = Cell(destination="b", checks=tuple(CHECKS[name] for name in checks.split()))
    assert (cell.tone, cell.sign, cell.words) == (tone, sign, words)


def test_one_grid_per_site_with_sources_first_among_destinations() -> None:
    first, second = grids(sample.demo().matrix or ())
    assert (first.site, second.site) == ("Rurutu · mairie", "Rapa · mairie")
    expected = ("agents", "voice", "serveurs", "internet", "hub", "Rapa · agents")
    assert first.destinations == expected
    assert [row.source for row in first.rows] == ["agents", "voice", "public", "school"]
    assert (first.bad, second.bad) == (3, 0)
    assert sum(len(cell.checks) for row in first.rows for cell in row.cells) == len(first.checks)


def test_checks_of_one_site_need_not_be_neighbours() -> None:
    checks = sample.flows("A", "a") + sample.flows("B", "b") + sample.flows("A", "a")
    assert [(g.site, len(g.checks)) for g in grids(checks)] == [("A", 88), ("B", 44)]

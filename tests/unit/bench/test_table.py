"""Figures on the page: each part in its own place, and again in the same place."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.bench.figures import Conditions, Figure, verdict
from tests.bench.table import write

WHERE = Conditions(
    at="2030-01-01 12:00 UTC",
    processor="Z80",
    processors=2,
    load=9.0,
    system="Debian",
    python="3.13",
    commit="abc",
    versions={"pyinfra": "3"},
)
FIGURE = Figure(part="runtime", what="size", measured="2 MB | 3", verdict="within")
PAGE = """before
<!-- figures: runtime -->
old
<!-- /figures -->
between
<!-- figures: demo -->
untouched
<!-- /figures -->
"""


def test_figures_replace_those_of_their_part_alone(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    write(page, [FIGURE], WHERE)
    once = page.read_text()
    assert "| size |  | 2 MB \\| 3 | within |  |" in once
    assert "old" not in once
    assert "between\n<!-- figures: demo -->\nuntouched" in once
    write(page, [FIGURE], WHERE)
    assert page.read_text() == once


def test_a_page_without_a_place_is_refused(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("nothing")
    with pytest.raises(ValueError, match="figures: runtime"):
        write(page, [FIGURE], WHERE)


def test_a_busy_machine_is_said() -> None:
    assert "busy" in WHERE.sentence()
    assert "busy" not in replace(WHERE, load=0.3).sentence()


def test_every_bound_counts() -> None:
    assert (verdict(True, True), verdict(True, False)) == ("within", "over")

"""One brick, one name, everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from mairie.plan.host import Brick

ROOT = Path(__file__).parents[2]
BRICKS = get_args(Brick)
PLACES = (
    "mairie/plan/{}.py",
    "mairie/files/{}.py",
    "deploys/{}.py",
    "templates/{}",
    "tests/render/{}",
    "tests/conformance/test_{}.py",
    "tests/lab/breaks/{}.py",
    "docs/{}.md",
)


@pytest.mark.parametrize("brick", BRICKS)
@pytest.mark.parametrize("place", PLACES)
def test_every_brick_is_everywhere(brick: str, place: str) -> None:
    path = ROOT / place.format(brick)
    assert path.exists(), f"the brick {brick} has no {place.format(brick)}"


@pytest.mark.parametrize(
    ("folder", "pattern", "others"),
    [
        ("deploys", "*.py", {"site", "__init__"}),
        ("mairie/files", "*.py", {"__init__"}),
        ("tests/lab/breaks", "*.py", {"__init__"}),
    ],
)
def test_no_brick_is_unknown(folder: str, pattern: str, others: set[str]) -> None:
    stems = {path.stem for path in (ROOT / folder).glob(pattern)} - others
    assert stems == set(BRICKS)

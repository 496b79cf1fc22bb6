"""No two files of tests that pytest would take for the same module."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

TESTS = Path(__file__).parents[1]
COLLECTED = ("unit", "render", "browser", "lab")
"""In one run; those of ``conformance`` and ``lint`` have runs of their own."""


def test_files_outside_packages_have_names_of_their_own() -> None:
    """Where a folder has no ``__init__.py``, pytest imports its files by their name alone."""
    found = (path for folder in COLLECTED for path in (TESTS / folder).rglob("test_*.py"))
    bare = [path for path in found if not (path.parent / "__init__.py").exists()]
    assert bare
    count = Counter(path.name for path in bare)
    twice = sorted(str(path.relative_to(TESTS)) for path in bare if count[path.name] > 1)
    assert not twice, "give one of them another name, or its folder an __init__.py"

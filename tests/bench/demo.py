"""The demo: how long a newcomer waits."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.bench.figures import ROOT, Figure, verdict
from tests.bench.process import Spent, run

FRESH_S = 600
AGAIN_S = 180
LIMIT_S = 1_800


def figures(*, fresh: bool) -> Iterator[Figure]:
    """Run the demo; ``fresh``: first with an empty cache, so that images and runtime are made."""
    with tempfile.TemporaryDirectory(prefix="mairie-bench-") as name:
        folder = Path(name)
        if fresh:
            cache = {"MAIRIE_CACHE": str(folder / "cache")}
            yield _figure("demo, nothing built yet", FRESH_S, _demo(folder, cache))
        yield _figure("demo, again", AGAIN_S, _demo(folder, {}))


def _demo(folder: Path, environment: dict[str, str]) -> Spent:
    mairie = Path(sys.executable).with_name("mairie")
    argv = [mairie, "demo", "-i", ROOT / "inventories" / "demo", "--html", folder / "demo.html"]
    return run(argv, limit_s=LIMIT_S, environment=environment, folder=ROOT)


def _figure(what: str, budget_s: int, spent: Spent) -> Figure:
    ended = "cut off" if spent.timed_out else f"exit code {spent.status}"
    return Figure(
        part="demo",
        what=what,
        budget=f"≤ {budget_s // 60} min",
        measured=f"{'> ' if spent.timed_out else ''}{spent.wall_s:.0f} s",
        verdict=verdict(spent.wall_s <= budget_s) if spent.status in {0, 4} else "failed",
        beside=ended,
        values={"wall_s": spent.wall_s, "status": spent.status},
    )

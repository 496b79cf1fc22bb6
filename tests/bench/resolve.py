"""From files to plans: what a technician waits for at each save, and how it grows."""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.bench.figures import ROOT, Figure, verdict
from tests.bench.process import Spent, run

CHECK_S = 1.5
RESOLVE_S = 6.0
RESOLVE_MB = 400
LINEAR = 1.3
"""Growth counts as linear while a commune costs at most this much more among 1,000 than among
250."""
SIZES = (48, 250, 1_000)
LIMIT_S = 300


class BenchError(RuntimeError):
    """Something could not be measured; the message says why."""


def figures(runs: int) -> Iterator[Figure]:
    """Measure; ``runs`` is how often the check is repeated."""
    with tempfile.TemporaryDirectory(prefix="mairie-bench-") as name:
        folder = Path(name)
        # As an installed package: its bytecode is there, whatever this environment says.
        environment = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(folder / "pyc")}
        yield _check(environment, runs)
        grown = {}
        for size in SIZES:
            argv = [sys.executable, "-m", "tests.bench.grow", str(size), folder / str(size)]
            spent = run(argv, limit_s=LIMIT_S, environment=environment, folder=ROOT)
            grown[size] = _answer(spent)
        yield from _growth(grown)


def _check(environment: dict[str, str], runs: int) -> Figure:
    mairie = Path(sys.executable).with_name("mairie")
    argv = [mairie, "check", "inventories/polynesie"]
    taken = []
    for _ in range(runs + 1):  # the first one writes the bytecode
        spent = run(argv, limit_s=LIMIT_S, environment=environment, folder=ROOT)
        if spent.status != 0:
            raise BenchError(f"mairie check inventories/polynesie failed: {spent.output[-800:]}")
        taken.append(spent)
    taken = taken[1:]
    wall = sorted(spent.wall_s for spent in taken)
    cpu = min(spent.cpu_s for spent in taken)
    peak = max(spent.peak_mb for spent in taken)
    median = statistics.median(wall)
    return Figure(
        part="resolve",
        what="load + resolve + check 48 communes, cold",
        budget=f"≤ {CHECK_S:g} s",
        measured=f"{median:.2f} s (best of {runs}: {wall[0]:.2f} s)",
        verdict=verdict(median <= CHECK_S),
        beside=f"{cpu:.2f} s of processor time; peak {peak:.0f} MB",
        values={"median_s": median, "best_s": wall[0], "cpu_s": cpu, "peak_mb": peak},
    )


def _answer(spent: Spent) -> dict[str, float]:
    if spent.status != 0:
        why = "ran out of time" if spent.timed_out else spent.output[-800:]
        raise BenchError(f"a generated territory could not be resolved: {why}")
    answer: dict[str, float] = json.loads(spent.output)
    return answer


def _growth(grown: dict[int, dict[str, float]]) -> Iterator[Figure]:
    big = grown[SIZES[-1]]
    each = {size: 1_000 * answer["resolve_cpu_s"] / size for size, answer in grown.items()}
    linear = each[1_000] <= LINEAR * each[250]
    steps = " · ".join(f"{size:,}: {cost:.1f}" for size, cost in each.items())
    yield Figure(
        part="resolve",
        what="resolve 1,000 communes",
        budget=f"≤ {RESOLVE_S:g} s, linear, ≤ {RESOLVE_MB} MB",
        measured=f"{big['resolve_wall_s']:.1f} s, {'' if linear else 'not '}linear, "
        f"{big['peak_mb']:.0f} MB",
        verdict=verdict(big["resolve_wall_s"] <= RESOLVE_S, linear, big["peak_mb"] <= RESOLVE_MB),
        beside=f"{big['hosts']:.0f} hosts; {big['resolve_cpu_s']:.1f} s of processor time; "
        f"ms per commune at {steps}",
        values={
            **{key: float(value) for key, value in big.items()},
            **{f"ms_per_commune_{size}": cost for size, cost in each.items()},
        },
    )
    seconds = " / ".join(f"{answer['load_wall_s']:.2f}" for answer in grown.values())
    memory = " / ".join(f"{answer['load_peak_mb']:.0f}" for answer in grown.values())
    yield Figure(
        part="resolve",
        what="load + check 48 / 250 / 1,000 communes",
        measured=f"{seconds} s",
        beside=f"peak {memory} MB",
        values={f"load_wall_s_{size}": answer["load_wall_s"] for size, answer in grown.items()},
    )

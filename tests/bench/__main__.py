"""``./dev bench``: every budget measured and printed; nothing is asserted."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import get_args

import click
from rich.console import Console

from mairie.errors import MairieError
from mairie.lab.errors import LabError
from mairie.runtime import RuntimeBuildError
from tests.bench import air, backup, beside, demo, deploy, resolve, runtime, table, wifi
from tests.bench.figures import Conditions, Figure, Part, as_json, conditions
from tests.bench.resolve import BenchError
from tests.bench.world import WorldError

PARTS: tuple[Part, ...] = get_args(Part)
WIDTH = 150
"""Of the tables in a log, in characters."""
EXPECTED = (BenchError, WorldError, LabError, MairieError, RuntimeBuildError, ValueError)


@click.command("bench")
@click.argument("parts", nargs=-1, type=click.Choice(PARTS), metavar="[PART]...")
@click.option(
    "--runs",
    type=click.IntRange(1, 20),
    default=3,
    show_default=True,
    help="Of each short measurement; the median counts.",
)
@click.option(
    "--rtt",
    "rtt_ms",
    type=click.IntRange(0, 5_000),
    default=600,
    show_default=True,
    help="Round-trip time added, in milliseconds.",
)
@click.option(
    "--patience",
    "patience_s",
    type=click.IntRange(10, 3_600),
    default=120,
    show_default=True,
    help="Seconds after which another tool's run is cut off.",
)
@click.option("--alone", is_flag=True, help="Leave the other tools out.")
@click.option("--fresh", is_flag=True, help="Run the demo with an empty cache too.")
@click.option(
    "--json",
    "json_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also write the figures here.",
)
@click.option(
    "--write",
    "page",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Also renew the figures of these parts on this page (docs/bench.md).",
)
def main(
    *, parts: tuple[Part, ...], runs: int, rtt_ms: int, patience_s: int, alone: bool, fresh: bool,
    json_file: Path | None, page: Path | None,
) -> None:  # fmt: skip
    """Measure PARTS, all of them when none is named.

    They are: resolve, runtime, deploy, workload, backup, demo, wifi, air.
    """
    rtt_s = rtt_ms / 1000
    measured: dict[Part, Callable[[], Iterator[Figure]]] = {
        "resolve": lambda: resolve.figures(runs),
        "runtime": runtime.figures,
        "deploy": lambda: deploy.figures(rtt_s, runs, _say),
        "workload": lambda: beside.figures(rtt_s, patience_s, runs, _say, alone=alone),
        "backup": lambda: backup.figures(rtt_s, patience_s, alone=alone),
        "demo": lambda: demo.figures(fresh=fresh),
        "wifi": lambda: wifi.figures(rtt_s, runs, _say, alone=alone),
        "air": lambda: air.figures(runs, _say),
    }
    taken: list[tuple[Conditions, list[Figure]]] = []
    console = Console()
    if not console.is_terminal:
        console.width = WIDTH
    for part in dict.fromkeys(parts or PARTS):
        where = conditions()
        figures = []
        try:
            for figure in measured[part]():
                _say(f"{figure.what}: {figure.measured} {figure.verdict}".rstrip())
                figures.append(figure)
        except EXPECTED as error:
            _say(f"{part}: {error}")
            sys.exit(1)
        taken.append((where, figures))
        table.show(figures, where, console)
        if page is not None:
            table.write(page, figures, where)
    if json_file is not None:
        json_file.write_text(json.dumps(as_json(taken), indent=2, ensure_ascii=False) + "\n")


def _say(message: str) -> None:
    click.echo(f"… {message}", err=True)


if __name__ == "__main__":
    main()

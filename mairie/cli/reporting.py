"""What every command that works on hosts shares: where its report goes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from mairie.model.territory import Territory
from mairie.report import json as report_json
from mairie.report.html import to_html
from mairie.report.junit import to_junit
from mairie.report.model import FlowCheck, Kind, RunReport
from mairie.report.table import print_report
from mairie.run import Run


@dataclass(frozen=True)
class Outputs:
    """Files to write beside the table on the terminal."""

    html: Path | None
    json: Path | None
    junit: Path | None


def report_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--html``, ``--json`` and ``--junit``, passed together as ``outputs``."""

    @wraps(function)
    def gathered(
        *, html: Path | None, json: Path | None, junit: Path | None, **others: object
    ) -> object:
        return function(outputs=Outputs(html, json, junit), **others)

    command = gathered
    for name, what in (
        ("--junit", "JUnit XML, for CI"),
        ("--json", "JSON, for programs"),
        ("--html", "one self-contained page, for people"),
    ):
        command = click.option(
            name,
            name[2:],
            type=click.Path(path_type=Path, dir_okay=False),
            help=f"Also write the report as {what}.",
        )(command)
    return command


def console() -> Console:
    """Return where progress and tables go: stderr, so that standard output stays data."""
    return Console(stderr=True)


def finish(
    run: Run,
    territory: Territory,
    kind: Kind,
    outputs: Outputs,
    matrix: tuple[FlowCheck, ...] | None = None,
) -> RunReport:
    """Print and write the report of a run."""
    report = RunReport(
        territory=territory.name,
        label=territory.syndicate.name,
        kind=kind,
        started=run.started,
        finished=datetime.now(UTC),
        hosts=run.reports(),
        matrix=matrix,
    )
    print_report(report, Console())
    if outputs.html is not None:
        outputs.html.write_text(to_html(report), encoding="utf-8")
    if outputs.json is not None:
        outputs.json.write_bytes(report_json.to_json(report))
    if outputs.junit is not None:
        outputs.junit.write_bytes(to_junit(report))
    for path in (outputs.html, outputs.json, outputs.junit):
        if path is not None:
            click.echo(f"Rapport : {path}", err=True)
    unsettled = [host.host for host in report.hosts if host.changed_again]
    if unsettled:
        click.echo(f"Un second déploiement a encore changé : {', '.join(unsettled)}", err=True)
    return report

"""``mairie preview``: what a deploy would change."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from mairie.cli.bricks import only_option
from mairie.cli.hosts import way_options
from mairie.cli.reporting import finish, report_options
from mairie.report.model import exit_code

if TYPE_CHECKING:
    from mairie.cli.hosts import Way
    from mairie.cli.reporting import Outputs


@click.command("preview")
@way_options
@only_option
@report_options
def command(way: Way, only: tuple[str, ...], outputs: Outputs) -> None:
    """Show what a deploy on TARGETS would change, with diffs; secrets stay hidden."""
    run, territory = way.run("preview")
    run.act("preview", only)
    sys.exit(exit_code(finish(run, territory, "preview", outputs)))

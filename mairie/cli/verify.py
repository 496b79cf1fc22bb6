"""``mairie verify``: whether hosts are what their plan says."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from mairie.cli.hosts import way_options
from mairie.cli.reporting import finish, report_options
from mairie.report.model import exit_code

if TYPE_CHECKING:
    from mairie.cli.hosts import Way
    from mairie.cli.reporting import Outputs


@click.command("verify")
@way_options
@report_options
def command(way: Way, outputs: Outputs) -> None:
    """Run every control on TARGETS; what could not be looked at is unknown, never conforming."""
    run, territory = way.run("verify")
    run.act("verify")
    sys.exit(exit_code(finish(run, territory, "verify", outputs)))

"""``mairie deploy``: make hosts what their plan says."""

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


@click.command("deploy")
@way_options
@only_option
@report_options
def command(way: Way, only: tuple[str, ...], outputs: Outputs) -> None:
    """Deploy on TARGETS: hosts, communes, sites, or a choice by option.

    A host that fails stops alone. Ctrl-C lets hosts at work finish the brick in hand.
    """
    run, territory = way.run("deploy")
    run.act("apply", only)
    sys.exit(exit_code(finish(run, territory, "deploy", outputs)))

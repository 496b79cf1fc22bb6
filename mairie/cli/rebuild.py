"""``mairie rebuild``: a lost machine comes back on blank hardware."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from rich.console import Console

from mairie.cli.backups import savers
from mairie.cli.hosts import KNOWN_HOSTS, Hosts, Way, one_host_options
from mairie.cli.options import identity_option
from mairie.cli.reporting import Outputs, console, finish, report_options
from mairie.cli.steps import print_step, print_steps
from mairie.errors import MairieError
from mairie.rebuild import Rebuilding, traces
from mairie.report.model import exit_code


@click.command("rebuild")
@one_host_options
@identity_option
@click.option("--snapshot", default="", help="Restore this one instead of the newest.")
@click.option("--yes", is_flag=True, help="Also on a machine that is not blank; ask nothing.")
@report_options
def command(
    hosts: Hosts, identity: Path | None, snapshot: str, yes: bool, outputs: Outputs
) -> None:
    """Make a blank Debian 13 machine into HOST: deploy, restore its data, save, drill, verify.

    First record the new machine's SSH key: mairie enrol HOST --address ADDRESS. Files of /etc come
    from the inventory, not from the backup: see docs/backup.md.
    """
    plan, territory = hosts.one()
    plans = savers({plan.name: plan}, asked=[plan.name])
    if not hosts.local:
        enrolled(hosts.inventory / KNOWN_HOSTS, plan.name)
    found = traces(hosts.transport(plan), plan)
    if found and not yes:
        raise MairieError(
            f"{plan.name} is not blank: {', '.join(found)} hold something. To restore data there, "
            'use "mairie restore"; to rebuild all the same, files that differ from the backup '
            "being overwritten, add --yes"
        )
    shown = console()
    rebuilding = Rebuilding(
        plan,
        Way(hosts, identity).reach(plans, territory),
        shown,
        lambda step: print_step(step, shown),
    )
    rebuilding.go(snapshot)
    report = finish(rebuilding.run, territory, "deploy", outputs)
    print_steps(rebuilding, Console())
    sys.exit(rebuilding.exit_code or exit_code(report))


def enrolled(known_hosts: Path, name: str) -> None:
    """Make sure that a key is recorded for a host.

    Raises:
        MairieError: none is.

    """
    lines = known_hosts.read_text().splitlines() if known_hosts.exists() else []
    if not any(line.split(" ", 1)[0] == name for line in lines):
        raise MairieError(
            f"the SSH key of {name} is not recorded: compare it with what the new machine shows, "
            f"with mairie enrol {name} --address ADDRESS"
        )

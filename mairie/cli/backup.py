"""``mairie backup``: save hosts now, see what they have and how their nights went."""

from __future__ import annotations

from pathlib import Path

import click

from mairie.cli.backups import Question, json_option
from mairie.cli.hosts import Hosts, hosts_options
from mairie.cli.options import inventory_option


@click.group("backup")
def command() -> None:
    """Back hosts up, and see their snapshots and their nights."""


@command.command()
@hosts_options
@json_option
def now(hosts: Hosts, json: Path | None) -> None:
    """Back TARGETS up to their hub now, hosts of one site in a row.

    The first Ctrl-C stops them; what has arrived is not sent again. The second one leaves them at
    work.
    """
    Question("now", json).ask(hosts)


@command.command("list")
@hosts_options
@json_option
def list_(hosts: Hosts, json: Path | None) -> None:
    """List the snapshots of TARGETS."""
    Question("list", json).ask(hosts)


@command.command()
@hosts_options
@json_option
def status(hosts: Hosts, json: Path | None) -> None:
    """Say how the last nights and drills of TARGETS went."""
    Question("status", json).ask(hosts)


@command.command()
@inventory_option
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="SVG file to write.",
)
def night(inventory: Path, output: Path) -> None:
    """Draw who backs itself up when: one bar per host, hub by hub."""
    from mairie.inventory import load
    from mairie.plan.backup import limits
    from mairie.plan.resolve import resolve
    from mairie.report.night import night_picture

    territory = load(inventory)
    output.write_text(night_picture(resolve(territory), limits(territory)), encoding="utf-8")
    click.echo(f"{output}: written")

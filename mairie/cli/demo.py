"""``mairie demo``: the demo territory, from blank hosts to a report."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click

from mairie.cli.lab import PARALLEL, conclude, say
from mairie.cli.options import inventory_option
from mairie.cli.reporting import Outputs, console, finish
from mairie.lab.session import Session
from mairie.run import Run


@click.command("demo")
@inventory_option
@click.option(
    "--html",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("demo.html"),
    show_default=True,
    help="Where the report goes.",
)
@click.option("--keep", is_flag=True, help="Leave the lab running at the end.")
def command(inventory: Path, html: Path, keep: bool) -> None:
    """Deploy, deploy again, verify, and try who reaches whom, in containers."""
    session = Session.of(inventory, say, name=f"{inventory.resolve().name}-show")
    try:
        session.up()
        run = Run(session.plans, session.reach(), console(), "demo", PARALLEL)
        say("Deploying on blank hosts, then again: nothing may change")
        run.act("apply", times=2)
        # Devices mostly wait for their addresses: meanwhile there is other work.
        with ThreadPoolExecutor(1) as aside:
            connected = aside.submit(session.connect_devices)
            say("Verifying")
            run.act("verify")
        connected.result()
        say("Trying who reaches whom, with real packets")
        matrix = session.try_flows()
        report = finish(run, session.territory, "demo", Outputs(html, None, None), matrix)
    finally:
        if not keep:
            session.lab.down()
    if keep:
        click.echo(f"Next: mairie lab shell --name {session.lab.name} HOST", err=True)
    sys.exit(conclude(report))

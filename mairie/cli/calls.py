"""``mairie calls``: who is on the telephone in a commune, and who was."""

from __future__ import annotations

import click

from mairie.cli.hosts import Hosts, one_host_options
from mairie.cli.programs import only_one, run_program
from mairie.plan.host import HostPlan

PROGRAM = "mairie-calls"
SECONDS = 60


@click.command("calls")
@one_host_options
@click.option(
    "--last",
    type=click.IntRange(0, 1000),
    default=20,
    show_default=True,
    help="How many of the calls that ended.",
)
def command(hosts: Hosts, last: int) -> None:
    """Print the calls that go on at HOST, and the last ones, from its records.

    HOST is a commune, its telephone host, or a hub: there, the calls between communes. Records are
    personal data: they leave the host for this answer alone, and are erased there when their time
    has come.
    """
    plan = _exchange_of(hosts)
    shown = run_program(
        plan.name,
        hosts.transport(plan),
        PROGRAM,
        ("--last", str(last)),
        seconds=SECONDS,
        look=f"calls {plan.name}",
    )
    click.echo(shown, nl=False)


def _exchange_of(hosts: Hosts) -> HostPlan:
    return only_one(
        hosts,
        lambda plan: plan.voip is not None or plan.exchange is not None,
        "calls are known to the telephone host of a commune and to a hub",
    )

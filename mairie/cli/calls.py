"""``mairie calls``: who is on the telephone in a commune, and who was."""

from __future__ import annotations

import click

from mairie.cli.hosts import Hosts, one_host_options
from mairie.cli.programs import run_program
from mairie.errors import MairieError
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
    plans, _ = hosts.chosen()
    able = [plan for plan in plans.values() if plan.voip is not None or plan.exchange is not None]
    if len(able) != 1:
        name = hosts.targets.names[0]
        names = ", ".join(plan.name for plan in able)
        said = f"has {len(able)} of them; name one: {names}" if able else "has none"
        raise MairieError(
            f"calls are known to the telephone host of a commune and to a hub; {name} {said}"
        )
    return able[0]

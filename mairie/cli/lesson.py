"""``mairie lesson``: the networks of classrooms, on for a lesson and off again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import click

from mairie.cli.hosts import Hosts, one_host_options
from mairie.cli.programs import run_program
from mairie.errors import MairieError
from mairie.plan.host import HostPlan
from mairie.transport import Transport

PROGRAM = "mairie-lessons"
SECONDS = 120

by_option = click.option("--by", default="", metavar="NAME", help="Written into the log.")


@click.group("lesson")
def command() -> None:
    """Switch the networks of classrooms on for a lesson, off again, and see who did.

    They are off the air by default and go off by themselves: the gateway keeps the time, whatever
    becomes of the link.
    """


@command.command()
@one_host_options
@click.option(
    "--minutes", type=click.IntRange(1, 600), help="From now; without it, what the site says."
)
@by_option
def on(hosts: Hosts, minutes: int | None, by: str) -> None:
    """Put the networks for lessons of HOST, a gateway or its site, on the air."""
    length = () if minutes is None else ("--minutes", str(minutes))
    _ask(hosts, "on", *length, "--by", by)


@command.command()
@one_host_options
@by_option
def off(hosts: Hosts, by: str) -> None:
    """Take them off the air before the lesson ends."""
    _ask(hosts, "off", "--by", by)


@command.command()
@one_host_options
def status(hosts: Hosts) -> None:
    """Say whether there is a lesson at HOST, and until when."""
    _ask(hosts, "status")


@command.command()
@one_host_options
def log(hosts: Hosts) -> None:
    """Print when the networks of HOST were switched, by what and by whom."""
    _ask(hosts, "log")


def _ask(hosts: Hosts, *arguments: str) -> None:
    plan = gateway_of(hosts)
    click.echo(ask(plan.name, hosts.transport(plan), arguments), nl=False)


def gateway_of(hosts: Hosts) -> HostPlan:
    """Return the plan of the one gateway that is meant, which has networks for lessons.

    Raises:
        InventoryErrors: the inventory is not right.
        MairieError: several gateways are meant, or one without networks for lessons.

    """
    plans, _ = replace(hosts, targets=replace(hosts.targets, roles=("gateway",))).chosen()
    able = [name for name, plan in plans.items() if plan.lessons is not None]
    if not able:
        raise MairieError(
            f"{hosts.targets.names[0]} has no network for lessons; it needs a gateway with radios "
            "and the segment school"
        )
    if len(able) > 1:
        raise MairieError(
            f"{hosts.targets.names[0]} has {len(able)} gateways with lessons; "
            f"name one: {', '.join(able)}"
        )
    return plans[able[0]]


def ask(host: str, transport: Transport, arguments: Sequence[str]) -> str:
    """Run the switch's program on a host; return what it printed.

    Raises:
        MairieError: the host cannot be reached, or the program refused.

    """
    return run_program(host, transport, PROGRAM, arguments, seconds=SECONDS, look="lesson status")

"""Programs of bricks on a host, run for a command: lessons, vouchers, phones."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import click

from mairie.cli.hosts import Hosts
from mairie.errors import EXIT_HOST_FAILED, MairieError
from mairie.plan.host import HostPlan
from mairie.question import ask_host
from mairie.transport import Transport


def only_one(hosts: Hosts, is_able: Callable[[HostPlan], bool], rule: str) -> HostPlan:
    """Return the plan of the one host that is meant, of those that are able.

    Args:
        hosts: what was typed.
        is_able: whether a host can do what is asked.
        rule: which hosts can, the beginning of a sentence that refuses.

    Raises:
        InventoryErrors: the inventory is not right.
        MairieError: none is meant, or several.

    """
    plans, _ = hosts.chosen()
    able = [plan for plan in plans.values() if is_able(plan)]
    if len(able) != 1:
        names = ", ".join(plan.name for plan in able)
        said = f"has {len(able)} of them; name one: {names}" if able else "has none"
        raise MairieError(f"{rule}; {hosts.targets.names[0]} {said}")
    return able[0]


def run_program(
    host: str,
    transport: Transport,
    program: str,
    arguments: Sequence[str],
    *,
    seconds: int,
    look: str,
) -> str:
    """Run a program on a host; return what it printed, and show what it said beside that.

    Args:
        host: name of the host.
        transport: how to get there.
        program: its name.
        arguments: of the program.
        seconds: how long it may take.
        look: command that says what came of it, when the answer was lost.

    Raises:
        MairieError: the host cannot be reached, or the program refused.

    """
    script = f'exec {program} "$@"'
    done = ask_host(
        host, transport, script, *arguments, seconds=seconds, late=f"look at it: {look}"
    )
    said = done.stderr.decode(errors="replace").strip()
    if done.returncode:
        said = said or f"the program ended with {done.returncode}"
        raise MairieError(f"{host}: {said}", exit_code=EXIT_HOST_FAILED)
    if said:
        click.echo(f"{host}: {said}", err=True)
    return done.stdout.decode()

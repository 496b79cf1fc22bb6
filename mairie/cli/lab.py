"""``mairie lab``: a territory in containers, from the same inventory."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from mairie.asking import ask_hosts
from mairie.backups.ask import Verb
from mairie.backups.fleet import exit_code as answers_code
from mairie.cli.backups import savers
from mairie.cli.options import identity_option, inventory_option
from mairie.cli.reporting import Outputs, console, finish, report_options
from mairie.cli.steps import print_step, print_steps
from mairie.lab.containers import Lab
from mairie.lab.limits import shared_kernel, within_limits
from mairie.lab.session import Session
from mairie.rebuild import Rebuilding
from mairie.report.answers import print_answers
from mairie.report.model import RunReport, exit_code
from mairie.run import Run

PARALLEL = 6
"""Hosts at a time: they share the machine's processors."""


def say(message: str) -> None:
    """Show what the lab is doing."""
    click.echo(f"… {message}", err=True)


def conclude(report: RunReport) -> int:
    """Return the exit code; what no container can show is said, and is no failure of the lab."""
    beyond = [item for host in report.hosts for item in host.controls if shared_kernel(item)]
    if beyond:
        click.echo(
            f"{len(beyond)} vérifications restent inconnues : les conteneurs partagent le noyau de "
            "leur machine. Pour les voir : mairie lab up --machine",
            err=True,
        )
    return exit_code(within_limits(report))


@dataclass(frozen=True)
class Choice:
    """What the lab shows: a territory, or some of its communes."""

    inventory: Path
    identity: Path | None
    communes: tuple[str, ...]
    name: str

    def session(self) -> Session:
        """Prepare the lab."""
        return Session.of(self.inventory, say, self.identity, self.communes, self.name)


def choice_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that choose what the lab shows, passed together as ``choice``."""

    @wraps(function)
    def gathered(
        *,
        inventory: Path,
        identity: Path | None,
        communes: tuple[str, ...],
        name: str,
        **others: object,
    ) -> object:
        return function(choice=Choice(inventory, identity, communes, name), **others)

    named = click.option("--name", default="", help="Of the lab; the territory's otherwise.")
    chosen = click.option(
        "--commune", "communes", multiple=True, help="Show only this commune; may be repeated."
    )
    return inventory_option(identity_option(chosen(named(gathered))))


@click.group("lab")
def command() -> None:
    """Try a territory in containers before anybody flies there."""


@command.command()
@choice_options
@click.option("--machine", is_flag=True, help="Show VLAN trunks and kernel WireGuard in QEMU.")
def up(choice: Choice, machine: bool) -> None:
    """Start blank hosts, a device in each segment, and the internet around them."""
    if machine:
        from mairie.lab.trunk import show

        if choice.name:
            raise click.UsageError("--name is for a lab that stays; the machine ends by itself.")
        sys.exit(show(choice.inventory, say, choice.identity, choice.communes))
    session = choice.session()
    session.up()
    click.echo(
        f"The lab {session.lab.name} is up: {len(session.layout.hosts)} hosts, "
        f"{len(session.layout.clients)} devices. Next: mairie lab deploy"
    )


@command.command()
@choice_options
@report_options
@click.option("--only", multiple=True, help="Only this brick; may be repeated.")
def deploy(
    choice: Choice,
    only: tuple[str, ...],
    outputs: Outputs,
) -> None:
    """Deploy on every host of the lab."""
    session = choice.session()
    session.running()
    run = Run(session.plans, session.reach(), console(), "deploy", PARALLEL)
    run.act("apply", only)
    sys.exit(conclude(finish(run, session.territory, "deploy", outputs)))


@command.command()
@choice_options
@report_options
@click.option("--no-packets", is_flag=True, help="Only the controls on the hosts.")
def verify(
    choice: Choice,
    no_packets: bool,
    outputs: Outputs,
) -> None:
    """Run every control on every host, then try every pair with real packets."""
    session = choice.session()
    session.running()
    run = Run(session.plans, session.reach(), console(), "verify", PARALLEL)
    run.act("verify")
    matrix = None
    if not no_packets:
        say("Trying who reaches whom")
        matrix = session.try_flows()
    sys.exit(conclude(finish(run, session.territory, "verify", outputs, matrix)))


@command.command()
@click.argument("hosts", nargs=-1, metavar="[HOST]...")
@choice_options
@click.option("--drill", is_flag=True, help="Then prove that they can be restored.")
def backup(hosts: tuple[str, ...], choice: Choice, drill: bool) -> None:
    """Back hosts of the lab up to its hub; none named: all."""
    session = choice.session()
    session.running()
    plans = savers({name: session.plan(name) for name in hosts or session.plans}, asked=hosts)
    verbs: tuple[Verb, ...] = ("now", "drill") if drill else ("now",)
    answers = []
    for verb in verbs:
        transport = session.reach().transport
        asked = ask_hosts(plans, transport, verb, console=console(), parallel=PARALLEL)
        print_answers(asked, plans, verb, Console())
        answers += asked
    sys.exit(answers_code(answers))


@command.command()
@click.argument("host")
@choice_options
@click.option("--snapshot", default="", help="Restore this one instead of the newest.")
@report_options
def rebuild(host: str, choice: Choice, snapshot: str, outputs: Outputs) -> None:
    """Put a blank machine in the place of HOST and bring it back: as "mairie rebuild" does."""
    session = choice.session()
    session.running()
    plans = savers({host: session.plan(host)}, asked=[host])
    say(f"Putting a blank machine in the place of {host}")
    session.replace(host)
    shown = console()
    rebuilding = Rebuilding(
        plans[host], session.reach(), shown, lambda step: print_step(step, shown)
    )
    rebuilding.go(snapshot)
    report = finish(rebuilding.run, session.territory, "deploy", outputs)
    print_steps(rebuilding, Console())
    sys.exit(rebuilding.exit_code or conclude(report))


@command.command()
@click.argument("node")
@choice_options
def shell(node: str, choice: Choice) -> None:
    """Open a shell in a host or a device of the lab."""
    session = choice.session()
    argv = session.lab.shell_argv(node)
    os.execvp(argv[0], argv)  # noqa: S606 - the shell takes this process's place


@command.command()
@choice_options
def status(choice: Choice) -> None:
    """Say what runs."""
    session = choice.session()
    states = session.lab.status()
    table = Table("node", "state")
    for node in session.layout.nodes:
        table.add_row(node.name, states.get(node.name, "absent"))
    Console().print(table)


@command.command()
@inventory_option
@click.option("--name", default="", help="Of the lab; the territory's otherwise.")
def down(inventory: Path, name: str) -> None:
    """Remove every container and cable of the lab."""
    Lab(name or inventory.resolve().name, say).down()

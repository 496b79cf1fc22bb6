"""What backup, restore, drill and rebuild share."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import Any, NoReturn

import click
from rich.console import Console

from mairie.asking import ask_hosts
from mairie.backups.ask import Answer, Verb
from mairie.backups.fleet import exit_code
from mairie.cli.hosts import Hosts
from mairie.cli.reporting import console
from mairie.errors import MairieError
from mairie.plan.host import HostPlan
from mairie.report.answers import print_answers, print_snapshots, print_statuses, to_json


@dataclass(frozen=True)
class Question:
    """Something to ask hosts that back themselves up, and where the answer goes."""

    verb: Verb
    json: Path | None

    def ask(self, hosts: Hosts, arguments: Sequence[str] = ()) -> NoReturn:
        """Ask the hosts that are meant, print what they answer, end with its exit code."""
        started = datetime.now(UTC)
        chosen, _ = hosts.chosen()
        plans = savers(chosen, asked=hosts.targets.names)
        answers = ask_hosts(
            plans,
            lambda name: hosts.transport(plans[name]),
            self.verb,
            arguments,
            console=console(),
            parallel=hosts.jobs,
        )
        self.tell(answers, plans, started)

    def tell(
        self, answers: Sequence[Answer], plans: Mapping[str, HostPlan], started: datetime
    ) -> NoReturn:
        """Print and write what was answered, end with its exit code."""
        out = Console()
        if self.verb == "list":
            print_snapshots(answers, plans, out)
        elif self.verb == "status":
            print_statuses(answers, plans, out)
        else:
            print_answers(answers, plans, self.verb, out)
        if self.json is not None:
            self.json.write_bytes(to_json(answers, plans, self.verb, started))
            click.echo(f"Rapport : {self.json}", err=True)
        sys.exit(exit_code(answers))


def savers(plans: Mapping[str, HostPlan], asked: Sequence[str] = ()) -> dict[str, HostPlan]:
    """Return the hosts that back themselves up; hubs and access points among many are left out.

    Args:
        plans: the hosts that are meant.
        asked: words of the command line: one of those named there is a mistake.

    Raises:
        MairieError: one was named, or nothing is left.

    """
    found = {name: plan for name, plan in plans.items() if plan.backup is not None}
    named = [name for name in plans if name not in found and name in asked]
    if named or not found:
        hub = (named or list(plans))[0]
        if not plans[hub].is_hub:
            raise MairieError(
                f"{hub} is an access point: it keeps nothing, so nothing of it is saved; on a "
                f"blank machine it is deployed again: mairie deploy {hub}"
            )
        raise MairieError(
            f"{hub} is a hub: it keeps the backups of its communes and makes none of its own; "
            f'name hosts of communes, or see "mairie-store status" on {hub}'
        )
    return found


def json_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--json FILE``, passed as ``json``."""

    @wraps(function)
    def gathered(*, json: Path | None, **others: object) -> object:
        return function(json=json, **others)

    return click.option(
        "--json",
        type=click.Path(path_type=Path, dir_okay=False),
        help="Also write the answers as JSON, for programs.",
    )(gathered)

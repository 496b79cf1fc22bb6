"""``mairie restore``: bring a host's files, folders and databases back from its backups."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from mairie.asking import ask_hosts
from mairie.backups.ask import Answer
from mairie.cli.backups import Question, json_option, savers
from mairie.cli.hosts import Hosts, one_host_options
from mairie.cli.reporting import console
from mairie.errors import EXIT_HOST_FAILED, MairieError
from mairie.plan.host import HostPlan
from mairie.report import words


@click.command("restore")
@one_host_options
@click.option(
    "--snapshot",
    default="latest",
    show_default=True,
    metavar="ID",
    help='Which night; "mairie backup list HOST" shows them.',
)
@click.option(
    "--path",
    "paths",
    multiple=True,
    metavar="PATH",
    help="Only this file or folder; may be repeated.",
)
@click.option(
    "--to",
    default="",
    metavar="DIR",
    help="Folder on HOST.  [default: /var/lib/mairie/backup/restored/<snapshot>]",
)
@click.option("--in-place", is_flag=True, help="Where the files were, over what is there.")
@click.option("--databases", is_flag=True, help="Load the dumps into their engines too.")
@click.option("--yes", is_flag=True, help="Overwrite what differs without asking.")
@json_option
def command(
    *,
    hosts: Hosts,
    snapshot: str,
    paths: tuple[str, ...],
    to: str,
    in_place: bool,
    databases: bool,
    yes: bool,
    json: Path | None,
) -> None:
    """Restore on HOST, into a folder of its own unless told otherwise.

    What would be overwritten is shown, and asked for, before anything is. After Ctrl-C or a lost
    link, the same command goes on where it stopped.
    """
    if to and in_place:
        raise MairieError("--to and --in-place exclude each other; leave one out")
    wrong = [path for path in (*paths, *filter(None, [to])) if not path.startswith("/")]
    if wrong:
        raise MairieError(f"{wrong[0]} is no path on the host; write it from the root: /srv/…")
    started = datetime.now(UTC)
    plan, _ = hosts.one()
    plans = savers({plan.name: plan}, asked=[plan.name])
    wish = [
        f"--snapshot={snapshot}",
        *(f"--path={path}" for path in paths),
        *([f"--to={to}"] if to else []),
        *(["--in-place"] if in_place else []),
        *(["--databases"] if databases else []),
    ]
    replaces = bool(in_place or to or databases)
    overwrite = "if-changed" if yes else "never"
    question = Question("restore", json)
    if replaces and not yes:
        (look,) = restore(hosts, plans, [*wish, "--overwrite=if-changed", "--dry-run"])
        if look.outcome != "done":
            question.tell([look], plans, started)
        overwrite = agreed(look, plan, databases=databases)
    question.tell(restore(hosts, plans, [*wish, f"--overwrite={overwrite}"]), plans, started)


def restore(hosts: Hosts, plans: dict[str, HostPlan], wish: list[str]) -> list[Answer]:
    """Ask the one host for a restore."""
    return ask_hosts(
        plans, lambda name: hosts.transport(plans[name]), "restore", wish, console=console()
    )


def agreed(look: Answer, plan: HostPlan, *, databases: bool) -> str:
    """Return what may be overwritten, once a person has seen what would be.

    Raises:
        MairieError: the person said no.
        Abort: nobody is there to be asked.

    """
    files = look.measures.get("overwritten", 0)
    names = [each.name for each in plan.backup.databases] if plan.backup and databases else []
    if not files and not names:
        return "never"
    loss = []
    if files:
        loss.append(words.number(files, "fichier remplacé", "fichiers remplacés"))
    if names:
        loss.append(f"bases remplacées : {', '.join(names)}")
    what = f"{plan.name} : {', '.join(loss)}"
    if not click.confirm(f"{what}. Continuer ?", err=True):
        raise MairieError(
            "nothing was restored; without --in-place it goes to a folder of its own",
            exit_code=EXIT_HOST_FAILED,
        )
    return "if-changed"

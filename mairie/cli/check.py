"""``mairie check``: everything that is wrong with an inventory, at once."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mairie.cli.options import (
    ENVIRONMENT,
    ask_passphrase,
    default_inventory,
    identity_option,
)
from mairie.errors import EXIT_BAD_INPUT

if TYPE_CHECKING:
    from mairie.inventory import Loaded, Problem
    from mairie.model.territory import Territory


@click.command
@click.argument("folder", required=False, type=click.Path(path_type=Path), metavar="[DIR]")
@click.option(
    "-i",
    "--inventory",
    type=click.Path(path_type=Path),
    envvar=ENVIRONMENT,
    help="The same as DIR.",
)
@identity_option
@click.pass_context
def command(
    ctx: click.Context, folder: Path | None, inventory: Path | None, identity: Path | None
) -> None:
    """Check an inventory: files, names, numbers, addresses, secrets.

    Prints every error as file:line: path: what is wrong; what is allowed. Exit code 2 when there
    is one. With an identity, also opens every file of secrets.
    """
    from mairie.inventory import read
    from mairie.inventory.notices import notices

    loaded = read(folder or inventory or default_inventory(), secrets=False)
    secret_problems, not_looked_at = _secrets(loaded, identity)
    problems = sorted({*loaded.problems, *secret_problems})
    for problem in problems:
        click.echo(str(problem), err=True)
    if problems or loaded.territory is None:
        click.echo(_count(len(problems), "error"), err=True)
        ctx.exit(EXIT_BAD_INPUT)
    click.echo(_summary(loaded.territory))
    for notice in notices(loaded.territory, datetime.now(UTC).date()):
        click.echo(notice)
    for what in not_looked_at:
        click.echo(f"not looked at: {what}")


def _secrets(loaded: Loaded, option: Path | None) -> tuple[list[Problem], list[str]]:
    """Return what is wrong with the secrets, and what could not be looked at."""
    if loaded.sources.syndicate is None:
        return [], []
    from mairie.inventory import Problem
    from mairie.inventory.load import territory_of
    from mairie.secrets.check import problems
    from mairie.secrets.errors import IdentityMissingError, SecretsError
    from mairie.secrets.identity import find_identity
    from mairie.secrets.vault import Vault

    folder = loaded.sources.folder
    territory = loaded.territory or territory_of(loaded.sources)
    identity, not_looked_at = None, []
    found: list[tuple[Path, str]] = []
    try:
        identity = find_identity(
            folder, demo=territory.syndicate.demo, option=option, ask=ask_passphrase()
        )
    except IdentityMissingError as error:
        not_looked_at.append(f"the content of the secrets: {error}")
    except SecretsError as error:
        found.append((option or folder / "secrets", str(error)))
    found += problems(Vault(folder, territory), identity)
    return [
        Problem(str(path), 0, "", message.removeprefix(f"{path} ")) for path, message in found
    ], not_looked_at


def _summary(territory: Territory) -> str:
    from mairie.plan.resolve import resolve

    hosts = len(resolve(territory))
    communes = len(territory.communes)
    return f"{_count(communes, 'commune')}, {_count(hosts, 'host')}, no error"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"

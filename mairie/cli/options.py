"""Options that several commands share."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from mairie.errors import MairieError

if TYPE_CHECKING:
    from mairie.model.territory import Territory

F = TypeVar("F", bound=Callable[..., Any])

ENVIRONMENT = "MAIRIE_INVENTORY"


def inventory_option(function: F) -> F:
    """Add ``-i/--inventory DIR``; the command receives ``inventory: Path``."""
    option = click.option(
        "-i",
        "--inventory",
        type=click.Path(path_type=Path),
        envvar=ENVIRONMENT,
        callback=_or_default,
        help="Folder with syndicate.yaml and communes/.  "
        "[default: $MAIRIE_INVENTORY, else the only one in ./inventories, else the demo]",
    )
    return option(function)


def identity_option(function: F) -> F:
    """Add ``--identity FILE``; the command receives ``identity: Path | None``."""
    option = click.option(
        "--identity",
        type=click.Path(path_type=Path, dir_okay=False),
        help="File with the age or SSH private key that opens the secrets.  "
        "[default: $MAIRIE_IDENTITY, $MAIRIE_AGE_KEY, else ~/.config/mairie/identity]",
    )
    return option(function)


def ask_passphrase() -> Callable[[str], str] | None:
    """Return what asks a person for a passphrase, or None when there is no terminal."""
    if not sys.stdin.isatty():
        return None
    return lambda prompt: str(click.prompt(prompt, hide_input=True, err=True))


def _or_default(
    context: click.Context, _option: click.Parameter, value: Path | None
) -> Path | None:
    return value if value is not None or context.resilient_parsing else default_inventory()


def default_inventory() -> Path:
    """Return the inventory to use when none is named.

    The working folder when it is one; the only one under ``./inventories``; the demo there.

    Raises:
        MairieError: there is none, or several and no demo.

    """
    here = Path()
    if (here / "syndicate.yaml").is_file():
        return here
    found = sorted(file.parent for file in here.glob("inventories/*/syndicate.yaml"))
    if len(found) == 1:
        return found[0]
    demo = here / "inventories" / "demo"
    if demo in found:
        return demo
    if found:
        names = ", ".join(str(folder) for folder in found)
        raise MairieError(f"several inventories are here; write -i with one of: {names}")
    raise MairieError(
        f'no inventory here; write -i FOLDER, set {ENVIRONMENT}, or start one with "mairie init"'
    )


def load_territory(folder: Path, *, secrets: bool = True) -> Territory:
    """Load and check an inventory.

    Args:
        folder: the inventory.
        secrets: whether every host must have its public key.

    Raises:
        InventoryErrors: all that is wrong with it; the command line prints it and exits with 2.

    """
    from mairie.inventory import load

    return load(folder, secrets=secrets)

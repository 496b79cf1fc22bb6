"""Options that several commands share."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from mairie.errors import MairieError

F = TypeVar("F", bound=Callable[..., Any])


def inventory_option(function: F) -> F:
    """Add ``-i/--inventory``: the folder of a territory, passed as ``inventory``, a Path."""
    return click.option(
        "-i",
        "--inventory",
        type=click.Path(path_type=Path),
        envvar="MAIRIE_INVENTORY",
        callback=_or_default,
        help="Folder of the territory; without it, $MAIRIE_INVENTORY, else the only one under "
        "./inventories, else ./inventories/demo.",
    )(function)


def identity_option(function: F) -> F:
    """Add ``--identity``: a file with the private key that opens the secrets, or None."""
    return click.option(
        "--identity",
        type=click.Path(path_type=Path),
        help="age identity or SSH private key; without it, $MAIRIE_IDENTITY, $MAIRIE_AGE_KEY, "
        "else ~/.config/mairie/identity.",
    )(function)


def ask_passphrase() -> Callable[[str], str] | None:
    """Return what asks a person for a passphrase, or None when there is no terminal."""
    if not sys.stdin.isatty():
        return None
    return lambda prompt: str(click.prompt(prompt, hide_input=True, err=True))


def default_inventory(root: Path) -> Path:
    """Return the inventory meant when none is named.

    Raises:
        MairieError: there is none, or more than one to choose from.

    """
    found = sorted(path.parent for path in (root / "inventories").glob("*/syndicate.yaml"))
    demo = root / "inventories" / "demo"
    if len(found) == 1:
        return found[0]
    if demo in found:
        return demo
    if not found:
        raise MairieError(
            "no inventory here; name one with -i DIR, or run mairie where there is a folder "
            'inventories/<territory>/ with a syndicate.yaml ("mairie init" makes one)'
        )
    raise MairieError(
        f"which inventory? name one with -i DIR: {', '.join(str(path) for path in found)}"
    )


def _or_default(_context: click.Context, _option: click.Parameter, value: Path | None) -> Path:
    if value is not None:
        return value
    found = default_inventory(Path.cwd())
    return found.relative_to(Path.cwd())

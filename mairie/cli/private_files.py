"""Files that hold a secret for a person: new, mode 600, and never inside the inventory."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from mairie.errors import MairieError


def check_output(output: Path, inventory: Path) -> None:
    """Refuse a path where the secret would be kept, or would take the place of something.

    Raises:
        MairieError: with the reason.

    """
    if output.resolve().is_relative_to(inventory.resolve()):
        raise MairieError(
            f"{output} is inside the inventory, where it would end up in version "
            "control; write it elsewhere"
        )
    if output.exists():
        raise MairieError(f"{output} exists already; name a new file")
    if not output.resolve().parent.is_dir():
        raise MairieError(f"{output.parent} is not a folder")


def write_private(path: Path, content: bytes, lost: str = "") -> None:
    """Write a new file that its owner alone may read.

    Args:
        path: of a file that does not exist yet.
        content: all of it.
        lost: what to do about a secret that is kept nowhere else.

    Raises:
        MairieError: the file system refuses.

    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
    except OSError as error:
        reason = (error.strerror or "unknown error").lower()
        after = f"; {lost}" if lost else ""
        raise MairieError(f"{path} cannot be written: {reason}{after}") from None


def to_a_terminal(*, yes: bool) -> None:
    """Refuse to print secrets where they would stay.

    Args:
        yes: somebody wants that.

    Raises:
        MairieError: the output is a file or a pipe.

    """
    if not (yes or sys.stdout.isatty()):
        raise MairieError(
            "secrets are only printed to a terminal, not into a file or a pipe; add --yes if that "
            "is what you want"
        )

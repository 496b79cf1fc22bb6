"""One run at a time."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class BusyError(Exception):
    """Another run holds the lock; the message says it in French."""


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold the lock while the block lasts; the kernel lets go of it whatever happens.

    Raises BusyError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BusyError(
                "Une sauvegarde, une restauration ou un exercice est déjà en cours sur cet hôte."
            ) from error
        yield

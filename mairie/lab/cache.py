"""Where the lab keeps what is slow to make: packages, images, logs."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

Progress = Callable[[str], None]
"""Receives one short sentence per step, for a person who waits."""


def silent(_message: str) -> None:
    """Drop progress messages."""


def cache_dir() -> Path:
    """Return the cache folder, made if absent.

    ``$MAIRIE_CACHE``, else ``$XDG_CACHE_HOME/mairie``, else ``~/.cache/mairie``.
    """
    chosen = os.environ.get("MAIRIE_CACHE")
    if chosen:
        folder = Path(chosen).absolute()
    else:
        folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mairie"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Hold the lock ``name``, so that two runs at once do not build the same thing twice."""
    with (cache_dir() / f"{name}.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield

"""Where the lab keeps what is slow to make: packages, images, logs."""

import fcntl
import os
import shutil
import time
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


_UNUSED_DAYS = 14


def forget_unused(kind: str, used: str) -> list[str]:
    """Note that the folder ``<kind>-<used>`` is used now; remove its like that no run used lately.

    Lately is two weeks. Returns the keys removed.
    """
    os.utime(cache_dir() / f"{kind}-{used}")
    oldest = time.time() - _UNUSED_DAYS * 24 * 3600
    gone = []
    for folder in cache_dir().glob(f"{kind}-*"):
        if folder.is_dir() and folder.stat().st_mtime < oldest:
            shutil.rmtree(folder)
            gone.append(folder.name.removeprefix(f"{kind}-"))
    return gone

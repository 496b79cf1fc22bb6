"""The server instance of one host, and who may work on its repository."""

from __future__ import annotations

import fcntl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mairie_store.errors import StoreError

SYSTEMCTL = "systemctl"


def socket_unit(host: str) -> str:
    """Return the unit that wakes the instance of a host."""
    return f"mairie-store@{host}.socket"


def service_unit(host: str) -> str:
    """Return the unit of the instance of a host."""
    return f"mairie-store@{host}.service"


def _systemctl(*arguments: str) -> int:
    return subprocess.run([SYSTEMCTL, *arguments], check=False, timeout=90).returncode


def is_reachable(host: str) -> bool:
    """Return whether the host can reach its repository."""
    return _systemctl("is-active", "--quiet", socket_unit(host)) == 0


def start(host: str) -> bool:
    """Let the host reach its repository; return whether it can."""
    if _systemctl("start", socket_unit(host)) == 0:
        return True
    # systemd refuses to open a socket whose service still runs: one that a killed upkeep left.
    _systemctl("stop", service_unit(host))
    return _systemctl("start", socket_unit(host)) == 0


@contextmanager
def stopped(host: str) -> Iterator[None]:
    """Keep the host away from its repository for a while, and let it back whatever happens."""
    try:
        # The socket first: it would wake the service again.
        for unit in (socket_unit(host), service_unit(host)):
            if _systemctl("stop", unit) != 0:
                raise StoreError(f"{unit} ne s'arrête pas : l'entretien attendra.")
        yield
    finally:
        start(host)


@contextmanager
def alone(run: Path, host: str) -> Iterator[bool]:
    """Hold the right to work on a repository; False when another run of this program has it.

    The kernel lets go when the holder dies, however it dies.
    """
    run.mkdir(mode=0o755, parents=True, exist_ok=True)
    with (run / f"{host}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True

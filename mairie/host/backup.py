"""pyinfra facts and operations of brick ``backup`` that pyinfra itself does not have."""

from __future__ import annotations

import shlex
from collections.abc import Generator, Sequence

from pyinfra.api.command import StringCommand
from pyinfra.api.facts import FactBase
from pyinfra.api.operation import operation
from pyinfra.context import host

from mairie.files.backup import FIRST_BACKUP, REPOSITORIES, STATE


class _Words(FactBase[tuple[str, ...]]):
    """One word per line."""

    @staticmethod
    def default() -> tuple[str, ...]:
        """Nothing there."""
        return ()

    def process(self, output: list[str]) -> tuple[str, ...]:
        """Sort them."""
        return tuple(sorted(line.strip() for line in output if line.strip()))


class OpenInstances(_Words):
    """Hosts whose door to the store is open: socket active and enabled."""

    def command(self) -> str:
        """Ask systemd once for all."""
        return (
            "systemctl list-units --plain --no-legend --state=active 'mairie-store@*.socket' "
            "| sed -n 's/^mairie-store@\\(.*\\)\\.socket .*/\\1/p' "
            "| while read -r name; do "
            '[ ! -e "/etc/systemd/system/sockets.target.wants/mairie-store@$name.socket" ] '
            '|| echo "$name"; done'
        )


class KnownInstances(_Words):
    """Hosts that have a door to the store, open or not."""

    def command(self) -> str:
        """Ask systemd, and look at what it starts at boot."""
        return (
            "{ systemctl list-units --all --plain --no-legend 'mairie-store@*'; "
            "ls /etc/systemd/system/sockets.target.wants 2>/dev/null; } "
            "| sed -n 's/^mairie-store@\\([^ ]*\\)\\.\\(socket\\|service\\).*/\\1/p' | sort -u"
        )


class Repositories(_Words):
    """Hosts that have a repository in the store."""

    def command(self) -> str:
        """List them."""
        return (
            f"for path in {REPOSITORIES}/*/config; do "
            '[ ! -e "$path" ] || basename "$(dirname "$path")"; done'
        )


class BackupTried(FactBase[bool]):
    """Whether this host has tried to back itself up at least once."""

    @staticmethod
    def default() -> bool:
        """Nothing said: no."""
        return False

    def command(self) -> str:
        """Look for what each try leaves."""
        return f"if [ -e {STATE} ]; then echo yes; fi"

    def process(self, output: list[str]) -> bool:
        """Read the one word."""
        return output == ["yes"]


@operation()
def instances(hosts: Sequence[str]) -> Generator[StringCommand, None, None]:
    """Open one door to the store per host, and close those of hosts that are no longer kept.

    Args:
        hosts: full names.

    """
    opened = host.get_fact(OpenInstances)
    known = host.get_fact(KnownInstances)
    missing = [_socket(name) for name in hosts if name not in opened]
    gone = [_socket(name) for name in sorted(set(known) - set(hosts))]
    if missing:
        yield StringCommand(f"systemctl enable --quiet --now {' '.join(missing)}")
    if gone:
        services = [unit.replace(".socket", ".service") for unit in gone]
        yield StringCommand(f"systemctl disable --quiet --now {' '.join(gone)}")
        yield StringCommand(f"systemctl stop {' '.join(services)}")
    if not missing and not gone:
        host.noop("each host has its door, and no other")


def _socket(name: str) -> str:
    return shlex.quote(f"mairie-store@{name}.socket")


@operation()
def first_backup() -> Generator[StringCommand, None, None]:
    """Back up a host that has never tried, and prove that what it sent comes back."""
    if host.get_fact(BackupTried):
        host.noop("this host backs itself up at night")
    else:
        yield StringCommand(FIRST_BACKUP)

"""pyinfra facts and operations of brick ``base`` that pyinfra itself does not have."""

from __future__ import annotations

import shlex
from collections.abc import Generator, Sequence
from dataclasses import dataclass

from pyinfra import logger
from pyinfra.api.command import StringCommand
from pyinfra.api.facts import FactBase
from pyinfra.api.operation import operation
from pyinfra.context import host

from mairie.plan.parts.base import Sysctl


@dataclass(frozen=True)
class KernelParameter:
    """One entry of /proc/sys. ``value`` is None where this kernel or namespace has no such key."""

    value: str | None
    writable: bool
    """False also for root, in a container whose machine keeps the parameter for itself."""


class KernelParameters(FactBase[dict[str, KernelParameter]]):
    """Current values by key, all in one command; several numbers are joined by one space."""

    @staticmethod
    def default() -> dict[str, KernelParameter]:
        """Nothing known."""
        return {}

    def command(self, keys: Sequence[str]) -> str:
        """Return the command, for any POSIX shell."""
        look = (  # with cat: the kernel gives a number to who reads it whole, in one go
            'look() { if [ ! -e "$2" ]; then echo "$1 absent"; '
            'elif [ -w "$2" ]; then echo "$1 rw" $(cat "$2"); '
            'else echo "$1 ro" $(cat "$2"); fi; }'
        )
        looks = (f"look {shlex.join((key, '/proc/sys/' + key.replace('.', '/')))}" for key in keys)
        return "; ".join([look, *looks])

    def process(self, output: list[str]) -> dict[str, KernelParameter]:
        """Read lines such as ``kernel.sysrq rw 0``."""
        found = {}
        for line in output:
            key, state, *value = line.split()
            present = state != "absent"
            found[key] = KernelParameter(
                value=" ".join(value) if present else None, writable=state == "rw"
            )
        return found


class PackagesAreWhole(FactBase[bool]):
    """Whether dpkg has nothing half installed, as a power cut leaves it."""

    def command(self) -> str:
        """Return the command."""
        return 'test -z "$(dpkg --audit)" && echo whole || echo broken'

    def process(self, output: list[str]) -> bool:
        """Read the word."""
        return output[-1] == "whole"


class JournalOnDisk(FactBase[bool]):
    """Whether journald writes to /var/log/journal now, whatever its settings ask for."""

    def command(self) -> str:
        """Return the command."""
        return (
            "pid=$(systemctl show --property=MainPID --value systemd-journald.service); "
            "ls -l /proc/$pid/fd | grep -q ' /var/log/journal/' && echo disk || echo memory"
        )

    def process(self, output: list[str]) -> bool:
        """Read the word."""
        return output[-1] == "disk"


class OwnClock(FactBase[bool]):
    """Whether the clock is this host's to set: not a container, which shares its machine's."""

    def command(self) -> str:
        """Return the command."""
        return "systemd-detect-virt --container --quiet && echo shared || echo own"

    def process(self, output: list[str]) -> bool:
        """Read the word."""
        return output[-1] == "own"


@operation()
def kernel_parameters(parameters: Sequence[Sysctl]) -> Generator[StringCommand, None, None]:
    """Give kernel parameters their values, now; /etc/sysctl.d does it at each start.

    Those that this machine does not have or does not let us set are named in a warning.

    Args:
        parameters: with the rule each comes from.

    """
    found = host.get_fact(KernelParameters, keys=tuple(item.key for item in parameters))
    refused = []
    for item in parameters:
        state = found[item.key]
        if state.value == item.value:
            continue
        if state.writable:
            yield StringCommand("sysctl", "-q", "-w", shlex.quote(f"{item.key}={item.value}"))
        else:
            refused.append(f"{item.key} ({item.rule})")
    if refused:
        logger.warning(
            "These kernel parameters cannot be set on this machine (a container keeps its "
            "machine's): %s",
            ", ".join(refused),
        )


@operation()
def journal_on_disk() -> Generator[StringCommand, None, None]:
    """Make journald move from memory to disk: its settings alone do not, once it has started."""
    if not host.get_fact(JournalOnDisk):
        yield StringCommand("journalctl", "--flush")


@operation()
def whole_packages() -> Generator[StringCommand, None, None]:
    """Finish what a power cut interrupted, so that packages can be installed at all."""
    if not host.get_fact(PackagesAreWhole):
        yield StringCommand("DEBIAN_FRONTEND=noninteractive dpkg --configure -a --force-confold")

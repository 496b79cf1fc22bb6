"""Units of systemd: what pyinfra's ``systemd.service`` does, with few questions to systemd.

pyinfra asks systemd twice per operation, also where one only restarts on a condition: on a gateway
45 of the 80 commands of a deploy that changes nothing.
"""

from __future__ import annotations

import shlex
from collections.abc import Generator
from dataclasses import dataclass

from pyinfra.api.command import StringCommand
from pyinfra.api.facts import FactBase
from pyinfra.api.operation import operation
from pyinfra.context import host

from mairie.host.known import has_changed


@dataclass(frozen=True)
class UnitState:
    """What systemd says of a unit; of one it does not know, empty words."""

    sub_state: str
    file_state: str

    @property
    def is_up(self) -> bool:
        """Whether it runs, waits, or has done its work."""
        return self.sub_state in {"running", "waiting", "exited", "listening", "mounted"}

    @property
    def is_enabled(self) -> bool:
        """Whether it starts at boot by its own links, or by those of others."""
        return self.file_state in {"enabled", "static"}


class UnitStates(FactBase[dict[str, UnitState]]):
    """State of several units by name, in one command."""

    @staticmethod
    def default() -> dict[str, UnitState]:
        """Nothing known."""
        return {}

    def command(self, units: tuple[str, ...]) -> str:
        """Return the command; an alias is answered under the name it was asked by, too."""
        return f"systemctl show --property=Names,SubState,UnitFileState -- {shlex.join(units)}"

    def process(self, output: list[str]) -> dict[str, UnitState]:
        """Read a block of ``key=value`` lines per unit."""
        found: dict[str, UnitState] = {}
        for block in "\n".join(output).split("\n\n"):
            told = dict(line.partition("=")[::2] for line in block.splitlines())
            state = UnitState(told.get("SubState", ""), told.get("UnitFileState", ""))
            found |= dict.fromkeys(told.get("Names", "").split(), state)
        return found


def look_at(*services: str) -> None:
    """Look at units in one command, for all that ``unit`` and ``state_of`` ask before a deploy."""
    found: dict[str, UnitState] = host.get_fact(UnitStates, units=services)
    _looks().update(found)


def state_of(service: str) -> UnitState:
    """Return the state of a unit."""
    if has_changed():  # by now, others may have started or stopped it
        return host.get_fact(UnitStates, units=(service,))[service]
    if service not in _looks():
        look_at(service)
    return _looks()[service]


def _looks() -> dict[str, UnitState]:
    looks: dict[str, UnitState] = host.connector_data.setdefault("mairie_units", {})
    return looks


@operation()
def unit(
    service: str,
    *,
    running: bool | None = None,
    enabled: bool | None = None,
) -> Generator[StringCommand, None, None]:
    """Have a unit run or not, now and at boot; None leaves it as it is.

    Args:
        service: full name of the unit: ``ssh.service``.
        running: whether it runs now.
        enabled: whether it starts at boot.

    """
    state = state_of(service)
    name = shlex.quote(service)
    to_enable = bool(enabled) and not state.is_enabled
    commands = []
    # Before the start: an alias that "enable" adds makes systemd forget that a unit runs.
    if to_enable:
        commands.append(f"systemctl enable {name}")
    if running and (to_enable or not state.is_up):
        commands.append(_start(name))
    if running is False and state.is_up:
        commands.append(f"systemctl stop {name}")
    if enabled is False and state.file_state == "enabled":
        commands.append(f"systemctl disable {name}")
    for command in commands:
        yield StringCommand(command)
    if not commands:
        host.noop(f"{service} is as it should be")


def _start(name: str) -> str:
    """Return the command; what runs of a unit that systemd has forgotten makes way for it."""
    return (
        f"systemctl start {name} || {{ systemctl kill {name}; sleep 1; systemctl start {name}; }}"
    )


@operation(is_idempotent=False)
def restarted(service: str) -> Generator[StringCommand, None, None]:
    """Restart a unit that runs; for use with ``_if``."""
    yield StringCommand("systemctl", "try-restart", shlex.quote(service))


@operation(is_idempotent=False)
def reloaded(service: str) -> Generator[StringCommand, None, None]:
    """Have a unit that runs read its settings again; for use with ``_if``."""
    yield StringCommand("systemctl", "try-reload-or-restart", shlex.quote(service))

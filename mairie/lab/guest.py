"""One host of an inventory, played by the QEMU machine: deployed and verified as any other."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from rich.console import Console

from mairie.host.events import Action, ControlResult
from mairie.lab.machine import Machine
from mairie.lab.namespaces import Namespaces
from mairie.lab.serial import Serial
from mairie.plan.host import HostPlan, HostSecrets
from mairie.push import HostOutcome
from mairie.run import Reach, Run

_NO_GENERATORS: Final = """
mkdir -p /run/systemd/system-generators
for path in /usr/lib/systemd/system-generators/*; do
    ln -s /dev/null "/run/systemd/system-generators/${path##*/}"
done
"""
"""None makes a unit in this machine; without KVM they cost each daemon-reload several seconds."""


class Guest(ABC):
    """A host in the machine for the length of a ``with`` block, with a world around it."""

    def __init__(
        self,
        plan: HostPlan,
        secrets: HostSecrets,
        say: Callable[[str], None],
        *,
        disk: Path | None = None,
    ) -> None:
        """Prepare; nothing is started yet.

        Args:
            plan: of the host.
            secrets: of the host.
            say: told what is being done, a sentence at a time.
            disk: see :class:`mairie.lab.machine.Machine`.

        """
        self.plan = plan
        self.secrets = secrets
        self.say = say
        self.machine = Machine(say, disk=disk)
        self.nodes = Namespaces(self.machine)

    @abstractmethod
    def lay(self) -> None:
        """Lay the world around the host; the machine has just booted."""

    def __enter__(self) -> Self:
        """Boot, and lay the world around the host."""
        self.machine.__enter__()
        try:
            self.machine.run(_NO_GENERATORS)
            self.lay()
            Serial.serve(self.machine)
        except BaseException:
            self.machine.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Switch the machine off."""
        self.machine.__exit__(kind, error, trace)

    @property
    def host(self) -> str:
        """Name of the host."""
        return self.plan.name

    def run(self, console: Console) -> Run:
        """Return a run over the host alone."""
        port = self.machine.push_port
        reach = Reach(lambda _: self.secrets, lambda _: Serial(port))
        return Run({self.host: self.plan}, reach, console, "demo", 1)

    def act(self, action: Action, console: Console, *only: str) -> HostOutcome:
        """Do one thing on the host; ``only`` restricts it to bricks.

        Raises LabError, with the end of its console, when the machine itself is gone.
        """
        outcome = self.run(console).act(action, only)[0]
        if outcome.status == "unreachable":
            self.machine.exec(["true"])
        return outcome

    def verify(self, console: Console, *only: str) -> tuple[ControlResult, ...]:
        """Return every result of the host; ``only`` restricts it to bricks."""
        return self.act("verify", console, *only).results

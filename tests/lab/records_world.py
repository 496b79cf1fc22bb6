"""One gateway without a hub, a visitor, an agent and an internet: what records are tried with."""

from __future__ import annotations

import io
import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console

from mairie.files.backup import CLIENT_STATE, STATE
from mairie.files.records import COMMAND, FOLDER
from mairie.host.events import Action
from mairie.lab import clients, internet, visitors
from mairie.lab.clients import Lease
from mairie.lab.session import Session
from mairie.lab.topology import Topology
from mairie.push import HostOutcome
from mairie.run import Run

DEMO = Path(__file__).parents[2] / "inventories" / "demo"
BOX, COMMUNE = "rapa-mairie-box", "rapa"
VISITOR, AGENT = "rapa-mairie-public", "rapa-mairie-agents"


@dataclass
class World:
    """The lab, and what was seen while it was built."""

    folder: Path
    session: Session = field(init=False)
    leases: dict[str, Lease] = field(default_factory=dict)
    first: HostOutcome = field(init=False)
    second: HostOutcome = field(init=False)

    def __post_init__(self) -> None:
        shutil.copytree(DEMO, self.folder)
        self.reload()

    def reload(self) -> None:
        """Read the inventory."""
        self.session = Session.of(self.folder, print, communes=(COMMUNE,), name="test-records")
        names = (internet.NAME, BOX, VISITOR, AGENT)
        layout = self.session.layout
        nodes = tuple(node for node in layout.nodes if node.name in names)
        devices = tuple(item for item in layout.clients if item.name in names)
        self.session.layout = Topology(nodes, devices, (BOX,))
        self.session.plans = {BOX: self.session.plans[BOX]}

    def begin(self) -> None:
        """Start everything, deploy twice, give the devices their addresses."""
        lab = self.session.lab
        lab.up(self.session.layout.nodes)
        internet.start(lab, self.session.plans)
        # No hub answers here: a host that has tried once does not wait for it.
        tried = f"mkdir -p -m 700 {CLIENT_STATE} && echo '{{}}' >{STATE}"
        lab.check(BOX, ["sh", "-c", tried])
        self.first = self.act("apply")
        self.leases = clients.connect(lab, self.session.layout.clients)
        for client in self.session.layout.clients:
            if client.name == VISITOR:
                visitors.accept(lab, client, self.session.plans[BOX])
        clients.install_probe(lab, internet.NAME)
        clients.listen(lab, [internet.NAME], [8080], [internet.HOST_IPV4, internet.HOST_IPV6])
        self.second = self.act("apply")

    def run(self, name: str, script: str, timeout: float = 120) -> str:
        """Run a shell script as root on a node."""
        return self.session.lab.check(name, ["sh", "-c", script], timeout=timeout)

    def act(self, action: Action) -> HostOutcome:
        """Deploy or verify the gateway."""
        console = Console(file=io.StringIO())
        run = Run(self.session.plans, self.session.reach(), console, "demo", 1)
        (outcome,) = run.act(action)
        assert outcome.status == "done", outcome.message
        return outcome

    def lines(self) -> list[dict[str, Any]]:
        """Return today's records, once what was seen is on the disk."""
        said = self.run(BOX, f"sleep 2; cat {FOLDER}/*.jsonl")
        return [json.loads(line) for line in said.splitlines()]

    def check(self) -> tuple[int, str]:
        """Return what the host says of its own days and requisitions."""
        done = self.session.lab.exec(BOX, [COMMAND, "check"])
        return done.exit_code, done.stdout

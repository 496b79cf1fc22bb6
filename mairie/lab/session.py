"""A territory in the lab: the same inventory, the same bundles, in containers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from mairie.errors import MairieError
from mairie.inventory import load
from mairie.inventory.named import check_named
from mairie.lab import clients, contents, internet, matrix, visitors
from mairie.lab.cabling import without_trunks
from mairie.lab.clients import Lease
from mairie.lab.containers import Lab
from mairie.lab.errors import LabError
from mairie.lab.topology import Topology, topology
from mairie.model.territory import Territory
from mairie.plan.host import HostPlan
from mairie.plan.resolve import resolve
from mairie.report.model import FlowCheck
from mairie.run import Reach
from mairie.secrets.identity import Identity, find_identity
from mairie.secrets.vault import Vault
from mairie.transport import Docker, Transport

MOST_CONTAINERS = 60
"""More would not fit in the memory of a technician's machine."""


@dataclass
class Session:
    """One territory, or some of its communes, as containers."""

    folder: Path
    territory: Territory
    plans: dict[str, HostPlan]
    layout: Topology
    lab: Lab
    identity: Identity
    leases: dict[str, Lease] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        folder: Path,
        progress: Callable[[str], None],
        identity: Path | None = None,
        communes: tuple[str, ...] = (),
        name: str = "",
    ) -> Session:
        """Prepare a session; nothing is started yet.

        Args:
            folder: of the inventory.
            progress: told what is being done, a sentence at a time.
            identity: file with the private key of the secrets.
            communes: stems of the communes to show; empty: all.
            name: of the lab; the territory's when empty.

        Raises:
            InventoryErrors: the inventory is not right.
            MairieError: too many containers, or a commune that does not exist.

        """
        territory = without_trunks(some_communes(load(folder), communes))
        plans = resolve(territory)
        layout = topology(plans)
        if len(layout.nodes) > MOST_CONTAINERS:
            raise MairieError(
                f"{territory.name} would need {len(layout.nodes)} containers, more than "
                f"{MOST_CONTAINERS}; name the communes to show: --commune NAME, once for each"
            )
        demo = territory.syndicate.demo
        return cls(
            folder=folder,
            territory=territory,
            plans=plans,
            layout=layout,
            lab=Lab(name or territory.name, progress),
            identity=find_identity(folder, demo=demo, option=identity),
        )

    def up(self) -> None:
        """Start every container and the outside world; hosts have data, and are blank otherwise.

        Raises:
            LabError: a container did not start.

        """
        self.lab.up(self.layout.nodes)
        if any("voip" in plan.bricks for plan in self.plans.values()):
            self.lab.offer_asterisk()
        internet.start(self.lab, self.plans)
        present = [plan for name, plan in self.plans.items() if name in self.layout.hosts]
        contents.fill(self.lab, present)

    def replace(self, host: str) -> None:
        """Put a blank machine in the place of a host, with a new disk where it had one.

        Raises:
            LabError: there is no such host, or the new one boots badly.
            MairieError: likewise.

        """
        self.lab.replace(host)
        contents.plug_disk(self.lab, self.plan(host))

    def plan(self, host: str) -> HostPlan:
        """Return the plan of a host of the lab.

        Raises:
            MairieError: there is no such host.

        """
        if host not in self.plans:
            raise MairieError(f"no host is named {host}; the lab has: {', '.join(self.plans)}")
        return self.plans[host]

    def reach(self) -> Reach:
        """Return how to get at the lab's hosts."""
        vault = Vault(self.folder, self.territory)

        def transport(host: str) -> Transport:
            return Docker(self.lab.container(host))

        return Reach(lambda host: vault.host_secrets(host, self.identity), transport)

    def connect_devices(self) -> None:
        """Have every device ask for its addresses, and visitors accept the portal's terms.

        Raises:
            LabError: a portal did not let a visitor in.

        """
        self.leases = clients.connect(self.lab, self.layout.clients)
        for client in self.layout.clients:
            plan = self.plans[client.gateway]
            if visitors.is_visitor(client, plan) and self.leases[client.name].ipv4:
                visitors.accept(self.lab, client, plan)

    def try_flows(self) -> tuple[FlowCheck, ...]:
        """Try every pair with real packets; devices that are not connected yet are first.

        Raises:
            LabError: a device cannot listen.

        """
        if not self.leases:
            self.connect_devices()
        return matrix.run(self.lab, self.plans, self.layout, self.leases)

    def running(self) -> None:
        """Make sure that every host of the lab runs.

        Raises:
            LabError: one does not.

        """
        states = self.lab.status()
        absent = [host for host in self.layout.hosts if states.get(host) != "running"]
        if absent:
            raise LabError(
                f"the lab {self.lab.name} is not up ({', '.join(absent)} not running); "
                f'start it with "mairie lab up -i {self.folder}"'
            )


def some_communes(territory: Territory, communes: tuple[str, ...]) -> Territory:
    """Return a territory with these communes only; none named: all.

    Raises:
        MairieError: one does not exist.

    """
    check_named(territory, *communes)
    if not communes:
        return territory
    chosen = {stem: item for stem, item in territory.communes.items() if stem in communes}
    return replace(territory, communes=chosen)

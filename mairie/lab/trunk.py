"""One gateway in the QEMU machine: its 802.1Q trunk, kernel WireGuard, a kernel of its own.

The machine is the gateway: the same bundle is pushed to it as to a real one, twice, and verified.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from rich.console import Console

from mairie.inventory import load
from mairie.lab import matrix, visitors
from mairie.lab.clients import Lease
from mairie.lab.guest import Guest
from mairie.lab.session import some_communes
from mairie.lab.trunk_world import (
    STRANGER,
    SWITCH,
    UNTAGGED,
    Site,
    World,
    mac,
    site_with_trunk,
)
from mairie.plan.parts.network import Ports
from mairie.plan.resolve import resolve
from mairie.report.model import FlowCheck, RunReport, exit_code
from mairie.report.table import print_report
from mairie.secrets.identity import find_identity
from mairie.secrets.vault import Vault

PORTS: Final = (
    Ports(protocol="icmp", first=0, last=0),
    Ports(protocol="udp", first=53, last=53),
    Ports(protocol="tcp", first=443, last=443),
    matrix.NEVER_NAMED,
)
"""What devices try: the containers have tried every port already, and faster."""

_CAPTURE: Final = "/run/tags"
_FRAME: Final = re.compile(
    r"^\S+ (?P<source>[0-9a-f:]{17}) > \S+ ethertype (?:802\.1Q \(0x8100\).*?\bvlan (?P<vlan>\d+))?"
)


@dataclass(frozen=True)
class Shown:
    """One thing that only a machine can show, and whether it was seen."""

    what: str
    seen: bool
    detail: str = ""


class Trunk(Guest):
    """The machine for the length of a ``with`` block: booted, with the world around the gateway."""

    def __init__(
        self,
        inventory: Path,
        say: Callable[[str], None],
        identity: Path | None = None,
        communes: tuple[str, ...] = (),
    ) -> None:
        """Prepare; nothing is started yet.

        Args:
            inventory: folder of the inventory.
            say: told what is being done, a sentence at a time.
            identity: file with the private key of the secrets.
            communes: stems of those to look for a trunk in; empty: all.

        Raises:
            InventoryErrors: the inventory is not right.
            MairieError: no gateway has a trunk, or no identity opens the secrets.

        """
        self.territory = some_communes(load(inventory), communes)
        self.site: Site = site_with_trunk(resolve(self.territory))
        key = find_identity(inventory, demo=self.territory.syndicate.demo, option=identity)
        vault = Vault(inventory, self.territory)
        self._secrets = {name: vault.host_secrets(name, key) for name in self.site.shown}
        gateway = self.site.gateway
        super().__init__(gateway, self._secrets[gateway.name], say)
        self.world = World(self.machine, self.nodes, self.site)

    def lay(self) -> None:
        """Lay the world around the gateway."""
        self.say("Laying the internet, the hub and a VLAN switch around the gateway")
        self.world.start(self._secrets)

    def first_night(self) -> None:
        """Let happen what a host has behind it a day after its deploy.

        The nightly timer has read the package lists (none here: there is no mirror). The clock is
        set: chronyd asks a source that did not answer ever more rarely, and without KVM the tunnel
        comes minutes after it. What is missing after five minutes, the controls say.
        """
        self.machine.run("/usr/lib/apt/apt.systemd.daily update", timeout=300)
        self.machine.exec(["chronyc", "waitsync", "60", "0", "0", "5"], timeout=330)

    def kernel(self) -> list[Shown]:
        """Look at what the machine's own kernel gives the gateway."""
        links = {
            item["ifname"]: item.get("linkinfo", {})
            for item in json.loads(self.machine.run("ip -details -json link show"))
        }
        shown = []
        for item in self.site.gateway.network.segments:
            link = links.get(item.member, {})
            tag = link.get("info_data", {}).get("id")
            shown.append(
                Shown(
                    f"{item.segment}: VLAN {item.vlan} of {item.trunk} in {item.bridge}",
                    (link.get("info_kind"), tag, link.get("info_slave_kind"))
                    == ("vlan", item.vlan, "bridge"),
                    json.dumps(link),
                )
            )
        vpn = self.site.gateway.vpn
        if vpn is not None:
            said = self.machine.run(f"wg show {vpn.interface} latest-handshakes")
            kind = links.get(vpn.interface, {}).get("info_kind")
            recent = any(int(line.split()[1]) > 0 for line in said.splitlines())
            shown.append(
                Shown(
                    f"{vpn.interface}: WireGuard of the kernel, a handshake with the hub",
                    kind == "wireguard" and recent,
                    f"kind {kind}; {said.strip()}",
                )
            )
        return shown

    def devices(self) -> tuple[dict[str, Lease], list[Shown]]:
        """Connect a device in each VLAN, one in none, one untagged; look at every frame's tag."""
        nodes, site = self.nodes, self.site
        nodes.check(
            SWITCH,
            ["sh", "-c", f"tcpdump -lnei trunk >{_CAPTURE} 2>{_CAPTURE}.said & echo $! >/run/pid"],
        )
        nodes.check(
            SWITCH,
            ["sh", "-c", f"until grep -q listening {_CAPTURE}.said; do sleep 0.2; done"],
        )
        leases = {client.name: self.world.lease(client.name) for client in site.clients}
        wrong = {name: self.world.lease(name, hoped=False) for name in (STRANGER, UNTAGGED)}
        text = nodes.check(SWITCH, ["sh", "-c", f"kill $(cat /run/pid); sleep 1; cat {_CAPTURE}"])
        tags = frame_tags(text)

        shown = []
        for client in site.clients:
            vlan, lease = site.access[client.name], leases[client.name]
            seen = tags.get(mac(client.name), set())
            shown += [
                Shown(
                    f"{client.segment}: addresses by DHCP and router advertisement",
                    self.world.right_lease(client, lease),
                    str(lease),
                ),
                Shown(f"{client.segment}: frames only in VLAN {vlan}", seen == {vlan}, str(seen)),
            ]
        for name, lease in wrong.items():
            vlan = site.access[name]
            expected = {0} if name == UNTAGGED else {vlan}
            seen = tags.get(mac(name), set())
            where = "without a tag" if name == UNTAGGED else f"in VLAN {vlan}, of no segment"
            shown.append(
                Shown(
                    f"a device {where}: it asks and gets nothing",
                    seen == expected and not (lease.ipv4 or lease.ipv6),
                    f"tags {seen}, {lease}",
                )
            )
        return leases, shown

    def packets(self, leases: dict[str, Lease]) -> tuple[FlowCheck, ...]:
        """Try who reaches whom, with real packets through the trunk and the tunnel.

        Raises:
            LabError: the portal did not let a visitor in.

        """
        for client in self.site.clients:
            if visitors.is_visitor(client, self.site.gateway) and leases[client.name].ipv4:
                visitors.accept(self.nodes, client, self.site.gateway)
        return matrix.run(self.nodes, self.site.shown, self.site.layout, leases, PORTS)


def frame_tags(text: str) -> dict[str, set[int]]:
    """Return source MAC address → VLAN tags of its frames (0: none), from ``tcpdump -e``."""
    found: dict[str, set[int]] = {}
    for line in text.splitlines():
        frame = _FRAME.match(line)
        if frame:
            found.setdefault(frame["source"], set()).add(int(frame["vlan"] or 0))
    return found


def show(
    inventory: Path,
    say: Callable[[str], None],
    identity: Path | None = None,
    communes: tuple[str, ...] = (),
) -> int:
    """Show the first gateway with a trunk in a machine; return the command's exit code.

    Arguments are those of ``Trunk``.

    Raises:
        LabError: the machine, or something in it, does not start.
        MairieError: no gateway has a trunk, or no identity opens the secrets.

    """
    began = time.monotonic()
    with Trunk(inventory, say, identity, communes) as trunk:
        run = trunk.run(Console(stderr=True))
        say(f"Deploying {trunk.host}")
        run.act("apply")
        say("Deploying again: nothing should change")
        run.act("apply")
        trunk.first_night()
        say("Verifying every control")
        run.act("verify")
        say("Connecting a device in each VLAN")
        leases, shown = trunk.devices()
        shown = [*trunk.kernel(), *shown]
        say("Trying who reaches whom")
        flows = trunk.packets(leases)
    report = RunReport(
        territory=trunk.territory.name,
        label=trunk.territory.syndicate.name,
        kind="demo",
        started=run.started,
        finished=datetime.now(UTC),
        hosts=run.reports(),
        matrix=flows,
    )
    console = Console()
    print_report(report, console)
    unseen = [item for item in shown if not item.seen]
    for item in shown:
        console.print(f"{'✓' if item.seen else '✗'} {item.what}", highlight=False, markup=False)
    for item in unseen:
        console.print(f"✗ {item.what} : {item.detail}", highlight=False, markup=False)
    console.print(
        f"Machine QEMU : {len(shown) - len(unseen)} constats sur {len(shown)}, "
        f"{time.monotonic() - began:.0f} s",
        highlight=False,
    )
    return exit_code(report) or (4 if unseen else 0)

"""What stands around one gateway in the QEMU machine: internet, hub, a VLAN switch, devices.

The machine itself is the gateway. Its uplinks lead to the same internet as the containers have;
the hub has a kernel WireGuard with its own keys, rules and names; the trunk leads to a switch that
gives each device one untagged port in its VLAN, and the gateway all of them tagged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from mairie.errors import MairieError
from mairie.lab import internet, leasing, outside
from mairie.lab.clients import Lease
from mairie.lab.fabric import Attachment, stable_mac
from mairie.lab.machine import Machine
from mairie.lab.namespaces import Namespaces
from mairie.lab.outside import Cable
from mairie.lab.topology import CLIENT_PORT, Client, Topology, segment_network
from mairie.plan.host import HostPlan, HostSecrets
from mairie.render import render

SWITCH: Final = "switch"
UNTAGGED: Final = "untagged"
STRANGER: Final = "stranger"


@dataclass(frozen=True)
class Site:
    """One gateway with a trunk, and the hosts that it needs around it."""

    gateway: HostPlan
    hub: HostPlan
    servers: tuple[HostPlan, ...]
    plans: Mapping[str, HostPlan]
    """Of the whole territory."""

    @property
    def shown(self) -> dict[str, HostPlan]:
        """Plans whose rules decide about packets here."""
        return {plan.name: plan for plan in (self.hub, self.gateway, *self.servers)}

    @property
    def trunk(self) -> str:
        """The gateway's port that carries every VLAN."""
        return next(item.trunk for item in self.gateway.network.segments if item.trunk)

    @property
    def clients(self) -> tuple[Client, ...]:
        """One device in each segment that has DHCP."""
        scopes = {scope.segment for scope in self.gateway.network.dhcp_scopes}
        return tuple(
            Client(
                name=segment_network(self.gateway, item.segment),
                gateway=self.gateway.name,
                segment=item.segment,
                reserved="",
                attachment=Attachment(
                    interface=CLIENT_PORT, network=segment_network(self.gateway, item.segment)
                ),
            )
            for item in self.gateway.network.segments
            if item.segment in scopes and item.trunk
        )

    @property
    def layout(self) -> Topology:
        """What the matrix of packets goes through."""
        return Topology((), self.clients, tuple(self.shown))

    @property
    def unused_vlan(self) -> int:
        """A VLAN that no segment has."""
        used = {item.vlan for item in self.gateway.network.segments}
        return next(vlan for vlan in range(99, 4094) if vlan not in used)

    @property
    def access(self) -> dict[str, int]:
        """Node → VLAN of its port on the switch; 1 is what the trunk carries untagged."""
        vlans = {item.segment: item.vlan for item in self.gateway.network.segments}
        return {
            **{client.name: vlans[client.segment] for client in self.clients},
            **{server.name: vlans["servers"] for server in self.servers},
            STRANGER: self.unused_vlan,
            UNTAGGED: 1,
        }


def site_with_trunk(plans: Mapping[str, HostPlan]) -> Site:
    """Return the first site whose gateway has a trunk.

    Raises:
        MairieError: there is none.

    """
    for plan in plans.values():
        if plan.is_gateway and any(item.trunk for item in plan.network.segments):
            here = (plan.place.commune, plan.place.site)
            servers = tuple(
                other
                for other in plans.values()
                if (other.place.commune, other.place.site) == here
                and "server" in other.roles
                and not other.is_gateway
            )
            return Site(without_backup(plan), without_backup(plans[plan.hub]), servers, plans)
    raise MairieError(
        "no gateway of this inventory has a trunk, which is what the machine shows; write "
        "trunk: eth1 at a gateway, or use the containers: mairie lab up"
    )


def without_backup(plan: HostPlan) -> HostPlan:
    """Return a plan that neither sends nor keeps backups: the containers show them, faster."""
    bricks = tuple(brick for brick in plan.bricks if brick != "backup")
    return replace(plan, bricks=bricks, backup=None, store=None)


class World:
    """Everything around the gateway, once ``start`` has run."""

    def __init__(self, machine: Machine, nodes: Namespaces, site: Site) -> None:
        self.machine = machine
        self.nodes = nodes
        self.site = site

    def start(self, secrets: Mapping[str, HostSecrets]) -> None:
        """Lay the cables and start internet, hub, switch and servers.

        Args:
            secrets: of the hub and the servers, by host name.

        Raises:
            LabError: something does not start.

        """
        site = self.site
        self.nodes.start([internet.NAME, site.hub.name, SWITCH, *site.access])
        self.machine.run("modprobe -a 8021q bridge veth wireguard")
        cables = [*outside.cables_of(site.gateway), Cable("fibre", "eth0", site.hub.name)]
        outside.lay(self.nodes, site.plans, cables)
        self._switch()
        self._hub(secrets[site.hub.name])
        for server in site.servers:
            self._server(server, secrets[server.name])

    def _switch(self) -> None:
        """Lay the trunk to the switch, and a port of it to everything else."""
        site, switch = self.site, self.nodes.pid(SWITCH)
        self.machine.run(f"ip link add {site.trunk} type veth peer name trunk netns {switch}")
        inside = ["link add sw type bridge vlan_filtering 1 vlan_default_pvid 0 mcast_snooping 0"]
        vlans = ["vlan add dev trunk vid 1 pvid untagged"]
        for item in site.gateway.network.segments:
            vlans.append(f"vlan add dev trunk vid {item.vlan}")
        vlans.append(f"vlan add dev trunk vid {site.unused_vlan}")
        ports = ["trunk"]
        for number, (name, vlan) in enumerate(site.access.items(), 1):
            port = f"port{number}"
            inside.append(
                f"link add {port} type veth peer name {self._inner(name)} "
                f"address {mac(name)} netns {self.nodes.pid(name)}"
            )
            vlans.append(f"vlan add dev {port} vid {vlan} pvid untagged")
            ports.append(port)
        inside += [f"link set {port} master sw up" for port in ports]
        self.nodes.check(SWITCH, ["sysctl", "-qw", "net.ipv6.conf.default.disable_ipv6=1"])
        self.nodes.ip(SWITCH, [*inside, "link set sw up"])
        self.nodes.put(SWITCH, {"/srv/node/vlans": "\n".join(vlans).encode()})
        self.nodes.check(SWITCH, ["bridge", "-batch", "/srv/node/vlans"])

    def _inner(self, name: str) -> str:
        server = next((item for item in self.site.servers if item.name == name), None)
        return server.network.segments[0].member if server else CLIENT_PORT

    def _hub(self, secrets: HostSecrets) -> None:
        """Start the hub from its own files: tunnel, rules, names; and a clock."""
        hub = self.site.hub
        fibre = internet.provider("fibre")
        files = _rendered(hub, secrets)
        chrony = "local stratum 3\nallow all\npidfile /run/chronyd.pid\n"
        self.nodes.put(
            hub.name,
            {
                "/srv/hub/wg0.conf": files["/etc/wireguard/wg0.conf"],
                "/srv/hub/nftables.conf": files["/etc/nftables.conf"],
                "/srv/hub/dns/mairie.conf": files["/etc/dnsmasq.d/mairie.conf"],
                "/srv/hub/dns/mairie-hub.conf": files["/etc/dnsmasq.d/mairie-hub.conf"],
                "/srv/hub/chrony.conf": chrony.encode(),
            },
            0o600,
        )
        script = f"""
            sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
            ip address add {internet.hub_address(self.site.plans, hub.name)}/24 dev eth0
            ip address add {fibre.ipv6(internet.FIRST_HUB_NUMBER)}/64 dev eth0 nodad
            ip link set eth0 up
            ip route add default via {fibre.ipv4(1)}
            ip -6 route add default via {fibre.ipv6(1)}
            nft -f /srv/hub/nftables.conf
            wg-quick up /srv/hub/wg0.conf
            dnsmasq --conf-file=/dev/null --conf-dir=/srv/hub/dns --user=root
            chronyd -x -f /srv/hub/chrony.conf
        """
        self.nodes.check(hub.name, ["sh", "-ec", script])

    def _server(self, server: HostPlan, secrets: HostSecrets) -> None:
        """Give a server its addresses and rules; a closed port of it answers as such."""
        port = server.network.segments[0]
        rules = _rendered(server, secrets)["/etc/nftables.conf"]
        self.nodes.put(server.name, {"/srv/node/nftables.conf": rules}, 0o600)
        script = f"""
            ip address add {port.ipv4} dev {port.member}
            ip address add {port.ipv6} dev {port.member} nodad
            ip link set {port.member} up
            ip route add default via {port.gateway_ipv4}
            ip -6 route add default via {port.gateway_ipv6}
            nft -f /srv/node/nftables.conf
        """
        self.nodes.check(server.name, ["sh", "-ec", script])

    def lease(self, name: str, *, hoped: bool = True) -> Lease:
        """Ask for addresses on a device: DHCP, and what router advertisements bring.

        Args:
            name: of the device.
            hoped: whether an answer is expected; otherwise ask for a shorter time.

        """
        self.nodes.put(name, {leasing.HOOK: leasing.HOOK_TEXT}, 0o755)
        script = leasing.script(CLIENT_PORT, hoped=hoped)
        return leasing.read(self.nodes.check(name, ["sh", "-uc", script], timeout=120))

    def right_lease(self, client: Client, lease: Lease) -> bool:
        """Tell whether a device has an address of its own segment in both families."""
        port = next(
            item for item in self.site.gateway.network.segments if item.segment == client.segment
        )
        return leasing.is_of(lease, port)


def mac(node: str) -> str:
    """Return the address of a node's port on the switch."""
    return stable_mac(node, CLIENT_PORT)


def _rendered(plan: HostPlan, secrets: HostSecrets) -> dict[str, bytes]:
    return {
        file.path: file.text.encode()
        for brick in plan.bricks
        for file in render(plan, secrets, brick)
    }

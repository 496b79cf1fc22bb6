"""The lab's outside: one provider network per kind of uplink, public resolvers, time, a web host.

All of it is one container, ``internet``. Its addresses are those kept for tests (RFC 2544,
RFC 3849, RFC 7535) and, on its loopback alone, those of the resolvers that the reference names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from mairie.lab.containers import Lab
from mairie.lab.fabric import stable_mac
from mairie.plan.host import HostPlan

NAME: Final = "internet"
START: Final = "/srv/internet/start"
HOST_IPV4: Final = "192.31.196.10"
HOST_IPV6: Final = "2620:4f:8000::10"
"""Of blocks that discard everything (RFC 7535): those for documentation are refused in DNS."""
FIRST_HUB_NUMBER: Final = 10


class Provider(NamedTuple):
    """The network of one kind of uplink; ``.1`` and ``::1`` are the internet's."""

    kind: str
    number: int

    @property
    def network(self) -> str:
        """Name of its switch in the fabric."""
        return f"provider-{self.kind}"

    @property
    def port(self) -> str:
        """Interface of the ``internet`` container."""
        return f"eth{self.number}"

    def ipv4(self, host: int) -> str:
        """Return an address of the provider's /24."""
        return f"198.18.{self.number}.{host}"

    def ipv6(self, host: int) -> str:
        """Return an address of the provider's /64."""
        return f"2001:db8:{self.number:x}::{host:x}"


PROVIDERS: Final = tuple(
    Provider(kind, number) for number, kind in enumerate(("fibre", "dsl", "4g", "satellite"))
)


def provider(kind: str) -> Provider:
    """Return the provider of a kind of uplink."""
    return next(item for item in PROVIDERS if item.kind == kind)


def hub_address(plans: Mapping[str, HostPlan], hub: str) -> str:
    """Return the public address that the provider always gives to a hub."""
    hubs = [name for name, plan in plans.items() if plan.is_hub]
    return provider("fibre").ipv4(FIRST_HUB_NUMBER + hubs.index(hub))


def start(lab: Lab, plans: Mapping[str, HostPlan]) -> None:
    """Give the ``internet`` container its addresses, DHCP, DNS, time and routes."""
    lab.put(NAME, contents(plans), 0o755)
    lab.check(NAME, ["sh", "-e", START])


def contents(plans: Mapping[str, HostPlan]) -> dict[str, bytes]:
    """Return what the outside consists of: path → text; ``START`` is the script that begins it."""
    return {
        START: _start_script(plans).encode(),
        "/srv/internet/dnsmasq.conf": _dnsmasq(plans).encode(),
        "/srv/internet/chrony.conf": b"local stratum 2\nallow all\npidfile /run/chronyd.pid\n",
    }


def _resolvers(plans: Mapping[str, HostPlan]) -> list[str]:
    found = {
        address
        for plan in plans.values()
        if plan.network.dns is not None
        for address in plan.network.dns.fallback
    }
    return sorted(found)


def _start_script(plans: Mapping[str, HostPlan]) -> str:
    lines = [
        "sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1",
        f"ip address replace {HOST_IPV4}/32 dev lo",
        f"ip address replace {HOST_IPV6}/128 dev lo",
    ]
    for item in PROVIDERS:
        lines += [
            f"ip address replace {item.ipv4(1)}/24 dev {item.port}",
            f"ip address replace {item.ipv6(1)}/64 dev {item.port} nodad",
            f"ip link set {item.port} up",
        ]
    for address in _resolvers(plans):
        length = 128 if ":" in address else 32
        lines.append(f"ip address replace {address}/{length} dev lo")
    lines += [
        "pkill dnsmasq || :; pkill chronyd || :",
        "dnsmasq --conf-file=/srv/internet/dnsmasq.conf",
        "chronyd -x -f /srv/internet/chrony.conf",
    ]
    return "\n".join(lines) + "\n"


def _dnsmasq(plans: Mapping[str, HostPlan]) -> str:
    lines = [
        "no-resolv",
        "no-hosts",
        "user=root",
        "pid-file=/run/dnsmasq.pid",
        "dhcp-leasefile=/run/dnsmasq.leases",
        "dhcp-authoritative",
        "enable-ra",
        "bind-dynamic",
        f"address=/www.example.net/{HOST_IPV4}",
        f"address=/www.example.net/{HOST_IPV6}",
    ]
    for item in PROVIDERS:
        lines += [
            f"dhcp-range=set:{item.kind},{item.ipv4(100)},{item.ipv4(199)},10m",
            f"dhcp-range={item.ipv6(0)},ra-only,64,10m",
            f"dhcp-option=tag:{item.kind},option:router,{item.ipv4(1)}",
            f"dhcp-option=tag:{item.kind},option:dns-server,{item.ipv4(1)}",
        ]
    for name, plan in plans.items():
        lines += [f"address=/{server}/{HOST_IPV4}" for server in _named(plan.base.ntp.servers)]
        if plan.is_hub and plan.vpn is not None:
            address = hub_address(plans, name)
            mac = stable_mac(name, plan.network.uplinks[0].port)
            lines.append(f"dhcp-host={mac},{address}")
            lines += [f"host-record={endpoint},{address}" for endpoint in _endpoints(plans, name)]
    return "\n".join(dict.fromkeys(lines)) + "\n"


def _named(servers: tuple[str, ...]) -> list[str]:
    return [server for server in servers if not server.replace(".", "").isdigit()]


def _endpoints(plans: Mapping[str, HostPlan], hub: str) -> set[str]:
    return {
        peer.endpoint.rpartition(":")[0]
        for plan in plans.values()
        if plan.vpn is not None
        for peer in plan.vpn.peers
        if peer.kind == "hub" and peer.name == hub
    }

"""Who reaches whom, worked out from the plans of all hosts: a packet followed hop by hop.

Used where the answer is compared with something else: real packets in the lab, the flow table in
tests. Answers follow by connection tracking, so only a connection's first packet is followed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from ipaddress import ip_address, ip_interface, ip_network

from mairie.plan.context import VPN_INTERFACE
from mairie.plan.host import HostPlan
from mairie.plan.parts.network import CommunePrefixes, Rule, SegmentInterface, Selector


@dataclass(frozen=True)
class Packet:
    """The first packet of a connection; ``port`` is 0 for ``icmp`` (echo request)."""

    source: str
    destination: str
    protocol: str
    port: int


@dataclass(frozen=True)
class Verdict:
    """What the plans say of a packet."""

    allowed: bool
    hops: tuple[str, ...]
    """Hosts that decided, in order; with the refusing one last when it is refused."""
    counters: tuple[str, ...]
    """Rule that let it through at each hop."""
    hours: tuple[str, ...] = ()
    """Schedules on which the answer depends."""


@dataclass(frozen=True)
class _Hop:
    plan: HostPlan
    chain: str
    enters: str
    leaves: str


@lru_cache(maxsize=65536)
def _address(text: str) -> tuple[int, int]:
    parsed = ip_address(text)
    return parsed.version, int(parsed)


@lru_cache(maxsize=65536)
def _match(text: str) -> tuple[int, int, int]:
    value, _, mask = text.partition("/")
    version, base = _address(value)
    bits = int(ip_network(text).netmask) if mask.isdigit() else _address(mask)[1]
    return version, base, bits


def matches(text: str, address: str) -> bool:
    """Tell whether an address is in a prefix or under an ``address/mask`` match."""
    version, base, bits = _match(text)
    candidate_version, candidate = _address(address)
    return candidate_version == version and candidate & bits == base


def _selects(selector: Selector, interface: str, address: str) -> bool:
    if selector.interfaces and interface and interface not in selector.interfaces:
        return False
    prefixes = (*selector.ipv4, *selector.ipv6)
    return not prefixes or any(matches(prefix, address) for prefix in prefixes)


def _same_commune(communes: tuple[CommunePrefixes, ...], packet: Packet) -> bool:
    return any(
        matches(prefix, packet.source) and matches(prefix, packet.destination)
        for commune in communes
        for prefix in (commune.ipv4, commune.ipv6)
    )


def rule_allows(rule: Rule, hop_enters: str, hop_leaves: str, packet: Packet) -> bool:
    """Tell whether a rule lets a packet through, schedules and communes apart."""
    if rule.ports and not any(
        ports.protocol == packet.protocol and ports.first <= packet.port <= ports.last
        for ports in rule.ports
    ):
        return False
    return _selects(rule.source, hop_enters, packet.source) and _selects(
        rule.destination, hop_leaves, packet.destination
    )


class Reach:
    """The plans of one territory, ready to follow packets."""

    def __init__(self, plans: Mapping[str, HostPlan]) -> None:
        self._plans = plans
        self._own = {name: frozenset(own_addresses(plan)) for name, plan in plans.items()}

    @cached_property
    def _owners(self) -> dict[str, HostPlan]:
        return {address: plan for plan in self._plans.values() for address in own_addresses(plan)}

    def follow(self, packet: Packet) -> Verdict:
        """Return what happens to a packet; one that stays inside its segment is no one's to judge.

        Raises:
            ValueError: the source is on no segment, tunnel or host of these plans.

        """
        names: list[str] = []
        counters: list[str] = []
        hours: list[str] = []
        for hop in self._hops(packet):
            names.append(hop.plan.name)
            rule = _first_rule(hop, packet)
            if rule is None:
                return Verdict(False, tuple(names), tuple(counters))
            counters.append(rule.counter)
            if rule.hours:
                hours.append(rule.hours)
        return Verdict(True, tuple(names), tuple(counters), tuple(hours))

    def _hops(self, packet: Packet) -> Iterator[_Hop]:
        owner = self._owners.get(packet.source)
        if owner is not None and owner.vpn is not None:
            yield from self._from_host(owner, packet)
            return
        gateway, segment = self._segment_of(packet.source)
        if gateway is None or segment is None:
            hub = self._hub_of_peer(packet.source)
            if hub is None:
                raise ValueError(f"{packet.source} belongs to no segment and to no VPN peer")
            yield from self._cross_hub(hub, packet)
        elif packet.destination in self._own[gateway.name] or not _inside(
            segment, packet.destination
        ):
            yield from self._leave_segment(gateway, segment.bridge, packet)
        else:
            yield from self._arrive(packet)

    def _from_host(self, plan: HostPlan, packet: Packet) -> Iterator[_Hop]:
        if packet.destination in self._own[plan.name]:
            return
        if plan.is_hub:
            yield from self._enter_site(packet)
        elif self._in_vpn(plan, packet.destination):
            yield from self._cross_hub(self._plans[plan.hub], packet)

    def _leave_segment(self, gateway: HostPlan, bridge: str, packet: Packet) -> Iterator[_Hop]:
        if packet.destination in self._own[gateway.name]:
            yield _Hop(gateway, "input", bridge, "")
        elif (there := _segment_with(gateway, packet.destination)) is not None:
            yield _Hop(gateway, "forward", bridge, there.bridge)
            yield from self._arrive(packet)
        elif gateway.vpn is not None and self._in_vpn(gateway, packet.destination):
            yield _Hop(gateway, "forward", bridge, VPN_INTERFACE)
            yield from self._cross_hub(self._plans[gateway.hub], packet)
        else:
            yield _Hop(gateway, "forward", bridge, gateway.network.uplinks[0].port)

    def _cross_hub(self, hub: HostPlan, packet: Packet) -> Iterator[_Hop]:
        if packet.destination in self._own[hub.name]:
            yield _Hop(hub, "input", VPN_INTERFACE, "")
            return
        yield _Hop(hub, "forward", VPN_INTERFACE, VPN_INTERFACE)
        yield from self._enter_site(packet)

    def _enter_site(self, packet: Packet) -> Iterator[_Hop]:
        owner = self._owners.get(packet.destination)
        if owner is not None and owner.vpn is not None:
            yield _Hop(owner, "input", VPN_INTERFACE, "")
            return
        gateway, segment = self._segment_of(packet.destination)
        if gateway is not None and segment is not None and gateway.vpn is not None:
            yield _Hop(gateway, "forward", VPN_INTERFACE, segment.bridge)
            yield from self._arrive(packet)

    def _arrive(self, packet: Packet) -> Iterator[_Hop]:
        server = self._owners.get(packet.destination)
        if server is not None and server.vpn is None:
            yield _Hop(server, "input", server.network.segments[0].bridge, "")

    def _segment_of(self, address: str) -> tuple[HostPlan | None, SegmentInterface | None]:
        for plan in self._plans.values():
            if plan.is_gateway and (segment := _segment_with(plan, address)) is not None:
                return plan, segment
        return None, None

    def _hub_of_peer(self, address: str) -> HostPlan | None:
        for plan in self._plans.values():
            if plan.is_hub and plan.vpn is not None:
                for peer in plan.vpn.peers:
                    allowed = (*peer.allowed_ipv4, *peer.allowed_ipv6)
                    if any(matches(prefix, address) for prefix in allowed):
                        return plan
        return None

    @staticmethod
    def _in_vpn(plan: HostPlan, address: str) -> bool:
        peers = plan.vpn.peers if plan.vpn is not None else ()
        return any(
            matches(prefix, address)
            for peer in peers
            for prefix in (*peer.allowed_ipv4, *peer.allowed_ipv6)
        )


def own_addresses(plan: HostPlan) -> tuple[str, ...]:
    """Return every address a host has inside its sites and tunnels, without prefix length."""
    segments = plan.network.segments
    interfaces = [text for item in segments for text in (item.ipv4, item.ipv6) if text]
    if plan.vpn is not None:
        interfaces += [plan.vpn.ipv4, plan.vpn.ipv6]
    return tuple(str(ip_interface(text).ip) for text in interfaces)


def _inside(segment: SegmentInterface, address: str) -> bool:
    return matches(segment.prefix_ipv4, address) or matches(segment.prefix_ipv6, address)


def _segment_with(plan: HostPlan, address: str) -> SegmentInterface | None:
    return next((item for item in plan.network.segments if _inside(item, address)), None)


def _first_rule(hop: _Hop, packet: Packet) -> Rule | None:
    firewall = hop.plan.network.firewall
    for rule in firewall.rules:
        if (
            rule.chain == hop.chain
            and rule_allows(rule, hop.enters, hop.leaves, packet)
            and (not rule.same_commune or _same_commune(firewall.same_commune, packet))
        ):
            return rule
    return None

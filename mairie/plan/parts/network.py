"""Brick ``network`` of one host: interfaces, addresses, names, firewall."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mairie.plan.parts.queueing import QueueingPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticUplink:
    """Fixed addressing of an uplink, where the provider gives no DHCP."""

    interface_address: str
    gateway: str
    dns: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Uplink:
    """One way out, in order of preference (lowest metric first)."""

    name: str
    kind: str
    port: str
    metric: int
    mtu: int
    down: int
    up: int
    rtt_ms: int
    static: StaticUplink | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentInterface:
    """A segment as this host carries it: a bridge with a VLAN or a port as its first member.

    An access point has addresses in ``admin`` alone: it carries the others from radios to cable.
    """

    segment: str
    label: str
    vlan: int
    bridge: str
    """``br-<segment>`` on a gateway or an access point; on a server, the port itself."""
    member: str
    """``<trunk>.<vlan>``, or the port of the segment; equal to ``bridge`` on a server."""
    trunk: str
    """Parent port of the VLAN; empty when the segment has a port of its own."""
    ipv4: str
    """This host's address, interface notation; both families empty where it has none."""
    ipv6: str
    gateway_ipv4: str
    gateway_ipv6: str
    """Of the site's gateway: this host's own address when it is the gateway."""
    prefix_ipv4: str
    prefix_ipv6: str
    gateway_mac: str
    """Of the gateway's bridge, where access points have to tell it from the neighbours of those
    who come by their radios: in isolated segments; empty otherwise."""
    isolated: bool
    """Whether the first member is an isolated port of the bridge."""
    rate_limit: int | None
    """Ceiling towards and from the internet for the whole segment, bit/s."""
    hours: str
    """Name of the schedule outside which the internet is closed; empty: always open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DhcpScope:
    """DHCPv4 range of one segment (RFC 2131); SLAAC for IPv6 (RFC 4862)."""

    segment: str
    interface: str
    first: str
    last: str
    netmask: str
    lease_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DhcpReservation:
    """Equipment with an address of its own."""

    name: str
    segment: str
    mac: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DhcpOption:
    """What is told with an address (RFC 2132), in a whole segment or to one device."""

    segment: str
    name: str
    """Of the device; empty: to everybody there, and so is ``mac``."""
    mac: str
    number: int
    value: str
    """Text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsRecord:
    """A local name with its addresses (A and AAAA)."""

    name: str
    ipv4: str
    ipv6: str
    """Empty when there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsForward:
    """A domain whose questions go to one address."""

    domain: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dns:
    """dnsmasq on this host."""

    domain: str
    """Of the site on a gateway (``mairie.rurutu.<domain>``), of the syndicate on a hub."""
    listen: tuple[str, ...]
    """Interfaces on which it answers."""
    forwards: tuple[DnsForward, ...]
    """More specific domains first answered elsewhere (the syndicate's domain by the hub)."""
    hub_address: str
    """First upstream for everything; empty on the hub."""
    fallback: tuple[str, ...]
    """Direct resolvers, asked when the hub does not answer."""
    records: tuple[DnsRecord, ...]
    cache_size: int
    stale_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SafeSearch:
    """A search engine whose names lead to the one that filters its results."""

    names: tuple[str, ...]
    target: str
    addresses: tuple[str, ...]
    """Of the target, both families."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NameFilter:
    """A second resolver, for segments that are not told every name."""

    interfaces: tuple[str, ...]
    """Bridges of these segments: whoever asks this host there asks the filter."""
    port: int
    refused: tuple[str, ...]
    """Domains that do not exist there, with all below them; none is below another."""
    allowed: tuple[str, ...]
    """Domains below refused ones that exist nevertheless."""
    safe_search: tuple[SafeSearch, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Destination ports of one protocol; ``icmp`` has first = last = 0 and means echo request."""

    protocol: Literal["tcp", "udp", "icmp"]
    first: int
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """One end of a rule: where packets come from or go to. An empty tuple means any."""

    zone: str
    """Name of the zone, for people: ``agents``, ``internet``, ``hub``, ``gateway`` …"""
    interfaces: tuple[str, ...]
    ipv4: tuple[str, ...]
    """Matches; with ``ipv6`` both empty, any address."""
    ipv6: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One allowed direction of new connections; answers follow by connection tracking."""

    flow: str
    """Name of the reference or commune flow this comes from."""
    counter: str
    """Name of its nftables counter, unique on the host: ``<flow>-<n>`` style, ``[a-z0-9-]``."""
    chain: Literal["input", "forward"]
    source: Selector
    destination: Selector
    ports: tuple[Ports, ...]
    """Empty: any protocol."""
    same_commune: bool
    """On a hub: source and destination must belong to one commune (set ``same_commune``)."""
    hours: str
    """Schedule during which it holds; empty: always."""
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessSchedule:
    """Opening hours, local time; ``days`` are ``mon`` … ``sun``."""

    name: str
    days: tuple[str, ...]
    start: str
    end: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Firewall:
    """nftables: default drop on input and forward; only these rules open anything.

    The output chain accepts: the host itself is trusted to ask (documented in docs/network.md).
    """

    rules: tuple[Rule, ...]
    masquerade: tuple[str, ...]
    """Uplink ports on which sources of ``local_ipv4`` are translated (RFC 3022), both families."""
    local_ipv4: tuple[str, ...]
    local_ipv6: tuple[str, ...]
    """Prefixes translated on the uplinks: the site's, or empty on a hub or server."""
    same_commune: tuple[CommunePrefixes, ...]
    """Hub only: the prefix pair of each commune."""
    schedules: tuple[AccessSchedule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CommunePrefixes:
    """The two prefixes of one commune."""

    commune: str
    ipv4: str
    ipv6: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkPlan:
    """Brick ``network``: every host has one; a hub has uplinks and no segments."""

    uplinks: tuple[Uplink, ...]
    segments: tuple[SegmentInterface, ...]
    dhcp_scopes: tuple[DhcpScope, ...]
    dhcp_reservations: tuple[DhcpReservation, ...]
    dhcp_options: tuple[DhcpOption, ...]
    """Beside those that every segment has."""
    dns: Dns | None
    """None on a server or an access point: it asks its gateway."""
    name_filter: NameFilter | None
    """On a gateway with a segment that is not told every name."""
    queueing: QueueingPlan | None
    """On a gateway; what a hub's provider carries is nowhere written."""
    firewall: Firewall

"""Uplinks, segment interfaces and DHCP of brick ``network``."""

from __future__ import annotations

from collections.abc import Iterator

from netaddr import IPAddress

from mairie.model.commune import ACCESS_POINT_SEGMENT
from mairie.model.commune import Uplink as UplinkModel
from mairie.model.reference import Segment
from mairie.plan.addressing import GATEWAY_NUMBER, address, pool
from mairie.plan.context import HubHost, SiteHost
from mairie.plan.parts.network import (
    DhcpReservation,
    DhcpScope,
    SegmentInterface,
    StaticUplink,
    Uplink,
)
from mairie.plan.radio import networks_of
from mairie.plan.stable import stable_mac, stable_number

FIRST_METRIC = 100
METRIC_STEP = 100
HUB_RATE = 1_000_000_000
LEASE_SECONDS = 12 * 3600
RESERVED_NUMBERS = range(10, 100)
"""Host numbers of a /24 from which equipment without a written address gets one."""


def uplinks(place: SiteHost) -> tuple[Uplink, ...]:
    """Return a gateway's uplinks, the preferred one first."""
    ports = place.host.wan
    if ports is None:
        return ()
    models = place.uplinks
    by_key = {models[0].key: ports} if isinstance(ports, str) else ports
    return tuple(
        _uplink(place, model, by_key[model.key], FIRST_METRIC + METRIC_STEP * rank)
        for rank, model in enumerate(models)
        if model.key in by_key
    )


def _uplink(place: SiteHost, model: UplinkModel, port: str, metric: int) -> Uplink:
    kind = place.reference.uplink_classes[model.kind]
    static = model.static
    return Uplink(
        name=model.key,
        kind=model.kind,
        port=port,
        metric=metric,
        mtu=kind.mtu,
        down=model.down,
        up=model.up,
        rtt_ms=model.rtt_ms or kind.rtt_ms,
        static=None
        if static is None
        else StaticUplink(
            interface_address=str(static.address),
            gateway=str(static.gateway),
            dns=tuple(str(server) for server in static.dns),
        ),
    )


def hub_uplink(place: HubHost) -> Uplink:
    """Return the only uplink of a hub: its provider's network."""
    kind = place.reference.uplink_classes["fibre"]
    return Uplink(
        name="fibre",
        kind="fibre",
        port=place.hub.wan,
        metric=FIRST_METRIC,
        mtu=kind.mtu,
        down=HUB_RATE,
        up=HUB_RATE,
        rtt_ms=kind.rtt_ms,
        static=None,
    )


def segment_interfaces(place: SiteHost) -> tuple[SegmentInterface, ...]:
    """Return the segments a host carries, that of its address first.

    All of the site on a gateway; those of its networks on an access point; ``servers`` on a server.
    """
    if place.is_gateway:
        return tuple(_interface(place, name, item) for name, item in place.segments.items())
    names = carried(place) if place.is_access_point else (place.home,)
    return tuple(_interface(place, name, place.reference.segments[name]) for name in names)


def carried(place: SiteHost) -> tuple[str, ...]:
    """Return the segments that an access point carries: its own, and those of its networks."""
    on_air = networks_of(place).values()
    wanted = {network.segment for network in on_air}
    if any(network.security == "enterprise" for network in on_air):
        wanted |= {name for name, segment in place.segments.items() if segment.people}
    wanted.discard(ACCESS_POINT_SEGMENT)
    return (ACCESS_POINT_SEGMENT, *(name for name in place.segments if name in wanted))


def _interface(place: SiteHost, name: str, segment: Segment) -> SegmentInterface:
    prefixes = place.segment_prefixes(segment)
    own = place.own_address(segment)
    gateway = address(prefixes, GATEWAY_NUMBER)
    prefix_ipv4, prefix_ipv6 = prefixes.text
    host = place.host
    relays = place.is_access_point and name != place.home
    bridged = place.is_gateway or place.is_access_point
    port = host.ports.get(name, "") if bridged else host.port
    trunk = host.trunk or "" if not port else ""
    member = port or f"{trunk}.{segment.vlan}"
    return SegmentInterface(
        segment=name,
        label=segment.label,
        vlan=segment.vlan,
        bridge=f"br-{name}" if bridged else port,
        member=member,
        trunk=trunk,
        ipv4="" if relays else f"{own.ipv4}/{prefixes.ipv4.prefixlen}",
        ipv6="" if relays else f"{own.ipv6}/{prefixes.ipv6.prefixlen}",
        gateway_ipv4=gateway.ipv4,
        gateway_ipv6=gateway.ipv6,
        prefix_ipv4=prefix_ipv4,
        prefix_ipv6=prefix_ipv6,
        gateway_mac=_gateway_mac(place, name) if segment.isolated else "",
        # Of an access point, who comes by radio is isolated; the way to the gateway is not.
        isolated=segment.isolated and not place.is_access_point,
        rate_limit=segment.rate_limit if place.is_gateway else None,
        hours=(segment.hours or "") if place.is_gateway else "",
    )


def _gateway_mac(place: SiteHost, segment: str) -> str:
    """Return the address of the gateway's bridge where an access point of the site carries it."""
    if not any(segment in carried(point) for point in place.access_point_hosts()):
        return ""
    return stable_mac(f"{place.gateway.name} {segment}")


def dhcp_scopes(place: SiteHost) -> tuple[DhcpScope, ...]:
    """Return a range per segment that has DHCP."""
    scopes = []
    for name, segment in place.segments.items():
        if segment.dhcp:
            prefix = place.segment_prefixes(segment).ipv4
            span = pool(prefix)
            scopes.append(
                DhcpScope(
                    segment=name,
                    interface=f"br-{name}",
                    first=span.first,
                    last=span.last,
                    netmask=str(prefix.netmask),
                    lease_seconds=LEASE_SECONDS,
                )
            )
    return tuple(scopes)


def reservations(place: SiteHost) -> Iterator[DhcpReservation]:
    """Yield the site's devices, by name; without a written address, one from their name."""
    for name, item in sorted(place.commune.devices(place.site_stem).items()):
        segment = place.segments[item.segment]
        yield DhcpReservation(
            name=name,
            segment=item.segment,
            mac=item.mac,
            address=str(item.address) if item.address else reserved_address(place, name, segment),
        )


def reserved_address(place: SiteHost, name: str, segment: Segment) -> str:
    """Return the address that follows from the name of a piece of equipment."""
    prefix = place.segment_prefixes(segment).ipv4
    scale = int(prefix.size) / 256
    first = max(10, int(RESERVED_NUMBERS.start * scale))
    count = int(RESERVED_NUMBERS.stop * scale) - first
    return str(IPAddress(int(prefix.first) + first + stable_number(name, max(1, count)), 4))

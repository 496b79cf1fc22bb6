"""From flows to rules: each allowed flow has its rules, and no rule allows what no flow names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Literal, cast

from mairie.model.commune import ACCESS_POINTS, AP_HOSTS
from mairie.model.mail import MAIL
from mairie.model.reference import Flow, Reference, Segment
from mairie.model.telephony import TELEPHONY
from mairie.plan import selectors as select
from mairie.plan.addressing import HostAddress
from mairie.plan.context import VPN_INTERFACE, HubHost, SiteHost
from mairie.plan.interfaces import hub_uplink, segment_interfaces, uplinks
from mairie.plan.lessons import lesson_rules
from mairie.plan.name_filter import filter_rules
from mairie.plan.parts.network import (
    AccessSchedule,
    CommunePrefixes,
    Firewall,
    Ports,
    Rule,
    Selector,
)
from mairie.plan.portal import portal_rules
from mairie.plan.telephone_host import has_voip

ALWAYS_OFFERED_BY_A_HUB = ("backup", "icmp", "ssh")

Ends = tuple[str, Literal["input", "forward"], Selector, Selector, str]
"""Counter suffix, chain, source, destination, schedule."""


def parse_ports(services: Mapping[str, Iterable[str]], names: Iterable[str]) -> tuple[Ports, ...]:
    """Return the ports of services, sorted, without repetition; empty when one of them is any."""
    texts = frozenset(text for name in names for text in services[name])
    return () if "any" in texts else _ports(texts)


@lru_cache  # every host of a territory has much the same flows
def _ports(texts: frozenset[str]) -> tuple[Ports, ...]:
    found: set[tuple[str, int, int]] = set()
    for text in texts:
        protocol, _, span = text.partition("/")
        first, _, last = span.partition("-")
        found.add((protocol, int(first or 0), int(last or first or 0)))
    return tuple(
        Ports(protocol=cast(Literal["tcp", "udp", "icmp"], protocol), first=first, last=last)
        for protocol, first, last in sorted(found)
    )


def _rules(
    name: str, flow: Flow, ports: tuple[Ports, ...], ends: Iterable[Ends], *, hub: bool
) -> Iterator[Rule]:
    for suffix, chain, source, destination, hours in ends:
        yield Rule(
            flow=name,
            counter=f"{name}{suffix}",
            chain=chain,
            source=source,
            destination=destination,
            ports=ports,
            same_commune=hub and suffix == "-commune",
            hours=hours,
            reason=flow.reason,
        )


def _schedules(reference: Reference, rules: Iterable[Rule]) -> tuple[AccessSchedule, ...]:
    used = sorted({rule.hours for rule in rules if rule.hours})
    return tuple(
        AccessSchedule(
            name=name,
            days=reference.schedules[name].days,
            start=reference.schedules[name].start,
            end=reference.schedules[name].end,
        )
        for name in used
    )


def gateway_firewall(place: SiteHost) -> Firewall:
    """Return the rules of a gateway."""
    reference = place.reference
    rules = (
        *(
            rule
            for name, flow in reference.flows.items()
            for rule in _rules(
                name,
                flow,
                parse_ports(reference.services, flow.services),
                _gateway_ends(place, flow),
                hub=False,
            )
        ),
        *portal_rules(place),
        *filter_rules(place),
        *lesson_rules(place),
    )
    local_ipv4, local_ipv6 = place.prefixes.text
    return Firewall(
        rules=rules,
        masquerade=tuple(uplink.port for uplink in uplinks(place)),
        local_ipv4=(local_ipv4,),
        local_ipv6=(local_ipv6,),
        same_commune=(),
        schedules=_schedules(reference, rules),
    )


def _gateway_ends(place: SiteHost, flow: Flow) -> Iterator[Ends]:
    source = place.segments.get(flow.source)
    destination = place.segments.get(flow.destination)
    behind = select.vpn_zone(place, flow.source)
    if source is not None:
        yield from _from_segment(place, flow, source, destination)
    if flow.source == ACCESS_POINTS and flow.destination == "gateway":
        points = select.access_points(place)
        if points is not None:
            yield "", "input", points, select.own("gateway"), ""
    if flow.source == AP_HOSTS:
        yield from _from_ap_hosts(place, flow)
    if flow.source == MAIL:
        yield from _from_mail(place, flow)
    if TELEPHONY in (flow.source, flow.destination):
        yield from _of_telephony(place, flow, behind)
    if destination is not None:
        yield from _from_tunnel(place, flow, destination, behind)
    elif behind is not None and flow.destination == "gateway":
        yield "", "input", behind, select.own("gateway"), ""


def _from_ap_hosts(place: SiteHost, flow: Flow) -> Iterator[Ends]:
    points = select.ap_hosts(place)
    if points is None:
        return
    if flow.destination == "gateway":
        yield "", "input", points, select.own("gateway"), ""
    elif flow.destination == "internet":
        outside = select.selector("internet", tuple(uplink.port for uplink in uplinks(place)))
        yield "", "forward", points, outside, ""


def _from_mail(place: SiteHost, flow: Flow) -> Iterator[Ends]:
    sender = select.mail_host(place)
    if sender is not None and flow.destination == "internet":
        outside = select.selector("internet", tuple(uplink.port for uplink in uplinks(place)))
        yield "", "forward", sender, outside, ""


def _of_telephony(place: SiteHost, flow: Flow, behind: Selector | None) -> Iterator[Ends]:
    """Yield the ends of a flow with the telephone host, on the gateway of its site alone.

    Where the gateway is that host itself, what it sends needs no rule.
    """
    system = select.telephone_host(place)
    if system is None:
        return
    if flow.destination == TELEPHONY:
        if behind is not None:
            yield "", "input" if has_voip(place) else "forward", behind, system, ""
    elif has_voip(place):
        return
    elif flow.destination == "internet":
        outside = select.selector("internet", tuple(uplink.port for uplink in uplinks(place)))
        yield "", "forward", system, outside, ""
    elif flow.destination == "hub" and (hub := select.vpn_zone(place, "hub")) is not None:
        yield "", "forward", system, hub, ""


def _local(place: SiteHost, name: str, segment: Segment) -> Selector:
    return select.bridge(name, place.segment_prefixes(segment))


def _own_server(place: SiteHost, name: str, segment: Segment) -> Selector | None:
    """Return the gateway's own address in ``servers`` when it is also the server."""
    if name == "servers" and "server" in place.roles:
        return select.selector(name, (), select.single(place.own_address(segment)))
    return None


def _from_segment(
    place: SiteHost, flow: Flow, source: Segment, destination: Segment | None
) -> Iterator[Ends]:
    here = _local(place, flow.source, source)
    if flow.destination == "gateway":
        yield "", "input", select.bridge(flow.source, None), select.own("gateway"), ""
    elif flow.destination == "internet":
        outside = select.selector("internet", tuple(uplink.port for uplink in uplinks(place)))
        yield "", "forward", here, outside, source.hours or ""
    elif flow.destination == "hub":
        hub = select.vpn_zone(place, "hub")
        if hub is not None:
            yield "", "forward", here, hub, ""
    elif destination is not None and destination is not source:
        yield "", "forward", here, _local(place, flow.destination, destination), ""
        if (server := _own_server(place, flow.destination, destination)) is not None:
            yield "-own", "input", here, server, ""
    if flow.scope != "site" and flow.destination in place.reference.segments:
        there = _beyond(place, flow, place.reference.segments[flow.destination])
        away = select.selector(flow.destination, select.VPN, there)
        yield f"-out-{flow.scope}", "forward", here, away, ""


def _beyond(place: SiteHost, flow: Flow, segment: Segment) -> HostAddress:
    if flow.scope == "communes":
        return select.any_commune(place.shared, segment)
    return select.any_site(place, segment)


def _from_tunnel(
    place: SiteHost, flow: Flow, destination: Segment, behind: Selector | None
) -> Iterator[Ends]:
    suffix = "-in"
    if behind is None:
        if flow.scope == "site" or flow.source not in place.reference.segments:
            return
        away = _beyond(place, flow, place.reference.segments[flow.source])
        behind = select.selector(flow.source, select.VPN, away)
        suffix = f"-in-{flow.scope}"
    yield suffix, "forward", behind, _local(place, flow.destination, destination), ""
    if (server := _own_server(place, flow.destination, destination)) is not None:
        yield f"{suffix}-own", "input", behind, server, ""


def inner_firewall(place: SiteHost) -> Firewall:
    """Return the rules of a server or an access point: what may enter, nothing forwarded."""
    reference = place.reference
    port = segment_interfaces(place)[0].bridge
    rules = tuple(
        rule
        for name, flow in reference.flows.items()
        if flow.destination == place.home or (flow.destination == TELEPHONY and has_voip(place))
        for rule in _rules(
            name,
            flow,
            parse_ports(reference.services, flow.services),
            _inner_ends(place, flow, port),
            hub=False,
        )
    )
    return Firewall(
        rules=rules,
        masquerade=(),
        local_ipv4=(),
        local_ipv6=(),
        same_commune=(),
        schedules=(),
    )


def _inner_ends(place: SiteHost, flow: Flow, port: str) -> Iterator[Ends]:
    own = select.own(flow.destination)
    behind = select.vpn_zone(place, flow.source)
    if behind is not None:
        through_port = Selector(
            zone=behind.zone, interfaces=(port,), ipv4=behind.ipv4, ipv6=behind.ipv6
        )
        yield "", "input", through_port, own, ""
        return
    source = place.reference.segments.get(flow.source)
    if source is None:
        return
    if flow.scope == "site":
        here = select.selector(flow.source, (port,), place.segment_prefixes(source))
        yield "", "input", here, own, ""
    else:
        away = select.selector(flow.source, (port,), _beyond(place, flow, source))
        yield f"-{flow.scope}", "input", away, own, ""


def hub_firewall(place: HubHost) -> Firewall:
    """Return the rules of a hub: its services, and who may cross it."""
    reference = place.reference
    rules = tuple(
        rule
        for name, flow in reference.flows.items()
        for rule in _rules(
            name,
            flow,
            parse_ports(reference.services, _offered(place, flow)),
            _hub_ends(place, flow) if _offered(place, flow) else (),
            hub=True,
        )
    )
    shared = place.shared
    return Firewall(
        rules=rules,
        masquerade=(),
        local_ipv4=(),
        local_ipv6=(),
        same_commune=tuple(
            CommunePrefixes(commune=stem, ipv4=ipv4, ipv6=ipv6)
            for stem, commune in shared.territory.communes.items()
            for ipv4, ipv6 in (shared.addressing.commune(commune.index).text,)
        ),
        schedules=(),
    )


def _offered(place: HubHost, flow: Flow) -> tuple[str, ...]:
    if flow.destination != "hub":
        return flow.services
    if flow.source == TELEPHONY:
        return flow.services
    offered = (*place.hub.services, *ALWAYS_OFFERED_BY_A_HUB)
    return tuple(service for service in flow.services if service in offered)


def _hub_ends(place: HubHost, flow: Flow) -> Iterator[Ends]:
    source = _seen_from_hub(place, flow.source)
    if source is None:
        return
    if flow.destination == "hub":
        yield "", "input", source, select.own("hub"), ""
        return
    destination = _seen_from_hub(place, flow.destination)
    if destination is None or VPN_INTERFACE not in source.interfaces:
        return
    between_segments = flow.source in place.reference.segments
    if between_segments and flow.destination in place.reference.segments:
        if flow.scope != "site":
            yield f"-{flow.scope}", "forward", source, destination, ""
    elif flow.source in ("technicians", "peers"):
        yield "", "forward", source, destination, ""


def _seen_from_hub(place: HubHost, zone: str) -> Selector | None:
    segment = place.reference.segments.get(zone)
    if segment is not None:
        return select.selector(zone, select.VPN, select.any_commune(place.shared, segment))
    if zone == TELEPHONY:
        return select.telephone_hosts_of_hub(place)
    if zone == "gateway":
        return select.gateways(place.shared)
    if zone == "internet":
        return select.selector(zone, (hub_uplink(place).port,))
    return select.vpn_zone(place, zone)

"""Who reaches whom, tried with real packets and compared with the plans, refusals alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_interface
from typing import Final, Literal
from zoneinfo import ZoneInfo

from mairie.lab import clients as devices
from mairie.lab.clients import Lease, Nodes
from mairie.lab.errors import LabError
from mairie.lab.internet import HOST_IPV4, HOST_IPV6
from mairie.lab.internet import NAME as INTERNET
from mairie.lab.topology import Topology
from mairie.plan.host import HostPlan
from mairie.plan.parts.network import AccessSchedule, Ports
from mairie.plan.reach import Packet, Reach, own_addresses
from mairie.report.model import Family, FlowCheck, Verdict

NEVER_NAMED: Final = Ports(protocol="tcp", first=2323, last=2323)
"""A port that no flow names: only flows that say ``any`` let it through."""
PARALLEL: Final = 16
"""Devices at a time: most of what they do is wait for answers that must not come."""
FAMILIES: Final[tuple[Family, ...]] = ("ipv4", "ipv6")
DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True)
class End:
    """Somewhere packets start from or go to."""

    node: str
    """Container."""
    zone: str
    place: str
    """``Rurutu · mairie``; empty for the internet and the hub."""
    gateway: str
    """Host name of the gateway that serves it; empty when there is none."""
    ipv4: str
    ipv6: str
    managed: bool
    """A managed host: it answers only on the services it really offers."""


def run(
    lab: Nodes,
    plans: Mapping[str, HostPlan],
    layout: Topology,
    leases: Mapping[str, Lease],
    ports: Sequence[Ports] = (),
) -> tuple[FlowCheck, ...]:
    """Send every packet worth sending; return what was expected and what was seen.

    ``ports`` to try; none: ``probed_ports``. A device without an address gives *unknown* for all it
    should have tried.
    """
    ports = ports or probed_ports(plans)
    listeners = [client.name for client in layout.clients]
    devices.install_probe(lab, INTERNET)
    numbers = {port.first for port in ports} - {0}
    # The internet's own DNS and time server keep their ports.
    devices.listen(lab, [INTERNET], numbers - {53, 123}, (HOST_IPV4, HOST_IPV6))
    devices.listen(lab, listeners, numbers)
    starts = [*_devices(plans, layout, leases), *_servers(plans)]
    ends = [*starts, *_fixed(plans)]
    for start in starts:
        if start.managed:
            devices.install_probe(lab, start.node)
    judge = _Judge(plans)
    with ThreadPoolExecutor(PARALLEL) as pool:
        found = list(pool.map(lambda start: _from(lab, judge, start, ends, ports), starts))
    # What a busy machine lost is no refusal: what should pass is tried again, a device at a time.
    return tuple(check for tried in found for check in _checks(_again(lab, tried)))


def probed_ports(plans: Mapping[str, HostPlan]) -> tuple[Ports, ...]:
    """Return one port of every span that a rule names, ping, and one that none names."""
    named = {
        Ports(protocol=item.protocol, first=item.first, last=item.first)
        for plan in plans.values()
        for rule in plan.network.firewall.rules
        for item in rule.ports
        if (item.protocol, item.first) != ("udp", 67)
    }
    ping = Ports(protocol="icmp", first=0, last=0)
    return tuple(sorted({*named, ping, NEVER_NAMED}, key=lambda port: (port.protocol, port.first)))


class _Judge:
    """What the plans say of a packet, at this moment."""

    def __init__(self, plans: Mapping[str, HostPlan]) -> None:
        self._plans = plans
        self._reach = Reach(plans)
        self._schedules = {
            schedule.name: (schedule, plan.timezone)
            for plan in plans.values()
            for schedule in plan.network.firewall.schedules
        }

    def says(self, packet: Packet) -> tuple[Verdict, str]:
        """Return the verdict and the counters of the rules that let the packet through."""
        verdict = self._reach.follow(packet)
        opened = all(self._open(name) for name in verdict.hours)
        allowed: Verdict = "allowed" if verdict.allowed and opened else "refused"
        return allowed, ", ".join(dict.fromkeys(verdict.counters)) if verdict.allowed else ""

    def _open(self, name: str) -> bool:
        schedule, timezone = self._schedules[name]
        return is_open(schedule, datetime.now(UTC).astimezone(ZoneInfo(timezone)))


def is_open(schedule: AccessSchedule, now: datetime) -> bool:
    """Tell whether a schedule is open at a local time; one that ends at its start never closes."""
    clock = now.strftime("%H:%M")
    today, yesterday = DAYS[now.weekday()], DAYS[(now - timedelta(days=1)).weekday()]
    if schedule.start < schedule.end:
        return today in schedule.days and schedule.start <= clock < schedule.end
    return (today in schedule.days and clock >= schedule.start) or (
        yesterday in schedule.days and clock < schedule.end
    )


def _site(plan: HostPlan) -> str:
    return f"{plan.place.commune_label} · {plan.place.site}" if plan.place.site else ""


def _devices(
    plans: Mapping[str, HostPlan], layout: Topology, leases: Mapping[str, Lease]
) -> Iterator[End]:
    for client in layout.clients:
        plan = plans[client.gateway]
        lease = leases[client.name]
        yield End(
            node=client.name,
            zone=client.segment,
            place=_site(plan),
            gateway=plan.name,
            ipv4=lease.ipv4,
            ipv6=lease.ipv6,
            managed=False,
        )


def _servers(plans: Mapping[str, HostPlan]) -> Iterator[End]:
    for plan in plans.values():
        if plan.vpn is None:
            ipv4, ipv6 = own_addresses(plan)
            yield End(
                node=plan.name,
                zone=plan.network.segments[0].segment,
                place=_site(plan),
                gateway=_gateway_of(plans, plan),
                ipv4=ipv4,
                ipv6=ipv6,
                managed=True,
            )


def _gateway_of(plans: Mapping[str, HostPlan], server: HostPlan) -> str:
    return next(
        name
        for name, plan in plans.items()
        if plan.is_gateway
        and (plan.place.commune, plan.place.site) == (server.place.commune, server.place.site)
    )


def _fixed(plans: Mapping[str, HostPlan]) -> Iterator[End]:
    """Yield ends that only receive: the internet, the hubs, each gateway in each segment."""
    yield End(INTERNET, "internet", "", "", HOST_IPV4, HOST_IPV6, managed=False)
    for plan in plans.values():
        if plan.is_hub and plan.vpn is not None:
            yield End(plan.name, "hub", "", "", plan.vpn.hub_ipv4, plan.vpn.hub_ipv6, managed=True)
        if plan.is_gateway:
            for item in plan.network.segments:
                yield End(
                    node=plan.name,
                    zone="gateway" if item.segment != "servers" else "gateway (servers)",
                    place=_site(plan),
                    gateway=plan.name,
                    ipv4=str(ip_interface(item.ipv4).ip),
                    ipv6=str(ip_interface(item.ipv6).ip),
                    managed=True,
                )


@dataclass(frozen=True)
class _Try:
    start: End
    end: End
    port: Ports
    family: Family

    @property
    def source(self) -> str:
        return self.start.ipv4 if self.family == "ipv4" else self.start.ipv6

    @property
    def destination(self) -> str:
        return self.end.ipv4 if self.family == "ipv4" else self.end.ipv6

    @property
    def packet(self) -> Packet:
        return Packet(self.source, self.destination, self.port.protocol, self.port.first)

    @property
    def worth(self) -> bool:
        """Whether an answer would mean something: a host is mute on a UDP port it lacks."""
        if self.start.node == self.end.node:
            return False
        unserved = self.port.protocol == "udp" and self.port.first not in (53, 123)
        return not (self.end.managed and unserved)

    def check(self, expected: Verdict, flow: str, answer: str) -> FlowCheck:
        observed: Verdict | Literal["unknown"] = "unknown"
        if answer in ("answered", "silent"):
            observed = "allowed" if answer == "answered" else "refused"
        here, end, port = self.start, self.end, self.port
        return FlowCheck(
            host=here.node,
            site=here.place,
            source=here.zone,
            destination=f"{end.zone} ({end.place})"
            if end.place not in ("", here.place)
            else end.zone,
            family=self.family,
            service="icmp" if port.protocol == "icmp" else f"{port.protocol}/{port.first}",
            expected=expected,
            observed=observed,
            flow=flow,
            message="" if observed == expected else f"{here.node} → {end.node} : {answer}",
        )


@dataclass(frozen=True)
class _Tried:
    """What was expected of a packet, and what came back."""

    item: _Try
    expected: Verdict
    flow: str
    answer: str

    @property
    def lost(self) -> bool:
        """Whether it should have passed and nothing came back."""
        return self.expected == "allowed" and self.answer == "silent"


def _from(
    lab: Nodes, judge: _Judge, start: End, ends: Sequence[End], ports: Sequence[Ports]
) -> list[_Tried]:
    every = (
        _Try(start, end, port, family) for end in ends for family in FAMILIES for port in ports
    )
    tries = [item for item in every if item.worth]
    able = [item for item in tries if item.source and item.destination]
    asked = [_Tried(item, *judge.says(item.packet), "") for item in able]
    missing = [item for item in tries if not (item.source and item.destination)]
    return [
        *_sent(lab, asked),
        *(_Tried(item, "refused", "", _without(item)) for item in missing),
    ]


def _sent(lab: Nodes, asked: Sequence[_Tried]) -> list[_Tried]:
    """Send packets that start from one node; return them with their answers."""
    if not asked:
        return []
    packets = [(each.item.packet, each.expected == "allowed") for each in asked]
    try:
        answers: Sequence[str] = devices.send(lab, asked[0].item.start.node, packets)
    except LabError as error:
        answers = [f"rien n'a pu partir : {error}"] * len(asked)
    return [replace(each, answer=answer) for each, answer in zip(asked, answers, strict=True)]


def _again(lab: Nodes, tried: Sequence[_Tried]) -> list[_Tried]:
    """Send once more what should have passed and was not answered."""
    second = iter(_sent(lab, [each for each in tried if each.lost]))
    return [next(second) if each.lost else each for each in tried]


def _checks(tried: Sequence[_Tried]) -> Iterator[FlowCheck]:
    for each in tried:
        yield each.item.check(each.expected, each.flow, each.answer)


def _without(item: _Try) -> str:
    node = item.end.node if item.source else item.start.node
    return f"{node} n'a pas d'adresse {item.family}"

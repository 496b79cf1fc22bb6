"""From plans to containers and cables: hosts, a client in each segment, and the outside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mairie.lab.containers import Node
from mairie.lab.fabric import Attachment, stable_mac
from mairie.lab.internet import NAME as INTERNET
from mairie.lab.internet import PROVIDERS, provider
from mairie.plan.host import HostPlan
from mairie.plan.parts.network import SegmentInterface

CLIENT_PORT = "eth0"
EQUIPMENT_SEGMENTS = ("voice", "video", "things")
"""Where the lab's client plays the site's first piece of reserved equipment."""


@dataclass(frozen=True)
class Client:
    """A device in a segment of a site: a staff PC, a visitor, a phone, a camera."""

    name: str
    gateway: str
    """Host name of the site's gateway."""
    segment: str
    reserved: str
    """Address that the plan reserves for it; empty when it takes one from the pool."""
    attachment: Attachment


@dataclass(frozen=True)
class Topology:
    """Everything the lab starts."""

    nodes: tuple[Node, ...]
    clients: tuple[Client, ...]
    hosts: tuple[str, ...]
    """Managed hosts, in the order of the plans."""


def topology(plans: Mapping[str, HostPlan]) -> Topology:
    """Return the containers and cables that show these plans (none of them with a trunk)."""
    clients = tuple(_clients(plans))
    nodes = [
        Node(
            INTERNET,
            "client",
            tuple(Attachment(interface=item.port, network=item.network) for item in PROVIDERS),
        ),
        *(Node(name, "host", tuple(_host_cables(plan))) for name, plan in plans.items()),
        *(Node(client.name, "client", (client.attachment,)) for client in clients),
    ]
    return Topology(tuple(nodes), clients, tuple(plans))


def segment_network(plan: HostPlan, segment: str) -> str:
    """Return the name of a segment's switch on a host's site."""
    return f"{plan.place.commune}-{plan.place.site}-{segment}"


def _host_cables(plan: HostPlan) -> Iterator[Attachment]:
    for uplink in plan.network.uplinks:
        yield Attachment(
            interface=uplink.port,
            network=provider(uplink.kind).network,
            mac=stable_mac(plan.name, uplink.port),
        )
    for item in plan.network.segments:
        yield Attachment(interface=item.member, network=segment_network(plan, item.segment))


def _clients(plans: Mapping[str, HostPlan]) -> Iterator[Client]:
    for plan in plans.values():
        if not plan.is_gateway:
            continue
        scopes = {scope.segment for scope in plan.network.dhcp_scopes}
        for item in plan.network.segments:
            if item.segment in scopes:
                yield _client(plan, item)


def _client(plan: HostPlan, item: SegmentInterface) -> Client:
    reserved = next(
        (
            entry
            for entry in plan.network.dhcp_reservations
            if entry.segment == item.segment and item.segment in EQUIPMENT_SEGMENTS
        ),
        None,
    )
    return Client(
        name=segment_network(plan, item.segment),
        gateway=plan.name,
        segment=item.segment,
        reserved=reserved.address if reserved else "",
        attachment=Attachment(
            interface=CLIENT_PORT,
            network=segment_network(plan, item.segment),
            mac=reserved.mac if reserved else None,
        ),
    )

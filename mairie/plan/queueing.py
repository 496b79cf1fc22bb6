"""Queues of a gateway's ways out, from the rates of its uplinks."""

from __future__ import annotations

from collections.abc import Iterator

from mairie.model.telephony import VOICE_SEGMENT
from mairie.plan.context import SERVER_SEGMENT, VPN_INTERFACE, SiteHost
from mairie.plan.interfaces import uplinks
from mairie.plan.parts.network import Uplink
from mairie.plan.parts.queueing import Queue, QueueingPlan, VoiceSource
from mairie.plan.telephone_host import own_address, telephone_host
from mairie.plan.voip import rtp_range
from mairie.plan.vpn import WIREGUARD_OVERHEAD


def site_queueing(place: SiteHost) -> QueueingPlan:
    """Return the queues of a gateway.

    The tunnel hides from the uplink what is inside. Where there are calls it has a queue of its
    own, before encryption; what leaves it is less than the uplink carries first (its middle class),
    so that nothing of it waits a second time.
    """
    ways = uplinks(place)
    inside = _tunnel(place, ways) if place.commune.has_telephony else ()
    endpoint = place.shared.syndicate.hubs[place.hub_name].endpoint
    first, last = rtp_range(place)
    return QueueingPlan(
        queues=(*(_uplink(place, each) for each in ways), *inside),
        voice=tuple(_voice(place)),
        rtp_first=first,
        rtp_last=last,
        tunnel_port=int(endpoint.rpartition(":")[2]),
    )


def _rate(place: SiteHost, uplink: Uplink) -> int:
    return uplink.up * place.reference.uplink_classes[uplink.kind].queue_percent // 800 * 8


def _uplink(place: SiteHost, uplink: Uplink) -> Queue:
    return Queue(
        interface=uplink.port,
        uplink=uplink.port,
        rate=_rate(place, uplink),
        rtt_ms=uplink.rtt_ms,
        overhead=0,
        translated=True,
    )


def _tunnel(place: SiteHost, ways: tuple[Uplink, ...]) -> Iterator[Queue]:
    for uplink in ways:
        yield Queue(
            interface=VPN_INTERFACE,
            uplink=uplink.port,
            rate=_rate(place, uplink) * place.reference.queueing.tunnel_percent // 800 * 8,
            rtt_ms=uplink.rtt_ms,
            overhead=WIREGUARD_OVERHEAD,
            translated=False,
        )


def _voice(place: SiteHost) -> Iterator[VoiceSource]:
    if VOICE_SEGMENT in place.segments:
        yield VoiceSource(interface=f"br-{VOICE_SEGMENT}", ipv4="", ipv6="")
    exchange = telephone_host(place.shared, place.commune_stem)
    if exchange is None or exchange.site_stem != place.site_stem:
        return
    if exchange.name == place.name:
        yield VoiceSource(interface="", ipv4="", ipv6="")
    else:
        at = own_address(exchange)
        yield VoiceSource(interface=f"br-{SERVER_SEGMENT}", ipv4=at.ipv4, ipv6=at.ipv6)

"""Brick ``vpn``: both ends of every WireGuard tunnel."""

from __future__ import annotations

from collections.abc import Iterator

from mairie.plan.addressing import HostAddress, Prefixes, address
from mairie.plan.context import VPN_INTERFACE, HubHost, SiteHost, site_hosts
from mairie.plan.interfaces import hub_uplink, uplinks
from mairie.plan.parts.vpn import VpnPeer, VpnPlan

WIREGUARD_OVERHEAD = 80
"""Bytes: IPv6 40, UDP 8, WireGuard 32; right whichever family carries the tunnel."""


def _ends(at: HostAddress) -> tuple[str, str]:
    return f"{at.ipv4}/32", f"{at.ipv6}/128"


def gateway_vpn(place: SiteHost) -> VpnPlan:
    """Return a gateway's tunnel: one peer, its hub, behind which the whole syndicate is."""
    shared = place.shared
    hub = place.hub_name
    hub_at = shared.hub_address(hub)
    ipv4, ipv6 = _ends(place.tunnel)
    own, theirs = shared.keys(place.name), shared.keys(hub)
    classes = place.reference.uplink_classes
    supernets = shared.addressing.supernets
    peer = VpnPeer(
        name=hub,
        kind="hub",
        public_key=theirs.current,
        next_public_key=theirs.next or "",
        preshared=True,
        endpoint=shared.syndicate.hubs[hub].endpoint,
        allowed_ipv4=(str(supernets.ipv4),),
        allowed_ipv6=(str(supernets.ipv6),),
        keepalive=min(classes[uplink.kind].keepalive for uplink in place.uplinks),
    )
    return VpnPlan(
        interface=VPN_INTERFACE,
        ipv4=ipv4,
        ipv6=ipv6,
        listen_port=0,
        mtu=min(uplink.mtu for uplink in uplinks(place)) - WIREGUARD_OVERHEAD,
        public_key=own.current,
        next_public_key=own.next or "",
        peers=(peer,),
        hub_ipv4=hub_at.ipv4,
        hub_ipv6=hub_at.ipv6,
    )


def hub_vpn(place: HubHost) -> VpnPlan:
    """Return a hub's end of every tunnel: gateways, then technicians, then other peers."""
    ipv4, ipv6 = _ends(place.tunnel)
    own = place.shared.keys(place.name)
    return VpnPlan(
        interface=VPN_INTERFACE,
        ipv4=ipv4,
        ipv6=ipv6,
        listen_port=int(place.hub.endpoint.rpartition(":")[2]),
        mtu=hub_uplink(place).mtu - WIREGUARD_OVERHEAD,
        public_key=own.current,
        next_public_key=own.next or "",
        peers=(*_gateway_peers(place), *_unmanaged_peers(place)),
        hub_ipv4=place.tunnel.ipv4,
        hub_ipv6=place.tunnel.ipv6,
    )


def _gateway_peers(place: HubHost) -> Iterator[VpnPeer]:
    shared = place.shared
    for host in site_hosts(shared):
        if not host.is_gateway or host.hub_name != place.name:
            continue
        keys = shared.keys(host.name)
        ipv4, ipv6 = host.prefixes.text
        yield VpnPeer(
            name=host.name,
            kind="gateway",
            public_key=keys.current,
            next_public_key=keys.next or "",
            preshared=True,
            endpoint="",
            allowed_ipv4=(ipv4,),
            allowed_ipv6=(ipv6,),
            keepalive=0,
        )


def _unmanaged_peers(place: HubHost) -> Iterator[VpnPeer]:
    shared = place.shared
    addressing = shared.addressing
    for name, person in sorted(shared.syndicate.technicians.items()):
        if person.wireguard is not None and person.index is not None:
            at = peer_address(addressing.technicians, person.index)
            yield _unmanaged(f"technician-{name}", "technician", person.wireguard, at)
    for name, peer in sorted(shared.syndicate.peers.items()):
        at = peer_address(addressing.peers, peer.index)
        yield _unmanaged(f"peer-{name}", "peer", peer.wireguard, at)


def peer_address(prefixes: Prefixes, index: int) -> HostAddress:
    """Return the address of an unmanaged peer in its zone."""
    return address(prefixes, index)


def _unmanaged(name: str, kind: str, key: str, at: HostAddress) -> VpnPeer:
    ipv4, ipv6 = _ends(at)
    return VpnPeer(
        name=name,
        kind="technician" if kind == "technician" else "peer",
        public_key=key,
        next_public_key="",
        preshared=False,
        endpoint="",
        allowed_ipv4=(ipv4,),
        allowed_ipv6=(ipv6,),
        keepalive=0,
    )

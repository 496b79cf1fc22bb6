"""The other end of a VPN peer that mairie does not manage: what its owner puts into WireGuard."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mairie.model.territory import Territory
from mairie.plan.context import Shared
from mairie.plan.vpn import peer_address

MTU = 1280
"""Bytes: the least that IPv6 allows (RFC 8200 section 5); passes any link a phone may be on."""
KEEPALIVE = 25
"""Seconds: shorter than what carrier NAT forgets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HubEnd:
    """A hub as the peer sees it."""

    name: str
    public_key: str
    endpoint: str
    allowed: tuple[str, ...]
    """Prefixes of both families reached through it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerConfig:
    """Everything in a peer's configuration file but its private key."""

    name: str
    label: str
    kind: Literal["technician", "peer"]
    public_key: str
    ipv4: str
    """Interface notation, ``/32``."""
    ipv6: str
    dns: tuple[str, ...]
    """Tunnel addresses of the first hub."""
    domain: str
    """Searched for short names."""
    hubs: tuple[HubEnd, ...]


def peer_config(territory: Territory, name: str) -> PeerConfig:
    """Return the configuration of a technician's peer or of another unmanaged peer.

    Raises:
        KeyError: no peer has that name, or a hub has no public key yet.

    """
    shared = Shared.of(territory)
    syndicate = territory.syndicate
    person = syndicate.technicians.get(name)
    if person is not None and person.wireguard is not None and person.index is not None:
        kind: Literal["technician", "peer"] = "technician"
        label, key = person.label, person.wireguard
        at = peer_address(shared.addressing.technicians, person.index)
    else:
        peer = syndicate.peers[name]
        kind, label, key = "peer", peer.label, peer.wireguard
        at = peer_address(shared.addressing.peers, peer.index)
    first = shared.hub_address(next(iter(syndicate.hubs)))
    return PeerConfig(
        name=name,
        label=label,
        kind=kind,
        public_key=key,
        ipv4=f"{at.ipv4}/32",
        ipv6=f"{at.ipv6}/128",
        dns=(first.ipv4, first.ipv6),
        domain=syndicate.domain,
        hubs=tuple(
            HubEnd(
                name=hub,
                public_key=territory.public_keys[hub].current,
                endpoint=syndicate.hubs[hub].endpoint,
                allowed=_behind(shared, hub),
            )
            for hub in syndicate.hubs
        ),
    )


def _behind(shared: Shared, hub: str) -> tuple[str, ...]:
    """Return what a peer reaches through a hub: everything through the first one.

    The communes of another hub are more specific, and WireGuard takes the most specific.
    """
    if hub == next(iter(shared.syndicate.hubs)):
        return shared.addressing.supernets.text
    at = shared.hub_address(hub)
    prefixes = [f"{at.ipv4}/32", f"{at.ipv6}/128"]
    for commune in shared.territory.communes.values():
        if shared.hub_name(commune) == hub:
            prefixes += shared.addressing.commune(commune.index).text
    return tuple(prefixes)


def to_wireguard(config: PeerConfig, private_key: str) -> str:
    """Return the file that WireGuard's apps and ``wg-quick`` read (wg-quick(8))."""
    lines = [
        f"# {config.label}",
        "[Interface]",
        f"PrivateKey = {private_key}",
        f"Address = {config.ipv4}, {config.ipv6}",
        f"DNS = {', '.join((*config.dns, config.domain))}",
        f"MTU = {MTU}",
    ]
    for hub in config.hubs:
        lines += [
            "",
            f"# {hub.name}",
            "[Peer]",
            f"PublicKey = {hub.public_key}",
            f"Endpoint = {hub.endpoint}",
            f"AllowedIPs = {', '.join(hub.allowed)}",
            f"PersistentKeepalive = {KEEPALIVE}",
        ]
    return "\n".join(lines) + "\n"

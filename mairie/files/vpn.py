"""Files of the brick vpn, in the order they are placed: programs before the units that run them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mairie.files import TemplateFile
from mairie.plan.host import HostPlan
from mairie.plan.parts.vpn import VpnPeer, VpnPlan

HELPERS = "/usr/local/libexec/mairie"
PROGRAMS = ("wg-check", "wg-apply", "wg-follow", "wg-reresolve", "wg-rekey")
SETTINGS = "/etc/wireguard/mairie.json"
"""What the programs read; no secret."""
UNITS = "/etc/systemd/system"
LOOK_SERVICE = f"{UNITS}/mairie-wg.service"
LOOK_TIMER = f"{UNITS}/mairie-wg.timer"
FOLLOW_SERVICE = f"{UNITS}/mairie-wg-follow.service"


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerEntry:
    """One ``[Peer]`` of wg0.conf."""

    label: str
    name: str
    """Of the preshared key in HostSecrets."""
    public_key: str
    preshared: bool
    allowed: tuple[str, ...]
    keepalive: int


def configuration(vpn: VpnPlan) -> str:
    """Return the path of the wg-quick configuration."""
    return f"/etc/wireguard/{vpn.interface}.conf"


def drop_in(vpn: VpnPlan) -> str:
    """Return the path of what is added to wg-quick's unit."""
    return f"{UNITS}/wg-quick@{vpn.interface}.service.d/10-mairie.conf"


def next_key(vpn: VpnPlan) -> str:
    """Return the path of the private key that takes over, while there is one."""
    return f"/etc/wireguard/{vpn.interface}.next.key"


def has_next_key(plan: HostPlan) -> bool:
    """Whether this host moves to a next key by itself: gateways do, a hub when it is deployed."""
    return plan.vpn is not None and bool(plan.vpn.next_public_key) and not plan.is_hub


def rotations(vpn: VpnPlan) -> tuple[VpnPeer, ...]:
    """Return the peers that are changing their key."""
    return tuple(peer for peer in vpn.peers if peer.next_public_key)


def entries(vpn: VpnPlan) -> Iterator[PeerEntry]:
    """Yield each peer; one in rotation twice, the second time without addresses.

    WireGuard gives a prefix to one peer only: wg-follow hands them to the key used last.
    """
    for peer in vpn.peers:
        allowed = (*peer.allowed_ipv4, *peer.allowed_ipv6)
        keys: list[tuple[str, str, tuple[str, ...]]] = [(peer.public_key, peer.name, allowed)]
        if peer.next_public_key:
            keys.append((peer.next_public_key, f"{peer.name}, next key", ()))
        for public_key, label, addresses in keys:
            yield PeerEntry(
                label=label,
                name=peer.name,
                public_key=public_key,
                preshared=peer.preshared,
                allowed=addresses,
                keepalive=peer.keepalive,
            )


def settings(plan: HostPlan, vpn: VpnPlan) -> dict[str, Any]:
    """Return what the wg-* programs read, as JSON types."""
    dns = plan.network.dns
    return {
        "interface": vpn.interface,
        "endpoints": [
            {
                "name": peer.name,
                "keys": [key for key in (peer.public_key, peer.next_public_key) if key],
                "endpoint": peer.endpoint,
                "inside": [*peer.allowed_ipv4, *peer.allowed_ipv6],
            }
            for peer in vpn.peers
            if peer.endpoint
        ],
        "resolvers": list(dns.fallback) if dns else [],
        "uplinks": [uplink.port for uplink in plan.network.uplinks],
        "rotations": [
            {
                "name": peer.name,
                "current": peer.public_key,
                "next": peer.next_public_key,
                "allowed": [*peer.allowed_ipv4, *peer.allowed_ipv6],
            }
            for peer in rotations(vpn)
        ],
        "prove": vpn.hub_ipv4,
    }


def refused(vpn: VpnPlan) -> tuple[tuple[int, str], ...]:
    """Return (family, prefix) of what may leave by the tunnel only: a gateway's whole supernets."""
    calls = [peer for peer in vpn.peers if peer.kind == "hub"]
    return tuple(
        (family, prefix)
        for peer in calls
        for family, prefixes in ((4, peer.allowed_ipv4), (6, peer.allowed_ipv6))
        for prefix in prefixes
    )


def files(plan: HostPlan) -> tuple[TemplateFile, ...]:
    """Return every file of the brick for this host; none when it has no tunnel."""
    vpn = plan.vpn
    if vpn is None:
        return ()
    helpers = {"helpers": HELPERS}
    verify = ("systemd-analyze", "verify", "--recursive-errors=no", "{}")
    keys = (TemplateFile(path=next_key(vpn), template=_NEXT_KEY, mode="600", secret=True),)
    return (
        TemplateFile(path=f"{HELPERS}/wgtool.py"),
        *(TemplateFile(path=f"{HELPERS}/{name}", mode="755") for name in PROGRAMS),
        TemplateFile(
            path=SETTINGS,
            mode="600",
            check=("python3", "-m", "json.tool", "{}"),
            context={"settings": settings(plan, vpn)},
        ),
        *(keys if has_next_key(plan) else ()),
        TemplateFile(
            path=configuration(vpn),
            template="etc/wireguard/wg0.conf.j2",
            mode="600",
            secret=True,
            check=(f"{HELPERS}/wg-check", "{}"),
            context={**helpers, "entries": tuple(entries(vpn)), "refused": refused(vpn)},
        ),
        TemplateFile(path=LOOK_SERVICE, check=verify, context=helpers),
        TemplateFile(path=LOOK_TIMER, check=verify),
        TemplateFile(path=FOLLOW_SERVICE, check=verify, context=helpers),
        TemplateFile(path=drop_in(vpn), template=_DROP_IN, context=helpers),
    )


_NEXT_KEY = "etc/wireguard/wg0.next.key.j2"
_DROP_IN = "etc/systemd/system/wg-quick@wg0.service.d/10-mairie.conf.j2"

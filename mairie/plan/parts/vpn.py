"""Brick ``vpn`` of one host: its tunnel and peers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class VpnPeer:
    """The other end of a tunnel, as ``wg`` knows it."""

    name: str
    """Full host name, ``technician-<name>`` or ``peer-<name>``."""
    kind: Literal["hub", "gateway", "technician", "peer"]
    public_key: str
    next_public_key: str
    """The key that takes over during a rotation; empty otherwise."""
    preshared: bool
    """Whether a preshared key for this peer is in HostSecrets.preshared_keys[name]."""
    endpoint: str
    """``host:port``; empty when the peer is behind NAT and calls us."""
    allowed_ipv4: tuple[str, ...]
    allowed_ipv6: tuple[str, ...]
    keepalive: int
    """Seconds; 0: off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VpnPlan:
    """Brick ``vpn``: one WireGuard interface."""

    interface: str
    ipv4: str
    """Interface notation, /32 on a gateway; on the hub too."""
    ipv6: str
    listen_port: int
    """0 on a gateway: any port, it calls the hub."""
    mtu: int
    public_key: str
    next_public_key: str
    peers: tuple[VpnPeer, ...]
    hub_ipv4: str
    """Tunnel address of the hub (its own on a hub), used to prove the tunnel."""
    hub_ipv6: str

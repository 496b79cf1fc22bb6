"""Brick ``hub``: names of the whole syndicate, answered through the tunnels.

The policy between communes is in the hub's firewall, which brick ``network`` loads; its time is
served by brick ``base``, its tunnels come from brick ``vpn``.
"""

from __future__ import annotations

from mairie.host.deploy import place, to_activate
from mairie.host.units import restarted, unit


def deploy() -> None:
    """Configure and activate; dnsmasq is installed by brick ``network``."""
    placed, removed = place("hub")
    unit(name="hub: dnsmasq", service="dnsmasq.service", running=True, enabled=True)
    restarted(
        name="hub: dnsmasq restarted",
        service="dnsmasq.service",
        _if=to_activate("hub", *placed.values(), removed),
    )

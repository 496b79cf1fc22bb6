"""Brick ``hub``: names of the whole syndicate, answered through the tunnels.

The policy between communes is in the hub's firewall, which brick ``network`` loads; its time is
served by brick ``base``, its tunnels come from brick ``vpn``.
"""

from __future__ import annotations

from pyinfra.operations import systemd

from mairie.host.deploy import place, to_activate


def deploy() -> None:
    """Configure and activate; dnsmasq is installed by brick ``network``."""
    placed = place("hub")
    systemd.service(name="hub: dnsmasq", service="dnsmasq.service", running=True, enabled=True)
    systemd.service(
        name="hub: dnsmasq restarted",
        service="dnsmasq.service",
        restarted=True,
        _if=to_activate("hub", *placed),
    )

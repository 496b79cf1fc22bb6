"""Brick ``hub``: names of the whole syndicate, answered through the tunnels, and its packages.

The policy between communes is in the hub's firewall, which brick ``network`` loads; its time is
served by brick ``base``, its tunnels come from brick ``vpn``.
"""

from __future__ import annotations

from pyinfra.operations import files

from mairie.files import hub as table
from mairie.host.deploy import folder, place, this_host, to_activate
from mairie.host.packages import have_packages
from mairie.host.units import reloaded, restarted, unit


def deploy() -> None:
    """Configure and activate; dnsmasq is installed by brick ``network``."""
    plan, _ = this_host()
    if plan.packages is not None:
        have_packages(name="hub: nginx", packages=["nginx-light"])
        folder("hub", table.PACKAGES)
        default = files.link(
            name="hub: no default site", path="/etc/nginx/sites-enabled/default", present=False
        )
    placed, removed = place("hub")
    unit(name="hub: dnsmasq", service="dnsmasq.service", running=True, enabled=True)
    restarted(
        name="hub: dnsmasq restarted",
        service="dnsmasq.service",
        _if=to_activate("hub", placed[table.DNSMASQ], removed),
    )
    if plan.packages is not None:
        unit(name="hub: nginx runs", service="nginx.service", running=True, enabled=True)
        reloaded(
            name="hub: nginx reads its settings again",
            service="nginx.service",
            _if=to_activate("hub", placed[table.SITE], default),
        )

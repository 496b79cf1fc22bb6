"""Brick ``vpn``: the WireGuard tunnel between a gateway and its hub.

A change of peers, keys, addresses, routes or MTU reaches the running tunnel by a reload, which
cuts nobody; only the first start, and a start after a failure, bring the interface up anew.
"""

from __future__ import annotations

import shlex

from pyinfra.context import host
from pyinfra.operations import server, systemd

from mairie.files.vpn import (
    FOLLOW_SERVICE,
    LOOK_SERVICE,
    LOOK_TIMER,
    drop_in,
    rotations,
)
from mairie.host.deploy import folder, place, this_host, to_activate
from mairie.host.packages import have_packages
from mairie.host.units import look_at, restarted, unit
from mairie.host.vpn import KernelWireGuard, tunnel


def deploy() -> None:
    """Install, configure, activate."""
    plan, _ = this_host()
    vpn = plan.vpn
    if vpn is None:
        return
    have_packages(
        name="vpn: WireGuard tools", packages=["iproute2", "iputils-ping", "wireguard-tools"]
    )
    if not host.get_fact(KernelWireGuard):
        have_packages(
            name="vpn: WireGuard outside the kernel, which has none", packages=["wireguard-go"]
        )

    folder("vpn", "/etc/wireguard", mode="700")
    placed, _ = place("vpn")
    units = [placed[path] for path in (LOOK_SERVICE, LOOK_TIMER, FOLLOW_SERVICE, drop_in(vpn))]
    service = f"wg-quick@{vpn.interface}.service"
    look_at(service, "mairie-wg.timer", "mairie-wg-follow.service")
    systemd.daemon_reload(name="vpn: systemd reads its units again", _if=to_activate("vpn", *units))
    unit(name="vpn: tunnel at boot", service=service, enabled=True)
    up = tunnel(name="vpn: tunnel as its file says, without a cut", interface=vpn.interface)
    if not plan.is_hub:
        # chronyd asks a source that did not answer ever more rarely: tell it of the new way. One
        # that is stopped is for the controls to say.
        server.shell(
            name="vpn: time asked through the tunnel",
            commands=[f"chronyc burst 4/10 {shlex.quote(vpn.hub_ipv4)} || true"],
            _if=up.did_change,
        )

    watched = unit(
        name="vpn: endpoint watched", service="mairie-wg.timer", running=True, enabled=True
    )
    restarted(
        name="vpn: watch restarted",
        service="mairie-wg.timer",
        _if=to_activate("vpn", placed[LOOK_TIMER]),
    )
    pending = bool(rotations(vpn))
    unit(
        name="vpn: peers that change their key followed",
        service="mairie-wg-follow.service",
        running=pending,
        enabled=pending,
    )
    server.shell(
        name="vpn: endpoint and next key looked at now",
        commands=["systemctl start mairie-wg.service"],
        _if=to_activate("vpn", watched, *placed.values()),
    )

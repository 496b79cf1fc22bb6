"""Brick ``wifi``: the RADIUS server that says who may log in through the site's access points.

Debian's own service is masked before its package comes: nothing of its default configuration ever
answers, not even for the moment of the installation.
"""

from __future__ import annotations

from pyinfra.operations import apt, files, systemd

from mairie.files import wifi as table
from mairie.host.deploy import place, this_host, to_activate
from mairie.host.units import restarted, unit


def deploy() -> None:
    """Install, configure, activate."""
    plan, _ = this_host()
    if plan.wifi is None:
        return
    files.link(
        name="wifi: Debian's own RADIUS service never starts",
        path=table.DEBIAN_UNIT,
        target="/dev/null",
    )
    apt.packages(name="wifi: RADIUS server", packages=list(table.PACKAGES), no_recommends=True)
    files.directory(
        name="wifi: folder of bricks", path="/etc/mairie", mode="755", user="root", group="root"
    )
    files.directory(
        name="wifi: folder of the RADIUS server",
        path=table.RADIUS,
        mode="750",
        user="root",
        group=table.GROUP,
    )
    placed = dict(zip([file.path for file in table.files(plan)], place("wifi"), strict=False))
    systemd.daemon_reload(
        name="wifi: systemd reads its units again", _if=to_activate("wifi", placed[table.UNIT])
    )
    unit(name="wifi: RADIUS server runs", service=table.SERVICE, running=True, enabled=True)
    # All of it is read at the start alone: who was removed must not come in by what is remembered.
    restarted(
        name="wifi: RADIUS server restarted",
        service=table.SERVICE,
        _if=to_activate("wifi", *placed.values()),
    )

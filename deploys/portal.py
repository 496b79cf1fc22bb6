"""Brick ``portal``: the page that visitors meet before the internet.

The firewall of brick ``network`` holds them back, with or without this service: what fails here
opens nothing. It needs no package that a gateway does not have already.
"""

from __future__ import annotations

from pyinfra.operations import files, server, systemd

from mairie.files import portal as table
from mairie.host.deploy import place, this_host, to_activate
from mairie.host.units import restarted, unit


def deploy() -> None:
    """Install, configure, activate."""
    plan, _ = this_host()
    if plan.portal is None:
        return
    server.group(name="portal: group of the service", group=table.ACCOUNT, system=True)
    server.user(  # noqa: S604 - shell is the log-in shell
        name="portal: account of the service",
        user=table.ACCOUNT,
        group=table.ACCOUNT,
        comment="Portal of the visitors",
        home="/nonexistent",
        shell="/usr/sbin/nologin",
        system=True,
        create_home=False,
    )
    files.directory(
        name="portal: folder of bricks", path="/etc/mairie", mode="755", user="root", group="root"
    )
    placed = dict(zip([file.path for file in table.files(plan)], place("portal"), strict=False))
    systemd.daemon_reload(
        name="portal: systemd reads its units again", _if=to_activate("portal", placed[table.UNIT])
    )
    unit(name="portal: page is shown", service=table.SERVICE, running=True, enabled=True)
    restarted(
        name="portal: page restarted",
        service=table.SERVICE,
        _if=to_activate("portal", *placed.values()),
    )

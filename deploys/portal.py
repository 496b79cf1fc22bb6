"""Brick ``portal``: the page that visitors meet before the internet.

The firewall of brick ``network`` holds them back, with or without this service: what fails here
opens nothing. It needs no package that a gateway does not have already.
"""

from __future__ import annotations

from pyinfra.operations import systemd

from mairie.files import portal as table
from mairie.host.accounts import service_account
from mairie.host.deploy import BRICKS_FOLDER, folder, place, this_host, to_activate
from mairie.host.units import restarted, unit


def deploy() -> None:
    """Install, configure, activate."""
    plan, _ = this_host()
    if plan.portal is None:
        return
    service_account("portal", table.ACCOUNT, "Portal of the visitors")
    folder("portal", BRICKS_FOLDER)
    placed, _ = place("portal")
    systemd.daemon_reload(
        name="portal: systemd reads its units again", _if=to_activate("portal", placed[table.UNIT])
    )
    unit(name="portal: page is shown", service=table.SERVICE, running=True, enabled=True)
    restarted(
        name="portal: page restarted",
        service=table.SERVICE,
        _if=to_activate("portal", *placed.values()),
    )

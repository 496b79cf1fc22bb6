"""Brick ``lessons``: the switch that puts classrooms' networks on the air, and takes them off.

The networks themselves are of brick ``wifi``, which leaves them off: what fails here opens nothing.
"""

from __future__ import annotations

from pyinfra.operations import systemd

from mairie.files import lessons as table
from mairie.host.accounts import service_account
from mairie.host.deploy import BRICKS_FOLDER, folder, place, this_host, to_activate
from mairie.host.units import restarted, unit


def deploy() -> None:
    """Configure, activate."""
    plan, _ = this_host()
    if plan.lessons is None:
        return
    service_account("lessons", table.ACCOUNT, "Page of the teachers")
    folder("lessons", BRICKS_FOLDER)
    placed, _ = place("lessons")
    systemd.daemon_reload(
        name="lessons: systemd reads its units again",
        _if=to_activate("lessons", *(placed[path] for path in placed if path.endswith(".service"))),
    )
    for service in table.services(plan.lessons):
        unit(name=f"lessons: {service}", service=service, running=True, enabled=True)
        restarted(
            name=f"lessons: {service} restarted",
            service=service,
            _if=to_activate("lessons", *placed.values()),
        )

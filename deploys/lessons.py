"""Brick ``lessons``: the switch that puts classrooms' networks on the air, and takes them off.

The networks themselves are of brick ``wifi``, which leaves them off: what fails here opens nothing.
"""

from __future__ import annotations

from pyinfra.operations import systemd

from mairie.files import lessons as table
from mairie.host.deploy import BRICKS_FOLDER, folder, place, this_host, to_activate
from mairie.host.units import restarted, unit


def deploy() -> None:
    """Configure, activate."""
    plan, _ = this_host()
    if plan.lessons is None:
        return
    folder("lessons", BRICKS_FOLDER)
    placed, _ = place("lessons")
    systemd.daemon_reload(
        name="lessons: systemd reads its units again",
        _if=to_activate("lessons", placed[table.UNIT]),
    )
    unit(name="lessons: switch is there", service=table.SERVICE, running=True, enabled=True)
    restarted(
        name="lessons: switch restarted",
        service=table.SERVICE,
        _if=to_activate("lessons", *placed.values()),
    )

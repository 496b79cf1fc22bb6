"""Brick ``records``: the recorder of the public network, and what erases its days."""

from __future__ import annotations

from pyinfra.operations import systemd

from mairie.files import records as table
from mairie.host.deploy import BRICKS_FOLDER, folder, place, this_host, to_activate
from mairie.host.packages import have_packages
from mairie.host.units import look_at, restarted, unit


def deploy() -> None:
    """Install, configure, activate."""
    plan, _ = this_host()
    if plan.records is None:
        return
    have_packages(
        name="records: what tells of translations, and what signs", packages=table.PACKAGES
    )
    folder("records", BRICKS_FOLDER)
    for path in (table.FOLDER, table.LOG):
        folder("records", path, mode="700")
    placed, _ = place("records")
    units = [placed[f"{table.UNITS}/{name}"] for name in (table.SERVICE, table.KEEP, table.TIMER)]
    systemd.daemon_reload(
        name="records: systemd reads its units again", _if=to_activate("records", *units)
    )
    look_at(table.SERVICE, table.TIMER)
    unit(name="records: recorder runs", service=table.SERVICE, running=True, enabled=True)
    restarted(
        name="records: recorder restarted",
        service=table.SERVICE,
        _if=to_activate("records", *placed.values()),
    )
    unit(name="records: days are erased", service=table.TIMER, running=True, enabled=True)
    restarted(
        name="records: timer restarted",
        service=table.TIMER,
        _if=to_activate("records", placed[f"{table.UNITS}/{table.TIMER}"]),
    )

"""Brick ``mail``: a queue that waits for the link, and what the telephone system puts into it.

The configuration is there before the package: Postfix never runs with one of Debian's, which
would listen to everybody.
"""

from __future__ import annotations

from pyinfra.operations import systemd

from mairie.files import mail as table
from mairie.host.deploy import BRICKS_FOLDER, folder, place, this_host, to_activate
from mairie.host.packages import have_packages
from mairie.host.units import look_at, restarted, unit

UNITS = (table.SENDER, table.WATCH, table.ALERTS_SERVICE, table.ALERTS_TIMER)


def deploy() -> None:
    """Configure, install, activate."""
    plan, _ = this_host()
    if plan.mail is None:
        return
    folder("mail", BRICKS_FOLDER)
    folder("mail", table.CONFIGURATION)
    placed, _ = place("mail")
    have_packages(name="mail: the queue, and what converts", packages=table.packages(plan))
    units = [placed[f"{table.UNITS}/{name}"] for name in UNITS]
    systemd.daemon_reload(
        name="mail: systemd reads its units again", _if=to_activate("mail", *units)
    )
    look_at(table.SERVICE, table.WATCH, table.ALERTS_TIMER)
    unit(name="mail: the queue runs", service=table.SERVICE, running=True, enabled=True)
    restarted(
        name="mail: the queue restarted",
        service=table.SERVICE,
        _if=to_activate("mail", *(placed[file.path] for file in table.queue_files(plan.mail))),
    )
    unit(name="mail: messages are sent", service=table.WATCH, running=True, enabled=True)
    restarted(
        name="mail: what watches restarted",
        service=table.WATCH,
        _if=to_activate("mail", placed[f"{table.UNITS}/{table.WATCH}"]),
    )
    unit(name="mail: attacks are told", service=table.ALERTS_TIMER, running=True, enabled=True)
    restarted(
        name="mail: timer restarted",
        service=table.ALERTS_TIMER,
        _if=to_activate("mail", placed[f"{table.UNITS}/{table.ALERTS_TIMER}"]),
    )

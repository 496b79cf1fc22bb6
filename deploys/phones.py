"""Brick ``phones``: each phone fetches the file that sets it up, once.

A file that changes is not given again by itself: that takes a technician (``mairie phone open``).
"""

from __future__ import annotations

from pyinfra.operations import systemd

from mairie.files import phones as table
from mairie.host.accounts import service_account
from mairie.host.deploy import BRICKS_FOLDER, folder, place, this_host, to_activate
from mairie.host.units import restarted, unit


def deploy() -> None:
    """Configure, activate."""
    plan, _ = this_host()
    if plan.phones is None:
        return
    service_account("phones", table.ACCOUNT, "Files of the phones")
    folder("phones", BRICKS_FOLDER)
    for path in (table.FOLDER, table.FILES):
        folder("phones", path, mode="750", group=table.ACCOUNT)
    placed, _ = place("phones")
    systemd.daemon_reload(
        name="phones: systemd reads its units again",
        _if=to_activate("phones", placed[table.UNIT]),
    )
    unit(name="phones: service", service=table.SERVICE, running=True, enabled=True)
    # Files are read when they are asked for.
    read = [meta for path, meta in placed.items() if not path.startswith(f"{table.FILES}/")]
    restarted(
        name="phones: service restarted",
        service=table.SERVICE,
        _if=to_activate("phones", *read),
    )

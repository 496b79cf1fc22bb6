"""Brick ``voip``: the telephone system of a commune, or the exchange on a hub.

The configuration is placed beside the one in use; ``apply-voip`` has Asterisk read it in a private
place first. A change never ends a call: what Asterisk reads only when it starts waits until nobody
is on the telephone.
"""

from __future__ import annotations

from pyinfra.operations import files, server, systemd

from mairie.files import voip as table
from mairie.files.base import SOURCE
from mairie.host.deploy import BRICKS_FOLDER, folder, place, this_host, to_activate
from mairie.host.packages import have_packages, offered, source_read
from mairie.host.units import look_at, unit


def deploy() -> None:
    """Install, configure, activate."""
    plan, _ = this_host()
    if plan.voip is None and plan.exchange is None:
        return
    if plan.packages is not None:
        source_read(
            name="voip: apt reads what the hub offers",
            package=table.PACKAGE,
            path=SOURCE,
            url=plan.packages.url,
        )
    offered(
        name="voip: Asterisk can be installed",
        package=table.PACKAGE,
        where='publish the package on the hub with "mairie package publish"',
    )
    have_packages(name="voip: packages", packages=[table.PACKAGE])
    folder("voip", BRICKS_FOLDER)
    folder("voip", table.CANDIDATE, mode="750", group=table.ACCOUNT)
    for path in (table.RECORDS, table.VOICEMAIL, *table.spools(plan)):
        files.directory(
            name=f"voip: folder {path}",
            path=path,
            mode="750",
            user=table.ACCOUNT,
            group=table.ACCOUNT,
        )
    placed, removed = place("voip")
    units = [operation for path, operation in placed.items() if path.startswith(table.UNITS)]
    systemd.daemon_reload(
        name="voip: systemd reads its units again", _if=to_activate("voip", *units)
    )
    look_at(table.SERVICE, table.KEEP_TIMER)
    read = [
        operation
        for path, operation in placed.items()
        if path.startswith(f"{table.CANDIDATE}/") or path == table.APPLY
    ]
    server.shell(
        name="voip: Asterisk tries the configuration, then uses it",
        commands=[table.APPLY],
        _if=to_activate("voip", removed, *read),
    )
    unit(name="voip: Asterisk runs", service=table.SERVICE, running=True, enabled=True)
    unit(name="voip: records are erased", service=table.KEEP_TIMER, running=True, enabled=True)

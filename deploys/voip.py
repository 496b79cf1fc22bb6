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
from mairie.host.packages import have_packages, offered, source_read, upgraded
from mairie.host.units import look_at, restarted, unit
from mairie.plan.parts.voip import VOICEMAIL


def deploy() -> None:
    """Install, configure, activate."""
    plan, _ = this_host()
    if plan.voip is None and plan.exchange is None:
        return
    if plan.packages is not None:
        source_read(
            name="voip: apt reads what the hub offers",
            package=table.PACKAGE,
            version=table.OLDEST,
            path=SOURCE,
            url=plan.packages.url,
        )
    offered(
        name="voip: Asterisk can be installed",
        package=table.PACKAGE,
        version=table.OLDEST,
        where='publish the package on the hub with "mairie package publish"',
    )
    packages = [table.PACKAGE, table.GUARD_PACKAGE] if plan.voip else [table.PACKAGE]
    if table.trusts_public(plan):
        packages.append(table.PUBLIC_PACKAGE)
    have_packages(name="voip: packages", packages=packages)
    upgraded(name="voip: Asterisk is recent", package=table.PACKAGE, version=table.OLDEST)
    folder("voip", BRICKS_FOLDER)
    folder("voip", table.CANDIDATE, mode="750", group=table.ACCOUNT)
    if table.tls_files(plan):
        folder("voip", table.TLS, mode="750", group=table.ACCOUNT)
    for path in (table.RECORDS, VOICEMAIL, *table.spools(plan)):
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
    look_at(table.SERVICE, table.KEEP_TIMER, *([table.GUARD_SERVICE] if plan.voip else []))
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
    read_once = [placed[file.path] for file in table.tls_files(plan)]
    if read_once:
        server.shell(
            name="voip: Asterisk takes other certificates once nobody is on the telephone",
            commands=[
                f"! systemctl is-active --quiet {table.SERVICE} || {table.RESTART_WHEN_IDLE}"
            ],
            _if=to_activate("voip", *read_once),
        )
    unit(name="voip: Asterisk runs", service=table.SERVICE, running=True, enabled=True)
    unit(name="voip: records are erased", service=table.KEEP_TIMER, running=True, enabled=True)
    if plan.voip:
        unit(name="voip: fail2ban runs", service=table.GUARD_SERVICE, running=True, enabled=True)
        own = [placed[file.path] for file in table.guard_files(plan)]
        restarted(
            name="voip: fail2ban restarted",
            service=table.GUARD_SERVICE,
            _if=to_activate("voip", *own),
        )

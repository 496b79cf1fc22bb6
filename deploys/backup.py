"""Brick ``backup``: a host that saves itself every night, or the hub that keeps the copies."""

from __future__ import annotations

from pyinfra.context import host
from pyinfra.operations import files, server, systemd

from mairie.files import backup as table
from mairie.host.accounts import service_account
from mairie.host.backup import Repositories, first_backup, instances
from mairie.host.deploy import BRICKS_FOLDER, Placed, folder, place, this_host, to_activate
from mairie.host.packages import have_packages
from mairie.host.units import look_at, reloaded, restarted, unit
from mairie.plan.parts.backup import BackupPlan, StorePlan

HARMLESS = ("/etc/mairie/", "/usr/local/")
"""What is read anew each time a timer starts something: no service holds it."""


def deploy() -> None:
    """Install, configure, activate."""
    plan, _ = this_host()
    if plan.backup is None and plan.store is None:
        return
    folder("backup", BRICKS_FOLDER)
    if plan.backup is not None:
        install_client(plan.backup)
    if plan.store is not None:
        install_store()
    placed, _ = place("backup")
    units = [placed[path] for path in placed if path.startswith(table.UNITS)]
    systemd.daemon_reload(
        name="backup: systemd reads its units again", _if=to_activate("backup", *units)
    )
    if plan.store is not None:
        activate_store(plan.store, placed)
    if plan.backup is not None:
        activate_client(placed)


def install_client(backup: BackupPlan) -> None:
    """Have restic, the engines of the declared databases, and the folders."""
    engines = {database.engine for database in backup.databases}
    have_packages(
        name="backup: restic and the tools of the databases",
        packages=[
            "restic",
            *(name for engine in sorted(engines) for name in table.ENGINE_PACKAGES[engine]),
        ],
    )
    for path in (table.CLIENT, table.HOOKS):
        folder("backup", path)
    for path in (table.CLIENT_STATE, table.CACHE):
        folder("backup", path, mode="700")


def install_store() -> None:
    """Have the store's programs, its account and its folders; no server of Debian's by default."""
    have_packages(
        name="backup: programs of the store",
        packages=["nginx-light", "restic", "restic-rest-server"],
    )
    unit(
        name="backup: no store but one per host",
        service="restic-rest-server.service",
        running=False,
        enabled=False,
    )
    service_account("backup", table.STORE_USER, "Copies of the communes")
    folder("backup", table.STORE)
    folder("backup", table.KEYS, mode="700")
    folder("backup", table.REPOSITORIES)
    folder("backup", table.STORE_STATE)


def activate_store(store: StorePlan, placed: Placed) -> None:
    """Make the repositories, then open the doors to them."""
    hosts = [kept.name for kept in store.hosts]
    changed = to_activate("backup", *(placed[path] for path in placed if path.startswith(HARMLESS)))
    there = host.get_fact(Repositories)
    missing = set(hosts) - set(there)
    server.shell(
        name="backup: a repository for each host",
        commands=[f"{table.MAINTENANCE} provision"],
        _if=lambda: bool(missing) or changed(),
    )
    instances(name="backup: a door to the store for each host", hosts=hosts)
    every = [placed[table.INSTANCE], placed[table.INSTANCE_SOCKET]]
    for kept in store.hosts:
        own = [placed[path] for path in (table.htpasswd(kept), table.environment(kept))]
        server.shell(
            name=f"backup: door of {kept.name} as its files say",
            commands=[f"systemctl try-restart {table.instance(kept)}.service"],
            _if=to_activate("backup", *own, *every),
        )
    default = files.link(
        name="backup: no default site", path="/etc/nginx/sites-enabled/default", present=False
    )
    unit(name="backup: nginx", service="nginx.service", running=True, enabled=True)
    reloaded(
        name="backup: nginx reads its settings again",
        service="nginx.service",
        _if=to_activate("backup", placed[table.NGINX], default),
    )
    timers(table.STORE_TIMERS, placed)


def activate_client(placed: Placed) -> None:
    """Start the timers; the first time, do at once what they will do at night."""
    timers(table.CLIENT_TIMERS, placed)
    first_backup(name="backup: first backup and its proof")


def timers(names: tuple[str, ...], placed: Placed) -> None:
    """Have timers run as their files say."""
    look_at(*names)
    for name in names:
        unit(name=f"backup: {name}", service=name, running=True, enabled=True)
        restarted(
            name=f"backup: {name} restarted",
            service=name,
            _if=to_activate("backup", placed[f"{table.UNITS}/{name}"]),
        )

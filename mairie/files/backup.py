"""Files of the brick backup: of a host that saves itself, or of the hub that keeps the copies.

Programs come before the units that run them, services before the timers and sockets that start
them: each file is checked against what stands there by then.
"""

from __future__ import annotations

from typing import Any

import msgspec

from mairie.files import JSON, LIBRARY, SHELL, VERIFY, TemplateFile, modules
from mairie.plan.host import HostPlan
from mairie.plan.parts.backup import BackupPlan, StoredHost, StorePlan

HELPERS = "/usr/local/libexec/mairie"
UNITS = "/etc/systemd/system"

CLIENT = "/etc/mairie/backup"
CLIENT_SETTINGS = f"{CLIENT}/backup.json"
PASSWORD = f"{CLIENT}/password"
CREDENTIAL = f"{CLIENT}/credential.env"
HOOKS = f"{CLIENT}/hooks.d"
"""Executables that later bricks place, run before each backup."""
CLIENT_STATE = "/var/lib/mairie/backup"
STATE = f"{CLIENT_STATE}/state.json"
CANARY = f"{CLIENT_STATE}/canary.json"
CACHE = "/var/cache/mairie/restic"
BACKUP = "/usr/local/sbin/mairie-backup"
FIRST_BACKUP = f"{HELPERS}/first-backup"
CLIENT_TIMERS = ("mairie-backup.timer", "mairie-drill.timer")

STORE = "/etc/mairie/store"
STORE_SETTINGS = f"{STORE}/store.json"
KEYS = f"{STORE}/keys"
REPOSITORIES = "/var/lib/mairie/store"
STORE_STATE = "/var/lib/mairie/store-state"
MAINTENANCE = "/usr/local/sbin/mairie-store"
STORE_USER = "mairie-store"
SOCKETS = "/run/mairie-store"
INSTANCE = f"{UNITS}/mairie-store@.service"
INSTANCE_SOCKET = f"{UNITS}/mairie-store@.socket"
STORE_TIMERS = ("mairie-store-settle.timer", "mairie-store-maintain.timer")
NGINX = "/etc/nginx/conf.d/mairie-store.conf"
NGINX_DROP_IN = f"{UNITS}/nginx.service.d/10-mairie.conf"

ENGINE_PACKAGES = {
    "postgresql": ("postgresql", "postgresql-client"),
    "mariadb": ("mariadb-server", "mariadb-client"),
    "sqlite": ("sqlite3",),
}
"""Debian packages of each engine: its dump tools, and the server that a dump is loaded into, for
the drill's scratch instance as on a machine that was rebuilt."""


def files(plan: HostPlan) -> tuple[TemplateFile, ...]:
    """Return every file of the brick for this host."""
    found: list[TemplateFile] = []
    if plan.backup is not None:
        found += _client(plan, plan.backup)
    if plan.store is not None:
        found += _store(plan, plan.store)
    return tuple(found)


def client_settings(plan: HostPlan, backup: BackupPlan) -> dict[str, Any]:
    """Return what mairie-backup reads, as JSON types."""
    settings: dict[str, Any] = msgspec.to_builtins(backup)
    return {**settings, "host": plan.name, "domain": plan.domain}


def store_settings(plan: HostPlan, store: StorePlan) -> dict[str, Any]:
    """Return what mairie-store reads, as JSON types."""
    settings: dict[str, Any] = msgspec.to_builtins(store)
    return {**settings, "host": plan.name}


def instance(host: StoredHost) -> str:
    """Return the name of a host's instance of the store, without its suffix."""
    return f"mairie-store@{host.name}"


def htpasswd(host: StoredHost) -> str:
    """Return the path of the file that knows this host's credential."""
    return f"{STORE}/{host.name}.htpasswd"


def environment(host: StoredHost) -> str:
    """Return the path of the file that says this host's quota."""
    return f"{STORE}/{host.name}.env"


def key(host: StoredHost) -> str:
    """Return the path of this host's password, as the hub keeps it."""
    return f"{KEYS}/{host.name}.password"


def _unit(name: str, **context: Any) -> TemplateFile:
    return TemplateFile(path=f"{UNITS}/{name}", check=VERIFY, context=context)


def _client(plan: HostPlan, backup: BackupPlan) -> list[TemplateFile]:
    limits = {
        "cpu_percent": backup.cpu_percent,
        "memory_bytes": backup.memory_bytes,
        "command": BACKUP,
    }
    return [
        *modules("backup", "*.py", "mairie_backup/**/*.py"),
        TemplateFile(path=BACKUP, mode="755", check=SHELL, context={"library": LIBRARY}),
        TemplateFile(path=FIRST_BACKUP, mode="755", check=SHELL, context={"command": BACKUP}),
        TemplateFile(
            path=CLIENT_SETTINGS, check=JSON, context={"settings": client_settings(plan, backup)}
        ),
        TemplateFile(path=PASSWORD, mode="600", secret=True),
        TemplateFile(path=CREDENTIAL, mode="600", secret=True, check=SHELL),
        _unit("mairie-backup.service", minutes=backup.window.minutes, **limits),
        _unit("mairie-backup.timer", at=backup.window.start),
        _unit("mairie-drill.service", **limits),
        _unit("mairie-drill.timer", day=f"{backup.drill.day:02}", at=backup.drill.at),
    ]


def _store(plan: HostPlan, store: StorePlan) -> list[TemplateFile]:
    command = {"command": MAINTENANCE}
    return [
        *modules("backup", "*.py", "mairie_store/**/*.py"),
        TemplateFile(path=MAINTENANCE, mode="755", check=SHELL, context={"library": LIBRARY}),
        TemplateFile(path=f"{HELPERS}/check-nginx", mode="755", check=SHELL),
        TemplateFile(
            path=STORE_SETTINGS, check=JSON, context={"settings": store_settings(plan, store)}
        ),
        TemplateFile(path=f"{KEYS}/store-password", mode="600", secret=True),
        *(file for host in store.hosts for file in _kept(host)),
        _unit(
            "mairie-store@.service",
            user=STORE_USER,
            settings=STORE,
            repositories=REPOSITORIES,
        ),
        _unit("mairie-store@.socket", sockets=SOCKETS),
        _unit("mairie-store-settle.service", **command),
        _unit("mairie-store-settle.timer"),
        _unit("mairie-store-maintain.service", **command),
        _unit("mairie-store-maintain.timer", at=store.maintenance_at),
        TemplateFile(
            path=NGINX,
            check=(f"{HELPERS}/check-nginx", "{}"),
            context={"store": store, "sockets": SOCKETS},
        ),
        TemplateFile(path=NGINX_DROP_IN, check=(f"{HELPERS}/check-drop-in", "nginx.service", "{}")),
    ]


def _kept(host: StoredHost) -> tuple[TemplateFile, ...]:
    return (
        TemplateFile(
            path=key(host),
            template="etc/mairie/store/keys/host.password.j2",
            mode="600",
            secret=True,
            context={"host": host.name},
        ),
        TemplateFile(
            path=htpasswd(host),
            template="etc/mairie/store/host.htpasswd.j2",
            mode="640",
            group=STORE_USER,
            secret=True,
            context={"host": host.name},
        ),
        TemplateFile(
            path=environment(host),
            template="etc/mairie/store/host.env.j2",
            mode="640",
            group=STORE_USER,
            check=SHELL,
            context={"quota": host.quota_bytes},
        ),
    )

"""Brick ``backup``: a host that saves itself, and the hub that keeps the copies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mairie.plan.parts.night import NightWindow


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """A database saved by its own dump tool."""

    name: str
    """Unique on the host: name of its dump file."""
    engine: Literal["postgresql", "mariadb", "sqlite"]
    source: str
    """Name of the database in its engine; absolute path of the file for SQLite."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillPlan:
    """The monthly proof that this host can be restored."""

    day: int
    """Of the month, 1 to 28, from a hash of the host."""
    at: str
    """``HH:MM``, local time."""
    files: int
    """How many files are drawn."""
    max_bytes: int
    """Ceiling of what is restored for the files drawn; dumps and the canary come on top."""
    max_age_days: int
    """Age of the last successful drill above which the control is red."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupPlan:
    """Brick ``backup`` on a gateway or a server: what leaves the house every night, and how."""

    server: str
    """Address of the hub inside the VPN, and the port of its store: ``10.0.0.1:8000``."""
    repository: str
    """``http://<server>/<host>/``, without credential."""
    window: NightWindow
    upload: int
    """Share of the uplink a backup may take, bit/s."""
    download: int
    """Share of the downlink a restore or a drill may take, bit/s."""
    connections: int
    """Requests at the same time."""
    pack_bytes: int
    """Size of what is sent in one request: what an interruption may cost."""
    folders: tuple[str, ...]
    """Absolute paths that are saved; one that does not exist yet is no error."""
    excludes: tuple[str, ...]
    """restic patterns."""
    databases: tuple[Database, ...]
    local_target: str
    """Folder of a second repository on a removable or local disk, that may be absent; or empty."""
    alert_nights: int
    """Nights without a backup after which it is an alert."""
    memory_bytes: int
    """Ceiling of the service (systemd MemoryMax)."""
    cpu_percent: int
    """Ceiling of the service (systemd CPUQuota)."""
    drill: DrillPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How many snapshots a class keeps, as ``restic forget --keep-*``."""

    name: str
    daily: int
    weekly: int
    monthly: int
    yearly: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredHost:
    """What the hub keeps for one host."""

    name: str
    """Full host name: of its repository, of its credential, of its instance of the store."""
    label: str
    """For people: commune and site."""
    timezone: str
    window: NightWindow
    """In the host's own time zone."""
    folders: tuple[str, ...]
    """Paths a snapshot of this host may hold; the folder of canary and dumps included."""
    quota_bytes: int
    retention: Retention
    alert_nights: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StorePlan:
    """Brick ``backup`` on a hub: the copies of its communes, kept, checked and guarded."""

    address: str
    """Tunnel address it listens on, and no other."""
    port: int
    hosts: tuple[StoredHost, ...]
    warn_percent: int
    """Share of a quota from which the control warns."""
    free_percent: int
    """Free room of the disk below which it is an alert."""
    maintenance_at: str
    """``HH:MM`` of the hub: guard, retention, pruning and a slice of the integrity check."""
    check_slices: int
    """Days in which the whole store is read once."""

"""Brick ``backup``: when each host saves itself, what, how fast, and what its hub keeps."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address

from mairie.model.commune import Commune, Uplink
from mairie.model.commune import Database as DatabaseModel
from mairie.model.reference import BackupNight, Reference
from mairie.model.territory import Territory
from mairie.plan.base import MEBIBYTE, time_in_window
from mairie.plan.context import HubHost, Shared, SiteHost, hub_hosts, site_hosts
from mairie.plan.night import clock, minute_of
from mairie.plan.parts.backup import (
    BackupPlan,
    Database,
    DrillPlan,
    Retention,
    StoredHost,
    StorePlan,
)
from mairie.plan.parts.night import NightWindow
from mairie.plan.parts.voip import VOICEMAIL
from mairie.plan.records import FOLDER as RECORDS
from mairie.plan.records import has_records
from mairie.plan.stable import stable_number
from mairie.plan.telephone_host import has_voip

HOME = "/var/lib/mairie/backup"
"""What the backup itself keeps on a host, and always saves: its canary, and the dumps."""
DUMPS = f"{HOME}/dumps"
"""Where databases are dumped before they are saved."""
DRILL_DAYS = 28
"""Days that every month has."""


def slots(commune: Commune) -> Iterator[tuple[str, str, int]]:
    """Yield site, host and slot of each host of a commune, before it is taken modulo the night's.

    They follow each other, so that one uplink carries one backup at a time. An access point
    keeps nothing, and has none.
    """
    first = commune.index if commune.backup.slot is None else commune.backup.slot
    pairs = (
        (site, name)
        for site, content in commune.sites.items()
        for name, host in content.hosts.items()
        if "ap" not in host.roles
    )
    for number, (site, host) in enumerate(pairs):
        yield site, host, first + number


def night_window(night: BackupNight, commune_stem: str, slot: int) -> NightWindow:
    """Return when a host may send: its slot, and in it the minute of its commune."""
    spread = max(1, night.slot_minutes - night.window_minutes)
    minute = stable_number(f"backup {commune_stem}", spread)
    start = minute_of(night.start) + slot % night.slots * night.slot_minutes + minute
    return NightWindow(start=clock(start), minutes=night.window_minutes)


def _window(place: SiteHost) -> NightWindow:
    slot = next(
        slot
        for site, host, slot in slots(place.commune)
        if (site, host) == (place.site_stem, place.stem)
    )
    return night_window(place.reference.backup.night, place.commune_stem, slot)


def store_port(reference: Reference) -> int:
    """Return the port of the store: that of the service ``backup``, which the firewall opens."""
    return int(reference.services["backup"][0].removeprefix("tcp/"))


def site_backup(place: SiteHost) -> BackupPlan:
    """Return what leaves a gateway or a server every night."""
    shared = place.shared
    reference = place.reference.backup
    written = place.host.backup
    at = shared.hub_address(place.hub_name)
    port = store_port(shared.references.for_host(None, ("hub",)))
    server = f"{IPv4Address(at.ipv4)}:{port}"
    uplink = preferred_uplink(place)
    kind = place.reference.uplink_classes[uplink.kind]
    return BackupPlan(
        server=server,
        repository=f"http://{server}/{place.name}/",
        window=_window(place),
        upload=uplink.up * kind.backup_percent // 100,
        download=uplink.down * kind.backup_percent // 100,
        connections=kind.backup_connections,
        pack_bytes=kind.backup_pack_mib * MEBIBYTE,
        folders=_unique((*reference.folders, *_also(place), *written.folders)),
        excludes=_unique((*reference.excludes, *_never(place), *written.excludes)),
        databases=tuple(
            Database(name=name, engine=item.engine, source=source(name, item))
            for name, item in sorted(written.databases.items())
        ),
        local_target=written.local or "",
        alert_nights=reference.alert_nights,
        memory_bytes=reference.memory_mb * MEBIBYTE,
        cpu_percent=reference.cpu_percent,
        drill=DrillPlan(
            day=1 + stable_number(f"drill day {place.name}", DRILL_DAYS),
            at=time_in_window(f"drill {place.name}", reference.drill),
            files=reference.drill.files,
            max_bytes=reference.drill.max_size,
            max_age_days=reference.drill.max_age_days,
        ),
    )


def _also(place: SiteHost) -> tuple[str, ...]:
    """Return what bricks keep outside the folders of the reference, and nobody else has."""
    return (VOICEMAIL,) if has_voip(place) else ()


def _never(place: SiteHost) -> tuple[str, ...]:
    """Return what would outlive, in a copy, the day on which the law has it erased."""
    return (RECORDS,) if has_records(place) else ()


def preferred_uplink(place: SiteHost) -> Uplink:
    """Return the uplink that carries a site's traffic while nothing is broken.

    The share of a backup is of this one: a slower way out that takes over for a night has the
    same rate, and the window still ends.
    """
    models = place.uplinks
    for neighbour in place.neighbours():
        ports = neighbour.host.wan
        if isinstance(ports, dict):
            return next(model for model in models if model.key in ports)
    return models[0]


def source(name: str, database: DatabaseModel) -> str:
    """Return what the dump tool of a database is given."""
    return database.source or name


def hub_store(place: HubHost) -> StorePlan:
    """Return what a hub keeps for the hosts of its communes."""
    reference = place.reference.backup
    return StorePlan(
        address=place.tunnel.ipv4,
        port=store_port(place.reference),
        hosts=tuple(_stored(host) for host in hosts_of(place.shared, place.name)),
        warn_percent=reference.warn_percent,
        free_percent=reference.free_percent,
        maintenance_at=clock(minute_of(reference.maintenance_at)),
        check_slices=reference.check_slices,
    )


def limits(territory: Territory) -> dict[str, int]:
    """Return how many hosts each hub of a territory lets send at once."""
    return {place.name: place.reference.backup.at_once for place in hub_hosts(Shared.of(territory))}


def hosts_of(shared: Shared, hub: str) -> Iterator[SiteHost]:
    """Yield the hosts that back themselves up to a hub."""
    return (
        host for host in site_hosts(shared) if host.hub_name == hub and not host.is_access_point
    )


def _stored(place: SiteHost) -> StoredHost:
    plan = site_backup(place)
    reference = place.reference.backup
    written = place.host.backup
    name = written.retention or reference.retention
    kept = reference.classes[name]
    return StoredHost(
        name=place.name,
        label=f"{place.commune.name} · {place.site.label}",
        timezone=place.commune.timezone,
        window=plan.window,
        folders=_unique((*plan.folders, HOME)),
        quota_bytes=written.quota or reference.quota,
        retention=Retention(
            name=name,
            daily=kept.daily,
            weekly=kept.weekly,
            monthly=kept.monthly,
            yearly=kept.yearly,
        ),
        alert_nights=plan.alert_nights,
    )


def _unique(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))

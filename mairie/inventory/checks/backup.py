"""Backups: classes within the law, paths and databases that exist once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from mairie.inventory.checks.facts import Facts, SitePlace
from mairie.inventory.problems import Problem, listing, unknown
from mairie.inventory.yaml_nodes import Key
from mairie.model.base import check_absolute
from mairie.model.commune import Database, HostBackup
from mairie.model.reference import Backup, BackupNight, LegalBounds, Reference, RetentionClass
from mairie.plan.night import DAY_MINUTES

_MADE_BY_KERNEL: Final = ("/proc", "/sys", "/dev", "/run")


def problems(facts: Facts) -> Iterator[Problem]:
    """Yield what is wrong with what is saved, how long it is kept, and when."""
    for merged in list(facts.references.values()):
        if merged.model is not None:
            for path, message in _reference(merged.model):
                yield facts.sources.reference_problem(path, message, merged.commune, merged.layers)
    for place in facts.sites():
        for path, message in _site(facts, place):
            yield facts.sources.in_commune(place.commune_stem, (*place.path, *path), message)


def _reference(reference: Reference) -> Iterator[tuple[Key, str]]:
    backup = reference.backup
    for name, kept in backup.classes.items():
        for message in _wrong_class(kept):
            yield ("backup", "classes", name), message
    if backup.retention not in backup.classes:
        yield ("backup", "retention"), unknown("class", backup.retention, backup.classes)
    yield from ((("backup", "night", key), text) for key, text in wrong_night(backup.night))
    yield from _folders(("backup", "folders"), backup.folders)
    ports = reference.services.get("backup", ())
    if len(ports) != 1 or not ports[0].removeprefix("tcp/").isdecimal():
        message = f"{listing(ports)}: hubs keep backups behind one TCP port; write [tcp/8000]"
        yield ("services", "backup"), message


def reach_days(kept: RetentionClass) -> int:
    """Return how old the oldest snapshot of a class may become."""
    return max(kept.daily, 7 * kept.weekly, 31 * kept.monthly, 366 * kept.yearly)


def _wrong_class(kept: RetentionClass) -> Iterator[str]:
    legal, days = kept.legal, reach_days(kept)
    shortest, longest = legal.minimum_days, legal.maximum_days
    if shortest is not None and longest is not None and shortest > longest:
        yield f"at least {shortest} days and at most {longest} cannot be; correct legal"
        return
    if legal.maximum_days is not None and days > legal.maximum_days:
        yield (
            f"its copies grow {days} days old; allowed: {legal.maximum_days} at most "
            f"({_source(legal)}); keep fewer"
        )
    if legal.minimum_days is not None and days < legal.minimum_days:
        yield (
            f"its copies are gone after {days} days; allowed: {legal.minimum_days} at least "
            f"({_source(legal)}); keep more"
        )


def _source(legal: LegalBounds) -> str:
    return legal.source + (f", checked on {legal.checked}" if legal.checked else "; to be checked")


def wrong_night(night: BackupNight) -> Iterator[tuple[str, str]]:
    """Yield key and sentence of what keeps a night from being one."""
    if night.slots * night.slot_minutes > DAY_MINUTES:
        most = DAY_MINUTES // night.slot_minutes
        message = f"{night.slots} slots of {night.slot_minutes} minutes are more than a day"
        yield "slots", f"{message}; allowed: 1 to {most}"
    if night.window_minutes > night.slot_minutes:
        message = f"{night.window_minutes} minutes do not fit in a slot of {night.slot_minutes}"
        yield "window_minutes", f"{message}; allowed: 5 to {night.slot_minutes}"


def _folders(path: Key, folders: Iterable[str]) -> Iterator[tuple[Key, str]]:
    for number, folder in enumerate(folders):
        made = next((top for top in _MADE_BY_KERNEL if _inside(folder, top)), None)
        if made is not None:
            message = f"{folder} is made anew at each start and holds no data; remove it"
            yield (*path, number), message


def _inside(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")


def _site(facts: Facts, place: SitePlace) -> Iterator[tuple[Key, str]]:
    reference = facts.site_reference(place)
    number = sum("ap" not in host.roles for host in place.site.hosts.values())
    if reference is not None and number > reference.backup.night.slots:
        most = reference.backup.night.slots
        message = f"{number} hosts on one uplink need as many slots, but the night has {most}"
        yield ("hosts",), f"{message}; have fewer hosts, or raise backup.night.slots"
    for stem, host in place.site.hosts.items():
        path: Key = ("hosts", stem, "backup")
        reference = facts.reference_of(place, host)
        if reference is not None:
            yield from _host(path, host.backup, reference.backup)
        yield from _databases((*path, "databases"), host.backup.databases)


def _host(path: Key, written: HostBackup, backup: Backup) -> Iterator[tuple[Key, str]]:
    if written.retention is not None and written.retention not in backup.classes:
        yield (*path, "class"), unknown("class", written.retention, backup.classes)
    yield from _folders((*path, "folders"), written.folders)
    if written.local is None:
        return
    for folder in (*backup.folders, *written.folders):
        if _inside(written.local, folder):
            message = f"{written.local} is inside {folder}, which is saved: the copy would hold"
            yield (*path, "local"), f"{message} itself; take a folder elsewhere, such as /mnt/copie"
            break


def _databases(path: Key, databases: Mapping[str, Database]) -> Iterator[tuple[Key, str]]:
    taken: dict[tuple[str, str], str] = {}
    for name, database in databases.items():
        here = (*path, name, "source")
        source = database.source or name
        if database.engine == "sqlite" and database.source is None:
            message = "an SQLite database is a file; write source: with its absolute path"
            yield (*path, name), message
            continue
        if database.engine == "sqlite":
            try:
                check_absolute(source)
            except ValueError as error:
                yield here, str(error)
        elif "/" in source:
            yield here, f'"{source}" is a path; write the name that {database.engine} knows'
        other = taken.setdefault((database.engine, source), name)
        if other != name:
            yield here, f'{source} is already saved as "{other}"; remove one of them'

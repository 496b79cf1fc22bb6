"""Backups: classes within the law, paths and databases that exist once, room for all at night."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from mairie.inventory.checks.facts import Facts, MergedReference, SitePlace
from mairie.inventory.problems import Problem, listing, unknown
from mairie.inventory.yaml_nodes import Key
from mairie.model.base import check_absolute
from mairie.model.commune import Commune, Database, HostBackup
from mairie.model.reference import Backup, BackupNight, LegalBounds, Reference, RetentionClass
from mairie.plan.backup import night_window, slots
from mairie.plan.night import DAY_MINUTES, Season, Sending, clock, minute_of, seasons

MAINTENANCE_MINUTES: Final = 60
"""What maintenance must have before somebody sends."""
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
    if facts.syndicate is not None:
        for hub in facts.syndicate.hubs:
            yield from _night(facts, hub)


def _reference(reference: Reference) -> Iterator[tuple[Key, str]]:
    backup = reference.backup
    for name, kept in backup.classes.items():
        for message in _wrong_class(kept):
            yield ("backup", "classes", name), message
    if backup.retention not in backup.classes:
        yield ("backup", "retention"), unknown("class", backup.retention, backup.classes)
    yield from ((("backup", "night", key), text) for key, text in _wrong_night(backup.night))
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


def _wrong_night(night: BackupNight) -> Iterator[tuple[str, str]]:
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
    if reference is not None and len(place.site.hosts) > reference.backup.night.slots:
        number, most = len(place.site.hosts), reference.backup.night.slots
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


@dataclass
class _Counts:
    """How many hosts send to one hub, in each minute of each season."""

    seasons: tuple[Season, ...]
    limit: int
    minutes: list[Counter[int]]

    def worst(self, sent: list[Sending]) -> tuple[int, Season, int] | None:
        """Return minute, season and number where these would be too many, or None."""
        found = []
        for season, counts in zip(self.seasons, self.minutes, strict=True):
            own = Counter(minute for one in sent for minute in season.minutes(one))
            for minute, number in own.items():
                if counts[minute] + number > self.limit:
                    found.append((counts[minute] + number, -minute, -season.first_day, season))
        if not found:
            return None
        number, minute, _, season = max(found, key=lambda item: item[:3])
        return -minute, season, number

    def add(self, sent: list[Sending]) -> None:
        """Count the windows of one commune."""
        for season, counts in zip(self.seasons, self.minutes, strict=True):
            counts.update(minute for one in sent for minute in season.minutes(one))


def _night(facts: Facts, hub: str) -> Iterator[Problem]:
    """Yield communes for which the night of a hub has no room, and maintenance in its midst."""
    syndicate = facts.syndicate
    merged = facts.reference(None, ("hub",))
    if syndicate is None or merged.model is None:
        return
    first = next(iter(syndicate.hubs))
    nights = {
        stem: night
        for stem, commune in facts.communes.items()
        if (commune.hub or first) == hub and (night := _night_of(facts, stem, commune)) is not None
    }
    timezone = syndicate.hubs[hub].timezone
    known = seasons({timezone, *(facts.communes[stem].timezone for stem in nights)})
    counts = _Counts(known, merged.model.backup.at_once, [Counter() for _ in known])
    refused: list[str] = []
    for stem, night in nights.items():
        commune = facts.communes[stem]
        slot = commune.backup.slot
        if slot is not None and slot >= night.slots:
            message = f"the night has no slot {slot}; allowed: 0 to {night.slots - 1}"
            yield facts.sources.in_commune(stem, ("backup", "slot"), message)
            continue
        sent = _sendings(stem, commune, night)
        if counts.worst(sent) is None:
            counts.add(sent)
        else:
            refused.append(stem)
    for stem in refused:
        yield _crowded(facts, counts, hub, stem, nights[stem])
    yield from _maintenance(facts, merged, hub, counts)


def _night_of(facts: Facts, stem: str, commune: Commune) -> BackupNight | None:
    """Return the night of a commune's hosts; None when a reference is wrong."""
    found = None
    for site in commune.sites.values():
        for host in site.hosts.values():
            model = facts.reference(stem, sorted(set(host.roles))).model
            if model is None or any(_wrong_night(model.backup.night)):
                return None
            found = found or model.backup.night
    return found


def _sendings(
    stem: str, commune: Commune, night: BackupNight, slot: int | None = None
) -> list[Sending]:
    if slot is not None:
        commune = commune.model_copy(
            update={"backup": commune.backup.model_copy(update={"slot": slot})}
        )
    return [
        Sending(
            f"{stem}-{site}-{host}",
            f"{stem}-{site}",
            commune.timezone,
            night_window(night, stem, number),
        )
        for site, host, number in slots(commune)
    ]


def _crowded(facts: Facts, counts: _Counts, hub: str, stem: str, night: BackupNight) -> Problem:
    commune = facts.communes[stem]
    free = [
        slot
        for slot in range(night.slots)
        if counts.worst(_sendings(stem, commune, night, slot)) is None
    ]
    worst = counts.worst(_sendings(stem, commune, night))
    assert worst is not None  # noqa: S101 - that is why it was refused
    minute, season, number = worst
    at = season.local(minute, commune.timezone)
    written = commune.backup.slot is not None
    message = f'{number} hosts would save themselves to "{hub}" at {at}, allowed: {counts.limit}'
    if not free:
        hint = "no slot is free: raise backup.at_once in the overrides of syndicate.yaml"
    elif written:
        hint = f"free slots: {listing(free, night.slots)}"
    else:
        hint = f"write backup: {{slot: {free[0]}}}; free slots: {listing(free, night.slots)}"
    path: Key = ("backup", "slot") if written else ("index",)
    return facts.sources.in_commune(stem, path, f"{message}; {hint}")


def _maintenance(
    facts: Facts, merged: MergedReference, hub: str, counts: _Counts
) -> Iterator[Problem]:
    syndicate = facts.syndicate
    if syndicate is None or merged.model is None:
        return
    timezone = syndicate.hubs[hub].timezone
    busy = {
        (minute + season.offsets[timezone]) % DAY_MINUTES
        for season, minutes in zip(counts.seasons, counts.minutes, strict=True)
        for minute in minutes
    }
    at = minute_of(merged.model.backup.maintenance_at)
    if not any((at + n) % DAY_MINUTES in busy for n in range(MAINTENANCE_MINUTES)):
        return
    message = f'hosts save themselves to "{hub}" within the hour after {clock(at)}'
    yield facts.sources.reference_problem(
        ("backup", "maintenance_at"),
        f"{message}; allowed: {_quiet(busy)} (its own time)",
        None,
        merged.layers,
    )


def _quiet(busy: set[int]) -> str:
    """Return the longest time in which maintenance may begin: ``05:00 to 19:30``, or ``none``."""
    order = sorted(busy)
    following = [*order[1:], order[0] + DAY_MINUTES]
    length, last = max((after - one, one) for one, after in zip(order, following, strict=True))
    if length <= MAINTENANCE_MINUTES:
        return "none"
    return f"{clock(last + 1)} to {clock(last + length - MAINTENANCE_MINUTES)}"

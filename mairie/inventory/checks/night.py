"""The night of each hub: room for everybody who sends, and quiet for maintenance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from mairie.inventory.checks.backup import wrong_night
from mairie.inventory.checks.facts import Facts, MergedReference
from mairie.inventory.problems import Problem, listing
from mairie.inventory.yaml_nodes import Key
from mairie.model.commune import Commune
from mairie.model.reference import BackupNight
from mairie.plan.backup import night_window, slots
from mairie.plan.night import DAY_MINUTES, Season, Sending, clock, minute_of, seasons

MAINTENANCE_MINUTES: Final = 60
"""What maintenance must have before somebody sends."""


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


@dataclass
class _Night:
    """The night of one hub."""

    hub: str
    merged: MergedReference
    """The hub's own."""
    nights: dict[str, BackupNight]
    """Of each commune whose references are right, by file stem."""
    counts: _Counts
    """Of the communes for which there was room, in the order of their index."""
    refused: tuple[str, ...]
    """Stems of the others."""

    def free(self, facts: Facts, stem: str) -> tuple[int, ...]:
        """Return the slots that have room for a refused commune."""
        commune, night = facts.communes[stem], self.nights[stem]
        return tuple(
            slot
            for slot in range(night.slots)
            if self.counts.worst(_sendings(stem, commune, night, slot)) is None
        )


def free_slots(facts: Facts) -> dict[str, tuple[int, ...]]:
    """Return the free slots of each commune for which its hub's night has no room, by stem."""
    return {stem: night.free(facts, stem) for night in _hub_nights(facts) for stem in night.refused}


def problems(facts: Facts) -> Iterator[Problem]:
    """Yield communes for which a night has no room, and maintenance in its midst."""
    for night in _hub_nights(facts):
        for stem, own in night.nights.items():
            slot = facts.communes[stem].backup.slot
            if slot is not None and slot >= own.slots:
                message = f"the night has no slot {slot}; allowed: 0 to {own.slots - 1}"
                yield facts.sources.in_commune(stem, ("backup", "slot"), message)
        for stem in night.refused:
            yield _crowded(facts, night, stem)
        yield from _maintenance(facts, night)


def _hub_nights(facts: Facts) -> Iterator[_Night]:
    syndicate = facts.syndicate
    merged = facts.reference(None, ("hub",))
    if syndicate is None or merged.model is None:
        return
    first = next(iter(syndicate.hubs))
    for hub, described in syndicate.hubs.items():
        nights = {
            stem: night
            for stem, commune in facts.communes.items()
            if (commune.hub or first) == hub and (night := _night_of(facts, stem, commune))
        }
        zones = {described.timezone, *(facts.communes[stem].timezone for stem in nights)}
        known = seasons(zones)
        counts = _Counts(known, merged.model.backup.at_once, [Counter() for _ in known])
        refused = []
        for stem, night in nights.items():
            sent = _sendings(stem, facts.communes[stem], night)
            if counts.worst(sent) is None:
                counts.add(sent)
            else:
                refused.append(stem)
        yield _Night(hub, merged, nights, counts, tuple(refused))


def _night_of(facts: Facts, stem: str, commune: Commune) -> BackupNight | None:
    """Return the night of a commune's hosts; None when a reference is wrong."""
    found = None
    for site in commune.sites.values():
        for host in site.hosts.values():
            model = facts.reference(stem, sorted(set(host.roles))).model
            if model is None or any(wrong_night(model.backup.night)):
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


def _crowded(facts: Facts, night: _Night, stem: str) -> Problem:
    commune, slots_of_night = facts.communes[stem], night.nights[stem].slots
    free = night.free(facts, stem)
    worst = night.counts.worst(_sendings(stem, commune, night.nights[stem]))
    assert worst is not None  # noqa: S101 - that is why it was refused
    minute, season, number = worst
    at, limit = season.local(minute, commune.timezone), night.counts.limit
    written = commune.backup.slot is not None
    message = f'{number} hosts would save themselves to "{night.hub}" at {at}, allowed: {limit}'
    if not free:
        hint = "no slot is free: raise backup.at_once in the overrides of syndicate.yaml"
    elif written:
        hint = f"free slots: {listing(free, slots_of_night)}"
    else:
        hint = f"write backup: {{slot: {free[0]}}}; free slots: {listing(free, slots_of_night)}"
    path: Key = ("backup", "slot") if written else ("index",)
    return facts.sources.in_commune(stem, path, f"{message}; {hint}")


def _maintenance(facts: Facts, night: _Night) -> Iterator[Problem]:
    syndicate, counts = facts.syndicate, night.counts
    if syndicate is None or night.merged.model is None:
        return
    timezone = syndicate.hubs[night.hub].timezone
    busy = {
        (minute + season.offsets[timezone]) % DAY_MINUTES
        for season, minutes in zip(counts.seasons, counts.minutes, strict=True)
        for minute in minutes
    }
    at = minute_of(night.merged.model.backup.maintenance_at)
    if not any((at + n) % DAY_MINUTES in busy for n in range(MAINTENANCE_MINUTES)):
        return
    message = f'hosts save themselves to "{night.hub}" within the hour after {clock(at)}'
    yield facts.sources.reference_problem(
        ("backup", "maintenance_at"),
        f"{message}; allowed: {_quiet(busy)} (its own time)",
        None,
        night.merged.layers,
    )


def _quiet(busy: set[int]) -> str:
    """Return the longest time in which maintenance may begin: ``05:00 to 19:30``, or ``none``."""
    order = sorted(busy)
    following = [*order[1:], order[0] + DAY_MINUTES]
    length, last = max((after - one, one) for one, after in zip(order, following, strict=True))
    if length <= MAINTENANCE_MINUTES:
        return "none"
    return f"{clock(last + 1)} to {clock(last + length - MAINTENANCE_MINUTES)}"

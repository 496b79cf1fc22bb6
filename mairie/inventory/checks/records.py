"""Connection records: one law per commune, and no commune that makes its own."""

from __future__ import annotations

from collections.abc import Iterator

from mairie.inventory.checks.facts import Facts, SitePlace
from mairie.inventory.problems import Problem, listing
from mairie.inventory.yaml_nodes import Key
from mairie.model.commune import PUBLIC_SEGMENT
from mairie.model.reference import Records, RecordsPeriod, RecordsTerritory
from mairie.plan.records import territory_of

TERRITORIES: Key = ("records", "territories")


def problems(facts: Facts) -> Iterator[Problem]:
    """Yield what is wrong with durations, and who may not write them."""
    for stem, commune in facts.communes.items():
        written = commune.overrides.get("records")
        if isinstance(written, dict) and "territories" in written:
            path: Key = ("overrides", *TERRITORIES)
            yield facts.sources.in_commune(stem, path, _not_yours(facts, stem))
    for place in facts.sites():
        reference = facts.site_reference(place)
        if reference is None or PUBLIC_SEGMENT not in facts.segments(place, reference):
            continue
        if territory_of(place.commune.insee, reference.records) is None:
            yield facts.sources.in_commune(
                place.commune_stem, ("insee",), _nobodys(place, reference.records)
            )
    for merged in list(facts.references.values()):
        if merged.model is not None:
            for path, message in _reference(merged.model.records):
                yield facts.sources.reference_problem(path, message, merged.commune, merged.layers)


def _not_yours(facts: Facts, stem: str) -> str:
    """Return the sentence for a commune that writes a duration, with what holds there."""
    known = facts.reference(None, ()).model
    commune = facts.communes[stem]
    territory = territory_of(commune.insee, known.records) if known else None
    message = "how long connection records are kept is the law's, a commune cannot change it"
    if known is None or territory is None:
        return f"{message}; remove it"
    last = max(known.records.territories[territory].periods, key=lambda item: item.start)
    return f"{message}; remove it; in force: {_duration(last)}"


def _duration(period: RecordsPeriod) -> str:
    checked = f", checked on {period.checked}" if period.checked else "; to be checked"
    return f"{period.days} days ({period.source}{checked})"


def _nobodys(place: SitePlace, records: Records) -> str:
    known = sorted(prefix for row in records.territories.values() for prefix in row.insee)
    return (
        f"no law on connection records is known for {place.commune.insee}, whose site "
        f"{place.stem} has the segment {PUBLIC_SEGMENT}; known: codes that begin with "
        f"{listing(known)}; add a row to records.territories in group_data/"
    )


def _reference(records: Records) -> Iterator[tuple[Key, str]]:
    taken: dict[str, str] = {}
    for name, row in records.territories.items():
        path: Key = (*TERRITORIES, name)
        for prefix in row.insee:
            other = taken.setdefault(prefix, name)
            if other != name:
                message = f'codes that begin with "{prefix}" are already "{other}"; keep one'
                yield (*path, "insee"), message
        yield from _periods((*path, "periods"), row)


def _periods(path: Key, row: RecordsTerritory) -> Iterator[tuple[Key, str]]:
    before: RecordsPeriod | None = None
    for number, period in sorted(enumerate(row.periods), key=lambda item: item[1].start):
        if period.end is not None and period.end < period.start:
            message = f"it ends on {period.end}, before it starts; correct one of the dates"
            yield (*path, number), message
        if before is not None and (before.end is None or period.start <= before.end):
            message = (
                f"it starts on {period.start}, while the period of {before.start} goes on; "
                "give that one an end before"
            )
            yield (*path, number), message
        before = period

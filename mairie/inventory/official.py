"""Official communes: codes, names, archipelagos, islands and time zones, from INSEE's lists."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from mairie.plan.slug import slug


@dataclass(frozen=True)
class OfficialCommune:
    """One line of the list; ``archipelago`` and ``island`` are empty on the mainland."""

    insee: str
    name: str
    population: int
    archipelago: str
    island: str
    timezone: str


@cache
def communes() -> Mapping[str, OfficialCommune]:
    """Return the communes of every list that travels with the package, by INSEE code."""
    return {commune.insee: commune for commune in _read()}


def _read() -> Iterator[OfficialCommune]:
    for file in files("mairie").joinpath("data").iterdir():
        if not file.name.startswith("communes-"):
            continue
        for row in csv.DictReader(file.read_text(encoding="utf-8").splitlines()):
            yield OfficialCommune(
                insee=row["insee"],
                name=row["name"],
                population=int(row["population"]),
                archipelago=row.get("archipelago", ""),
                island=row.get("island", ""),
                timezone=row["timezone"],
            )


@cache
def by_name() -> Mapping[str, OfficialCommune]:
    """Return the communes by the slug of their name."""
    return {slug(commune.name): commune for commune in communes().values()}


@cache
def islands() -> Mapping[str, tuple[str, ...]]:
    """Return the islands of each archipelago, both in alphabetical order."""
    found: dict[str, set[str]] = {}
    for commune in communes().values():
        if commune.archipelago:
            found.setdefault(commune.archipelago, set()).add(commune.island)
    return {name: tuple(sorted(found[name])) for name in sorted(found)}

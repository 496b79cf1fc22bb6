"""Official codes, archipelagos and islands; names of the syndicate's own layers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from mairie.inventory import official
from mairie.inventory.checks.facts import Facts
from mairie.inventory.problems import Problem, unknown
from mairie.model.commune import Commune
from mairie.plan.slug import slug

POLYNESIA = "987"
"""Codes that start so are all in the official list, each with its archipelago."""
_ROLES = ("all", "ap", "gateway", "hub", "server")


def problems(facts: Facts) -> Iterator[Problem]:
    """Yield places that do not exist."""
    codes = Counter(commune.insee for commune in facts.communes.values())
    for stem, commune in facts.communes.items():
        for key, message in _commune(commune):
            if key == "insee" and codes[commune.insee] > 1:
                continue  # said already, with the other file
            yield facts.sources.in_commune(stem, (key,), message)
    yield from _layers(facts)


def _commune(commune: Commune) -> Iterator[tuple[str, str]]:
    known = official.communes()
    entry = known.get(commune.insee)
    namesake = official.by_name().get(slug(commune.name))
    if entry is None and commune.insee.startswith(POLYNESIA):
        hint = f"that of {namesake.name} is {namesake.insee}" if namesake else _codes()
        yield "insee", f"{commune.insee} is no commune's official code; {hint}"
    elif entry is not None and namesake is not None and namesake is not entry:
        yield (
            "insee",
            f"{commune.insee} is the official code of {entry.name}; "
            f"that of {namesake.name} is {namesake.insee}",
        )
    if commune.archipelago is None or not commune.insee.startswith(POLYNESIA):
        return
    islands = official.islands()
    if commune.archipelago not in islands:
        yield "archipelago", unknown("archipelago", commune.archipelago, islands)
    elif commune.island is not None and commune.island not in islands[commune.archipelago]:
        where = next((name for name in islands if commune.island in islands[name]), None)
        known_here = unknown("island", commune.island, islands[commune.archipelago])
        elsewhere = f'{commune.island} is in archipelago "{where}", not "{commune.archipelago}"'
        yield "island", elsewhere if where else known_here


def _codes() -> str:
    codes = sorted(code for code in official.communes() if code.startswith(POLYNESIA))
    return f"allowed: {codes[0]} to {codes[-1]}"


def _layers(facts: Facts) -> Iterator[Problem]:
    """Yield own ``group_data`` files that no host would ever use."""
    known = {*_ROLES, *official.islands()}
    for name, islands in official.islands().items():
        known.update((name, *(slug(island) for island in islands)))
    for commune in facts.communes.values():
        known.update(filter(None, (commune.archipelago, slug(commune.island or ""))))
    for stem, files in facts.sources.layer_files.items():
        if stem not in known:
            message = unknown("archipelago, island or role", stem, sorted(known))
            yield Problem(files[-1].document.file, 0, "", message)

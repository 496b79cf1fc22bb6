"""Numbers, codes and names that two communes cannot share; looked at even in broken files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from mairie.inventory import official
from mairie.inventory.checks.facts import Facts
from mairie.inventory.problems import Problem, listing
from mairie.plan.slug import slug

FREE_SHOWN = 3
_MAX_INDEX = 255


def problems(facts: Facts) -> Iterator[Problem]:
    """Yield a problem for each later file that repeats what an earlier one has."""
    taken = set(_indexes(facts))
    last = facts.addressing.communes - 1 if facts.addressing else _MAX_INDEX
    yield from _repeated(facts, "index", lambda value, _: f"free: {free(value, taken, last)}")
    yield from _repeated(facts, "insee", _code_hint)
    yield from _repeated(facts, "name", lambda *_: "two communes cannot have one name")


def free(wanted: Any, taken: Iterable[int], last: int) -> str:
    """Return free numbers up to ``last``, those above the wanted one first: ``45, 49, 50 …``."""
    used = set(taken)
    start = wanted + 1 if isinstance(wanted, int) and 0 <= wanted < last else 1
    order = [*range(start, last + 1), *range(1, start)]
    return listing((number for number in order if number not in used), FREE_SHOWN)


def _indexes(facts: Facts) -> Iterator[int]:
    for document in facts.sources.commune_files.values():
        value = document.data.get("index") if isinstance(document.data, dict) else None
        if isinstance(value, int):
            yield value


def _repeated(facts: Facts, key: str, hint: Callable[[Any, Any], str]) -> Iterator[Problem]:
    first: dict[Any, str] = {}
    files = facts.sources.commune_files
    for stem in sorted(files):
        document = files[stem]
        value = document.data.get(key) if isinstance(document.data, dict) else None
        if isinstance(value, bool) or not isinstance(value, int | str) or value == "":
            continue
        same = slug(value) or value if key == "name" and isinstance(value, str) else value
        if same not in first:
            first[same] = stem
            continue
        other = files[first[same]]
        label = other.data.get("name") or first[same]
        place = facts.sources.where(other, (key,))
        whose = f"{label}'s" if key != "name" else "taken"
        yield document.problem(
            (key,),
            f"{value} is already {whose} ({place}); {hint(value, document.data.get('name'))}",
        )


def _code_hint(_value: Any, name: Any) -> str:
    known = official.by_name().get(slug(name)) if isinstance(name, str) else None
    if known is None:
        return "each commune has its own official code"
    return f"the official code of {known.name} is {known.insee}"

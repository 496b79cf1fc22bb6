"""Where each value of a host's reference was written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mairie.inventory.checks.facts import Facts
from mairie.inventory.load import Loaded
from mairie.inventory.yaml_nodes import Key, dotted


@dataclass(frozen=True)
class Explained:
    """One value of the merged reference."""

    path: str
    value: Any
    """A scalar or a list."""
    where: str
    """``file:line`` of the key that wrote it, or of the nearest one when Python computed it."""


def explain(loaded: Loaded, host: str) -> tuple[Explained, ...]:
    """Return every value of the reference of one host, in the order of the reference.

    Args:
        loaded: an inventory without problems.
        host: full name of a hub, gateway or server.

    Raises:
        KeyError: no host has that name.

    """
    facts = Facts(loaded.sources)
    commune, roles = _place(facts, host)
    merged = facts.reference(commune, roles)
    return tuple(
        Explained(dotted(path), value, _where(facts, path, commune, merged.layers))
        for path, value in _leaves((), merged.values)
    )


def _place(facts: Facts, host: str) -> tuple[str | None, list[str]]:
    if facts.syndicate is not None and host in facts.syndicate.hubs:
        return None, ["hub"]
    for place in facts.sites():
        for stem, machine in place.site.hosts.items():
            if host == f"{place.commune_stem}-{place.stem}-{stem}":
                return place.commune_stem, sorted(set(machine.roles))
    raise KeyError(host)


def _where(facts: Facts, path: Key, commune: str | None, layers: tuple[str, ...]) -> str:
    document, place = facts.sources.written_in(path, commune, layers)
    facts.sources.locate(document)
    return f"{document.file}:{document.line(place)}"


def _leaves(path: Key, value: Any) -> Iterator[tuple[Key, Any]]:
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _leaves((*path, key), item)
    else:
        yield path, value

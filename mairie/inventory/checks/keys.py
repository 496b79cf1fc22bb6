"""Public keys: every end of a tunnel has its own."""

from __future__ import annotations

from collections.abc import Iterator

from mairie.inventory.checks.facts import Facts
from mairie.inventory.problems import Problem
from mairie.inventory.yaml_nodes import Document, Key

GENERATE = 'run "mairie secrets generate"'


def problems(facts: Facts, *, missing: bool) -> Iterator[Problem]:
    """Yield keys that two hosts share and, when ``missing`` is set, hosts without a key."""
    if missing:
        yield from _missing(facts)
    seen: dict[str, str] = {}
    for name, pair in facts.sources.public_keys.items():
        for key in filter(None, (pair.current, pair.next)):
            if key in seen:
                message = f"same key as {seen[key]}; each host has its own: {GENERATE}"
                yield facts.sources.public_file.problem((name,), message)
            seen.setdefault(key, name)


def _missing(facts: Facts) -> Iterator[Problem]:
    document = facts.sources.public_file
    wanted = dict(_tunnel_ends(facts))
    if document.data is None and not document.problems:
        if wanted:
            yield Problem(document.file, 0, "", f"no such file; {GENERATE}")
        return
    written = document.data if isinstance(document.data, dict) else {}
    for name, (other, path) in wanted.items():
        if name in written:
            continue
        place = facts.sources.where(other, path)
        yield document.problem((), f"{name} ({place}) has no public key; {GENERATE}", line=1)


def _tunnel_ends(facts: Facts) -> Iterator[tuple[str, tuple[Document, Key]]]:
    """Yield each hub and gateway with the place that declares it."""
    sources = facts.sources
    if facts.syndicate is not None:
        for name in facts.syndicate.hubs:
            yield name, (sources.syndicate_file, ("hubs", name))
    for place in facts.sites():
        for stem in place.gateways:
            name = f"{place.commune_stem}-{place.stem}-{stem}"
            path = (*place.path, "hosts", stem)
            yield name, (sources.commune_files[place.commune_stem], path)

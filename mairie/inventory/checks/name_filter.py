"""The name filter: its lists are there, nothing is refused and needed, its rule is its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mairie.inventory.checks.facts import Facts
from mairie.inventory.problems import Problem, unknown
from mairie.inventory.yaml_nodes import Key
from mairie.model.reference import Reference
from mairie.plan.name_filter import FLOW


def problems(facts: Facts) -> Iterator[Problem]:
    """Yield what is wrong with the filter of the reference."""
    for merged in list(facts.references.values()):
        if merged.model is None:
            continue
        for path, message in _wrong(merged.model, facts.sources.filter_lists):
            yield facts.sources.reference_problem(path, message, merged.commune, merged.layers)


def _wrong(reference: Reference, lists: Mapping[str, object]) -> Iterator[tuple[Key, str]]:
    wanted = reference.dns_filter
    for number, name in enumerate(wanted.lists):
        if name not in lists:
            message = unknown("list", name, lists)
            yield ("dns_filter", "lists", number), f"{message}; a list is a file filter/<name>.txt"
    for name in wanted.allowed:
        if name in wanted.refused:
            number = wanted.allowed.index(name)
            message = f'"{name}" is refused too; write it in one of both'
            yield ("dns_filter", "allowed", number), message
    taken: dict[str, str] = {}
    for engine, each in wanted.safe_search.items():
        for number, name in enumerate(each.names if each.on else ()):
            other = taken.setdefault(name, engine)
            if other != engine:
                message = f'"{name}" is already {other}\'s; a name leads to one place'
                yield ("dns_filter", "safe_search", engine, "names", number), message
    if FLOW in reference.flows:
        yield ("flows", FLOW), f'"{FLOW}" is the filter\'s own rule; name the flow otherwise'

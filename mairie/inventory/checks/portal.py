"""The visitors' portal: on a site with visitors only, and no faster than their segment."""

from __future__ import annotations

from collections.abc import Iterator

from mairie.inventory.checks.facts import Facts, SitePlace
from mairie.inventory.problems import Problem, listing
from mairie.inventory.yaml_nodes import Key
from mairie.model.commune import PUBLIC_SEGMENT
from mairie.model.reference import Reference
from mairie.plan.portal import FLOW


def problems(facts: Facts) -> Iterator[Problem]:
    """Yield what is wrong with the portal of a site, or of the reference."""
    for merged in list(facts.references.values()):
        if merged.model is None:
            continue
        for path, message in _reference(merged.model):
            yield facts.sources.reference_problem(path, message, merged.commune, merged.layers)
    for place in facts.sites():
        reference = facts.site_reference(place)
        if reference is not None:
            yield from _site(facts, place, reference)


def _reference(reference: Reference) -> Iterator[tuple[Key, str]]:
    if FLOW in reference.flows:
        yield ("flows", FLOW), f'"{FLOW}" is the portal\'s own rule; name the flow otherwise'


def _site(facts: Facts, place: SitePlace, reference: Reference) -> Iterator[Problem]:
    written = place.site.portal.model_fields_set
    if not written:
        return
    present = facts.segments(place, reference)
    if PUBLIC_SEGMENT not in present:
        message = (
            f'the portal is for segment "{PUBLIC_SEGMENT}", which is not on this site; '
            f"its segments: {listing(present)}"
        )
        yield facts.sources.in_commune(place.commune_stem, (*place.path, "portal"), message)
    elif place.site.portal.rate is not None:
        message = _too_fast(place.site.portal.rate, present[PUBLIC_SEGMENT].rate_limit)
        if message:
            path = (*place.path, "portal", "rate")
            yield facts.sources.in_commune(place.commune_stem, path, message)


def _too_fast(rate: int, ceiling: int | None) -> str:
    if ceiling is None or rate <= ceiling:
        return ""
    return (
        f"{rate / 10**6:g}M is more than the whole segment has ({ceiling / 10**6:g}M); "
        "write less, or raise the segment's rate_limit"
    )

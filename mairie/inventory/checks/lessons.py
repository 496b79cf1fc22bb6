"""Lessons: each within one day, none over another, none longer than allowed, where networks are."""

from __future__ import annotations

from collections.abc import Iterator

from mairie.inventory.checks.facts import Facts, SitePlace
from mairie.inventory.problems import Problem
from mairie.inventory.yaml_nodes import Key
from mairie.model.reference import Lessons, Reference, Schedule
from mairie.plan.lessons import FLOW, settings
from mairie.plan.radio import named

HOUR = 60


def problems(facts: Facts) -> Iterator[Problem]:
    """Yield what is wrong with the lessons of the reference, or of a site."""
    for merged in list(facts.references.values()):
        if merged.model is not None and FLOW in merged.model.flows:
            message = f'"{FLOW}" is the rule of the teachers\' page; name the flow otherwise'
            path: Key = ("flows", FLOW)
            yield facts.sources.reference_problem(path, message, merged.commune, merged.layers)
        for path, message in _wrong(merged.model.lessons) if merged.model is not None else ():
            yield facts.sources.reference_problem(
                ("lessons", *path), message, merged.commune, merged.layers
            )
    for place in facts.sites():
        reference = facts.site_reference(place)
        written = place.site.lessons.model_fields_set
        if reference is None or not written:
            continue
        if not _has_networks(facts, place, reference):
            message = (
                "no radio of this site carries a network for lessons, which takes radios and its "
                "segment; add what is missing, or remove lessons"
            )
            yield facts.sources.in_commune(place.commune_stem, (*place.path, "lessons"), message)
            continue
        for path, message in _wrong(settings(reference.lessons, place.site)):
            here = path if path[0] in written else (sorted(written)[0],)
            yield facts.sources.in_commune(
                place.commune_stem, (*place.path, "lessons", *here), message
            )


def _has_networks(facts: Facts, place: SitePlace, reference: Reference) -> bool:
    present = facts.segments(place, reference)
    networks = named(reference, place.commune, place.site).values()
    return any(host.radios for host in place.site.hosts.values()) and any(
        network.on and network.lessons and network.segment in present for network in networks
    )


def _wrong(lessons: Lessons) -> Iterator[tuple[Key, str]]:
    if lessons.minutes > lessons.longest:
        message = f"{lessons.minutes} minutes are more than the longest lesson ({lessons.longest})"
        yield ("minutes",), f"{message}; write less, or raise longest"
    taken: list[tuple[int, Schedule]] = []
    for number, each in enumerate(lessons.schedule):
        path: Key = ("schedule", number)
        length = _minutes(each.end) - _minutes(each.start)
        if length <= 0:
            message = f"{each.end} is not after {each.start}"
            yield (*path, "end"), f"{message}; a lesson begins and ends on one day"
            continue
        if length > lessons.longest:
            message = f"{_span(each)} lasts {length} minutes; at most {lessons.longest}"
            yield path, f"{message}; write two lessons, or raise longest"
        for other_number, other in taken:
            days = [day for day in each.days if day in other.days]
            if (
                days
                and _minutes(each.start) < _minutes(other.end)
                and (_minutes(other.start) < _minutes(each.end))
            ):
                message = f"{_span(each)} is on {days[0]} during lesson {other_number + 1}"
                yield path, f"{message} ({_span(other)}); lessons follow each other"
        taken.append((number, each))


def _span(lesson: Schedule) -> str:
    return f"{lesson.start} to {lesson.end}"


def _minutes(clock: str) -> int:
    hours, _, rest = clock.partition(":")
    return HOUR * int(hours) + int(rest)

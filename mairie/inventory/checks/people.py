"""People who log in by name, and the access points and radios that let them in."""

from __future__ import annotations

from collections.abc import Iterator

from mairie.inventory.checks.facts import Facts, SitePlace
from mairie.inventory.problems import Problem, listing, unknown
from mairie.inventory.yaml_nodes import Key
from mairie.model.commune import ACCESS_POINT_SEGMENT, ACCESS_POINTS, AP_HOSTS, Person
from mairie.model.reference import Reference, Segment
from mairie.plan.radio import named


def problems(facts: Facts) -> Iterator[Problem]:
    """Yield what keeps people, or the access points they log in to, from working."""
    for merged in list(facts.references.values()):
        for path, message in _reference(merged.model) if merged.model is not None else ():
            yield facts.sources.reference_problem(path, message, merged.commune, merged.layers)
    for place in facts.sites():
        reference = facts.site_reference(place)
        if reference is not None and place.site.access_points:
            yield from _access_points(facts, place, reference)
    for stem, commune in facts.communes.items():
        places = [place for place in facts.sites() if place.commune_stem == stem]
        offered = _offered(facts, places)
        if commune.people and not any(_has_log_ins(facts, place) for place in places):
            message = (
                "nobody can log in: no site of this commune has access points, or radios with a "
                "network of people; add access_points: to a site or radios: to its gateway, or "
                "remove people"
            )
            yield facts.sources.in_commune(stem, ("people",), message)
            continue
        for login, person in commune.people.items():
            for path, message in _person(person, offered):
                yield facts.sources.in_commune(stem, ("people", login, *path), message)


def _reference(reference: Reference) -> Iterator[tuple[Key, str]]:
    ports = reference.services.get("radius", ())
    if len(ports) != 1 or not (ports[0].startswith("udp/") and ports[0][4:].isdecimal()):
        message = f"{listing(ports)}: gateways answer on one UDP port; write [udp/1812]"
        yield ("services", "radius"), message
    for name, flow in reference.flows.items():
        if flow.destination == ACCESS_POINTS:
            message = f'nothing is sent to the zone "{ACCESS_POINTS}"; write the segment'
            yield ("flows", name, "to"), f'{message} "{ACCESS_POINT_SEGMENT}"'
        elif flow.source == ACCESS_POINTS and flow.destination != "gateway":
            message = f'the zone "{ACCESS_POINTS}" reaches the gateway alone; write the segment'
            yield ("flows", name, "from"), f'{message} "{ACCESS_POINT_SEGMENT}"'
        if flow.destination == AP_HOSTS:
            message = f'nothing is sent to the zone "{AP_HOSTS}"; write the segment'
            yield ("flows", name, "to"), f'{message} "{ACCESS_POINT_SEGMENT}"'
        elif flow.source == AP_HOSTS and flow.destination not in ("gateway", "internet"):
            message = f'the zone "{AP_HOSTS}" reaches the gateway and the internet alone; write'
            yield ("flows", name, "from"), f'{message} the segment "{ACCESS_POINT_SEGMENT}"'


def _access_points(facts: Facts, place: SitePlace, reference: Reference) -> Iterator[Problem]:
    present = facts.segments(place, reference)
    if ACCESS_POINT_SEGMENT not in present:
        message = (
            f'access points are managed in segment "{ACCESS_POINT_SEGMENT}", which is not on this '
            f"site; its segments: {listing(present)}"
        )
        path = (*place.path, "access_points")
        yield facts.sources.in_commune(place.commune_stem, path, message)


def _has_log_ins(facts: Facts, place: SitePlace) -> bool:
    """Whether people can log in on a site; where its reference is not valid, they may."""
    if place.site.access_points:
        return True
    reference = facts.site_reference(place)
    if reference is None or not any(host.radios for host in place.site.hosts.values()):
        return reference is None
    present = facts.segments(place, reference)
    networks = named(reference, place.commune, place.site).values()
    return any(
        each.on and each.security == "enterprise" and each.segment in present for each in networks
    )


Offered = dict[str, tuple[Segment, bool]]
"""Segments of the reference by name: with whether a site where people log in has them."""


def _offered(facts: Facts, places: list[SitePlace]) -> Offered:
    found: Offered = {}
    for place in places:
        reference = facts.site_reference(place)
        if reference is None or not _has_log_ins(facts, place):
            continue
        present = facts.segments(place, reference)
        for name, segment in reference.segments.items():
            _, before = found.get(name, (segment, False))
            found[name] = segment, before or name in present
    return found


def _person(person: Person, offered: Offered) -> Iterator[tuple[Key, str]]:
    allowed = [name for name, (segment, _) in offered.items() if segment.people]
    if offered and person.segment not in offered:
        yield ("segment",), unknown("segment", person.segment, allowed)
    elif offered:
        segment, present = offered[person.segment]
        if not segment.people:
            message = f'people may not be put into "{person.segment}"; allowed: {listing(allowed)}'
            yield ("segment",), message
        elif not present:
            here = [name for name in allowed if offered[name][1]]
            message = f'"{person.segment}" is on no site with access points or radios'
            yield ("segment",), f"{message}; there are: {listing(here)}"
    for number, method in enumerate(person.methods):
        if method in person.methods[:number]:
            yield ("methods", number), f'"{method}" is written twice; remove one'

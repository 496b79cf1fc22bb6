"""Brick ``lessons``: which gateways have networks that are off the air by default, and when."""

from __future__ import annotations

from collections.abc import Iterator

from mairie.model.commune import Site
from mairie.model.reference import Lessons
from mairie.plan import selectors as select
from mairie.plan.context import SiteHost
from mairie.plan.parts.lessons import LessonsPlan, WeeklyLesson
from mairie.plan.parts.network import Ports, Rule
from mairie.plan.radio import radios

PORT = 80
FLOW = "lessons-page"
"""Name of the rules that let a segment see the page."""


def settings(reference: Lessons, site: Site) -> Lessons:
    """Return the lessons of a site: its own settings over those of the reference."""
    return reference.model_copy(
        update={k: v for k, v in site.lessons if v is not None},
    )


def has_lessons(place: SiteHost) -> bool:
    """Whether a host switches networks for lessons: its own, or as a gateway those of its site."""
    if place.is_gateway:
        return bool(segments_of(place))
    return any(radio.for_lessons for radio in radios(place))


def segments_of(place: SiteHost) -> tuple[str, ...]:
    """Return the segments of a site's networks for lessons, each once."""
    on_air = (radio for host in place.neighbours() for radio in radios(host))
    networks = (each for radio in on_air for each in radio.for_lessons)
    return tuple(dict.fromkeys(each.segment for each in networks))


def lesson_rules(place: SiteHost) -> Iterator[Rule]:
    """Yield what opens the page: to the segments of the networks, and to access points."""
    found = segments_of(place)
    sources = [(name, select.bridge(name, None)) for name in found]
    points = select.ap_hosts(place)
    if found and points is not None:
        sources.append((points.zone, points))
    for name, source in sources:
        yield Rule(
            flow=FLOW,
            counter=f"{FLOW}-{name}",
            chain="input",
            source=source,
            destination=select.own("gateway"),
            ports=(Ports(protocol="tcp", first=PORT, last=PORT),),
            same_commune=False,
            hours="",
            reason="Page des enseignants",
        )


def site_lessons(place: SiteHost) -> LessonsPlan | None:
    """Return the lessons of a host; None on one without a network for them."""
    if not has_lessons(place):
        return None
    wanted = settings(place.reference.lessons, place.site)
    gateway = place.gateway
    page = tuple(
        address
        for name in segments_of(place)
        for own in (gateway.own_address(place.segments[name]),)
        for address in (own.ipv4, own.ipv6)
    )
    switches = place.is_gateway
    return LessonsPlan(
        minutes=wanted.minutes,
        longest=wanted.longest,
        schedule=tuple(
            WeeklyLesson(days=each.days, start=each.start, end=each.end)
            for each in sorted(wanted.schedule, key=lambda each: each.start)
            if switches
        ),
        follows="" if switches else page[0],
        page_addresses=page if switches else (),
        page_port=PORT,
    )

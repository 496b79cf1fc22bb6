"""Brick ``lessons``: which gateways have networks that are off the air by default, and when."""

from __future__ import annotations

from mairie.model.commune import Site
from mairie.model.reference import Lessons
from mairie.plan.context import SiteHost
from mairie.plan.host import LessonsPlan, WeeklyLesson
from mairie.plan.radio import radios


def settings(reference: Lessons, site: Site) -> Lessons:
    """Return the lessons of a site: its own settings over those of the reference."""
    return reference.model_copy(
        update={k: v for k, v in site.lessons if v is not None},
    )


def has_lessons(place: SiteHost) -> bool:
    """Whether a radio of a host carries a network for lessons."""
    return place.is_gateway and any(radio.for_lessons for radio in radios(place))


def site_lessons(place: SiteHost) -> LessonsPlan | None:
    """Return the lessons of a gateway; None on a host without a network for them."""
    if not has_lessons(place):
        return None
    wanted = settings(place.reference.lessons, place.site)
    return LessonsPlan(
        minutes=wanted.minutes,
        longest=wanted.longest,
        schedule=tuple(
            WeeklyLesson(days=each.days, start=each.start, end=each.end)
            for each in sorted(wanted.schedule, key=lambda each: each.start)
        ),
    )

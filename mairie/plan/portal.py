"""Brick ``portal``: which gateways show visitors a page first, and what it says and allows."""

from __future__ import annotations

from collections.abc import Iterator

from mairie.model.commune import PUBLIC_SEGMENT
from mairie.model.reference import Portal
from mairie.plan import selectors as select
from mairie.plan.context import SiteHost
from mairie.plan.parts.network import Ports, Rule
from mairie.plan.parts.portal import PortalPlan, PortalTerms

PORT = 80
"""Where devices look for a portal (RFC 8952, section 2.6): no other port would be found."""
FLOW = "portal"
"""Name of the rule that lets visitors see the page."""
FIRST = "fr"


def settings(place: SiteHost) -> Portal:
    """Return the portal's settings: the site's over those of the reference."""
    return place.reference.portal.model_copy(update=place.site.portal.model_dump(exclude_none=True))


def has_portal(place: SiteHost) -> bool:
    """Whether a host holds its visitors back until they have seen the page."""
    return place.is_gateway and PUBLIC_SEGMENT in place.segments and settings(place).on


def portal_rules(place: SiteHost) -> Iterator[Rule]:
    """Yield what a portal opens: the page, to the segment of the visitors alone."""
    if has_portal(place):
        yield Rule(
            flow=FLOW,
            counter=FLOW,
            chain="input",
            source=select.bridge(PUBLIC_SEGMENT, None),
            destination=select.own("gateway"),
            ports=(Ports(protocol="tcp", first=PORT, last=PORT),),
            same_commune=False,
            hours="",
            reason="Page d'accueil des visiteurs",
        )


def site_portal(place: SiteHost) -> PortalPlan | None:
    """Return what the visitors of a site meet; None on a host that shows no page."""
    if not has_portal(place):
        return None
    wanted = settings(place)
    segment = place.segments[PUBLIC_SEGMENT]
    own = place.own_address(segment)
    terms = place.shared.territory.terms_of(place.commune_stem)
    return PortalPlan(
        interface=f"br-{PUBLIC_SEGMENT}",
        ipv4=own.ipv4,
        ipv6=own.ipv6,
        port=PORT,
        mode=wanted.mode,
        session_seconds=wanted.hours * 3600,
        data_bytes=wanted.data,
        rate=min(wanted.rate, segment.rate_limit or wanted.rate),
        terms=tuple(
            PortalTerms(code=each.code, language=each.language, text=each.text)
            for each in sorted(terms, key=lambda each: (each.code != FIRST, each.language))
        ),
    )

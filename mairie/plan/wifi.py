"""Brick ``wifi``: which access points a gateway answers, and whom it lets in where."""

from __future__ import annotations

from collections.abc import Iterator

from mairie.model.commune import ACCESS_POINT_SEGMENT
from mairie.plan.context import SiteHost
from mairie.plan.host import AccessPoint, Person, WifiPlan
from mairie.plan.interfaces import reservations


def has_radius(place: SiteHost) -> bool:
    """Whether a host answers the access points of its site."""
    return place.is_gateway and bool(place.site.access_points)


def server_name(commune: str, domain: str) -> str:
    """Return the name that devices check in the certificate of any gateway of a commune."""
    return f"radius.{commune}.{domain}"


def site_wifi(place: SiteHost) -> WifiPlan | None:
    """Return what a gateway answers its access points; None on a host that answers none."""
    if not has_radius(place):
        return None
    segment = place.segments[ACCESS_POINT_SEGMENT]
    return WifiPlan(
        address=place.own_address(segment).ipv4,
        port=int(place.reference.services["radius"][0].removeprefix("udp/")),
        server_name=server_name(place.commune_stem, place.shared.syndicate.domain),
        access_points=tuple(_access_points(place)),
        people=tuple(people_at(place)),
    )


def _access_points(place: SiteHost) -> Iterator[AccessPoint]:
    points = place.site.access_points
    for item in reservations(place):
        if item.name in points:
            label = points[item.name].label or ""
            yield AccessPoint(name=item.name, label=label, address=item.address)


def people_at(place: SiteHost) -> Iterator[Person]:
    """Yield the people of the commune whose segment a site has."""
    for login, person in sorted(place.commune.people.items()):
        segment = place.segments.get(person.segment)
        if segment is not None:
            yield Person(
                login=login,
                name=person.name,
                segment=person.segment,
                vlan=segment.vlan,
                password="password" in person.methods,
                certificate="certificate" in person.methods,
            )

"""Brick ``wifi``: radios of a gateway, access points it answers, whom it lets in where."""

from __future__ import annotations

from collections.abc import Iterator

from mairie.model.commune import ACCESS_POINT_SEGMENT
from mairie.plan.context import SiteHost
from mairie.plan.host import AccessPoint, PeopleSegment, Person, WifiPlan
from mairie.plan.interfaces import reservations
from mairie.plan.radio import networks_of, radios


def has_wifi(place: SiteHost) -> bool:
    """Whether a host has radios, or answers the access points of its site."""
    return place.is_gateway and bool(place.site.access_points or place.host.radios)


def has_radius(place: SiteHost) -> bool:
    """Whether a host has a RADIUS server: for access points, or for its own radios."""
    if not place.is_gateway:
        return False
    if place.site.access_points:
        return True
    networks = networks_of(place).values() if place.host.radios else ()
    return any(network.security == "enterprise" for network in networks)


def server_name(commune: str, domain: str) -> str:
    """Return the name that devices check in the certificate of any gateway of a commune."""
    return f"radius.{commune}.{domain}"


def site_wifi(place: SiteHost) -> WifiPlan | None:
    """Return the Wi-Fi of a gateway; None on a host that has nothing to do with it."""
    if not has_wifi(place):
        return None
    points = tuple(_access_points(place))
    at = place.own_address(place.segments[ACCESS_POINT_SEGMENT]).ipv4 if points else ""
    return WifiPlan(
        address=at,
        port=int(place.reference.services["radius"][0].removeprefix("udp/")),
        server_name=server_name(place.commune_stem, place.shared.syndicate.domain),
        access_points=points,
        people=tuple(people_at(place)) if has_radius(place) else (),
        people_segments=tuple(
            PeopleSegment(segment=name, vlan=segment.vlan, bridge=f"br-{name}")
            for name, segment in place.segments.items()
            if segment.people
        ),
        radios=radios(place),
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

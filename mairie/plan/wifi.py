"""Brick ``wifi``: radios of a host, access points a gateway answers, whom it lets in where."""

from __future__ import annotations

from collections.abc import Iterator

from mairie.model.commune import ACCESS_POINT_SEGMENT
from mairie.plan.context import SiteHost
from mairie.plan.interfaces import reservations
from mairie.plan.parts.wifi import OWN_RADIUS, AccessPoint, PeopleSegment, Person, WifiPlan
from mairie.plan.radio import networks_of, radios


def has_wifi(place: SiteHost) -> bool:
    """Whether a host has radios, or answers the access points of its site."""
    return bool(place.host.radios) or (place.is_gateway and _answers(place))


def has_radius(place: SiteHost) -> bool:
    """Whether a host has a RADIUS server: for access points, or for its own radios."""
    return place.is_gateway and (_answers(place) or asks(place))


def asks(place: SiteHost) -> bool:
    """Whether the radios of a host ask a RADIUS server who may log in."""
    networks = networks_of(place).values() if place.host.radios else ()
    return any(network.security == "enterprise" for network in networks)


def asking_hosts(place: SiteHost) -> tuple[SiteHost, ...]:
    """Return the access points of mairie on a site that ask its gateway who may log in."""
    return tuple(point for point in place.access_point_hosts() if asks(point))


def _answers(gateway: SiteHost) -> bool:
    return bool(gateway.site.access_points or asking_hosts(gateway))


def server_name(commune: str, domain: str) -> str:
    """Return the name that devices check in the certificate of any gateway of a commune."""
    return f"radius.{commune}.{domain}"


def site_wifi(place: SiteHost) -> WifiPlan | None:
    """Return the Wi-Fi of a host; None on one that has nothing to do with it."""
    if not has_wifi(place):
        return None
    points = tuple(_access_points(place)) if place.is_gateway else ()
    has_address = bool(points) or place.is_access_point
    home = place.segments[ACCESS_POINT_SEGMENT] if has_address else None
    at = place.own_address(home).ipv4 if home else ""
    server = place.gateway.own_address(home).ipv4 if home and place.is_access_point else OWN_RADIUS
    return WifiPlan(
        address=at,
        asked=server,
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
    for point in asking_hosts(place):
        at = point.own_address(place.segments[ACCESS_POINT_SEGMENT])
        yield AccessPoint(name=point.stem, label="", address=at.ipv4)


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

"""What the inventory asks of a commune's Wi-Fi, and what everybody may know of its secrets.

Nothing here encrypts: loading an inventory needs no more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from mairie.model.commune import LoginMethod
from mairie.model.territory import Territory
from mairie.plan.context import Shared, SiteHost, commune_hosts
from mairie.plan.parts.wifi import Network
from mairie.plan.radio import radios
from mairie.plan.wifi import asks, has_radius, server_name

AUTHORITY_DAYS: Final = 20 * 365
"""Devices know it by heart: a new one means to visit them all."""
CERTIFICATE_DAYS: Final = 800
"""Apple's devices refuse a server's that is good for more than 825 days."""
RENEW_DAYS: Final = 120
"""A certificate with less before it is replaced by the next ``mairie secrets generate``."""
WARN_DAYS: Final = 30
"""One with less before it is an error."""
OWN_RADIOS: Final = "own_radios"
"""Beside the access points of a gateway: its own radios. No access point can have this name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the inventory asks of one commune."""

    commune: str
    organisation: str
    server_name: str
    certificate_days: int
    access_points: tuple[tuple[str, str], ...]
    """Gateway and access point, or its own radios."""
    people: Mapping[str, tuple[LoginMethod, ...]]
    networks: tuple[str, ...] = ()
    """Those with one passphrase, the same at every site."""
    devices: tuple[tuple[str, str], ...] = ()
    """Gateway, and a device with a key of its own."""
    roaming: tuple[str, ...] = ()
    """Gateways of sites where devices roam between hosts (802.11r)."""
    lessons: tuple[str, ...] = ()
    """Gateways whose teachers have a code."""

    @property
    def gateways(self) -> tuple[str, ...]:
        """Gateways with a RADIUS server."""
        return tuple(dict.fromkeys(gateway for gateway, _ in self.access_points))

    def has(self, login: str, method: LoginMethod) -> bool:
        """Whether somebody logs in that way."""
        return method in self.people.get(login, ())


def wanted(territory: Territory, commune: str) -> Wanted:
    """Return what a commune needs; nothing where no site has access points or radios."""
    content = territory.communes[commune]
    syndicate = territory.syndicate
    points = tuple(
        (f"{commune}-{site_name}-{host_name}", point)
        for site_name, site in content.sites.items()
        for host_name, host in site.hosts.items()
        if "gateway" in host.roles
        for point in site.access_points
    )
    places = _with_radios(territory, commune)
    points += tuple((place.name, OWN_RADIOS) for place in places if has_radius(place))
    points += tuple(
        (place.gateway.name, place.stem)
        for place in places
        if place.is_access_point and asks(place)
    )
    on_air = [(place.gateway.name, network) for place in places for network in _on_air(place)]
    return Wanted(
        commune=commune,
        organisation=syndicate.name,
        server_name=server_name(commune, syndicate.domain),
        # What is published protects nothing, and may not end either.
        certificate_days=AUTHORITY_DAYS if syndicate.demo else CERTIFICATE_DAYS,
        access_points=points,
        people={login: each.methods for login, each in content.people.items()} if points else {},
        networks=tuple(
            sorted({network.name for _, network in on_air if network.security == "personal"})
        ),
        devices=tuple(
            sorted({(host, device.name) for host, each in on_air for device in each.devices})
        ),
        roaming=tuple(sorted({host for host, each in on_air if each.mobility_domain})),
        lessons=tuple(sorted({host for host, each in on_air if each.lessons})),
    )


def _with_radios(territory: Territory, commune: str) -> tuple[SiteHost, ...]:
    sites = territory.communes[commune].sites.values()
    if not any(host.radios for site in sites for host in site.hosts.values()):
        return ()
    places = commune_hosts(Shared.of(territory), commune)
    return tuple(place for place in places if place.host.radios)


def _on_air(place: SiteHost) -> Iterator[Network]:
    for radio in radios(place):
        yield from radio.networks


@dataclass(frozen=True, slots=True, kw_only=True)
class WifiRecord:
    """``secrets/wifi.yaml`` for one commune: what there is, and until when it is good."""

    authority: date | None = None
    access_points: dict[str, tuple[str, ...]] = field(default_factory=dict)
    passwords: tuple[str, ...] = ()
    servers: dict[str, date] = field(default_factory=dict)
    certificates: dict[str, date] = field(default_factory=dict)
    networks: tuple[str, ...] = ()
    devices: dict[str, tuple[str, ...]] = field(default_factory=dict)
    roaming: tuple[str, ...] = ()
    lessons: tuple[str, ...] = ()

    def missing(self, want: Wanted) -> Iterator[str]:
        """Yield what is wanted and not there, as the object of a sentence."""
        if want.access_points and self.authority is None:
            yield f"no certificate authority for the Wi-Fi of {want.commune}"
        for gateway, point in want.access_points:
            if point not in self.access_points.get(gateway, ()):
                yield f"no secret of access point {point} at {gateway}"
        for gateway in want.gateways:
            if gateway not in self.servers:
                yield f"no Wi-Fi certificate of {gateway}"
        for login in want.people:
            if want.has(login, "password") and login not in self.passwords:
                yield f"no password of {login}"
            if want.has(login, "certificate") and login not in self.certificates:
                yield f"no certificate of {login}"
        yield from self._missing_keys(want)

    def _missing_keys(self, want: Wanted) -> Iterator[str]:
        for network in want.networks:
            if network not in self.networks:
                yield f"no passphrase of network {network}"
        for gateway, device in want.devices:
            if device not in self.devices.get(gateway, ()):
                yield f"no key of device {device} at {gateway}"
        for gateway in want.roaming:
            if gateway not in self.roaming:
                yield f"no key of the radios that share devices with {gateway}"
        for gateway in want.lessons:
            if gateway not in self.lessons:
                yield f"no teachers' code of {gateway}"

    def left_over(self, want: Wanted) -> Iterator[str]:
        """Yield what still opens a door and should not, as the subject of a sentence."""
        for gateway, points in self.access_points.items():
            for point in points:
                if (gateway, point) not in want.access_points:
                    yield f"the secret of access point {point} at {gateway}"
        for gateway in self.servers:
            if gateway not in want.gateways:
                yield f"the Wi-Fi certificate of {gateway}"
        for login in self.passwords:
            if not want.has(login, "password"):
                yield f"the password of {login}"
        for login in self.certificates:
            if not want.has(login, "certificate"):
                yield f"the certificate of {login}"
        yield from self._left_over_keys(want)

    def _left_over_keys(self, want: Wanted) -> Iterator[str]:
        for network in self.networks:
            if network not in want.networks:
                yield f"the passphrase of network {network}"
        for gateway, devices in self.devices.items():
            for device in devices:
                if (gateway, device) not in want.devices:
                    yield f"the key of device {device} at {gateway}"
        for gateway in self.roaming:
            if gateway not in want.roaming:
                yield f"the key of the radios that share devices with {gateway}"
        for gateway in self.lessons:
            if gateway not in want.lessons:
                yield f"the teachers' code of {gateway}"

    def ending(self, today: date, days: int) -> Iterator[tuple[str, date]]:
        """Yield what ends within some days, with its last day."""
        for gateway, until in self.servers.items():
            yield from _ends(f"the Wi-Fi certificate of {gateway}", until, today, days)
        for login, until in self.certificates.items():
            yield from _ends(f"the certificate of {login}", until, today, days)

    def is_settled(self, want: Wanted, today: date) -> bool:
        """Whether there is nothing to make, to take away or to renew."""
        due = (self.missing(want), self.left_over(want), self.ending(today, RENEW_DAYS))
        return not any(True for each in due for _ in each)


def _ends(what: str, until: date, today: date, days: int) -> Iterator[tuple[str, date]]:
    if until - today < timedelta(days=days):
        yield what, until

"""Where a host stands in the inventory; what the plan of each brick starts from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from mairie.model.commune import ACCESS_POINT_SEGMENT, Commune, Host, Site, Uplink
from mairie.model.reference import Reference, Segment
from mairie.model.syndicate import Hub, Syndicate
from mairie.model.territory import PublicKeys, Territory
from mairie.plan.addressing import (
    GATEWAY_NUMBER,
    Addressing,
    HostAddress,
    Prefixes,
    address,
    server_number,
    site_slot,
)
from mairie.plan.host import Role
from mairie.plan.reference import ReferenceBook

VPN_INTERFACE = "wg0"
SERVER_SEGMENT = "servers"


@dataclass(frozen=True)
class Shared:
    """What every host of a territory starts from."""

    territory: Territory
    addressing: Addressing
    references: ReferenceBook

    @classmethod
    def of(cls, territory: Territory) -> Shared:
        """Prepare the addressing plan and the references of a territory."""
        return cls(territory, Addressing(territory.syndicate), ReferenceBook(territory))

    @property
    def syndicate(self) -> Syndicate:
        """The syndicate of the territory."""
        return self.territory.syndicate

    def hub_name(self, commune: Commune) -> str:
        """Return the hub a commune calls: its own choice, else the first of the syndicate."""
        return commune.hub or next(iter(self.syndicate.hubs))

    def hub_address(self, hub: str) -> HostAddress:
        """Return the tunnel address of a hub."""
        return self.addressing.tunnel(0, self.syndicate.hubs[hub].index)

    def keys(self, host: str) -> PublicKeys:
        """Return the public keys of a managed host."""
        return self.territory.public_keys[host]


@dataclass(frozen=True)
class HubHost:
    """A hub."""

    shared: Shared
    name: str
    hub: Hub

    @cached_property
    def reference(self) -> Reference:
        """The reference with the layers of a hub."""
        return self.shared.references.for_host(None, ("hub",))

    @property
    def tunnel(self) -> HostAddress:
        """Its address inside the VPN."""
        return self.shared.hub_address(self.name)


@dataclass(frozen=True)
class SiteHost:
    """A gateway, a server or an access point of a commune's site."""

    shared: Shared
    commune_stem: str
    commune: Commune
    site_stem: str
    site: Site
    stem: str
    host: Host

    @property
    def name(self) -> str:
        """Full name, ``<commune>-<site>-<host>``."""
        return f"{self.commune_stem}-{self.site_stem}-{self.stem}"

    @property
    def roles(self) -> tuple[Role, ...]:
        """Roles in the order ap, gateway, server."""
        return tuple(sorted(set(self.host.roles)))

    @property
    def is_gateway(self) -> bool:
        """Whether it routes the site."""
        return "gateway" in self.host.roles

    @property
    def is_access_point(self) -> bool:
        """Whether it is an access point of mairie: radios and one cable."""
        return "ap" in self.host.roles

    @property
    def home(self) -> str:
        """The segment in which a host that is no gateway has its address."""
        return ACCESS_POINT_SEGMENT if self.is_access_point else SERVER_SEGMENT

    @cached_property
    def reference(self) -> Reference:
        """The reference with every layer that applies to this host."""
        return self.shared.references.for_host(self.commune_stem, self.roles)

    @cached_property
    def slot(self) -> int:
        """The site's place in the commune's prefix."""
        return site_slot(self.site_stem, self.site, self.shared.addressing.sites)

    @cached_property
    def prefixes(self) -> Prefixes:
        """The site's prefixes."""
        return self.shared.addressing.site(self.commune.index, self.slot)

    @property
    def tunnel(self) -> HostAddress:
        """Address of the site's gateway inside the VPN."""
        return self.shared.addressing.tunnel(self.commune.index, self.slot)

    @property
    def hub_name(self) -> str:
        """The hub it calls."""
        return self.shared.hub_name(self.commune)

    @property
    def site_domain(self) -> str:
        """DNS domain of the site."""
        return f"{self.site_stem}.{self.commune_stem}.{self.shared.syndicate.domain}"

    @cached_property
    def segments(self) -> Mapping[str, Segment]:
        """Segments present on the site, in the order of their slot."""
        known = self.reference.segments
        names = self.site.segments
        present = [
            (name, segment)
            for name, segment in known.items()
            if (name in names if names is not None else segment.on)
        ]
        return dict(sorted(present, key=lambda item: item[1].slot))

    def segment_prefixes(self, segment: Segment) -> Prefixes:
        """Return the prefixes of a segment on this site."""
        return self.shared.addressing.segment(self.prefixes, segment.slot)

    @property
    def uplinks(self) -> tuple[Uplink, ...]:
        """Uplinks of the site, else of the commune, by preference."""
        return self.site.uplinks or self.commune.uplinks

    def own_address(self, segment: Segment) -> HostAddress:
        """Return this host's address in a segment; one that is no gateway has it at home."""
        number = GATEWAY_NUMBER if self.is_gateway else server_number(self.stem, self.host.number)
        return address(self.segment_prefixes(segment), number)

    def neighbours(self) -> Iterator[SiteHost]:
        """Yield every host of the site, this one included, in the order of the file."""
        for stem, host in self.site.hosts.items():
            yield SiteHost(
                self.shared,
                self.commune_stem,
                self.commune,
                self.site_stem,
                self.site,
                stem,
                host,
            )

    @property
    def gateway(self) -> SiteHost:
        """The gateway of its site."""
        return next(host for host in self.neighbours() if host.is_gateway)

    def access_point_hosts(self) -> Iterator[SiteHost]:
        """Yield the hosts of the site that are access points."""
        return (host for host in self.neighbours() if host.is_access_point)


def hub_hosts(shared: Shared) -> Iterator[HubHost]:
    """Yield the hubs in the order of the file."""
    for name, hub in shared.syndicate.hubs.items():
        yield HubHost(shared, name, hub)


def site_hosts(shared: Shared) -> Iterator[SiteHost]:
    """Yield every host of every commune: communes by index, sites and hosts as written."""
    for commune_stem in shared.territory.communes:
        yield from commune_hosts(shared, commune_stem)


def commune_hosts(shared: Shared, commune_stem: str) -> Iterator[SiteHost]:
    """Yield every host of one commune, sites and hosts as written."""
    commune = shared.territory.communes[commune_stem]
    for site_stem, site in commune.sites.items():
        for stem, host in site.hosts.items():
            yield SiteHost(shared, commune_stem, commune, site_stem, site, stem, host)

"""From a territory to one HostPlan per host."""

from __future__ import annotations

from collections.abc import Iterator

from mairie.model.territory import Territory
from mairie.plan.backup import hub_store, site_backup
from mairie.plan.base import base_plan
from mairie.plan.context import HubHost, Shared, SiteHost, hub_hosts, site_hosts
from mairie.plan.host import Brick, HostPlan, Place
from mairie.plan.hub import hub_plan
from mairie.plan.lessons import has_lessons, site_lessons
from mairie.plan.mail import has_mail, site_mail
from mairie.plan.network import hub_network, site_network
from mairie.plan.packages import package_source
from mairie.plan.phones import has_phones, site_phones
from mairie.plan.portal import has_portal, site_portal
from mairie.plan.records import has_records, site_records
from mairie.plan.telephone_host import has_voip
from mairie.plan.voip import hub_exchange, site_voip
from mairie.plan.vpn import gateway_vpn, hub_vpn
from mairie.plan.wifi import has_wifi, site_wifi


def places(territory: Territory) -> Iterator[HubHost | SiteHost]:
    """Yield every host before it is resolved: hubs, then communes by index."""
    shared = Shared.of(territory)
    yield from hub_hosts(shared)
    yield from site_hosts(shared)


def resolve(territory: Territory) -> dict[str, HostPlan]:
    """Return the plan of every host by name: hubs first, then communes by index.

    Raises:
        pydantic.ValidationError: the merged reference of a host is not valid; ``load`` checks it.
        KeyError: a host has no public key or a name points nowhere; ``load`` checks that too.

    """
    return {place.name: resolve_place(place) for place in places(territory)}


def resolve_host(territory: Territory, name: str) -> HostPlan:
    """Return the plan of one host.

    Raises:
        KeyError: no host has that name.

    """
    for place in places(territory):
        if place.name == name:
            return resolve_place(place)
    raise KeyError(name)


def resolve_place(place: HubHost | SiteHost) -> HostPlan:
    """Return the plan of one host."""
    return _hub(place) if isinstance(place, HubHost) else _site_host(place)


def _hub(place: HubHost) -> HostPlan:
    syndicate = place.shared.syndicate
    exchange = hub_exchange(place)
    of_telephony: tuple[Brick, ...] = ("voip",) if exchange is not None else ()
    return HostPlan(
        name=place.name,
        territory=place.shared.territory.name,
        domain=syndicate.domain,
        fqdn=f"{place.name}.{syndicate.domain}",
        demo=syndicate.demo,
        place=Place(
            commune=place.name,
            commune_label=place.hub.label,
            insee="",
            archipelago="",
            island="",
            site="",
            site_label="",
        ),
        roles=("hub",),
        bricks=("base", "network", "vpn", "hub", *of_telephony, "backup"),
        timezone=place.hub.timezone,
        hub=place.name,
        base=base_plan(place),
        network=hub_network(place),
        vpn=hub_vpn(place),
        hub_plan=hub_plan(place),
        wifi=None,
        lessons=None,
        portal=None,
        records=None,
        voip=None,
        exchange=exchange,
        phones=None,
        mail=None,
        backup=None,
        store=hub_store(place),
        packages=package_source(place),
    )


def _site_host(place: SiteHost) -> HostPlan:
    syndicate = place.shared.syndicate
    commune = place.commune
    return HostPlan(
        name=place.name,
        territory=place.shared.territory.name,
        domain=syndicate.domain,
        fqdn=f"{place.stem}.{place.site_domain}",
        demo=syndicate.demo,
        place=Place(
            commune=place.commune_stem,
            commune_label=commune.name,
            insee=commune.insee,
            archipelago=commune.archipelago or "",
            island=commune.island or "",
            site=place.site_stem,
            site_label=place.site.label,
        ),
        roles=place.roles,
        bricks=_bricks(place),
        timezone=commune.timezone,
        hub=place.hub_name,
        base=base_plan(place),
        network=site_network(place),
        vpn=gateway_vpn(place) if place.is_gateway else None,
        hub_plan=None,
        wifi=site_wifi(place),
        lessons=site_lessons(place),
        portal=site_portal(place),
        records=site_records(place),
        voip=site_voip(place),
        exchange=None,
        phones=site_phones(place),
        mail=site_mail(place),
        backup=None if place.is_access_point else site_backup(place),
        store=None,
        packages=package_source(place),
    )


def _bricks(place: SiteHost) -> tuple[Brick, ...]:
    of_a_gateway: tuple[Brick, ...] = ("vpn",) if place.is_gateway else ()
    of_wifi: tuple[Brick, ...] = ("wifi",) if has_wifi(place) else ()
    of_lessons: tuple[Brick, ...] = ("lessons",) if has_lessons(place) else ()
    of_a_portal: tuple[Brick, ...] = ("portal",) if has_portal(place) else ()
    of_a_recorder: tuple[Brick, ...] = ("records",) if has_records(place) else ()
    of_visitors = (*of_a_portal, *of_a_recorder)
    of_telephony: tuple[Brick, ...] = ("voip",) if has_voip(place) else ()
    of_phones: tuple[Brick, ...] = ("phones",) if has_phones(place) else ()
    of_mail: tuple[Brick, ...] = ("mail",) if has_mail(place) else ()
    of_data: tuple[Brick, ...] = () if place.is_access_point else ("backup",)
    of_services = (*of_wifi, *of_lessons, *of_visitors, *of_telephony, *of_phones, *of_mail)
    return ("base", "network", *of_a_gateway, *of_services, *of_data)

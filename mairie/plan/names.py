"""DNS of brick ``network`` and of brick ``hub``: local names and whom to ask for the others."""

from __future__ import annotations

from collections.abc import Iterator

from mairie.plan.context import VPN_INTERFACE, HubHost, Shared, SiteHost, hub_hosts, site_hosts
from mairie.plan.interfaces import reservations
from mairie.plan.parts.network import Dns, DnsForward, DnsRecord


def host_record(place: SiteHost) -> DnsRecord:
    """Return the name of a managed host: the tunnel address of a gateway, else its own."""
    if place.is_gateway:
        at = place.tunnel
    else:
        at = place.own_address(place.reference.segments[place.home])
    return DnsRecord(name=f"{place.stem}.{place.site_domain}", ipv4=at.ipv4, ipv6=at.ipv6)


def site_dns(place: SiteHost) -> Dns:
    """Return what a gateway answers to its site."""
    reference = place.reference.dns
    hub = place.shared.hub_address(place.hub_name).ipv4
    equipment = (
        DnsRecord(name=f"{item.name}.{place.site_domain}", ipv4=item.address, ipv6="")
        for item in reservations(place)
    )
    return Dns(
        domain=place.site_domain,
        listen=(*(f"br-{name}" for name in place.segments), VPN_INTERFACE),
        forwards=(DnsForward(domain=place.shared.syndicate.domain, address=hub),),
        hub_address=hub,
        fallback=reference.fallback,
        records=(*(host_record(host) for host in place.neighbours()), *equipment),
        cache_size=reference.cache_size,
        stale_seconds=reference.stale_seconds,
    )


def syndicate_records(shared: Shared) -> Iterator[DnsRecord]:
    """Yield a name for every managed host, hubs first."""
    for hub in hub_hosts(shared):
        yield DnsRecord(
            name=f"{hub.name}.{shared.syndicate.domain}",
            ipv4=hub.tunnel.ipv4,
            ipv6=hub.tunnel.ipv6,
        )
    for host in site_hosts(shared):
        yield host_record(host)


def site_forwards(place: HubHost) -> Iterator[DnsForward]:
    """Yield the domain of each site whose gateway calls this hub, with that gateway's address."""
    for host in site_hosts(place.shared):
        if host.is_gateway and host.hub_name == place.name:
            yield DnsForward(domain=host.site_domain, address=host.tunnel.ipv4)


def hub_dns(place: HubHost) -> Dns:
    """Return what a hub answers, through the tunnels only."""
    reference = place.reference.dns
    return Dns(
        domain=place.shared.syndicate.domain,
        listen=(VPN_INTERFACE,),
        forwards=tuple(site_forwards(place)),
        hub_address="",
        fallback=reference.fallback,
        records=tuple(syndicate_records(place.shared)),
        cache_size=reference.cache_size,
        stale_seconds=reference.stale_seconds,
    )

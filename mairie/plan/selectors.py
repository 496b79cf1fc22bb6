"""Where packets come from and go to: one selector per zone, as each kind of host sees it."""

from __future__ import annotations

from mairie.model.commune import ACCESS_POINT_SEGMENT, ACCESS_POINTS, AP_HOSTS
from mairie.model.mail import MAIL
from mairie.model.reference import Segment
from mairie.model.telephony import TELEPHONY
from mairie.plan.addressing import TUNNEL_SLOT, HostAddress, Prefixes
from mairie.plan.context import SERVER_SEGMENT, VPN_INTERFACE, HubHost, Shared, SiteHost
from mairie.plan.interfaces import reservations
from mairie.plan.mail import has_mail
from mairie.plan.parts.network import Selector
from mairie.plan.telephone_host import has_voip, own_address, telephone_hosts

VPN = (VPN_INTERFACE,)


def selector(
    zone: str, interfaces: tuple[str, ...], prefixes: Prefixes | HostAddress | None = None
) -> Selector:
    """Return a selector; without prefixes any address matches."""
    if prefixes is None:
        return Selector(zone=zone, interfaces=interfaces, ipv4=(), ipv6=())
    ipv4, ipv6 = prefixes.text if isinstance(prefixes, Prefixes) else prefixes
    return Selector(zone=zone, interfaces=interfaces, ipv4=(ipv4,), ipv6=(ipv6,))


def single(host: HostAddress) -> HostAddress:
    """Return the prefixes of one address."""
    return HostAddress(f"{host.ipv4}/32", f"{host.ipv6}/128")


def own(zone: str) -> Selector:
    """Select the host itself, whichever of its addresses is asked."""
    return selector(zone, ())


def bridge(name: str, prefixes: Prefixes | None) -> Selector:
    """Select a segment of this gateway; without prefixes also DHCP and link-local sources."""
    return selector(name, (f"br-{name}",), prefixes)


def access_points(place: SiteHost) -> Selector | None:
    """Select the access points of a site by the addresses reserved for them; None without any."""
    addresses = tuple(
        f"{item.address}/32"
        for item in reservations(place)
        if item.name in place.site.access_points
    )
    if not addresses:
        return None
    bridge_of_admin = (f"br-{ACCESS_POINT_SEGMENT}",)
    return Selector(zone=ACCESS_POINTS, interfaces=bridge_of_admin, ipv4=addresses, ipv6=())


def ap_hosts(place: SiteHost) -> Selector | None:
    """Select the hosts of a site that are access points by their addresses; None without any."""
    home = place.reference.segments.get(ACCESS_POINT_SEGMENT)
    if home is None or not (
        found := [each.own_address(home) for each in place.access_point_hosts()]
    ):
        return None
    return Selector(
        zone=AP_HOSTS,
        interfaces=(f"br-{ACCESS_POINT_SEGMENT}",),
        ipv4=tuple(f"{at.ipv4}/32" for at in found),
        ipv6=tuple(f"{at.ipv6}/128" for at in found),
    )


def telephone_host(place: SiteHost) -> Selector | None:
    """Select the host of a site that has the commune's telephone system; None on another site."""
    found = next((each for each in place.neighbours() if has_voip(each)), None)
    if found is None:
        return None
    interfaces = () if found.is_gateway else (f"br-{SERVER_SEGMENT}",)
    return selector(TELEPHONY, interfaces, single(own_address(found)))


def mail_host(place: SiteHost) -> Selector | None:
    """Select the host of a site that sends mail; None on another site.

    Also None where that is the gateway itself, whose own packets need no rule.
    """
    found = next((each for each in place.neighbours() if has_mail(each)), None)
    if found is None or found.is_gateway:
        return None
    return selector(MAIL, (f"br-{SERVER_SEGMENT}",), single(own_address(found)))


def telephone_hosts_of_hub(place: HubHost) -> Selector | None:
    """Select the telephone hosts that a hub connects, behind the tunnel; None without any.

    A gateway sends into the tunnel from its address there, unless a program chooses another.
    """
    hosts = list(telephone_hosts(place))
    found = [own_address(each) for each in hosts]
    found += [each.tunnel for each in hosts if each.is_gateway]
    if not found:
        return None
    return Selector(
        zone=TELEPHONY,
        interfaces=VPN,
        ipv4=tuple(f"{at.ipv4}/32" for at in found),
        ipv6=tuple(f"{at.ipv6}/128" for at in found),
    )


def any_site(place: SiteHost, segment: Segment) -> HostAddress:
    """Return matches of a segment on any site of the host's commune."""
    return place.shared.addressing.any_site(place.commune.index, segment.slot)


def any_commune(shared: Shared, segment: Segment) -> HostAddress:
    """Return matches of a segment on any site of any commune."""
    return shared.addressing.any_commune(segment.slot)


def gateways(shared: Shared) -> Selector:
    """Every gateway by its tunnel address, seen from a hub."""
    return selector("gateway", VPN, shared.addressing.any_commune(TUNNEL_SLOT))


def vpn_zone(place: HubHost | SiteHost, zone: str) -> Selector | None:
    """Return ``hub``, ``technicians`` or ``peers`` behind the tunnel; None for another zone."""
    addressing = place.shared.addressing
    if zone == "technicians":
        return selector(zone, VPN, addressing.technicians)
    if zone == "peers":
        return selector(zone, VPN, addressing.peers)
    if zone == "hub" and isinstance(place, SiteHost):
        return selector(zone, VPN, single(place.shared.hub_address(place.hub_name)))
    return None

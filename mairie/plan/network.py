"""Brick ``network``: interfaces, DHCP, DNS and firewall of each kind of host."""

from __future__ import annotations

from mairie.plan.context import HubHost, SiteHost
from mairie.plan.firewall import gateway_firewall, hub_firewall, inner_firewall
from mairie.plan.interfaces import (
    dhcp_scopes,
    hub_uplink,
    reservations,
    segment_interfaces,
    uplinks,
)
from mairie.plan.name_filter import site_filter
from mairie.plan.names import hub_dns, site_dns
from mairie.plan.parts.network import NetworkPlan
from mairie.plan.phones import dhcp_options
from mairie.plan.queueing import site_queueing


def site_network(place: SiteHost) -> NetworkPlan:
    """Return the network of a gateway, of a server or of an access point."""
    if not place.is_gateway:
        return NetworkPlan(
            uplinks=(),
            segments=segment_interfaces(place),
            dhcp_scopes=(),
            dhcp_reservations=(),
            dhcp_options=(),
            dns=None,
            name_filter=None,
            queueing=None,
            firewall=inner_firewall(place),
        )
    return NetworkPlan(
        uplinks=uplinks(place),
        segments=segment_interfaces(place),
        dhcp_scopes=dhcp_scopes(place),
        dhcp_reservations=tuple(reservations(place)),
        dhcp_options=dhcp_options(place),
        dns=site_dns(place),
        name_filter=site_filter(place),
        queueing=site_queueing(place),
        firewall=gateway_firewall(place),
    )


def hub_network(place: HubHost) -> NetworkPlan:
    """Return the network of a hub: one uplink, no segment."""
    return NetworkPlan(
        uplinks=(hub_uplink(place),),
        segments=(),
        dhcp_scopes=(),
        dhcp_reservations=(),
        dhcp_options=(),
        dns=hub_dns(place),
        name_filter=None,
        queueing=None,
        firewall=hub_firewall(place),
    )

"""Cabling that containers can show: a trunk becomes one port per segment.

The kernel that runs the containers may lack 802.1Q. Everything else of the plan stays; the trunk
itself is shown in the QEMU machine.
"""

from __future__ import annotations

from dataclasses import replace

from mairie.model.commune import Commune, Host, Site
from mairie.model.territory import Territory
from mairie.plan.context import Shared, site_hosts


def without_trunks(territory: Territory) -> Territory:
    """Return the territory with ``lan<vlan>`` ports in place of every trunk."""
    segments = {
        host.name: {name: item.vlan for name, item in host.segments.items()}
        for host in site_hosts(Shared.of(territory))
    }
    return replace(
        territory,
        communes={
            stem: _commune(stem, commune, segments) for stem, commune in territory.communes.items()
        },
    )


def _commune(stem: str, commune: Commune, segments: dict[str, dict[str, int]]) -> Commune:
    sites = {name: _site(f"{stem}-{name}", site, segments) for name, site in commune.sites.items()}
    return commune.model_copy(update={"sites": sites})


def _site(prefix: str, site: Site, segments: dict[str, dict[str, int]]) -> Site:
    hosts = {name: _host(host, segments[f"{prefix}-{name}"]) for name, host in site.hosts.items()}
    return site.model_copy(update={"hosts": hosts})


def _host(host: Host, segments: dict[str, int]) -> Host:
    if host.trunk is None:
        return host
    ports = {name: host.ports.get(name, f"lan{vlan}") for name, vlan in segments.items()}
    return host.model_copy(update={"trunk": None, "ports": ports})

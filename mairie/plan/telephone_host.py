"""Which host has the telephone system of a commune, and where it answers."""

from __future__ import annotations

from collections.abc import Iterator

from mairie.plan.addressing import HostAddress
from mairie.plan.context import SERVER_SEGMENT, HubHost, Shared, SiteHost, commune_hosts


def telephone_host(shared: Shared, commune: str) -> SiteHost | None:
    """Return the first server of a commune with phones; None without phones, or without a server.

    First in the order of its file, where the main site is written first.
    """
    if not shared.territory.communes[commune].has_telephony:
        return None
    return next((each for each in commune_hosts(shared, commune) if "server" in each.roles), None)


def has_voip(place: SiteHost) -> bool:
    """Whether a host has the telephone system of its commune."""
    if "server" not in place.roles or not place.commune.has_telephony:
        return False
    found = telephone_host(place.shared, place.commune_stem)
    return found is not None and found.name == place.name


def telephone_hosts(hub: HubHost) -> Iterator[SiteHost]:
    """Yield the telephone hosts of the communes that call a hub, by index."""
    for stem, commune in hub.shared.territory.communes.items():
        if commune.has_telephony and hub.shared.hub_name(commune) == hub.name:
            found = telephone_host(hub.shared, stem)
            if found is not None:
                yield found


def own_address(place: SiteHost) -> HostAddress:
    """Return the address on which a telephone host answers, in segment ``servers``."""
    return place.own_address(place.reference.segments[SERVER_SEGMENT])

"""Which hosts need packages that Debian does not have, and where they come from."""

from __future__ import annotations

from mairie.plan.context import HubHost, SiteHost
from mairie.plan.parts.packages import PackageSource
from mairie.plan.telephone_host import has_voip, telephone_hosts

SERVICE = "packages"
OF_TELEPHONY = ("asterisk",)


def package_source(place: HubHost | SiteHost) -> PackageSource | None:
    """Return the source of telephone hosts and of their hub.

    None elsewhere, and before the syndicate has a key to sign with.
    """
    certificate = place.shared.territory.package_certificate
    if not certificate or not _has_telephony(place):
        return None
    hub = place.name if isinstance(place, HubHost) else place.hub_name
    reference = place.shared.references.for_host(None, ("hub",))
    return PackageSource(
        address=place.shared.hub_address(hub).ipv4,
        port=int(reference.services[SERVICE][0].removeprefix("tcp/")),
        certificate=certificate,
        names=OF_TELEPHONY,
    )


def _has_telephony(place: HubHost | SiteHost) -> bool:
    if isinstance(place, HubHost):
        return any(True for _ in telephone_hosts(place))
    return has_voip(place)

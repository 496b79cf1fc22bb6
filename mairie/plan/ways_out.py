"""What calls to the public network leave by, beside the trunk: the site's uplinks."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

from mairie.model.telephony import Telephony
from mairie.plan.context import SiteHost


def only_uplink(place: SiteHost) -> str:
    """Return the uplink without which no call leaves; empty where there is another way.

    A trunk is a way over the internet, unless its host is an address of the commune itself: a box
    on the premises with a line of its own.

    Args:
        place: the telephone host of a commune.

    Returns:
        name of the uplink, else its kind.

    """
    telephony = place.commune.telephony or Telephony()
    if len(place.uplinks) > 1 or any(
        _on_the_premises(place, trunk.host) for trunk in telephony.trunks.values()
    ):
        return ""
    return place.uplinks[0].key


def _on_the_premises(place: SiteHost, host: str) -> bool:
    try:
        at = IPv4Address(host)
    except ValueError:
        return False
    prefix, _ = place.shared.addressing.commune(place.commune.index).text
    return at in IPv4Network(prefix)

"""Slips with codes for visitors, to be cut out and handed over at the reception."""

from __future__ import annotations

from dataclasses import dataclass, field

from mairie.errors import MairieError
from mairie.plan.host import HostPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """One code."""

    place: str
    ssid: str
    """Of the visitors' network on the gateway's own radios; empty without."""
    number: int
    """By which the gateway lists it and takes it back."""
    code: str = field(repr=False)
    hours: int


def slips(plan: HostPlan, printed: str) -> tuple[Slip, ...]:
    """Return the slips of codes that a gateway has just made.

    Args:
        plan: of the gateway.
        printed: what its program printed: number, code and hours, a line each.

    Raises:
        MairieError: it printed something else.

    """
    radios = plan.wifi.radios if plan.wifi else ()
    names = (
        network.ssid for radio in radios for network in radio.networks if network.security == "open"
    )
    ssid = next(names, "")
    place = f"{plan.place.commune_label} · {plan.place.site_label}"
    found = []
    for line in printed.splitlines():
        try:
            number, code, hours = line.split("\t")
            length = int(hours.removesuffix(" h"))
            slip = Slip(place=place, ssid=ssid, number=int(number), code=code, hours=length)
        except ValueError:
            raise MairieError(
                f"{plan.name} answered something else than codes; deploy it, since its program is "
                "of another version"
            ) from None
        found.append(slip)
    return tuple(found)

"""Brick ``mail``: which host of a commune sends mail, and through which relay."""

from __future__ import annotations

from mairie.model.commune import Commune
from mairie.model.mail import COMMUNE
from mairie.plan.context import SiteHost
from mairie.plan.parts.mail import MailPlan
from mairie.plan.telephone_host import has_voip

WRAPPED_PORT = 465
"""TLS from the first byte (RFC 8314)."""


def sends_mail(commune: Commune) -> bool:
    """Whether a commune's telephone system has something to send: messages, or faxes."""
    of_phones = any(phone.mail is not None for phone in commune.phones.values())
    return of_phones or (commune.telephony is not None and bool(commune.telephony.faxes))


def has_mail(place: SiteHost) -> bool:
    """Whether a host sends mail."""
    return place.shared.syndicate.mail is not None and sends_mail(place.commune) and has_voip(place)


def site_mail(place: SiteHost) -> MailPlan | None:
    """Return how a host's messages leave; None on a host that sends none."""
    written = place.shared.syndicate.mail
    if written is None or not has_mail(place):
        return None
    reference = place.reference.mail
    return MailPlan(
        relay=written.relay,
        port=written.port,
        wrapped=written.port == WRAPPED_PORT,
        username=written.username.replace(COMMUNE, place.commune_stem),
        sender=written.sender.replace(COMMUNE, place.commune_stem),
        keep_days=reference.keep_days,
        late_hours=reference.late_hours,
    )

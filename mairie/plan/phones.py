"""Brick ``phones``: which phones set themselves up, from where, and with what."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final, cast
from zoneinfo import ZoneInfo

from mairie.model.commune import Commune
from mairie.model.telephony import LINPHONE, PROGRAMS, VOICE_SEGMENT, Phone
from mairie.plan.addressing import GATEWAY_NUMBER, address
from mairie.plan.context import HubHost, SiteHost
from mairie.plan.dialling import short_code
from mairie.plan.interfaces import reserved_address
from mairie.plan.parts.network import DhcpOption
from mairie.plan.parts.phones import (
    Contact,
    DeskPhone,
    Maker,
    PhoneClock,
    PhonesPlan,
    Program,
    Summer,
)
from mairie.plan.parts.voip import SIP_PORT, SIPS_PORT
from mairie.plan.telephone_host import has_voip, own_address, telephone_host, telephone_hosts

PORT: Final = 443
INVITATION: Final = "s/"
"""What the path of an invitation begins with; a token follows."""
TFTP_SERVER_NAME: Final = 66
BOOTFILE_NAME: Final = 67
"""DHCP options (RFC 2132 sections 9.4 and 9.5). Makers take a URL in the first."""


def has_phones(place: SiteHost) -> bool:
    """Whether a host sets phones up: the telephone host of a commune with some that can be."""
    return has_voip(place) and any(map(is_set_up, place.commune.phones.values()))


def is_set_up(phone: Phone) -> bool:
    """Whether a phone fetches what it needs: hardware does, and a program that reads codes."""
    return phone.mac is not None or phone.model == LINPHONE


def site_phones(place: SiteHost) -> PhonesPlan | None:
    """Return how the phones of a commune are set up; None on every other host."""
    if not has_phones(place):
        return None
    at = own_address(place).ipv4
    reference = place.reference.telephony
    transport = reference.desk_transport
    return PhonesPlan(
        address=at,
        port=PORT,
        url=_url(at),
        registrar=at,
        registrar_port=SIPS_PORT if transport == "tls" else SIP_PORT,
        transport=transport,
        desk_codecs=reference.desk_codecs,
        program_codecs=reference.program_codecs,
        clock=clock(place.commune.timezone, min(reference.holiday_years)),
        phones=tuple(_phones(place)),
        programs=tuple(_programs(place)),
        invitations=f"http://{at}:{PORT}/{INVITATION}",
        program_port=SIPS_PORT,
        directory=(*_own(place.commune), *_others(place)),
    )


def dhcp_options(place: SiteHost) -> tuple[DhcpOption, ...]:
    """Return what the gateway of a site tells its phones; nothing where there are none."""
    here = [
        (name, phone)
        for name, phone in sorted(place.commune.phones.items())
        if phone.site == place.site_stem and phone.mac is not None
    ]
    server = telephone_host(place.shared, place.commune_stem)
    if not here or server is None:
        return ()
    everyone = DhcpOption(
        segment=VOICE_SEGMENT,
        name="",
        mac="",
        number=TFTP_SERVER_NAME,
        value=_url(own_address(server).ipv4),
    )
    # A Snom wants to be told the name of its file; the others make it up from their address.
    files = (
        DhcpOption(
            segment=VOICE_SEGMENT,
            name=name,
            mac=phone.mac or "",
            number=BOOTFILE_NAME,
            value=file_of(phone),
        )
        for name, phone in here
        if maker_of(phone) == "snom"
    )
    return (everyone, *files)


def maker_of(phone: Phone) -> Maker:
    """Return who made a phone with a MAC address."""
    return cast(Maker, phone.model.partition("-")[0])


def file_of(phone: Phone) -> str:
    """Return the name of the file that a phone with a MAC address asks for."""
    digits = (phone.mac or "").replace(":", "")
    model = phone.model.partition("-")[2].upper()
    names = {
        "yealink": f"{digits}.cfg",
        "snom": f"snom{model}-{digits.upper()}.htm",
        "grandstream": f"cfg{digits}.xml",
    }
    return names[maker_of(phone)]


def clock(name: str, year: int) -> PhoneClock:
    """Return a time zone as phones understand it.

    Args:
        name: of the time zone (IANA).
        year: whose rules count.

    """
    zone = ZoneInfo(name)

    def offset(month: int, day: int) -> int:
        moment = datetime(year, month, day, 12, tzinfo=UTC).astimezone(zone)
        shift = moment.utcoffset()
        return int(shift.total_seconds()) // 60 if shift is not None else 0

    winter, summer = offset(1, 15), offset(7, 15)
    rule: Summer = ""
    if summer != winter:
        # Between the second and the last Sunday of March only one of the two has begun.
        rule = "us" if offset(3, 20) == summer else "eu"
    return PhoneClock(name=name, offset_minutes=winter, summer=rule)


def _url(address: str) -> str:
    return f"https://{address}/"


def _phones(place: SiteHost) -> Iterator[DeskPhone]:
    for name, phone in sorted(place.commune.phones.items()):
        if phone.mac is None:
            continue
        there = _site_of(place, phone)
        voice = there.segments[VOICE_SEGMENT]
        yield DeskPhone(
            name=name,
            number=phone.number,
            label=phone.label,
            site_label=there.site.label,
            mac=phone.mac,
            maker=maker_of(phone),
            model=phone.model.partition("-")[2].upper(),
            address=f"{phone.address or reserved_address(there, name, voice)}",
            file=file_of(phone),
            time_server=address(there.segment_prefixes(voice), GATEWAY_NUMBER).ipv4,
            voicemail=phone.voicemail,
        )


def more_prefixes(site: SiteHost, phone: Phone) -> tuple[str, ...]:
    """Return the IPv4 prefixes, beside segment ``voice``, from which a phone may register.

    Only of its own site: its emergency calls show the number of that building.

    Args:
        site: any host of the phone's site.
        phone: hardware, which has none, or a program.

    """
    if phone.model not in PROGRAMS:
        return ()
    return tuple(
        site.segment_prefixes(site.segments[name]).text[0]
        for name in site.reference.telephony.program_segments
        if name in site.segments
    )


def _programs(place: SiteHost) -> Iterator[Program]:
    for name, phone in sorted(place.commune.phones.items()):
        if phone.model != LINPHONE:
            continue
        there = _site_of(place, phone)
        voice = there.segment_prefixes(there.segments[VOICE_SEGMENT]).text[0]
        yield Program(
            name=name,
            number=phone.number,
            label=phone.label,
            site_label=there.site.label,
            file=f"{LINPHONE}-{name}.xml",
            prefixes=(voice, *more_prefixes(there, phone)),
            voicemail=phone.voicemail,
        )


def _site_of(place: SiteHost, phone: Phone) -> SiteHost:
    site = place.commune.sites[phone.site]
    return SiteHost(
        place.shared, place.commune_stem, place.commune, phone.site, site, "", place.host
    )


def _own(commune: Commune) -> Iterator[Contact]:
    """Yield what is dialled inside: the reception, groups, then people by what they are called."""
    telephony = commune.telephony
    if telephony is not None and telephony.reception is not None:
        yield Contact(label="Réception", number=telephony.reception.number)
    groups = telephony.groups.values() if telephony is not None else ()
    known = [(each.label, each.number) for each in (*groups, *commune.phones.values())]
    for label, number in sorted(known):
        yield Contact(label=label, number=number)


def _others(place: SiteHost) -> Iterator[Contact]:
    """Yield the receptions of other communes of the hub, by name."""
    hub = HubHost(place.shared, place.hub_name, place.shared.syndicate.hubs[place.hub_name])
    digits = place.reference.telephony.code_digits
    found = []
    for each in telephone_hosts(hub):
        telephony = each.commune.telephony
        if each.commune_stem != place.commune_stem and telephony and telephony.reception:
            code = short_code(each.commune.index, digits)
            number = f"*{code}{telephony.reception.number}"
            found.append(Contact(label=f"Mairie de {each.commune.name}", number=number))
    yield from sorted(found, key=lambda contact: contact.label)

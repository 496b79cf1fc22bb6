"""Brick ``voip``: the telephone system of a commune, and the exchange on its hub."""

from __future__ import annotations

from collections.abc import Iterator

from mairie.model.numbering import PhoneTerritory
from mairie.model.telephony import VOICE_SEGMENT, Phone, Telephony
from mairie.plan.context import HubHost, SiteHost
from mairie.plan.dialling import calling_code, short_code, territory_of
from mairie.plan.opening import closed_days, spans
from mairie.plan.parts.voip import (
    Announcement,
    EmergencyNumber,
    ExchangePlan,
    Extension,
    FaxLine,
    Guard,
    MediaCodec,
    Neighbour,
    NumberClass,
    Reception,
    RingGroup,
    Spending,
    Trunk,
    VoipPlan,
)
from mairie.plan.phones import has_phones, more_prefixes, site_phones
from mairie.plan.telephone_host import has_voip, own_address, telephone_hosts
from mairie.plan.ways_out import only_uplink


def site_voip(place: SiteHost) -> VoipPlan | None:
    """Return the telephone system of a commune; None on every other of its hosts."""
    if not has_voip(place):
        return None
    telephony = place.commune.telephony or Telephony()
    reference = place.reference.telephony
    territory = territory_of(place.commune.insee, reference)
    if territory is None:
        raise KeyError(place.commune.insee)
    at = own_address(place)
    first, last = rtp_range(place)
    return VoipPlan(
        ipv4=at.ipv4,
        ipv6=at.ipv6,
        country=territory.country,
        country_code=calling_code(territory.country),
        code=short_code(place.commune.index, reference.code_digits),
        extensions=tuple(_extensions(place, telephony)),
        groups=tuple(_groups(telephony)),
        reception=_reception(telephony, territory, reference.holiday_years),
        trunks=tuple(_trunks(place, telephony)),
        emergency=tuple(_emergency(telephony, territory)),
        classes=tuple(_classes(telephony, territory)),
        spending=_spending(telephony, territory),
        hub=_hub(place),
        neighbours=tuple(_neighbours(place)),
        desk_codecs=reference.desk_codecs,
        program_codecs=reference.program_codecs,
        hub_codecs=_call_codecs(place),
        records_days=reference.records.days,
        rtp_first=first,
        rtp_last=last,
        guard=_guard(place),
        certificate=has_phones(place),
        faxes=tuple(
            FaxLine(name=name, number=fax.number, mail=fax.mail)
            for name, fax in sorted(telephony.faxes.items())
        ),
        announcements=tuple(_announcements(place, telephony)),
        only_uplink=only_uplink(place),
    )


def hub_exchange(place: HubHost) -> ExchangePlan | None:
    """Return what connects the communes of a hub; None where none has a telephone system."""
    communes = tuple(_neighbour(each, own_address(each).ipv4) for each in telephone_hosts(place))
    if not communes:
        return None
    first, last = rtp_range(place)
    known = {
        codec: None
        for uplink in place.reference.uplink_classes.values()
        for codec in uplink.call_codecs
    }
    order: tuple[MediaCodec, ...] = ("g722", "alaw", "opus", "gsm")
    return ExchangePlan(
        ipv4=place.tunnel.ipv4,
        ipv6=place.tunnel.ipv6,
        communes=communes,
        codecs=tuple(codec for codec in order if codec in known),
        records_days=place.reference.telephony.records.days,
        rtp_first=first,
        rtp_last=last,
    )


def rtp_range(place: HubHost | SiteHost) -> tuple[int, int]:
    """Return the first and the last UDP port of sound, as the firewall lets it through."""
    first, _, last = place.reference.services["rtp"][0].removeprefix("udp/").partition("-")
    return int(first), int(last)


def _extensions(place: SiteHost, telephony: Telephony) -> Iterator[Extension]:
    sites = {each.site_stem: each for each in _sites(place)}
    for name, phone in sorted(place.commune.phones.items()):
        yield _extension(name, phone, sites[phone.site], telephony)


def _sites(place: SiteHost) -> Iterator[SiteHost]:
    """Yield the gateway of every site of the commune."""
    for stem, site in place.commune.sites.items():
        for name, host in site.hosts.items():
            if "gateway" in host.roles:
                yield SiteHost(
                    place.shared, place.commune_stem, place.commune, stem, site, name, host
                )


def _extension(name: str, phone: Phone, site: SiteHost, telephony: Telephony) -> Extension:
    prefix_ipv4, _ = site.segment_prefixes(site.segments[VOICE_SEGMENT]).text
    main = telephony.number or ""
    return Extension(
        name=name,
        number=phone.number,
        label=phone.label,
        building=site.site.label,
        site=phone.site,
        prefix_ipv4=prefix_ipv4,
        right=phone.right,
        outgoing=phone.outgoing or main,
        emergency_caller=telephony.sites.get(phone.site, main),
        voicemail=phone.voicemail,
        mail=phone.mail or "",
        pickup=phone.site,
        model=phone.model,
        mac=phone.mac or "",
        more_prefixes=more_prefixes(site, phone),
    )


def _groups(telephony: Telephony) -> Iterator[RingGroup]:
    for name, group in sorted(telephony.groups.items()):
        yield RingGroup(
            name=name,
            number=group.number,
            label=group.label,
            members=group.members,
            strategy=group.strategy,
            seconds=group.seconds,
            otherwise=group.otherwise or "",
        )


def _reception(
    telephony: Telephony, territory: PhoneTerritory, years: tuple[int, ...]
) -> Reception | None:
    wanted = telephony.reception
    if wanted is None:
        return None
    return Reception(
        number=wanted.number,
        members=wanted.members,
        seconds=wanted.seconds,
        voicemail=wanted.voicemail,
        hours=spans(wanted),
        closed=closed_days(wanted, territory.holidays, years),
        announcement=wanted.announcement or "",
        closed_announcement=wanted.closed_announcement or "",
    )


def _announcements(place: SiteHost, telephony: Telephony) -> Iterator[Announcement]:
    reception = telephony.reception
    if reception is not None:
        recorded = place.shared.territory.announcements
        played = {reception.announcement, reception.closed_announcement}
        for name in sorted(each for each in played if each):
            yield Announcement(name=name, sound=recorded[name])


def _trunks(place: SiteHost, telephony: Telephony) -> Iterator[Trunk]:
    authorities = place.shared.territory.authorities
    for name, trunk in telephony.trunks.items():
        yield Trunk(
            name=name,
            label=trunk.label,
            kind=trunk.kind,
            host=trunk.host,
            port=trunk.signalling_port,
            transport=trunk.transport,
            srtp=trunk.srtp,
            authority=authorities[trunk.authority] if trunk.authority else "",
            username=trunk.username or "",
            codecs=trunk.codecs,
            channels=trunk.channels,
            numbers=trunk.numbers,
            local=trunk.local,
            dial_format=trunk.dial_format,
        )


def _emergency(telephony: Telephony, territory: PhoneTerritory) -> Iterator[EmergencyNumber]:
    for number, item in sorted({**territory.emergency, **telephony.emergency}.items()):
        yield EmergencyNumber(
            number=number,
            label=item.label,
            source=item.source,
            checked=f"{item.checked or ''}",
        )


def _classes(telephony: Telephony, territory: PhoneTerritory) -> Iterator[NumberClass]:
    for place, pattern in enumerate(telephony.blocked, start=1):
        yield NumberClass(
            name=f"blocked-{place}",
            pattern=pattern,
            right="international",
            cents_per_minute=0,
            blocked=True,
        )
    for name, item in territory.outside.classes.items():
        yield NumberClass(
            name=name,
            pattern=item.pattern,
            right=item.right,
            cents_per_minute=item.per_minute,
            blocked=item.blocked,
        )


def _spending(telephony: Telephony, territory: PhoneTerritory) -> Spending:
    outside = territory.outside
    daily = telephony.spending.daily if telephony.spending is not None else outside.daily
    return Spending(daily_cents=daily, currency=outside.currency)


def _call_codecs(place: SiteHost) -> tuple[MediaCodec, ...]:
    """Return what every uplink of the site carries, in the order of the preferred one."""
    kinds = [place.reference.uplink_classes[uplink.kind] for uplink in place.uplinks]
    return tuple(
        codec for codec in kinds[0].call_codecs if all(codec in kind.call_codecs for kind in kinds)
    )


def _guard(place: SiteHost) -> Guard:
    wanted = place.reference.telephony.guard
    ipv4, ipv6 = place.shared.addressing.commune(place.commune.index).text
    desks = site_phones(place)
    return Guard(
        prefixes_ipv4=(ipv4,),
        prefixes_ipv6=(ipv6,),
        known=tuple(sorted(phone.address for phone in desks.phones)) if desks else (),
        source_rate=wanted.source_rate,
        source_burst=wanted.source_burst,
        all_rate=wanted.all_rate,
        all_burst=wanted.all_burst,
        tries=wanted.tries,
        seconds=60 * wanted.minutes,
        alert=wanted.alert,
    )


def _hub(place: SiteHost) -> Neighbour:
    at = place.shared.hub_address(place.hub_name)
    label = place.shared.syndicate.hubs[place.hub_name].label
    return Neighbour(commune=place.hub_name, label=label, code="", ipv4=at.ipv4)


def _neighbours(place: SiteHost) -> Iterator[Neighbour]:
    """Yield the other communes of the hub; they answer by way of it."""
    hub = HubHost(place.shared, place.hub_name, place.shared.syndicate.hubs[place.hub_name])
    at = place.shared.hub_address(place.hub_name).ipv4
    for each in telephone_hosts(hub):
        if each.commune_stem != place.commune_stem:
            yield _neighbour(each, at)


def _neighbour(place: SiteHost, ipv4: str) -> Neighbour:
    return Neighbour(
        commune=place.commune_stem,
        label=place.commune.name,
        code=short_code(place.commune.index, place.reference.telephony.code_digits),
        ipv4=ipv4,
    )

"""Radios of a host, the networks they have on the air, and between which of them devices roam."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace

from mairie.model.commune import Commune, Site, SiteNetwork
from mairie.model.commune import Radio as RadioModel
from mairie.model.reference import Network as NetworkModel
from mairie.model.reference import Reference
from mairie.plan import channels
from mairie.plan.context import SiteHost
from mairie.plan.parts.wifi import Band, KeyHolder, Neighbour, Network, Radio, WifiDevice

MAX_BSS = 8
"""Networks at a time that common drivers can do; an open one with transition counts twice."""
ROAM = ("enterprise", "personal")
"""Kinds of networks between whose radios devices take a key with them; others have none to take."""
BSSID_BLOCK = 16
"""Addresses of one radio: drivers want those of all its networks to differ in the last bits."""


def networks_of(place: SiteHost) -> dict[str, NetworkModel]:
    """Return the networks on the air of a site, by name, as the reference and the site say."""
    return {
        name: network
        for name, network in named(place.reference, place.commune, place.site).items()
        if network.on
        and network.segment in place.segments
        and (network.security != "devices" or devices_of(place.site, network.segment))
    }


def named(reference: Reference, commune: Commune, site: Site) -> dict[str, NetworkModel]:
    """Return all networks as a site names and switches them, whether or not it has them."""
    found: dict[str, NetworkModel] = {}
    for name, network in reference.networks.items():
        local = site.networks.get(name, SiteNetwork(roaming=None, lessons=None))
        ssid = (local.ssid or network.ssid).replace("{commune}", commune.name)
        on = network.on if local.on is None else local.on
        roaming = network.roaming if local.roaming is None else local.roaming
        lessons = network.lessons if local.lessons is None else local.lessons
        update = {"ssid": ssid, "on": on, "roaming": roaming, "lessons": lessons}
        found[name] = network.model_copy(update=update)
    return found


def devices_of(site: Site, segment: str) -> tuple[WifiDevice, ...]:
    """Return the equipment of a site that comes by radio into a segment."""
    return tuple(
        WifiDevice(name=name, label=item.label or "", mac=item.mac)
        for name, item in sorted(site.equipment.items())
        if item.wifi and item.segment == segment
    )


def radios(place: SiteHost) -> tuple[Radio, ...]:
    """Return the radios of a host, by name."""
    if not place.host.radios:
        return ()
    holders = _key_holders(place)
    elsewhere = tuple(_on_known_channels(place))
    return tuple(
        _radio(place, name, model, holders, elsewhere)
        for name, model in sorted(place.host.radios.items())
    )


Domain = tuple[str, Band, int]
"""A network, a band, and which of the radios of a host in that band, counted from 0."""


def _domains(place: SiteHost) -> Iterator[tuple[Domain, Network]]:
    """Yield the networks of a host's radios that roam, with the domain that each belongs to.

    Radios of one host are never in one domain: each has a hostapd of its own, and the kernel
    carries no frame from one bridge port of a host to another.
    """
    if not place.host.radios:
        return
    roaming = {name for name, each in networks_of(place).items() if each.roaming}
    for name, model in sorted(place.host.radios.items()):
        rank = sum(
            other.band == model.band for key, other in place.host.radios.items() if key < name
        )
        for network in _networks(place, name, model.band):
            if network.name in roaming and network.security in ROAM:
                yield (network.name, model.band, rank), network


def _key_holders(place: SiteHost) -> dict[Domain, tuple[KeyHolder, ...]]:
    """Return the radios of the site that share devices, by domain."""
    found: dict[Domain, tuple[KeyHolder, ...]] = {}
    for host in place.neighbours():
        for domain, network in _domains(host):
            identifier = f"{host.stem}-{network.interface}"
            holder = KeyHolder(bssid=network.bssid, nas_identifier=identifier)
            found[domain] = (*found.get(domain, ()), holder)
    return {domain: holders for domain, holders in found.items() if len(holders) > 1}


def _shared(
    place: SiteHost, networks: Iterator[Network], holders: dict[Domain, tuple[KeyHolder, ...]]
) -> Iterator[Network]:
    """Yield networks, those that roam with the radios they share devices with."""
    domains = {network.bssid: domain for domain, network in _domains(place)}
    for network in networks:
        domain = domains.get(network.bssid)
        if domain is None or domain not in holders:
            yield network
            continue
        (own,) = (each for each in holders[domain] if each.bssid == network.bssid)
        where = f"{place.commune_stem}-{place.site_stem} {' '.join(map(str, domain))}"
        yield replace(
            network,
            nas_identifier=own.nas_identifier,
            mobility_domain=_digest(where)[:2].hex(),
            key_holders=tuple(each for each in holders[domain] if each != own),
        )


def _radio(
    place: SiteHost,
    name: str,
    model: RadioModel,
    holders: dict[Domain, tuple[KeyHolder, ...]],
    elsewhere: tuple[tuple[str, Neighbour], ...],
) -> Radio:
    spectrum = place.reference.spectrum[channels.country_of(place.commune.insee)]
    width = model.width or channels.DEFAULT_WIDTH[model.band]
    among = (model.channel,) if model.channel else channels.choices(spectrum, model.band, width)
    return Radio(
        name=name,
        band=model.band,
        channel=model.channel or 0,
        channels=() if model.channel else among,
        centre=channels.centre(model.band, model.channel, width) if model.channel else 0,
        width=width,
        power=model.power or channels.ceiling(spectrum, model.band, among, width),
        country=spectrum.regulatory,
        networks=tuple(
            replace(network, neighbours=_neighbours(network, elsewhere))
            for network in _shared(place, _networks(place, name, model.band), holders)
        ),
    )


def _on_known_channels(place: SiteHost) -> Iterator[tuple[str, Neighbour]]:
    """Yield name and whereabouts of each network of a site, on radios with a channel of their own.

    Those for lessons are left out: most of the time they are not there.
    """
    for host in place.neighbours():
        for name, model in sorted(host.host.radios.items()):
            if not model.channel:
                continue
            for network in _networks(host, name, model.band):
                if not network.lessons:
                    yield (
                        network.name,
                        Neighbour(
                            bssid=network.bssid,
                            owe_bssid=network.owe_bssid,
                            band=model.band,
                            channel=model.channel,
                            shares_sessions=False,
                        ),
                    )


def _neighbours(
    network: Network, elsewhere: tuple[tuple[str, Neighbour], ...]
) -> tuple[Neighbour, ...]:
    """Return the whereabouts of a network beside its own."""
    shared = {holder.bssid for holder in network.key_holders}
    return tuple(
        replace(found, shares_sessions=found.bssid in shared)
        for name, found in elsewhere
        if name == network.name and found.bssid != network.bssid and not network.lessons
    )


def _networks(place: SiteHost, radio: str, band: Band) -> Iterator[Network]:
    transition = band != "6"
    number = 0
    there = networks_of(place)
    # The radio's own interface is that of the first: of one that is there without a lesson.
    first = next((name for name, model in there.items() if not model.lessons), None)
    for name, model in sorted(there.items(), key=lambda item: item[0] != first):
        if model.security == "devices" and not transition:
            continue  # what has a key of its own knows no WPA3, and no 6 GHz
        segment = place.segments[model.segment]
        second = model.security == "open" and transition
        yield Network(
            name=name,
            ssid=model.ssid,
            security=model.security,
            transition=transition,
            segment=model.segment,
            vlan=segment.vlan,
            bridge=f"br-{model.segment}",
            isolated=segment.isolated or model.security == "open",
            interface=_interface(radio, number),
            bssid=bssid(place.name, radio, number),
            owe_interface=_interface(radio, number + 1) if second else "",
            owe_bssid=bssid(place.name, radio, number + 1) if second else "",
            owe_ssid=f"owe-{_digest(model.ssid)[:8].hex()}" if second else "",
            devices=devices_of(place.site, model.segment) if model.security == "devices" else (),
            nas_identifier=_interface(radio, number),
            mobility_domain="",
            key_holders=(),
            neighbours=(),
            lessons=model.lessons,
        )
        number += 2 if second else 1


def _interface(radio: str, number: int) -> str:
    return f"{radio}-{number}" if number else radio


def bssid(host: str, radio: str, number: int) -> str:
    """Return the address of a BSS: locally administered, the same at every deploy."""
    raw = bytearray(_digest(f"{host} {radio}")[:6])
    raw[0] = raw[0] & 0b11111100 | 0b10
    raw[5] = raw[5] // BSSID_BLOCK * BSSID_BLOCK + number
    return ":".join(f"{byte:02x}" for byte in raw)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()

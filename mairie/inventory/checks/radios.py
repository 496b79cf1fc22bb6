"""Radios and networks on the air: what a country allows, what devices can see, what fits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mairie.inventory.checks.facts import Facts, SitePlace
from mairie.inventory.problems import Problem, listing, unknown
from mairie.inventory.yaml_nodes import Key
from mairie.model.commune import ACCESS_POINT_SEGMENT, PUBLIC_SEGMENT, Host, Radio
from mairie.model.reference import Network, Reference, Segment, Spectrum
from mairie.plan import channels
from mairie.plan.parts.wifi import Band
from mairie.plan.radio import MAX_BSS, ROAM, named

SSID_BYTES = 32
"""IEEE 802.11-2020, section 9.4.2.2."""


def problems(facts: Facts) -> Iterator[Problem]:
    """Yield what keeps radios, or networks on the air, from working."""
    for merged in list(facts.references.values()):
        for path, message in _reference(merged.model) if merged.model is not None else ():
            yield facts.sources.reference_problem(path, message, merged.commune, merged.layers)
    for place in facts.sites():
        reference = facts.site_reference(place)
        if reference is not None:
            for path, message in _site(facts, place, reference):
                yield facts.sources.in_commune(place.commune_stem, (*place.path, *path), message)


def _reference(reference: Reference) -> Iterator[tuple[Key, str]]:
    allowed = [name for name in reference.segments if name != ACCESS_POINT_SEGMENT]
    people = [name for name, segment in reference.segments.items() if segment.people]
    for name, network in reference.networks.items():
        path: Key = ("networks", name, "segment")
        segment = reference.segments.get(network.segment)
        if segment is None:
            yield path, unknown("segment", network.segment, allowed)
        elif network.segment == ACCESS_POINT_SEGMENT:
            message = f'"{ACCESS_POINT_SEGMENT}" is never on the air'
            yield path, f"{message}; allowed: {listing(allowed)}"
        elif network.lessons and network.security != "personal":
            message = f'a network for lessons opens with a passphrase, not "{network.security}"'
            hint = "write security: personal, or lessons: false"
            yield ("networks", name, "lessons"), f"{message}; {hint}"
        elif network.lessons and network.segment == PUBLIC_SEGMENT:
            message = f'"{PUBLIC_SEGMENT}" has a page of its own, for visitors'
            yield path, f"{message}; a network for lessons needs another segment"
        elif network.security == "enterprise" and not segment.people:
            message = f'people may not be put into "{network.segment}"'
            yield path, f"{message}; allowed: {listing(people)}"
        if network.roaming and network.security not in ROAM:
            yield ("networks", name, "roaming"), _no_key(network)
    for code, spectrum in reference.spectrum.items():
        for band, spans in spectrum.bands.items():
            for number, span in enumerate(spans):
                if span.last < span.first:
                    message = f"{span.last} is before the first; write the lower channel first"
                    yield ("spectrum", code, "bands", band, number, "last"), message


def _site(facts: Facts, place: SitePlace, reference: Reference) -> Iterator[tuple[Key, str]]:
    present = facts.segments(place, reference)
    hosts = {stem: host for stem, host in place.site.hosts.items() if host.radios}
    for name in place.site.networks:
        if name not in reference.networks:
            yield ("networks", name), unknown("network", name, reference.networks)
        elif not hosts:
            message = "no gateway of this site has radios; add radios: to it, or remove networks"
            yield ("networks", name), message
        elif place.site.networks[name].roaming and reference.networks[name].security not in ROAM:
            yield ("networks", name, "roaming"), _no_key(reference.networks[name])
    yield from _devices(place, reference, present, bool(hosts))
    if not hosts:
        return
    on_air = _on_air(place, reference, present)
    yield from _ssids(on_air)
    for stem, host in hosts.items():
        if "ap" in host.roles and not on_air:
            message = "no network of this site is on the air; switch one on, add its segment to the"
            yield ("hosts", stem, "radios"), f"{message} site, or remove this host"
        for path, message in _radios(place, reference, host, on_air):
            yield ("hosts", stem, "radios", *path), message


def _no_key(network: Network) -> str:
    return (
        f"devices take a key along where security is {' or '.join(ROAM)}, not "
        f'"{network.security}"; remove roaming'
    )


def _on_air(place: SitePlace, reference: Reference, present: Iterable[str]) -> dict[str, Network]:
    networks = named(reference, place.commune, place.site)
    there = set(present)
    return {name: each for name, each in networks.items() if each.on and each.segment in there}


def _devices(
    place: SitePlace, reference: Reference, present: dict[str, Segment], radios: bool
) -> Iterator[tuple[Key, str]]:
    on_air = _on_air(place, reference, present).values()
    offered = [network.segment for network in on_air if network.security == "devices"]
    slow = any(
        radio.band != "6" for host in place.site.hosts.values() for radio in host.radios.values()
    )
    for name, item in place.site.equipment.items():
        path: Key = ("equipment", name, "wifi")
        if not item.wifi:
            continue
        if not radios:
            yield path, "no gateway of this site has radios; add radios: to it, or remove wifi"
        elif item.segment not in offered:
            message = f'no network gives devices a key of their own in "{item.segment}"'
            yield path, f"{message}; there are: {listing(offered) or 'none'}"
        elif not slow:
            message = "devices with a key of their own do not come on 6 GHz"
            yield path, f"{message}; add a radio of another band"


def _ssids(on_air: dict[str, Network]) -> Iterator[tuple[Key, str]]:
    taken: dict[str, str] = {}
    for name, network in on_air.items():
        path: Key = ("networks", name, "ssid")
        ssid = network.ssid
        if len(ssid.encode()) > SSID_BYTES:
            yield (
                path,
                f'"{ssid}" has {len(ssid.encode())} bytes in UTF-8, where an accented letter has '
                f"two; at most {SSID_BYTES}; write a shorter ssid: for network {name}",
            )
        if "{" in ssid or "}" in ssid or not ssid.isprintable():
            message = f'"{ssid}": nothing but {{commune}} is replaced in a name'
            yield path, f"{message}; write it without other braces or control characters"
        if ssid in taken:
            message = f'"{ssid}" is already the name of network {taken[ssid]} on this site'
            yield path, f"{message}; each has its own"
        taken.setdefault(ssid, name)


def _radios(
    place: SitePlace, reference: Reference, host: Host, on_air: dict[str, Network]
) -> Iterator[tuple[Key, str]]:
    country = channels.country_of(place.commune.insee)
    spectrum = reference.spectrum.get(country)
    ports = {host.trunk, *host.ports.values()}
    ports |= set(host.wan.values()) if isinstance(host.wan, dict) else {host.wan}
    seen: dict[tuple[Band, int], str] = {}
    for name, radio in host.radios.items():
        if name in ports:
            yield (name,), f"{name} is already a port of this host; a radio carries networks alone"
        if spectrum is None:
            message = f"no rules for radios in {country}; add spectrum.{country} to the reference"
            yield (name,), message
            continue
        yield from (((name, *path), text) for path, text in _radio(radio, country, spectrum))
        if radio.channel is not None:
            other = seen.setdefault((radio.band, radio.channel), name)
            if other != name:
                message = f"{radio.channel} is already {other}'s; each radio has its own"
                yield (name, "channel"), message
        count = sum(_count(network, radio.band) for network in on_air.values())
        if count > MAX_BSS:
            message = (
                f"{count} names on the air, an open network with transition being two; at most "
                f"{MAX_BSS}; switch networks off with on: false"
            )
            yield (name,), message


def _count(network: Network, band: Band) -> int:
    if network.security == "devices" and band == "6":
        return 0
    return 2 if network.security == "open" and band != "6" else 1


def _radio(radio: Radio, country: str, spectrum: Spectrum) -> Iterator[tuple[Key, str]]:
    band = radio.band
    if not spectrum.bands.get(band):
        bands = listing(f"{each} GHz" for each in spectrum.bands)
        yield ("band",), f"{band} GHz is not allowed in {country}; allowed: {bands}"
        return
    widths = channels.WIDTHS[band]
    width = radio.width or channels.DEFAULT_WIDTH[band]
    if width not in widths:
        message = f"{width} MHz does not fit on {band} GHz; allowed: {listing(widths)}"
        yield ("width",), message
        return
    known = channels.allowed(spectrum, band)
    fitting = tuple(channels.fitting(spectrum, band, width))
    if radio.channel is not None and radio.channel not in known:
        message = f"{radio.channel} is not allowed on {band} GHz in {country}"
        yield ("channel",), f"{message}; allowed: {listing(known, 30)}"
        return
    if radio.channel is not None and radio.channel not in fitting:
        message = f"{width} MHz do not fit around channel {radio.channel} in {country}"
        yield ("width" if radio.width else "channel",), f"{message}; {_fits(width, fitting)}"
        return
    among = (radio.channel,) if radio.channel else channels.choices(spectrum, band, width)
    if not among:
        message = f"{width} MHz fit in {country} only on channels shared with radars"
        yield ("width" if radio.width else "band",), f"{message}; write channel:, or less width"
        return
    limit = channels.ceiling(spectrum, band, among, width)
    if radio.power is not None and radio.power > limit:
        where = f"on channel {radio.channel}" if radio.channel else f"on {band} GHz"
        message = f"{radio.power} dBm is too much {where} in {country}"
        yield ("power",), f"{message}; at most {limit}"


def _fits(width: int, fitting: tuple[int, ...]) -> str:
    if not fitting:
        return "write less width"
    return f"{width} MHz fit on {listing(fitting, 30)}"

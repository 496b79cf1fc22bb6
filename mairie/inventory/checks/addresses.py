"""Addresses and MAC addresses that are written: inside their segment, free, and used once."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Interface, IPv4Network

from mairie.inventory.checks.facts import Facts, SitePlace
from mairie.inventory.problems import Problem, listing, unknown
from mairie.inventory.yaml_nodes import Key
from mairie.model.commune import ACCESS_POINT_SEGMENT, Equipment
from mairie.model.reference import Segment
from mairie.plan.addressing import (
    GATEWAY_NUMBER,
    SERVER_NUMBERS,
    Addressing,
    pool,
    server_number,
)
from mairie.plan.context import Shared, SiteHost
from mairie.plan.interfaces import reserved_address
from mairie.plan.reference import ReferenceBook


def problems(facts: Facts) -> Iterator[Problem]:
    """Yield what is wrong with servers' numbers, devices and static uplinks."""
    macs: dict[str, tuple[str, str]] = {}
    statics: dict[IPv4Address, str] = {}
    for place in facts.sites():
        stem = place.commune_stem
        for path, message in _servers(place):
            yield facts.sources.in_commune(stem, (*place.path, *path), message)
        for name, item in place.commune.devices(place.stem).items():
            full = (*_path(place, name), "mac")
            if item.mac in macs:
                label, where = macs[item.mac]
                message = f"{item.mac} is already {label}'s ({where}); each device has its own"
                yield facts.sources.in_commune(stem, full, message)
            where = facts.sources.where(facts.sources.commune_files[stem], full)
            macs.setdefault(item.mac, (name, where))
        for path, message in _equipment(facts, place):
            yield facts.sources.in_commune(stem, path, message)
        for path, message in _statics(facts, place, statics):
            yield facts.sources.in_commune(stem, (*place.uplinks_path, *path), message)


def _servers(place: SitePlace) -> Iterator[tuple[Key, str]]:
    for stem in place.gateways:
        if place.site.hosts[stem].number is not None:
            message = "a gateway is always number 1; remove this key"
            yield ("hosts", stem, "number"), message
    for role in ("server", "ap"):
        numbers = {
            stem: server_number(stem, host.number)
            for stem, host in place.site.hosts.items()
            if set(host.roles) == {role}
        }
        yield from _numbers(place, numbers)


def _numbers(place: SitePlace, numbers: dict[str, int]) -> Iterator[tuple[Key, str]]:
    """Yield numbers that two hosts of one segment have."""
    free = listing(number for number in SERVER_NUMBERS if number not in numbers.values())
    taken: dict[int, str] = {}
    for stem in sorted(numbers, key=lambda stem: place.site.hosts[stem].number is None):
        number, written = numbers[stem], place.site.hosts[stem].number is not None
        if number in taken:
            how = f"{number}" if written else f"{number}, which follows from the name,"
            hint = "free" if written else "write number: with a free one"
            message = f'{how} is already "{taken[number]}"; {hint}: {free}'
            yield ("hosts", stem, "number"), message
        taken.setdefault(number, stem)


def _equipment(facts: Facts, place: SitePlace) -> Iterator[tuple[Key, str]]:
    reference = facts.site_reference(place)
    devices = place.commune.devices(place.stem)
    if reference is None or not devices:
        return
    present = facts.segments(place, reference)
    host = _gateway(facts, place)
    taken = _access_point_hosts(host) if host is not None else {}
    for name in sorted(devices, key=lambda name: (devices[name].address is None, name)):
        item, path = devices[name], _path(place, name)
        if name in place.site.access_points and item.segment not in present:
            continue  # said once for the site (checks/people.py)
        if name in place.commune.phones and item.segment not in present:
            continue  # said of the phone (checks/telephony.py)
        if item.segment not in present:
            known = f"its segments: {listing(present)}"
            absent = f'"{item.segment}" is not on this site; {known}'
            word = unknown("segment", item.segment, reference.segments)
            yield (*path, "segment"), absent if item.segment in reference.segments else word
            continue
        if host is None:
            continue
        segment = present[item.segment]
        prefix = IPv4Network(str(host.segment_prefixes(segment).ipv4))
        if item.address is not None:
            wrong = _wrong_address(item, segment, prefix, item.address)
            if wrong:
                yield (*path, "address"), wrong
                continue
        chosen = str(item.address or reserved_address(host, name, segment))
        if chosen in taken:
            how = chosen if item.address else f"{chosen}, which follows from the name,"
            message = f'{how} is already "{taken[chosen]}"; free: {_free(prefix, taken)}'
            yield (*path, "address"), message
        taken.setdefault(chosen, name)


def _access_point_hosts(gateway: SiteHost) -> dict[str, str]:
    """Return address → name of the hosts of a site that are access points."""
    segment = gateway.segments.get(ACCESS_POINT_SEGMENT)
    if segment is None:
        return {}
    return {host.own_address(segment).ipv4: host.stem for host in gateway.access_point_hosts()}


def _path(place: SitePlace, name: str) -> Key:
    """Return where a device is in the commune's file."""
    if name in place.site.devices:
        kind = "access_points" if name in place.site.access_points else "equipment"
        return (*place.path, kind, name)
    return ("phones", name)


def _wrong_address(
    item: Equipment, segment: Segment, prefix: IPv4Network, address: IPv4Address
) -> str | None:
    """Return why an address cannot be reserved, or None."""
    reason = None
    allowed = f"allowed: {_allowed(item, segment, prefix)}"
    number = int(address) - int(prefix.network_address)
    if address not in prefix:
        reason = f'{address} is outside segment "{item.segment}" of this site, {prefix}'
    elif address in (prefix.network_address, prefix.broadcast_address):
        reason = f"{address} is the network's own address"
    elif number == GATEWAY_NUMBER:
        reason = f"{address} is the gateway's"
    elif item.segment == "servers" and number in SERVER_NUMBERS:
        reason = f"{address} is kept for servers"
    elif segment.dhcp and _pool(prefix)[0] <= address <= _pool(prefix)[1]:
        reason = f"{address} is in the DHCP pool, {_pool(prefix)[0]} to {_pool(prefix)[1]}"
    return f"{reason}; {allowed}" if reason else None


def _pool(prefix: IPv4Network) -> tuple[IPv4Address, IPv4Address]:
    from netaddr import IPNetwork  # noqa: PLC0415 - only where equipment has an address

    span = pool(IPNetwork(str(prefix)))
    return IPv4Address(span.first), IPv4Address(span.last)


def _allowed(item: Equipment, segment: Segment, prefix: IPv4Network) -> str:
    first = SERVER_NUMBERS.stop if item.segment == "servers" else GATEWAY_NUMBER + 1
    low, high = _pool(prefix)
    if not segment.dhcp:
        return f"{prefix[first]} to {prefix[-2]}"
    below, above = (prefix[first], low - 1), (high + 1, prefix[-2])
    return " and ".join(f"{start} to {end}" for start, end in (below, above) if start <= end)


def _free(prefix: IPv4Network, taken: dict[str, str]) -> str:
    low, _ = _pool(prefix)
    first = int(prefix.network_address) + SERVER_NUMBERS.stop
    addresses = (str(IPv4Address(number)) for number in range(first, int(low)))
    return listing((address for address in addresses if address not in taken), 3)


def _gateway(facts: Facts, place: SitePlace) -> SiteHost | None:
    """Return the plan's view of the site's gateway, once its prefixes can be computed."""
    if facts.addressing is None or not _fits(facts.addressing, place):
        return None
    stem = place.gateways[0]
    shared = Shared(facts.territory, facts.addressing, ReferenceBook(facts.territory))
    return SiteHost(
        shared,
        place.commune_stem,
        place.commune,
        place.stem,
        place.site,
        stem,
        place.site.hosts[stem],
    )


def _fits(addressing: Addressing, place: SitePlace) -> bool:
    slot = place.site.index
    return place.commune.index < addressing.communes and (slot is None or slot < addressing.sites)


def _statics(
    facts: Facts, place: SitePlace, taken: dict[IPv4Address, str]
) -> Iterator[tuple[Key, str]]:
    uplinks = place.site.uplinks or place.commune.uplinks
    for number, uplink in enumerate(uplinks):
        if uplink.static is None:
            continue
        path: Key = (number, "static")
        static: IPv4Interface = uplink.static.address
        for message in _static_address(facts, static):
            yield (*path, "address"), message
        gateway = uplink.static.gateway
        if gateway not in static.network or gateway == static.ip:
            message = f"{gateway} is not a neighbour of {static}; allowed: another address of"
            yield (*path, "gateway"), f"{message} {static.network}"
        where = f"{place.commune_stem}-{place.stem}"
        if static.ip in taken and not static.ip.is_private:
            message = f"{static.ip} would be the address of {taken[static.ip]} and of {where}"
            yield (*path, "address"), f"{message}; give each site its own uplinks:"
        taken.setdefault(static.ip, where)


def _static_address(facts: Facts, static: IPv4Interface) -> Iterator[str]:
    if static.network.prefixlen < 31 and static.ip in (
        static.network.network_address,
        static.network.broadcast_address,
    ):
        yield f"{static} is the network's own address; write a host's"
    if facts.syndicate is not None and static.network.overlaps(facts.syndicate.supernet.ipv4):
        supernet = facts.syndicate.supernet.ipv4
        yield (
            f"{static.network} overlaps the supernet {supernet}, whose addresses are inside the "
            "VPN; have the provider give another prefix, or number the syndicate differently"
        )

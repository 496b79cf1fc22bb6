"""Ports of hosts: each carries one thing, each uplink and segment has one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from mairie.inventory.checks.facts import Facts, SitePlace
from mairie.inventory.problems import Problem, listing, unknown
from mairie.inventory.yaml_nodes import Key
from mairie.model.commune import Host
from mairie.plan.context import VPN_INTERFACE

RESERVED: Final = re.compile(rf"lo|{VPN_INTERFACE}|br-.*|wg\d+|docker\d+|all|default")
"""Interfaces that the kernel or mairie makes, and words of /proc/sys/net."""


def problems(facts: Facts) -> Iterator[Problem]:
    """Yield what is wrong with the ports of every host."""
    for place in facts.sites():
        for stem, host in place.site.hosts.items():
            for path, message in _host(facts, place, host):
                full = (*place.path, "hosts", stem, *path)
                yield facts.sources.in_commune(place.commune_stem, full, message)
    if facts.syndicate is not None:
        for name, hub in facts.syndicate.hubs.items():
            if RESERVED.fullmatch(hub.wan):
                yield facts.sources.in_syndicate(("hubs", name, "wan"), _reserved(hub.wan))


def _host(facts: Facts, place: SitePlace, host: Host) -> Iterator[tuple[Key, str]]:
    taken: dict[str, Key] = {}
    for path, port in _ports(host):
        if RESERVED.fullmatch(port):
            yield path, _reserved(port)
        if port in taken:
            yield path, f"{port} is already {_words(taken[port])}; a port carries one thing"
        taken.setdefault(port, path)
    if "gateway" not in host.roles:
        return
    yield from _wan(place, host)
    reference = facts.reference_of(place, host)
    if reference is None:
        return
    present = facts.segments(place, reference)
    for segment in host.ports:
        if segment not in reference.segments:
            yield ("ports", segment), unknown("segment", segment, reference.segments)
        elif segment not in present:
            message = f'"{segment}" is not on this site; its segments: {listing(present)}'
            yield ("ports", segment), message
    missing = [segment for segment in present if segment not in host.ports]
    if missing and host.trunk is None:
        yield (
            ("ports",),
            f"no port for {listing(missing)}; add one for each, or trunk: for all, or leave them "
            "out of the segments of the site",
        )


def _wan(place: SitePlace, host: Host) -> Iterator[tuple[Key, str]]:
    uplinks = [uplink.key for uplink in place.site.uplinks or place.commune.uplinks]
    if isinstance(host.wan, str) and len(set(uplinks)) > 1:
        ports = ", ".join(f"{key}: eth{number}" for number, key in enumerate(uplinks))
        yield ("wan",), f"which of {listing(uplinks)}? write a port for each: {{{ports}}}"
    if isinstance(host.wan, dict):
        for key in host.wan:
            if key not in uplinks:
                yield ("wan", key), unknown("uplink", key, uplinks)
        if not host.wan:
            yield ("wan",), f"no port for an uplink; allowed: {listing(uplinks)}"


def _ports(host: Host) -> Iterator[tuple[Key, str]]:
    if isinstance(host.wan, str):
        yield ("wan",), host.wan
    for key, port in host.wan.items() if isinstance(host.wan, dict) else ():
        yield ("wan", key), port
    if host.trunk is not None:
        yield ("trunk",), host.trunk
    for segment, port in host.ports.items():
        yield ("ports", segment), port
    if set(host.roles) == {"server"}:
        yield ("port",), host.port


def _words(path: Key) -> str:
    match path:
        case ("wan",):
            return "the uplink's"
        case ("wan", key):
            return f'the uplink "{key}"'
        case ("trunk",):
            return "the trunk"
        case (_, segment):
            return f'the port of segment "{segment}"'
    return "in use"


def _reserved(port: str) -> str:
    return f'"{port}" is not the name of a network port; write one such as eth0 or enp1s0'

"""The merged reference of every commune: valid, and each name in it leads somewhere."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any, Final

from mairie.inventory.checks.facts import Facts, MergedReference
from mairie.inventory.messages import sentences
from mairie.inventory.problems import Problem, unknown
from mairie.inventory.yaml_nodes import Key
from mairie.model.reference import Reference

ZONES: Final = ("internet", "hub", "gateway", "technicians", "peers")
"""Ends of flows beside the segments."""
_SCOPES: Final = ("-commune", "-communes")
_COUNTER_ENDINGS: Final = (
    *("-own", "-in", "-in-own", *_SCOPES),
    *(f"{way}{scope}{own}" for way in ("-in", "-out") for scope in _SCOPES for own in ("", "-own")),
)
"""What the plan adds to a flow's name for its counters (mairie/plan/firewall.py)."""
_RESERVED_COUNTERS: Final = ("dropped-input", "dropped-forward")
_HOST_NAME: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.:-]*[A-Za-z0-9])?")
_PACKAGE: Final = re.compile(r"[a-z0-9][a-z0-9+.-]+")
_ALGORITHM: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9@.+_-]*")
_SYSCTL: Final = re.compile(r"[a-z0-9_]+([./][a-zA-Z0-9_*-]+)+")
_MODULE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


def problems(facts: Facts) -> Iterator[Problem]:
    """Yield what is wrong with values of ``group_data/`` and of ``overrides``, where written."""
    if any(file.document.problems for file in facts.sources.layer_files["all"]):
        return
    facts.reference(None, ("hub",))
    for stem, commune in facts.communes.items():
        for site in commune.sites.values():
            for host in site.hosts.values():
                facts.reference(stem, sorted(set(host.roles)))
    for merged in list(facts.references.values()):
        for path, message in _one(merged):
            yield facts.sources.reference_problem(path, message, merged.commune, merged.layers)


def _one(merged: MergedReference) -> Iterator[tuple[Key, str]]:
    yield from _controls((), merged.values)
    if merged.error is not None:
        yield from sentences(merged.error, merged.values, Reference)
    if merged.model is not None:
        yield from _segments(merged.model)
        yield from _flows(merged.model)
        yield from _words(merged.model)


def _segments(reference: Reference) -> Iterator[tuple[Key, str]]:
    taken: dict[tuple[str, int], str] = {}
    for name, segment in reference.segments.items():
        path: Key = ("segments", name)
        if name in ZONES:
            yield path, f'"{name}" is a zone already; name the segment otherwise'
        for key, number in (("vlan", segment.vlan), ("slot", segment.slot)):
            if (key, number) in taken:
                other = taken[key, number]
                yield (*path, key), f'{number} is already "{other}"; each segment has its own'
            taken.setdefault((key, number), name)
        if segment.hours is not None and segment.hours not in reference.schedules:
            yield (*path, "hours"), unknown("schedule", segment.hours, reference.schedules)
    if "servers" not in reference.segments:
        yield ("segments",), 'the segment "servers" is missing; switch it off with on: false'
    for name, schedule in reference.schedules.items():
        if schedule.start == schedule.end:
            message = f"{schedule.end} is also the start; write another time"
            yield ("schedules", name, "end"), message


def _flows(reference: Reference) -> Iterator[tuple[Key, str]]:
    ends = (*reference.segments, *ZONES)
    for name, flow in reference.flows.items():
        path: Key = ("flows", name)
        for key, end in (("from", flow.source), ("to", flow.destination)):
            if end not in ends:
                yield (*path, key), unknown("segment or zone", end, ends)
        for number, service in enumerate(flow.services):
            if service not in reference.services:
                message = unknown("service", service, reference.services)
                yield (*path, "services", number), message
        yield from _counters(path, name, reference)
    for service, ports in reference.services.items():
        for number, text in enumerate(ports):
            if (wrong := _wrong_ports(text)) is not None:
                yield ("services", service, number), wrong


def _counters(path: Key, name: str, reference: Reference) -> Iterator[tuple[Key, str]]:
    if name in _RESERVED_COUNTERS:
        yield path, f'"{name}" counts refused packets; name the flow otherwise'
    for ending in _COUNTER_ENDINGS:
        if name.endswith(ending) and name.removesuffix(ending) in reference.flows:
            other = name.removesuffix(ending)
            yield path, f'its counter would be that of the flow "{other}"; name it otherwise'


def _wrong_ports(text: str) -> str | None:
    _, _, span = text.partition("/")
    first, _, last = span.partition("-")
    numbers = [int(number) for number in (first, last) if number]
    if any(not 0 < number < 65536 for number in numbers):
        return f'"{text}" is out of range; allowed: ports 1 to 65535'
    if numbers != sorted(numbers):
        return f'"{text}" ends before it starts; write the lower port first'
    return None


def _words(reference: Reference) -> Iterator[tuple[Key, str]]:
    """Yield values that the daemons' own parsers would refuse."""
    for number, server in enumerate(reference.dns.fallback):
        try:
            ip_address(server)
        except ValueError:
            message = f'"{server}" is not an IP address; a resolver cannot be a name'
            yield ("dns", "fallback", number), message
    lists: tuple[tuple[Key, tuple[str, ...], re.Pattern[str], str], ...] = (
        (("ntp", "servers"), reference.ntp.servers, _HOST_NAME, "a host name or an address"),
        (("packages", "present"), reference.packages.present, _PACKAGE, "a Debian package"),
        (("packages", "absent"), reference.packages.absent, _PACKAGE, "a Debian package"),
        *(
            (("ssh", key), getattr(reference.ssh, key), _ALGORITHM, "an OpenSSH algorithm")
            for key in ("kex", "ciphers", "macs", "host_keys")
        ),
    )
    for path, values, pattern, what in lists:
        for number, value in enumerate(values):
            if not pattern.fullmatch(value):
                yield (*path, number), f'"{value}" is not the name of {what}'
    both = set(reference.packages.present) & set(reference.packages.absent)
    for package in sorted(both):
        number = reference.packages.absent.index(package)
        yield ("packages", "absent", number), f"{package} is also in present; keep it in one list"
    for key in reference.hardening.sysctl:
        if not _SYSCTL.fullmatch(key):
            yield ("hardening", "sysctl", key), f'"{key}" is not the name of a kernel parameter'
    for key in reference.hardening.modules:
        if not _MODULE.fullmatch(key):
            yield ("hardening", "modules", key), f'"{key}" is not the name of a kernel module'


def _controls(path: Key, value: Any) -> Iterator[tuple[Key, str]]:
    """Yield texts with control characters, which would break out of a line of a file."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _controls((*path, key), item)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _controls((*path, number), item)
    elif isinstance(value, str) and not value.isprintable():
        bad = next((char for char in value if unicodedata.category(char) == "Cc"), None)
        if bad is not None:
            yield path, f"character U+{ord(bad):04X} is not allowed in a text"

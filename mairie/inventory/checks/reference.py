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
from mairie.inventory.yaml_nodes import Key, dotted
from mairie.model.commune import ACCESS_POINTS, AP_HOSTS
from mairie.model.mail import MAIL
from mairie.model.reference import Reference
from mairie.model.telephony import TELEPHONY

ZONES: Final = (
    *("internet", "hub", "gateway", "technicians", "peers"),
    *(ACCESS_POINTS, AP_HOSTS, TELEPHONY, MAIL),
)
"""Ends of flows beside the segments."""
_SCOPES: Final = ("-commune", "-communes")
_COUNTER_ENDINGS: Final = (
    *("-own", "-in", "-in-own", *_SCOPES),
    *(f"{way}{scope}{own}" for way in ("-in", "-out") for scope in _SCOPES for own in ("", "-own")),
)
"""What the plan adds to a flow's name for its counters (mairie/plan/firewall.py)."""
_GROUPS: Final = {"segment or zone": "segments", "service": "services", "schedule": "schedules"}
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
        for path, message in _one(facts, merged):
            yield facts.sources.reference_problem(path, message, merged.commune, merged.layers)
        if merged.model is not None:
            yield from _dangling(facts, merged, merged.model)


def _one(facts: Facts, merged: MergedReference) -> Iterator[tuple[Key, str]]:
    yield from _controls((), merged.values)
    if merged.error is not None:
        yield from sentences(merged.error, merged.values, Reference)
    if merged.model is not None:
        yield from _segments(facts, merged, merged.model)
        yield from _services(merged.model)
        yield from _words(merged.model)


def _segments(
    facts: Facts, merged: MergedReference, reference: Reference
) -> Iterator[tuple[Key, str]]:
    for name in reference.segments:
        if name in ZONES:
            yield ("segments", name), f'"{name}" is a zone already; name the segment otherwise'
    for key in ("vlan", "slot"):
        taken: dict[int, str] = {}
        # The number that a narrower layer wrote is the one that is in the way.
        ranks = {
            name: facts.sources.rank(("segments", name, key), merged.commune, merged.layers)
            for name in reference.segments
        }
        for name in sorted(ranks, key=lambda name: ranks[name]):
            number = getattr(reference.segments[name], key)
            if number in taken:
                message = f'{number} is already "{taken[number]}"; each segment has its own'
                yield ("segments", name, key), message
            taken.setdefault(number, name)
    if "servers" not in reference.segments:
        yield ("segments",), 'the segment "servers" is missing; switch it off with on: false'
    for name, schedule in reference.schedules.items():
        if schedule.start == schedule.end:
            message = f"{schedule.end} is also the start; write another time"
            yield ("schedules", name, "end"), message


def _services(reference: Reference) -> Iterator[tuple[Key, str]]:
    for name in reference.flows:
        yield from _counters(("flows", name), name, reference)
    for service, ports in reference.services.items():
        for number, text in enumerate(ports):
            if (wrong := _wrong_ports(text)) is not None:
                yield ("services", service, number), wrong


def _dangling(facts: Facts, merged: MergedReference, reference: Reference) -> Iterator[Problem]:
    """Yield names that lead nowhere; where the thing they name was removed, that place."""
    sources, commune, layers = facts.sources, merged.commune, merged.layers
    for path, what, word, known in _named(reference):
        if word in known:
            continue
        group = _GROUPS[what]
        removed = sources.removed_in((group, word), commune, layers)
        if removed is None:
            yield sources.reference_problem(path, unknown(what, word, known), commune, layers)
            continue
        document, place = removed
        sources.locate(document)
        message = f"removed here, but {dotted(path)} still names it; remove or change that too"
        yield document.problem(place, message)


def _named(reference: Reference) -> Iterator[tuple[Key, str, str, tuple[str, ...]]]:
    """Yield each name in the reference: its path, what it names, itself, and what is there."""
    ends = (*reference.segments, *ZONES)
    for name, flow in reference.flows.items():
        path: Key = ("flows", name)
        yield (*path, "from"), "segment or zone", flow.source, ends
        yield (*path, "to"), "segment or zone", flow.destination, ends
        for number, service in enumerate(flow.services):
            yield (*path, "services", number), "service", service, tuple(reference.services)
    for name, segment in reference.segments.items():
        if segment.hours is not None:
            schedules = tuple(reference.schedules)
            yield ("segments", name, "hours"), "schedule", segment.hours, schedules


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

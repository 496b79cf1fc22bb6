"""``syndicate.yaml``: room in the supernets, hubs, technicians and other VPN peers."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import Any

from mairie.inventory.checks.duplicates import FREE_SHOWN
from mairie.inventory.checks.facts import Facts
from mairie.inventory.problems import Problem, listing, unknown
from mairie.model.syndicate import Syndicate

_PEER_INDEXES = range(2, 251)
_SITES_NEEDED = 4
"""One hub, the two slots of VPN peers, and a spare."""


def problems(facts: Facts) -> Iterator[Problem]:
    """Yield what is wrong in a syndicate file whose single keys are right."""
    syndicate = facts.syndicate
    if syndicate is None:
        return
    yield from _room(facts, syndicate)
    yield from _hubs(facts, syndicate)
    for group in ("technicians", "peers"):
        yield from _indexes(facts, group, getattr(syndicate, group), _PEER_INDEXES)
    yield from _wireguard_keys(facts, syndicate)
    yield from _ssh_keys(facts, syndicate)
    if not syndicate.recipients and not any(
        technician.recipients for technician in syndicate.technicians.values()
    ):
        yield facts.sources.in_syndicate(
            ("recipients",),
            "nobody could open the secrets; write age or SSH public keys, here or of a technician",
        )


def _room(facts: Facts, syndicate: Syndicate) -> Iterator[Problem]:
    lengths = syndicate.addressing
    for family in ("ipv4", "ipv6"):
        supernet = getattr(syndicate.supernet, family)
        commune, site = getattr(lengths.commune, family), getattr(lengths.site, family)
        if commune <= supernet.prefixlen:
            yield facts.sources.in_syndicate(
                ("supernet", family),
                f"{supernet} has no room for communes of /{commune}; take a supernet such as "
                f"/{max(8, commune - 8)}, or a longer addressing.commune.{family}",
            )
        if 1 << (site - commune) < _SITES_NEEDED:
            yield facts.sources.in_syndicate(
                ("addressing", "site", family),
                f"/{site} leaves {1 << (site - commune)} sites in a commune; "
                f"write {commune + 2} or more",
            )


def _hubs(facts: Facts, syndicate: Syndicate) -> Iterator[Problem]:
    limit = facts.addressing.hubs if facts.addressing is not None else 0
    indexes = range(min(64, limit))
    if indexes:
        yield from _indexes(facts, "hubs", syndicate.hubs, indexes)
    endpoints: dict[str, str] = {}
    known = facts.reference(None, ("hub",)).model
    for name, hub in syndicate.hubs.items():
        path = ("hubs", name)
        if hub.endpoint in endpoints:
            message = f"{hub.endpoint} is already the endpoint of {endpoints[hub.endpoint]}"
            yield facts.sources.in_syndicate(
                (*path, "endpoint"), f"{message}; each hub has its own"
            )
        endpoints.setdefault(hub.endpoint, name)
        for number, service in enumerate(hub.services):
            if known is not None and service not in known.services:
                message = unknown("service", service, known.services)
                yield facts.sources.in_syndicate((*path, "services", number), message)


def _indexes(
    facts: Facts, group: str, members: Mapping[str, Any], allowed: range
) -> Iterator[Problem]:
    taken: dict[int, str] = {}
    used = {member.index for member in members.values()}
    free = listing((number for number in allowed if number not in used), FREE_SHOWN)
    for name, member in members.items():
        path = (group, name, "index")
        if member.index is None:
            continue
        if member.index not in allowed:
            message = (
                f"{member.index} is out of range; allowed: {allowed.start} to {allowed.stop - 1}"
            )
            yield facts.sources.in_syndicate(path, message)
        elif member.index in taken:
            other = taken[member.index]
            line = facts.sources.syndicate_file.line((group, other, "index"))
            message = f"{member.index} is already {other}'s (line {line}); free: {free}"
            yield facts.sources.in_syndicate(path, message)
        taken.setdefault(member.index, name)


def _wireguard_keys(facts: Facts, syndicate: Syndicate) -> Iterator[Problem]:
    taken = {pair.current: host for host, pair in facts.sources.public_keys.items()}
    for group in ("technicians", "peers"):
        for name, member in getattr(syndicate, group).items():
            if member.wireguard is None:
                continue
            if member.wireguard in taken:
                message = f"same key as {taken[member.wireguard]}; each peer has its own"
                yield facts.sources.in_syndicate((group, name, "wireguard"), message)
            taken.setdefault(member.wireguard, name)


def _ssh_keys(facts: Facts, syndicate: Syndicate) -> Iterator[Problem]:
    """Yield keys that sshd would silently pass over, and so lock their owner out."""
    owners: dict[str, str] = {}
    for name, technician in syndicate.technicians.items():
        for number, key in enumerate(technician.ssh_keys):
            path = ("technicians", name, "ssh_keys", number)
            kind, blob, *_ = key.split(" ")
            if not _is_ssh_key(kind, blob):
                message = (
                    f"this {kind} key is cut or mistyped; copy the whole line of the .pub file"
                )
                yield facts.sources.in_syndicate(path, message)
            elif owners.setdefault(blob, name) != name:
                message = f"same key as {owners[blob]}; each technician has their own"
                yield facts.sources.in_syndicate(path, message)


def _is_ssh_key(kind: str, blob: str) -> bool:
    """Whether the base64 holds length-prefixed fields that end exactly, the first the kind.

    RFC 4253 section 6.6, RFC 8709 section 4.
    """
    try:
        raw = base64.b64decode(blob, validate=True)
    except ValueError:
        return False
    fields = []
    while raw:
        length = int.from_bytes(raw[:4], "big")
        if len(raw) < 4 + length:
            return False
        fields.append(raw[4 : 4 + length])
        raw = raw[4 + length :]
    return len(fields) >= 2 and fields[0] == kind.encode()

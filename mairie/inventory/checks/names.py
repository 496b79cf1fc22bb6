"""Names of files, hosts, technicians and peers that a lower layer would refuse or confuse."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from mairie.inventory.checks.facts import Facts
from mairie.inventory.problems import Problem

HOST_NAME_LENGTH: Final = 63
"""Longest DNS label (RFC 1035 section 2.3.4); Linux keeps 64 characters of a host name."""
STEM: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
STEM_LENGTH: Final = 40
SYSTEM_ACCOUNTS: Final = frozenset(
    """
    root daemon bin sys sync games man lp mail news uucp proxy www-data backup list irc nobody
    systemd-network systemd-resolve systemd-timesync messagebus sshd chrony dnsmasq sudo adm tty
    disk staff users operator shadow utmp video audio cdrom plugdev
    """.split()  # noqa: SIM905 - one name a word reads better
)
"""Accounts and groups that Debian makes (base-passwd and the packages of the reference)."""


def problems(facts: Facts) -> Iterator[Problem]:
    """Yield what is wrong with names, those of broken communes' files included."""
    yield from _stems(facts)
    yield from _hosts(facts)
    yield from _phones(facts)
    if facts.syndicate is not None:
        for name in facts.syndicate.technicians:
            if name in SYSTEM_ACCOUNTS:
                message = f'"{name}" is an account or a group of the system; write another name'
                yield facts.sources.in_syndicate(("technicians", name), message)


def _stems(facts: Facts) -> Iterator[Problem]:
    hubs = facts.syndicate.hubs if facts.syndicate is not None else {}
    for stem, document in facts.sources.commune_files.items():
        if not STEM.fullmatch(stem) or len(stem) > STEM_LENGTH:
            yield document.problem(
                (),
                f'the file name "{stem}" is the start of host names; rename it with lower-case '
                f"letters, digits and single hyphens, at most {STEM_LENGTH}, such as rurutu.yaml",
                line=0,
            )
        if stem in hubs:
            place = facts.sources.where(facts.sources.syndicate_file, ("hubs", stem))
            message = f'"{stem}" is already a hub ({place}); rename the file or the hub'
            yield document.problem((), message, line=0)


def _hosts(facts: Facts) -> Iterator[Problem]:
    sources = facts.sources
    taken: dict[str, str] = {}
    if facts.syndicate is not None:
        for group, prefix in (("hubs", ""), ("technicians", "technician-"), ("peers", "peer-")):
            for name in getattr(facts.syndicate, group):
                where = sources.where(sources.syndicate_file, (group, name))
                taken.setdefault(f"{prefix}{name}", where)
    for place in facts.sites():
        document = sources.commune_files[place.commune_stem]
        for stem in place.site.hosts:
            path = (*place.path, "hosts", stem)
            name = f"{place.commune_stem}-{place.stem}-{stem}"
            if len(name) > HOST_NAME_LENGTH:
                yield document.problem(
                    path,
                    f'the host name "{name}" has {len(name)} characters; at most '
                    f"{HOST_NAME_LENGTH} (RFC 1035): shorten the commune, the site or the host",
                )
            if name in taken:
                message = f'"{name}" is already the name of another machine ({taken[name]})'
                yield document.problem(path, f"{message}; rename one of them")
            taken.setdefault(name, sources.where(document, path))
        for name in place.site.equipment:
            if name in place.site.hosts:
                message = f'"{name}" is already a host of this site; rename one of them'
                yield document.problem((*place.path, "equipment", name), message)
        for name in place.site.access_points:
            if name in place.site.hosts or name in place.site.equipment:
                what = "a host" if name in place.site.hosts else "equipment"
                message = f'"{name}" is already {what} of this site; rename one of them'
                yield document.problem((*place.path, "access_points", name), message)


def _phones(facts: Facts) -> Iterator[Problem]:
    for place in facts.sites():
        for name, phone in place.commune.phones.items():
            if phone.site == place.stem and name in {*place.site.hosts, *place.site.devices}:
                what = "a host" if name in place.site.hosts else "a device"
                message = f'"{name}" is already {what} of site {place.stem}; rename one of them'
                yield facts.sources.in_commune(place.commune_stem, ("phones", name), message)

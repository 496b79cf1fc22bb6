"""Each commune and site: room in the addressing plan, one gateway, uplinks, hub, segments."""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import Final

from mairie.inventory.checks.duplicates import FREE_SHOWN, free
from mairie.inventory.checks.facts import Facts, SitePlace
from mairie.inventory.problems import Problem, listing, unknown
from mairie.model.commune import ACCESS_POINT_SEGMENT, Uplink
from mairie.plan.addressing import Addressing, site_slot
from mairie.plan.context import SERVER_SEGMENT

_ADD: Final = "add it to the segments of the site"


def problems(facts: Facts) -> Iterator[Problem]:
    """Yield what is wrong with communes and sites, cabling and addresses apart."""
    for stem, commune in facts.communes.items():
        if facts.syndicate is not None and commune.hub not in (None, *facts.syndicate.hubs):
            message = unknown("hub", str(commune.hub), facts.syndicate.hubs)
            yield facts.sources.in_commune(stem, ("hub",), message)
        yield from _uplinks(facts, stem, commune.uplinks, ("uplinks",))
        if facts.addressing is not None:
            yield from _index(facts, facts.addressing, stem)
            yield from _slots(facts, facts.addressing, stem)
    for place in facts.sites():
        yield from _site(facts, place)


def _index(facts: Facts, addressing: Addressing, stem: str) -> Iterator[Problem]:
    commune = facts.communes[stem]
    last = addressing.communes - 1
    if commune.index <= last:
        return
    taken = {other.index for other in facts.communes.values()}
    yield facts.sources.in_commune(
        stem,
        ("index",),
        f"{commune.index} is outside the supernet {addressing.supernets.ipv4}; "
        f"allowed: 1 to {last}; free: {free(0, taken, last)}",
    )


def _slots(facts: Facts, addressing: Addressing, stem: str) -> Iterator[Problem]:
    commune = facts.communes[stem]
    slots = {name: site_slot(name, site, addressing.sites) for name, site in commune.sites.items()}
    unused = listing(
        (slot for slot in range(addressing.sites) if slot not in slots.values()), FREE_SHOWN
    )
    if len(commune.sites) > addressing.sites:
        message = f"{len(commune.sites)} sites; {addressing.sites} fit in a commune's prefix"
        yield facts.sources.in_commune(stem, ("sites",), message)
        return
    taken: dict[int, str] = {}
    # A written index is kept before a derived one: it is the other that has to move.
    for name in sorted(slots, key=lambda name: commune.sites[name].index is None):
        slot, written = slots[name], commune.sites[name].index is not None
        path = ("sites", name, "index")
        if slot >= addressing.sites:
            message = f"{slot} is out of range; allowed: 0 to {addressing.sites - 1}"
            yield facts.sources.in_commune(stem, path, f"{message}; free: {unused}")
        elif slot in taken:
            how = f"{slot}" if written else f"{slot}, which follows from the name,"
            hint = "free" if written else "write index: with a free one"
            message = f'{how} is already site "{taken[slot]}"; {hint}: {unused}'
            yield facts.sources.in_commune(stem, path, message)
        taken.setdefault(slot, name)


def _site(facts: Facts, place: SitePlace) -> Iterator[Problem]:
    def problem(path: tuple[str | int, ...], message: str) -> Problem:
        return facts.sources.in_commune(place.commune_stem, (*place.path, *path), message)

    gateways = place.gateways
    if not gateways:
        yield problem(("hosts",), "no gateway; give one host roles: [gateway]")
    for extra in gateways[1:]:
        message = f'"{gateways[0]}" is already the gateway; a site has one'
        yield problem(("hosts", extra, "roles"), message)
    if place.site.uplinks is not None:
        yield from _uplinks(facts, place.commune_stem, place.site.uplinks, (*place.path, "uplinks"))
    reference = facts.site_reference(place)
    if reference is None:
        return
    if place.site.segments == ():
        message = "empty; name some, or remove the key to have the reference's"
        yield problem(("segments",), message)
    for number, name in enumerate(place.site.segments or ()):
        if name not in reference.segments:
            yield problem(("segments", number), unknown("segment", name, reference.segments))
        elif name in (place.site.segments or ())[:number]:
            yield problem(("segments", number), f'"{name}" is written twice')
    present = facts.segments(place, reference)
    for stem, message in _homes(place, present):
        yield problem(("hosts", stem, "roles"), message)
    for number, uplink in enumerate(place.site.uplinks or place.commune.uplinks):
        if uplink.kind not in reference.uplink_classes:
            yield facts.sources.in_commune(
                place.commune_stem,
                (*place.uplinks_path, number, "kind"),
                unknown("uplink class", uplink.kind, reference.uplink_classes),
            )


def _homes(place: SitePlace, present: Container[str]) -> Iterator[tuple[str, str]]:
    """Yield hosts whose own segment is not on the site."""
    for stem, host in place.site.hosts.items():
        if "server" in host.roles and SERVER_SEGMENT not in present:
            yield stem, f'a server needs the segment "{SERVER_SEGMENT}"; {_ADD}'
        if "ap" in host.roles and ACCESS_POINT_SEGMENT not in present:
            yield stem, f'an access point needs the segment "{ACCESS_POINT_SEGMENT}"; {_ADD}'


def _uplinks(
    facts: Facts, stem: str, uplinks: tuple[Uplink, ...], path: tuple[str | int, ...]
) -> Iterator[Problem]:
    taken: dict[str, int] = {}
    for number, uplink in enumerate(uplinks):
        if uplink.key in taken:
            line = facts.sources.commune_files[stem].line((*path, taken[uplink.key]))
            yield facts.sources.in_commune(
                stem,
                (*path, number),
                f'"{uplink.key}" is already an uplink (line {line}); give this one its own name:',
            )
        taken.setdefault(uplink.key, number)

"""The name filter of brick ``network``: which segments are not told every name, and which names."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator

from mairie.plan import selectors as select
from mairie.plan.context import SiteHost
from mairie.plan.parts.network import NameFilter, Ports, Rule, SafeSearch

PORT = 1053
"""Of the second resolver: the first one keeps 53 on every address of the gateway."""
FLOW = "name-filter"
"""Name of the rules that let filtered segments ask it."""


def filtered(place: SiteHost) -> tuple[str, ...]:
    """Return the segments of a gateway that are not told every name."""
    if not place.is_gateway:
        return ()
    return tuple(name for name, segment in place.segments.items() if segment.filter)


def filter_rules(place: SiteHost) -> Iterator[Rule]:
    """Yield what lets filtered segments ask the filter, whom their questions are led to."""
    for name in filtered(place):
        yield Rule(
            flow=FLOW,
            counter=f"{FLOW}-{name}",
            chain="input",
            source=select.bridge(name, None),
            destination=select.own("gateway"),
            ports=tuple(Ports(protocol=each, first=PORT, last=PORT) for each in ("tcp", "udp")),
            same_commune=False,
            hours="",
            reason="Noms filtrés",
        )


def site_filter(place: SiteHost) -> NameFilter | None:
    """Return the filter of a gateway; None where every segment is told every name."""
    segments = filtered(place)
    if not segments:
        return None
    wanted = place.reference.dns_filter
    lists = place.shared.territory.filter_lists
    safe = tuple(each for _, each in sorted(wanted.safe_search.items()) if each.on)
    domains = {domain for name in wanted.lists for domain in lists.get(name, ())}
    domains |= {*wanted.refused}
    # What an engine has no filtering address for is refused: its other name is there.
    domains |= {name for each in safe if not each.addresses for name in each.names}
    targets = {each.target for each in safe if not each.addresses}
    refused = widest(name for name in domains if not covered(name, {*wanted.allowed}))
    return NameFilter(
        interfaces=tuple(f"br-{name}" for name in segments),
        port=PORT,
        refused=tuple(sorted(refused)),
        allowed=tuple(
            sorted(name for name in {*wanted.allowed, *targets} if covered(name, refused))
        ),
        safe_search=tuple(
            SafeSearch(
                names=each.names,
                target=each.target,
                addresses=tuple(str(address) for address in each.addresses),
            )
            for each in safe
            if each.addresses
        ),
    )


def widest(domains: Iterable[str]) -> set[str]:
    """Return domains without those below another one."""
    known = {*domains}
    return {name for name in known if not covered(name.partition(".")[2], known)}


def covered(name: str, domains: Container[str]) -> bool:
    """Whether a name, or one it is below, is among domains."""
    labels = name.split(".")
    return any(".".join(labels[start:]) in domains for start in range(len(labels)))

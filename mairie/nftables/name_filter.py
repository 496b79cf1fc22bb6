"""How questions of filtered segments come to the second resolver, in the words of nft(8)."""

from __future__ import annotations

from mairie.plan.host import HostPlan

CHAIN = "name-filter"


def chain(plan: HostPlan) -> tuple[str, ...]:
    """Return the lines of the chain; none on a host without a filter.

    Whichever address of this host is asked: a resolver outside is refused like anything else that
    no flow allows.
    """
    found = plan.network.name_filter
    if found is None:
        return ()
    return tuple(
        f'iifname "{interface}" fib daddr type local meta l4proto {{ tcp, udp }} th dport 53 '
        f"redirect to :{found.port}"
        for interface in found.interfaces
    )

"""What holds visitors back until they were admitted, in the words of nft(8).

A device is known by its MAC address, whatever its addresses are: one element admits both families.
Its connections carry the number of its session as their mark, so that answers from the internet
count towards its volume and its rate as well. Sets and map are empty at first and filled by
mairie-portal; the kernel itself ends sessions that have no time or volume left.
"""

from __future__ import annotations

from mairie.plan.host import HostPlan
from mairie.plan.parts.portal import PortalPlan

MAP = "portal-devices"
"""MAC address to the number of its session."""
SET = "portal-sessions"
"""Numbers of sessions, each with its volume."""
UP, DOWN, WELCOME = "portal-up", "portal-down", "portal-welcome"
CHAINS = (UP, DOWN, WELCOME)
REFUSED = "dropped-portal"
LIMITED = {UP: "limited-portal-up", DOWN: "limited-portal-down"}
MOST_DEVICES = 4096
BURST_SECONDS = 0.25
MIN_BURST_BYTES = 65_536


def counters(plan: HostPlan) -> set[str]:
    """Return the counters of a portal; none on a host without one."""
    return set() if plan.portal is None else {REFUSED, *LIMITED.values()}


def jumps(plan: HostPlan, out: str) -> tuple[str, ...]:
    """Return the lines that bring packets to the portal's chains, open connections' included.

    Args:
        plan: of the host.
        out: uplink ports as nft reads them.

    """
    if plan.portal is None:
        return ()
    return (
        f'iifname "{plan.portal.interface}" oifname {out} jump {UP}',
        f'iifname {out} oifname "{plan.portal.interface}" jump {DOWN}',
    )


def chains(plan: HostPlan) -> dict[str, tuple[str, ...]]:
    """Return the lines of the portal's own chains by name; empty on a host without one."""
    portal = plan.portal
    if portal is None:
        return {}
    return {
        UP: (
            f"ct mark set ether saddr map @{MAP}",
            _limit(portal, UP),
            f"ct mark @{SET} return",
            f"counter name {REFUSED} drop",
        ),
        DOWN: (
            _limit(portal, DOWN),
            f"ct mark @{SET} return",
            f"counter name {REFUSED} drop",
        ),
        WELCOME: _welcome(plan, portal),
    }


def _limit(portal: PortalPlan, chain: str) -> str:
    size = portal.rate // 8
    burst = max(MIN_BURST_BYTES, round(size * BURST_SECONDS))
    return (
        f"update @{chain} {{ ct mark limit rate over {size} bytes/second burst {burst} bytes }} "
        f"counter name {LIMITED[chain]} drop"
    )


def _welcome(plan: HostPlan, portal: PortalPlan) -> tuple[str, ...]:
    """Return what turns a visitor's first page on the internet into the portal's (RFC 8952)."""
    here = f'iifname "{portal.interface}"'
    firewall = plan.network.firewall
    pairs = (("ip", firewall.local_ipv4), ("ip6", firewall.local_ipv6))
    return (
        f"{here} ct mark set ether saddr map @{MAP}",
        f"{here} ct mark @{SET} accept",
        *(
            f"{here} {family} daddr != {prefix} tcp dport {portal.port} redirect"
            for family, prefixes in pairs
            for prefix in prefixes
        ),
    )

"""Rules of the plan in the words of nft(8): each Rule becomes one or more lines, one counter.

Everything that opens anything comes from ``plan.network.firewall``; the lines that every host has
(neighbour discovery, DHCP of an uplink, refusals) follow from its interfaces alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, collapse_addresses
from itertools import product
from typing import Literal

from mairie.nftables import portal, telephony
from mairie.plan.host import HostPlan
from mairie.plan.parts.network import Rule, SegmentInterface

Family = Literal["ip", "ip6", ""]
"""``""``: the line holds for both."""

BURST_SECONDS = 0.25
MIN_BURST_BYTES = 65_536
"""A rate limit lets this much through at once: TCP would crawl otherwise."""

CLEARED = "cleared-marks"
"""Counter of packets that claimed a place in a queue which is not theirs."""


@dataclass(frozen=True, slots=True)
class Block:
    """The lines of one rule."""

    title: str
    lines: tuple[str, ...]


def quoted(names: Iterable[str]) -> str:
    """Return interface names as nft reads them: ``"eth0"`` or ``{ "eth0", "eth2" }``."""
    items = [f'"{name}"' for name in names]
    return items[0] if len(items) == 1 else "{ " + ", ".join(items) + " }"


def one_line(text: str) -> str:
    """Return free text fit for a comment."""
    return " ".join(text.split())


def rule_lines(rule: Rule) -> tuple[str, ...]:
    """Return the nft lines of one rule, without indentation."""
    families = _families(rule)
    verdict = f"counter name {rule.counter} accept"
    lines = []
    for family in families:
        sources = _addresses(family, "saddr", rule.source.ipv4, rule.source.ipv6)
        destinations = _addresses(family, "daddr", rule.destination.ipv4, rule.destination.ipv6)
        for source, destination, ports in product(sources, destinations, _ports(rule, family)):
            parts = (
                _interfaces("iifname", rule.source.interfaces),
                _interfaces("oifname", rule.destination.interfaces)
                if rule.chain == "forward"
                else "",
                f"iifname @open-{rule.hours}" if rule.hours else "",
                source,
                destination,
                _same_commune(family) if rule.same_commune else "",
                ports,
                verdict,
            )
            lines.append(" ".join(part for part in parts if part))
    return tuple(lines)


def _families(rule: Rule) -> tuple[Family, ...]:
    ends = (rule.source, rule.destination)
    selective = [end for end in ends if end.ipv4 or end.ipv6]
    if not selective and not rule.same_commune:
        return ("",)
    found: list[Family] = []
    if all(end.ipv4 for end in selective):
        found.append("ip")
    if all(end.ipv6 for end in selective):
        found.append("ip6")
    return tuple(found)


def _interfaces(keyword: str, names: tuple[str, ...]) -> str:
    return f"{keyword} {quoted(names)}" if names else ""


def _addresses(
    family: Family, field: str, ipv4: tuple[str, ...], ipv6: tuple[str, ...]
) -> list[str]:
    matches = ipv4 if family == "ip" else ipv6 if family == "ip6" else ()
    if not matches:
        return [""]
    prefixes = [text for text in matches if text.partition("/")[2].isdigit()]
    masked = [text.partition("/") for text in matches if not text.partition("/")[2].isdigit()]
    found = []
    if prefixes:
        found.append(f"{family} {field} {_set(_collapsed(family, prefixes))}")
    for mask in dict.fromkeys(mask for _, _, mask in masked):
        values = [value for value, _, its in masked if its == mask]
        found.append(f"{family} {field} & {mask} == {_set(values)}")
    return found


def _collapsed(family: Family, prefixes: list[str]) -> list[str]:
    """Join prefixes that touch or overlap: nft refuses overlapping intervals in one set."""
    if family == "ip":
        return [str(item) for item in collapse_addresses(map(IPv4Network, prefixes))]
    return [str(item) for item in collapse_addresses(map(IPv6Network, prefixes))]


def _set(items: list[str]) -> str:
    return items[0] if len(items) == 1 else "{ " + ", ".join(items) + " }"


def _same_commune(family: Family) -> str:
    number = "4" if family == "ip" else "6"
    return f"{family} saddr . {family} daddr @same-commune-{number}"


def _ports(rule: Rule, family: Family) -> list[str]:
    if not rule.ports:
        return [""]
    found = []
    for protocol in ("tcp", "udp"):
        spans = [
            str(item.first) if item.first == item.last else f"{item.first}-{item.last}"
            for item in rule.ports
            if item.protocol == protocol
        ]
        if spans:
            found.append(f"{protocol} dport {_set(spans)}")
    if any(item.protocol == "icmp" for item in rule.ports):
        if family != "ip6":
            found.append("icmp type echo-request")
        if family != "ip":
            found.append("icmpv6 type echo-request")
    return found


def blocks(plan: HostPlan, chain: str) -> tuple[Block, ...]:
    """Return the rules of one chain, in the plan's order."""
    return tuple(
        Block(f"{rule.flow}: {one_line(rule.reason)}", rule_lines(rule))
        for rule in plan.network.firewall.rules
        if rule.chain == chain
    )


def zones(plan: HostPlan) -> dict[str, str]:
    """Return interface → zone for every interface packets may come from."""
    found = {uplink.port: uplink.name for uplink in plan.network.uplinks}
    found |= {segment.bridge: segment.segment for segment in plan.network.segments}
    if plan.vpn is not None:
        found[plan.vpn.interface] = "vpn"
    return found


def _limited(plan: HostPlan) -> list[tuple[SegmentInterface, int]]:
    return [(item, item.rate_limit) for item in plan.network.segments if item.rate_limit]


def counters(plan: HostPlan) -> tuple[str, ...]:
    """Return every named counter, sorted."""
    names = {rule.counter for rule in plan.network.firewall.rules}
    names |= {"dropped-input", "dropped-forward", "dropped-invalid", "dropped-spoofed"}
    names |= {f"dropped-from-{zone}" for zone in zones(plan).values()}
    names |= {f"dropped-closed-{item.segment}" for item in plan.network.segments if item.hours}
    for item, _ in _limited(plan):
        names |= {f"limited-{item.segment}-up", f"limited-{item.segment}-down"}
    names |= portal.counters(plan)
    if plan.network.queueing is not None:
        names.add(CLEARED)
    names |= telephony.counters(plan)
    if plan.vpn is not None and plan.vpn.listen_port:
        names.add("accepted-wireguard")
    if plan.network.firewall.masquerade:
        names |= {"translated-4", "translated-6"}
    return tuple(sorted(names))


def base_input(plan: HostPlan) -> tuple[str, ...]:
    """Return what a host of this shape must hear to have addresses and a tunnel at all."""
    lines = []
    if plan.network.uplinks:
        ports = quoted(uplink.port for uplink in plan.network.uplinks)
        lines += [
            f"iifname {ports} icmpv6 type nd-router-advert ip6 hoplimit 255 accept",
            f"iifname {ports} udp sport 67 udp dport 68 accept",
            f"iifname {ports} ip6 saddr fe80::/10 udp sport 547 udp dport 546 accept",
        ]
    if plan.is_gateway and plan.network.segments:
        bridges = quoted(segment.bridge for segment in plan.network.segments)
        lines += [
            f"iifname {bridges} icmpv6 type nd-router-solicit ip6 hoplimit 255 accept",
            # Our own, looped back; another router's is refused and counted.
            f"iifname {bridges} icmpv6 type nd-router-advert fib saddr . iif type local drop",
        ]
    if plan.vpn is not None and plan.vpn.listen_port:
        lines.append(f"udp dport {plan.vpn.listen_port} counter name accepted-wireguard accept")
    return tuple(lines)


def spoofed(plan: HostPlan) -> tuple[str, ...]:
    """Return refusals of sources that cannot come from where they come.

    Inside, the way back must be the way in. On uplinks only our own prefixes are refused: the
    lookup knows the preferred uplink alone, and would drop every answer through a spare one.
    """
    firewall = plan.network.firewall
    refused = "counter name dropped-spoofed drop"
    if not plan.network.uplinks:
        return (f"fib saddr . iif oif missing {refused}",)
    ports = quoted(uplink.port for uplink in plan.network.uplinks)
    pairs = (("ip", firewall.local_ipv4), ("ip6", firewall.local_ipv6))
    return (
        *(
            f"iifname {ports} {family} saddr {_set(list(prefixes))} {refused}"
            for family, prefixes in pairs
            if prefixes
        ),
        f"iifname != {ports} fib saddr . iif oif missing {refused}",
    )


def before_established(plan: HostPlan) -> tuple[str, ...]:
    """Return what also holds for connections already open: portal, closing time, rate limits."""
    uplinks = [uplink.port for uplink in plan.network.uplinks]
    if not uplinks:
        return ()
    out = quoted(uplinks)
    lines = [*portal.jumps(plan, out)]
    for item in plan.network.segments:
        if item.hours:
            name = f"counter name dropped-closed-{item.segment} drop"
            lines += [
                f'iifname "{item.bridge}" oifname {out} iifname != @open-{item.hours} {name}',
                f'iifname {out} oifname "{item.bridge}" oifname != @open-{item.hours} {name}',
            ]
    for item, rate in _limited(plan):
        size = rate // 8
        burst = max(MIN_BURST_BYTES, round(size * BURST_SECONDS))
        over = f"limit rate over {size} bytes/second burst {burst} bytes"
        lines += [
            f'iifname "{item.bridge}" oifname {out} {over} '
            f"counter name limited-{item.segment}-up drop",
            f'iifname {out} oifname "{item.bridge}" {over} '
            f"counter name limited-{item.segment}-down drop",
        ]
    return tuple(lines)


def dropped(plan: HostPlan, chain: str) -> tuple[str, ...]:
    """Return the end of a chain: counted by zone, a few logged, all dropped."""
    by_zone = [
        f'iifname "{interface}" counter name dropped-from-{zone}'
        for interface, zone in zones(plan).items()
    ]
    return (
        *by_zone,
        "meta pkttype host limit rate 10/minute burst 20 packets "
        f'log prefix "mairie drop {chain} "',
        f"counter name dropped-{chain} drop",
    )


RELAYED = "relayed"
"""Chain of what an access point carries between its radios and its cable."""


def relays(plan: HostPlan) -> bool:
    """Whether this host carries frames of segments in which it has no address."""
    return any(not item.ipv4 for item in plan.network.segments)


def relayed(plan: HostPlan) -> tuple[str, ...]:
    """Return the refusals of frames between those who may not see each other.

    On the air and between radios, hostapd and isolated ports refuse. Behind the cable, visitors of
    another access point are told from the gateway by its address, which no station can take:
    the radio binds each to its own.
    """
    if not relays(plan):
        return ()
    refused = "counter name dropped-relayed drop"
    return tuple(
        line
        for item in plan.network.segments
        if item.gateway_mac
        for line in (
            f'iifname "{item.member}" ether saddr != {item.gateway_mac} {refused}',
            f'oifname "{item.member}" ether daddr != {item.gateway_mac} '
            f"ether daddr & 01:00:00:00:00:00 == 00:00:00:00:00:00 {refused}",
        )
    )


def clamp(plan: HostPlan) -> tuple[str, ...]:
    """Return the lines that keep TCP segments within the tunnel and within narrow uplinks."""
    paths = [(uplink.port, uplink.mtu) for uplink in plan.network.uplinks if uplink.mtu < 1500]
    if plan.vpn is not None:
        paths.append((plan.vpn.interface, plan.vpn.mtu))
    return tuple(
        f'{keyword} "{port}" meta nfproto {family} tcp flags & (syn | rst) == syn '
        f"tcp option maxseg size set {mtu - headers}"
        for port, mtu in paths
        for keyword in ("iifname", "oifname")
        for family, headers in (("ipv4", 40), ("ipv6", 60))
    )


def masquerade(plan: HostPlan) -> tuple[str, ...]:
    """Return the translation on the uplinks (RFC 3022; IPv6 too, since sources are ULA)."""
    firewall = plan.network.firewall
    if not firewall.masquerade:
        return ()
    out = quoted(firewall.masquerade)
    pairs = (("ip", firewall.local_ipv4, "4"), ("ip6", firewall.local_ipv6, "6"))
    return tuple(
        f"oifname {out} {family} saddr {_set(list(prefixes))} "
        f"counter name translated-{number} masquerade"
        for family, prefixes, number in pairs
        if prefixes
    )

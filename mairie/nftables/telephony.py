"""What holds back whoever sends a telephone host too much SIP, in the words of nft(8).

Only requests are scarce. What belongs to calls that stand, and calls to emergency numbers, have
shares of their own: a flood of other requests, even under a phone's own address, does not take
them. In UDP this is read in the message itself; a TCP connection proves its address, and has one
share for its beginning and one for the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mairie.plan.host import HostPlan
from mairie.plan.parts.voip import SIP_PORT, SIPS_PORT, Guard, VoipPlan

CHAIN, ALL = "telephony", "telephony-all"
HELD = "telephony-held"
"""Sets, by family, of addresses that guessed passwords: filled by fail2ban."""
FLOODERS = "telephony-flooders"
"""Sets, by family, of addresses from which too much came in the last day."""
REQUESTS, CALLS, EMERGENCIES, CONNECTIONS = (
    "telephony-requests",
    "telephony-calls",
    "telephony-emergencies",
    "telephony-connections",
)
"""Sets, by family, with the share that each address has left."""
DROPPED_HELD = "dropped-telephony-held"
LIMITED, LIMITED_ALL = "limited-telephony", "limited-telephony-all"
MARKER = {"4": "192.0.2.1", "6": "2001:db8::1"}
"""In the sets of held addresses while fail2ban fills them: nobody has these (RFC 5737, 3849)."""

MOST = 4096
SOME = 1024
"""Elements of a set. When it is full, a new address has no share: it waits until others leave."""
SHARE_TIMEOUT = "2m"
"""A share that nobody used for so long is whole again."""
CALL_RATE, CALL_BURST = 50, 200
"""Packets a second of calls that stand, from one address: a phone needs some ten a call."""
EMERGENCY_RATE, EMERGENCY_BURST = 1, 10
"""A call is two: the second one answers the question who calls."""

_START = 64
"""Bits of a UDP header."""
_INVITE = b"INVITE sip:"
_IN_CALLS = (b"SIP/", b"ACK ", b"BYE ", b"CANC", b"PRAC", b"UPDA")
"""First four bytes of answers, and of requests that only make sense in a call."""
FAMILIES = {"4": ("ip", "ipv4_addr"), "6": ("ip6", "ipv6_addr")}


def counters(plan: HostPlan) -> set[str]:
    """Return the counters of the guard; none on a host without telephones."""
    return set() if plan.voip is None else {DROPPED_HELD, LIMITED, LIMITED_ALL}


def jumps(plan: HostPlan) -> tuple[str, ...]:
    """Return the lines that bring SIP of the commune's networks to the guard.

    They come before those of open connections: to the kernel, a flood from one port is one.
    """
    if plan.voip is None:
        return ()
    guard = plan.voip.guard
    return tuple(
        f"{family} saddr {prefix} {ports} jump {CHAIN}"
        for family, prefixes in (("ip", guard.prefixes_ipv4), ("ip6", guard.prefixes_ipv6))
        for prefix in prefixes
        for ports in (f"udp dport {SIP_PORT}", f"tcp dport {SIP_PORT}-{SIPS_PORT}")
    )


def sets(plan: HostPlan) -> dict[str, tuple[str, ...]]:
    """Return the lines of the guard's sets by name; empty on a host without telephones."""
    if plan.voip is None:
        return {}
    found: dict[str, tuple[str, ...]] = {}
    for number, (_, kind) in FAMILIES.items():
        for name in (REQUESTS, CALLS, EMERGENCIES, CONNECTIONS):
            found[f"{name}-{number}"] = (
                f"type {kind}",
                f"size {MOST}",
                "flags dynamic,timeout",
                f"timeout {SHARE_TIMEOUT}",
            )
        found[f"{FLOODERS}-{number}"] = (
            f"type {kind}",
            f"size {SOME}",
            "flags dynamic,timeout",
            "counter",
            "timeout 1d",
        )
        found[f"{HELD}-{number}"] = (f"type {kind}", f"size {SOME}", "flags timeout")
    return found


def chains(plan: HostPlan) -> dict[str, tuple[str, ...]]:
    """Return the lines of the guard's chains by name, called ones first."""
    if plan.voip is None:
        return {}
    return {ALL: tuple(_all(plan.voip.guard)), CHAIN: tuple(_each(plan.voip))}


def _all(guard: Guard) -> Iterator[str]:
    """Yield what all addresses share, those apart that the plan knows."""
    if guard.known:
        yield f"ip saddr {_choice(guard.known)} return"
    yield (
        f"limit rate over {guard.all_rate}/second burst {guard.all_burst} packets "
        f"counter name {LIMITED_ALL} drop"
    )


def _each(voip: VoipPlan) -> Iterator[str]:
    guard = voip.guard
    in_call = f"meta l4proto udp @th,{_START},32 {_choice(map(_hex, _IN_CALLS))}"
    emergencies = tuple(_emergencies(voip))
    # Packets of no TCP connection: the chain that called refuses them.
    yield "ct state invalid return"
    for number, (family, _) in FAMILIES.items():
        source = f"{family} saddr"
        limit = _share(CALLS, number, source, CALL_RATE, CALL_BURST)
        yield f"{in_call} {limit} return"
        for what in emergencies:
            limit = _share(EMERGENCIES, number, source, EMERGENCY_RATE, EMERGENCY_BURST)
            yield f"{what} {limit} return"
        yield f"{source} @{HELD}-{number} counter name {DROPPED_HELD} drop"
        limit = _share(CONNECTIONS, number, source, CALL_RATE, CALL_BURST)
        yield f"tcp flags & (syn | ack) != syn {limit} return"
        limit = _share(REQUESTS, number, source, guard.source_rate, guard.source_burst)
        yield f"{limit} goto {ALL}"
        yield f"update @{FLOODERS}-{number} {{ {source} }} counter name {LIMITED} drop"
    # The set of flooders is full.
    yield f"counter name {LIMITED} drop"


def _emergencies(voip: VoipPlan) -> Iterator[str]:
    """Yield matches of the messages that call an emergency number, by length."""
    invite = f"meta l4proto udp @th,{_START},{8 * len(_INVITE)} {_hex(_INVITE)}"
    dialled = [f"{each.number}@".encode() for each in voip.emergency]
    for length in sorted({len(each) for each in dialled}):
        numbers = [_hex(each) for each in dialled if len(each) == length]
        yield f"{invite} @th,{_START + 8 * len(_INVITE)},{8 * length} {_choice(numbers)}"


def _share(name: str, number: str, source: str, rate: int, burst: int) -> str:
    return f"update @{name}-{number} {{ {source} limit rate {rate}/second burst {burst} packets }}"


def _hex(text: bytes) -> str:
    return f"0x{text.hex()}"


def _choice(items: Iterable[str]) -> str:
    found = list(items)
    return found[0] if len(found) == 1 else "{ " + ", ".join(found) + " }"

"""Which queue a packet waits in, in the words of nft(8): by where it comes from, then by its mark.

The firewall decides, not the queue: a mark is believed from telephones only (RFC 2475, 2.3.1), and
the same three numbers mean the same with every kind of queue that the host may have.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mairie.nftables.rules import CLEARED, quoted
from mairie.plan.host import HostPlan
from mairie.plan.parts.queueing import QueueingPlan, VoiceSource

REST, MIDDLE, VOICE = "1:2", "1:3", "1:4"
"""Classes as cake numbers them (best effort, video, voice); those of htb have the same numbers."""

CALLS, FORWARD, OUTPUT = "queue-calls", "queue-forward", "queue-output"

_NFPROTO = {"ip": "ipv4", "ip6": "ipv6"}
_AUDIO = "ef"
_SIGNALLING = "cs3"
"""What the telephone system marks its packets with; RFC 4594, 4.1, has the first for sound."""


@dataclass(frozen=True, slots=True)
class Chain:
    """One chain."""

    name: str
    hook: str
    """Empty: others jump to it."""
    lines: tuple[str, ...]


def chains(plan: HostPlan) -> tuple[Chain, ...]:
    """Return the chains; none where nothing waits here."""
    queueing = plan.network.queueing
    if queueing is None:
        return ()
    return (
        Chain(CALLS, "", tuple(_calls())),
        Chain(FORWARD, "forward", tuple(_forward(queueing))),
        Chain(OUTPUT, "output", tuple(_output(queueing))),
    )


def _calls() -> Iterator[str]:
    """Yield what is done with packets of telephones, before they end as all others do."""
    for family in ("ip", "ip6"):
        yield f"meta l4proto udp {family} dscp {_AUDIO} meta priority set {VOICE} accept"
    for family in ("ip", "ip6"):
        yield f"{family} dscp {_SIGNALLING} meta priority set {MIDDLE} accept"


def _forward(queueing: QueueingPlan) -> Iterator[str]:
    yield f"oifname != {quoted(queueing.interfaces)} accept"
    yield f"meta priority set {REST}"
    for source in queueing.voice:
        if source.interface and not source.ipv4:
            yield from _sound(source, queueing)
        if source.interface:
            yield from _jumps(source)
    for family in ("ip", "ip6"):
        yield f"{family} dscp != cs0 counter name {CLEARED} {family} dscp set cs0"


def _sound(source: VoiceSource, queueing: QueueingPlan) -> Iterator[str]:
    """Yield what knows the sound of phones by where it goes: makers mark it with EF, CS5 or 0."""
    for family in ("ip", "ip6"):
        yield (
            f'iifname "{source.interface}" meta nfproto {_NFPROTO[family]} '
            f"udp dport {queueing.rtp_first}-{queueing.rtp_last} "
            f"{family} dscp set {_AUDIO} meta priority set {VOICE} accept"
        )


def _jumps(source: VoiceSource) -> Iterator[str]:
    pairs = [("ip", source.ipv4), ("ip6", source.ipv6)]
    matches = [f" {family} saddr {address}" for family, address in pairs if address] or [""]
    for match in matches:
        yield f'iifname "{source.interface}"{match} jump {CALLS}'


def _output(queueing: QueueingPlan) -> Iterator[str]:
    yield f"oifname != {quoted(queueing.interfaces)} accept"
    yield f"meta priority set {REST}"
    if queueing.tunnel_port:
        tunnel = f"oifname {quoted(queueing.uplinks)} udp dport {queueing.tunnel_port}"
        yield f"{tunnel} meta priority set {MIDDLE} accept"
    if any(not source.interface for source in queueing.voice):
        yield f"jump {CALLS}"

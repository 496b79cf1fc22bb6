"""Whether stations of the air hear each other: one speaks in every way, the others listen."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_interface
from typing import Final, Literal, get_args

from mairie.lab.clients import Lease
from mairie.lab.namespaces import Namespaces
from mairie.lab.stations import RADIO

Way = Literal[
    "unicast IPv4", "unicast IPv6", "ARP", "broadcast", "multicast IPv4", "multicast IPv6"
]
WAYS: Final[frozenset[Way]] = frozenset(get_args(Way))
_CAPTURE: Final = "/run/heard"
_MULTICAST: Final = ("224.0.0.251", "ff02::fb")
"""Of multicast DNS (RFC 6762), by which devices find each other."""


@dataclass(frozen=True)
class Voice:
    """A station that speaks or listens."""

    name: str
    """Of its node."""
    mac: str
    lease: Lease


def hear(
    nodes: Namespaces, speaker: Voice, listeners: Iterable[Voice], prefix: str
) -> dict[str, frozenset[Way]]:
    """Let one station speak, and return in which ways each of the others heard it, by name.

    It knows their MAC addresses, so that nothing depends on answers. ``prefix``: of the speaker's
    segment, IPv4.
    """
    others = {voice.name: voice for voice in listeners}
    start = (
        f"tcpdump -lnei {RADIO} -U ether src {speaker.mac} >{_CAPTURE} 2>{_CAPTURE}.said "
        f"& echo $! >{_CAPTURE}.pid; until grep -q listening {_CAPTURE}.said; do sleep 0.2; done"
    )
    nodes.together(dict.fromkeys(others, start))
    broadcast = str(ip_interface(prefix).network.broadcast_address)
    lines = []
    for voice in others.values():
        for address in (voice.lease.ipv4, voice.lease.ipv6):
            lines.append(f"ip neigh replace {address} lladdr {voice.mac} dev {RADIO}")
            lines.append(f"ping -c 2 -i 0.3 -W 1 {address}")
        lines.append(f"busybox arping -c 2 -I {RADIO} {voice.lease.ipv4}")
    lines += [
        f"ping -b -c 2 -i 0.3 -W 1 {broadcast}",
        f"ping -c 2 -i 0.3 -W 1 -I {RADIO} {_MULTICAST[0]}",
        f"ping -c 2 -i 0.3 -W 1 {_MULTICAST[1]}%{RADIO}",
    ]
    nodes.check(speaker.name, ["sh", "-c", "; ".join(lines) + "; sleep 1"], timeout=120)
    stop = f"kill $(cat {_CAPTURE}.pid); sleep 0.5; cat {_CAPTURE}"
    texts = nodes.together(dict.fromkeys(others, stop))
    return {name: ways(text, others[name].lease, broadcast) for name, text in texts.items()}


def ways(text: str, lease: Lease, broadcast: str) -> frozenset[Way]:
    """Return how a station was spoken to, from what ``tcpdump -e`` printed there."""
    targets: dict[str, Way] = {
        lease.ipv4: "unicast IPv4",
        lease.ipv6: "unicast IPv6",
        broadcast: "broadcast",
        _MULTICAST[0]: "multicast IPv4",
        _MULTICAST[1]: "multicast IPv6",
    }
    found: set[Way] = set()
    for line in text.splitlines():
        if "ethertype ARP" in line:
            found.add("ARP")
        elif (packet := re.search(r"length \d+: \S+ > (\S+): ICMP6?", line)) and (
            packet[1] in targets
        ):
            found.add(targets[packet[1]])
    return frozenset(found)

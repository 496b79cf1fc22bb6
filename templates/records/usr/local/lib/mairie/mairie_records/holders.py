"""Who holds which address of the segment: leases of DHCP, and neighbours the kernel has seen.

Neighbours are there for addresses that devices take themselves: SLAAC (RFC 4862), temporary ones
(RFC 8981), and an IPv4 address that nobody leased. Names of devices are not looked at.
"""

from __future__ import annotations

import json
import subprocess
from ipaddress import IPv4Network, IPv6Network, ip_address
from pathlib import Path
from typing import Literal, NamedTuple

_ABSENT = {"FAILED", "INCOMPLETE", "NOARP"}


class Holder(NamedTuple):
    """A device with an address."""

    address: str
    mac: str
    by: Literal["dhcp", "neighbour"]


def leased(text: str, ipv4: IPv4Network) -> set[Holder]:
    """Return the holders in dnsmasq's file of leases: ``<expiry> <mac> <address> <name> <id>``."""
    found = set()
    for line in text.splitlines():
        words = line.split()
        if len(words) >= 4 and _inside(words[2], ipv4):
            found.add(Holder(words[2], words[1].lower(), "dhcp"))
    return found


def neighbours(text: str, ipv4: IPv4Network, ipv6: IPv6Network) -> set[Holder]:
    """Return the holders in what ``ip -json neigh`` says."""
    return {
        Holder(item["dst"], item["lladdr"].lower(), "neighbour")
        for item in json.loads(text or "[]")
        if "lladdr" in item
        and not _ABSENT & set(item.get("state", ()))
        and (_inside(item["dst"], ipv4) or _inside(item["dst"], ipv6))
    }


def look(leases: Path, interface: str, ipv4: IPv4Network, ipv6: IPv6Network) -> set[Holder]:
    """Return who holds an address now."""
    text = leases.read_text(errors="replace") if leases.exists() else ""
    said = subprocess.run(
        ["ip", "-json", "neigh", "show", "dev", interface],
        capture_output=True,
        text=True,
        timeout=10,
        check=False,
    )
    return together(leased(text, ipv4), neighbours(said.stdout, ipv4, ipv6))


def together(dhcp: set[Holder], seen: set[Holder]) -> set[Holder]:
    """Return all of them, without neighbours that only confirm a lease."""
    known = {(holder.address, holder.mac) for holder in dhcp}
    return dhcp | {holder for holder in seen if (holder.address, holder.mac) not in known}


def _inside(text: str, prefix: IPv4Network | IPv6Network) -> bool:
    try:
        return ip_address(text) in prefix
    except ValueError:
        return False

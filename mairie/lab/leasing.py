"""How a device inside the QEMU machine takes its addresses: DHCP and router advertisements."""

from __future__ import annotations

import json
from ipaddress import ip_interface
from typing import Final

from mairie.lab.clients import Lease
from mairie.plan.parts.network import SegmentInterface

HOOK: Final = "/srv/node/leased"
HOOK_TEXT: Final = b"""#!/bin/sh
[ "$1" = bound ] || exit 0
ip address replace "$ip/$mask" dev "$interface"
ip route replace default via "${router%% *}"
echo "$dns" >/run/resolvers
"""
"""What udhcpc calls: it must be on the device, executable, before ``script`` runs there."""


def script(port: str, *, hoped: bool = True) -> str:
    """Return a shell script that asks for addresses on a port and prints what ``read`` takes.

    ``hoped``: whether an answer is expected; otherwise it asks for a shorter time.
    """
    # dnsmasq pings an address for three seconds before it gives it away, one device after another.
    turns, pause = (12, 5) if hoped else (3, 2)
    return f"""
        rm -f /run/resolvers
        ip link set {port} up
        busybox udhcpc -i {port} -n -q -t {turns} -T {pause} -s {HOOK} >&2 || :
        for _ in $(seq {turns}); do
            ip -6 -o address show {port} scope global | grep -v tentative >&2 && break
            sleep 1
        done
        ip -json address show dev {port}
        echo
        cat /run/resolvers 2>/dev/null || :
    """


def read(text: str) -> Lease:
    """Return what a device got, from what the script printed."""
    shown, _, resolvers = text.strip().partition("\n")
    found = {
        item["family"]: str(item["local"])
        for item in json.loads(shown)[0]["addr_info"]
        if item["scope"] == "global" and not item.get("tentative")
    }
    return Lease(found.get("inet", ""), found.get("inet6", ""), tuple(resolvers.split()))


def is_of(lease: Lease, segment: SegmentInterface) -> bool:
    """Tell whether a device has an address of a segment in both families."""
    pairs = ((lease.ipv4, segment.prefix_ipv4), (lease.ipv6, segment.prefix_ipv6))
    return all(
        address and ip_interface(address) in ip_interface(prefix).network
        for address, prefix in pairs
    )

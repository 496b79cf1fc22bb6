"""Which device has an address: the kernel's table of neighbours, which has just spoken to it."""

from __future__ import annotations

import json
import re
import subprocess

_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")


def mac_of(address: str, interface: str) -> str:
    """Return the MAC address behind an address on an interface; empty when it is not known."""
    done = subprocess.run(
        ["/usr/sbin/ip", "-json", "neighbour", "show", "to", address, "dev", interface],
        capture_output=True,
        text=True,
        timeout=10,
        check=False,
    )
    if done.returncode or not done.stdout.strip():
        return ""
    found = [str(item.get("lladdr", "")).lower() for item in json.loads(done.stdout)]
    return next((mac for mac in found if _MAC.fullmatch(mac)), "")

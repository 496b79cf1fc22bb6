"""What this host's radios have on the air, for controls."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mairie.host.probe import CannotLookError, Probe, said

INTERFACES = "iw dev"
REGULATORY = "iw reg get"
_CHANNEL = re.compile(r"channel (\d+) \(\d+ MHz\), width: (\d+) MHz")


@dataclass(frozen=True, slots=True, kw_only=True)
class OnAir:
    """One interface of a radio."""

    name: str
    kind: str
    """``AP``, ``AP/VLAN``, ``managed`` …"""
    address: str
    ssid: str
    channel: int
    """0: none."""
    width: int
    """MHz."""
    power: float
    """dBm."""


def on_air(probe: Probe) -> dict[str, OnAir]:
    """Return every wireless interface by name.

    Raises:
        CannotLookError: this is a container, which has no radios.

    """
    found: dict[str, OnAir] = {}
    output = probe(INTERFACES)
    if not output.ok and probe("systemd-detect-virt --quiet --container").ok:
        raise CannotLookError("un conteneur n'a pas de radio")
    for block in re.split(r"^\s+Interface ", said(output), flags=re.MULTILINE)[1:]:
        name, _, rest = block.partition("\n")
        values = dict(line.strip().partition(" ")[::2] for line in rest.splitlines())
        channel = _CHANNEL.search(rest)
        found[name] = OnAir(
            name=name,
            kind=values.get("type", ""),
            address=values.get("addr", ""),
            ssid=unescaped(values.get("ssid", "")),
            channel=int(channel[1]) if channel else 0,
            width=int(channel[2]) if channel else 0,
            power=float(values.get("txpower", "0").split()[0]),
        )
    return found


def unescaped(text: str) -> str:
    """Return what ``iw`` shows with hexadecimal codes for bytes that are not ASCII."""
    raw = re.sub(rb"\\x([0-9a-f]{2})", lambda m: bytes.fromhex(m[1].decode()), text.encode())
    return raw.decode(errors="replace")


def countries(probe: Probe) -> set[str]:
    """Return the countries whose rules the kernel keeps, radios with rules of their own included.

    Raises:
        CannotLookError: the kernel cannot be asked.

    """
    return set(re.findall(r"^country (\w\w):", said(probe(REGULATORY)), re.MULTILINE))

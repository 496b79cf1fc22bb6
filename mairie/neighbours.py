"""Neighbour reports: where devices find a network on another radio (IEEE 802.11-2020, 9.4.2.36).

A device that leaves asks for them, and looks on those channels instead of on all.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from mairie.plan.parts.wifi import Band, Neighbour, Network

_REACHABLE = 0b11
_SAME_SECURITY = 1 << 2
_QOS = 1 << 5
_RADIO_MEASUREMENT = 1 << 7
_MOBILITY_DOMAIN = 1 << 10
_HIGH_THROUGHPUT = 1 << 11
_VERY_HIGH_THROUGHPUT = 1 << 12
_PHY: dict[Band, int] = {"2.4": 7, "5": 9, "6": 14}
"""dot11PHYType: HT, VHT, HE."""


@dataclass(frozen=True, slots=True)
class Report:
    """One BSS that another one tells of."""

    interface: str
    """Of the BSS that tells."""
    bssid: str
    """Of the one it tells of."""
    ssid: str
    """In hexadecimal."""
    report: str
    """Body of the element, in hexadecimal."""


def reports(network: Network) -> Iterator[Report]:
    """Yield what the one or two BSS of a network tell of its neighbours."""
    for each in network.neighbours:
        pairs = (
            (network.interface, network.ssid, each.bssid),
            (network.owe_interface, network.owe_ssid, each.owe_bssid),
        )
        for interface, ssid, bssid in pairs:
            if interface and bssid:
                yield Report(interface, bssid, ssid.encode().hex(), _body(bssid, each).hex())


def operating_class(band: Band, channel: int) -> int:
    """Return the class of a channel of 20 MHz (IEEE 802.11-2020, table E-4)."""
    if band == "2.4":
        return 81
    if band == "6":
        return 131
    upper = ((48, 115), (64, 118), (144, 121), (177, 125))
    return next(number for last, number in upper if channel <= last)


def _body(bssid: str, neighbour: Neighbour) -> bytes:
    information = _REACHABLE | _SAME_SECURITY | _QOS | _RADIO_MEASUREMENT
    information |= _MOBILITY_DOMAIN if neighbour.shares_sessions else 0
    information |= _HIGH_THROUGHPUT if neighbour.band != "6" else 0
    information |= _VERY_HIGH_THROUGHPUT if neighbour.band == "5" else 0
    place = operating_class(neighbour.band, neighbour.channel), neighbour.channel
    address = bytes.fromhex(bssid.replace(":", ""))
    return address + struct.pack("<IBBB", information, *place, _PHY[neighbour.band])

"""Neighbour reports: bytes as the standard lays them out."""

from __future__ import annotations

import pytest

from mairie.neighbours import operating_class, reports
from mairie.plan.parts.wifi import Network
from tests.unit.plan.test_ap import BOX, YARD, on_air, plans


def network(host: str, radio: str, name: str) -> Network:
    return on_air(plans()[host], name, radio)


def test_each_network_is_told_of_where_else_it_is() -> None:
    here = network(BOX, "wlan0", "agents")
    told = {report.bssid: report for report in reports(here)}
    there = network(YARD, "wlan1", "agents")
    assert here.bssid not in told
    assert len(told) == 4
    assert {report.interface for report in told.values()} == {here.interface}
    body = bytes.fromhex(told[there.bssid].report)
    assert body[:6] == bytes.fromhex(there.bssid.replace(":", ""))
    # Reachable, of the same security, with QoS, measurements, HT and VHT: 5 GHz, channel 36.
    assert int.from_bytes(body[6:10], "little") & 0b1_1000_1010_0111 == 0b1_1000_1010_0111
    assert tuple(body[10:]) == (115, 36, 9)


def test_only_radios_that_share_sessions_are_said_to() -> None:
    here = network(BOX, "wlan0", "agents")
    sharing = {holder.bssid for holder in here.key_holders}
    assert sharing
    for report in reports(here):
        information = int.from_bytes(bytes.fromhex(report.report)[6:10], "little")
        assert bool(information & 1 << 10) == (report.bssid in sharing)


def test_both_sides_of_an_open_network_find_their_own() -> None:
    here, there = network(BOX, "wlan0", "public"), network(YARD, "wlan0", "public")
    told = {(report.interface, report.bssid) for report in reports(here)}
    assert (here.interface, there.bssid) in told
    assert (here.owe_interface, there.owe_bssid) in told
    assert (here.interface, there.owe_bssid) not in told


def test_a_radio_that_chooses_its_channel_is_not_told_of() -> None:
    found = plans(points={"cour": {"wlan0": {"band": 2.4}}})
    assert on_air(found[BOX], "agents", "wlan0").neighbours == ()
    assert len(on_air(found[YARD], "agents", "wlan0").neighbours) == 1


def test_networks_for_lessons_tell_and_are_told_of_nothing() -> None:
    found = plans(networks={"school": {"lessons": True}})
    assert on_air(found[BOX], "school", "wlan0").neighbours == ()


@pytest.mark.parametrize(
    ("channel", "number"), [(36, 115), (48, 115), (52, 118), (100, 121), (144, 121), (149, 125)]
)
def test_operating_classes_of_5_ghz(channel: int, number: int) -> None:
    assert operating_class("5", channel) == number


def test_operating_classes_of_other_bands() -> None:
    assert (operating_class("2.4", 13), operating_class("6", 37)) == (81, 131)

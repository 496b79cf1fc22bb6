"""Hosts that are access points: their cable, what they carry, whom they ask, who roams."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Any

from mairie.files import network as table
from mairie.model.commune import Commune
from mairie.model.territory import PublicKeys, Territory
from mairie.plan.host import HostPlan
from mairie.plan.parts.wifi import Network, WifiPlan
from mairie.plan.reach import Packet, Reach
from mairie.plan.resolve import resolve
from tests.unit.plan.fleets import LAYERS, key_of, syndicate

BOX, YARD, HALL = "essai-mairie-box", "essai-mairie-cour", "essai-mairie-hall"
NO_CLASS = {"lessons": False}
ONE_BAND = {"wlan0": {"band": 2.4, "channel": 6}}
POINTS = {
    "cour": {"wlan0": {"band": 2.4, "channel": 1}, "wlan1": {"band": 5, "channel": 36}},
    "hall": {"wlan0": {"band": 5, "channel": 44}, "wlan1": {"band": 2.4, "channel": 11}},
}


def commune(
    points: dict[str, Any] | None = None, radios: dict[str, Any] | None = None, **site: Any
) -> Commune:
    hosts: dict[str, Any] = {
        "box": {
            "roles": ["gateway", "server"],
            "wan": "eth0",
            "trunk": "eth1",
            "radios": ONE_BAND if radios is None else radios,
        }
    }
    for number, (name, of_point) in enumerate((POINTS if points is None else points).items(), 2):
        hosts[name] = {"roles": ["ap"], "trunk": "eth0", "radios": of_point, "number": number}
    there = {"networks": {"school": NO_CLASS}, **site}
    return Commune.model_validate(
        {
            "insee": "98741",
            "name": "Essai",
            "timezone": "Pacific/Tahiti",
            "index": 7,
            "uplinks": [{"kind": "fibre", "down": "20M", "up": "4M"}],
            "people": {"ana": {"name": "Ana"}},
            "sites": {"mairie": {"label": "Mairie", "index": 0, "hosts": hosts, **there}},
        }
    )


def plans(**keys: Any) -> dict[str, HostPlan]:
    return resolve(
        Territory(
            name="essai",
            syndicate=syndicate(),
            communes={"essai": commune(**keys)},
            layers=LAYERS,
            public_keys={name: PublicKeys(current=key_of(name)) for name in ("hub0", BOX)},
        )
    )


def wifi(plan: HostPlan) -> WifiPlan:
    assert plan.wifi is not None
    return plan.wifi


def on_air(plan: HostPlan, name: str, radio: str) -> Network:
    (found,) = (
        network
        for each in wifi(plan).radios
        if each.name == radio
        for network in each.networks
        if network.name == name
    )
    return found


def test_it_has_three_bricks_and_keeps_nothing() -> None:
    found = plans()
    assert found[YARD].bricks == ("base", "network", "wifi")
    assert (found[YARD].backup, found[YARD].vpn, found[YARD].portal) == (None, None, None)
    store = found["hub0"].store
    assert store is not None
    assert [host.name for host in store.hosts] == [BOX]
    assert found["hub0"] == plans(points={"cour": POINTS["cour"], "hall": POINTS["hall"]})["hub0"]


def test_other_hosts_keep_their_night() -> None:
    with_points, without = plans(), plans(points={})
    assert with_points[BOX].backup == without[BOX].backup


def test_it_carries_what_it_has_on_the_air_and_has_one_address() -> None:
    segments = plans()[YARD].network.segments
    assert [(item.segment, item.member, item.bridge, item.ipv4) for item in segments] == [
        ("admin", "eth0.10", "br-admin", "10.7.0.2/24"),
        ("agents", "eth0.20", "br-agents", ""),
        ("public", "eth0.40", "br-public", ""),
        ("school", "eth0.50", "br-school", ""),
    ]
    assert not any(item.isolated or item.rate_limit or item.hours for item in segments)


def test_it_carries_no_segment_of_people_when_nobody_logs_in() -> None:
    found = plans(networks={"agents": {"on": False}, "school": {"on": False}})[YARD]
    assert [item.segment for item in found.network.segments] == ["admin", "public"]


def test_visitors_reach_the_gateway_alone() -> None:
    found = plans()
    here = {item.segment: item for item in found[YARD].network.segments}["public"]
    there = {item.segment: item for item in found[BOX].network.segments}["public"]
    assert here.gateway_mac == there.gateway_mac
    assert re.fullmatch(r"[0-9a-f][26ae](:[0-9a-f]{2}){5}", here.gateway_mac)
    assert not any(item.gateway_mac for item in plans(points={})[BOX].network.segments)
    others = {item.gateway_mac for item in found[YARD].network.segments if item is not here}
    assert others == {""}


def test_who_reaches_it_and_whom_it_reaches() -> None:
    found = plans()
    reach = Reach(found)
    own = "10.7.0.2"

    def allowed(source: str, destination: str, protocol: str = "tcp", port: int = 22) -> bool:
        return reach.follow(Packet(source, destination, protocol, port)).allowed

    hub = found["hub0"].vpn
    assert hub is not None
    technician = next(peer for peer in hub.peers if peer.kind == "technician")
    assert allowed(technician.allowed_ipv4[0].partition("/")[0], own)
    assert allowed(hub.hub_ipv4, own)
    assert not allowed("10.7.2.50", own)
    assert not allowed("10.7.4.50", own)
    assert allowed(own, "10.7.0.1", "udp", 1812)
    assert allowed(own, "203.0.113.7", "tcp", 443)
    assert not allowed(own, "203.0.113.7", "tcp", 25)
    assert not allowed("10.7.0.60", "10.7.0.1", "udp", 1812)
    assert not allowed("10.7.0.60", "203.0.113.7", "tcp", 443)


def test_it_forwards_nothing() -> None:
    found = plans()[YARD]
    assert not table.forwards(found)
    assert {rule.chain for rule in found.network.firewall.rules} == {"input"}
    assert {rule.source.interfaces for rule in found.network.firewall.rules} == {("br-admin",)}


def test_it_asks_the_gateway_who_knows_it() -> None:
    found = plans()
    own, gateway = wifi(found[YARD]), wifi(found[BOX])
    assert (own.asked, own.address, own.port) == ("10.7.0.1", "10.7.0.2", 1812)
    assert (own.has_radius, own.asks_itself, own.listens, own.people) == (False, False, (), ())
    assert [(point.name, point.address) for point in gateway.access_points] == [
        ("cour", "10.7.0.2"),
        ("hall", "10.7.0.3"),
    ]
    assert gateway.listens == ("10.7.0.1", "127.0.0.1")
    assert [person.login for person in gateway.people] == ["ana"]


def test_a_gateway_without_radios_answers_them_too() -> None:
    found = plans(radios={})[BOX]
    assert "wifi" in found.bricks
    assert wifi(found).listens == ("10.7.0.1",)
    assert wifi(found).radios == ()


def test_who_asks_nobody_is_known_to_nobody() -> None:
    found = plans(networks={"agents": {"on": False}})
    assert not wifi(found[BOX]).has_radius
    assert wifi(found[BOX]).access_points == ()


def test_devices_roam_between_hosts_in_one_band() -> None:
    found = plans()
    box, yard, hall = (
        on_air(found[BOX], "agents", "wlan0"),
        on_air(found[YARD], "agents", "wlan0"),
        on_air(found[HALL], "agents", "wlan1"),
    )
    assert re.fullmatch("[0-9a-f]{4}", box.mobility_domain)
    assert box.mobility_domain == yard.mobility_domain == hall.mobility_domain
    assert box.nas_identifier == "box-wlan0"
    assert [asdict(each) for each in box.key_holders] == [
        {"bssid": yard.bssid, "nas_identifier": "cour-wlan0"},
        {"bssid": hall.bssid, "nas_identifier": "hall-wlan1"},
    ]
    fast = on_air(found[YARD], "agents", "wlan1")
    assert fast.mobility_domain != yard.mobility_domain
    assert [each.nas_identifier for each in fast.key_holders] == ["hall-wlan0"]


def test_radios_of_one_host_are_in_no_domain() -> None:
    twice = {"wlan0": {"band": 5, "channel": 36}, "wlan1": {"band": 5, "channel": 44}}
    alone = plans(points={}, radios=twice)[BOX]
    assert {
        network.mobility_domain for radio in wifi(alone).radios for network in radio.networks
    } == {""}
    assert on_air(alone, "agents", "wlan0").nas_identifier == "wlan0"
    both = plans(points={"cour": twice}, radios=twice)
    first, second = (on_air(both[BOX], "agents", radio) for radio in ("wlan0", "wlan1"))
    assert first.mobility_domain != second.mobility_domain
    assert [each.nas_identifier for each in second.key_holders] == ["cour-wlan1"]


def test_who_has_no_key_takes_none_along() -> None:
    domains = {
        network.name: bool(network.mobility_domain)
        for radio in wifi(plans()[YARD]).radios
        for network in radio.networks
    }
    assert domains == {"agents": True, "school": True, "public": False}


def test_an_access_point_follows_the_lessons_of_its_gateway() -> None:
    for radios in (ONE_BAND, {}):
        found = plans(networks={"school": {"lessons": True}}, radios=radios)
        gateway, point = found[BOX].lessons, found[YARD].lessons
        assert gateway is not None and point is not None
        assert gateway.page_addresses[0] == point.follows
        assert (gateway.follows, point.page_addresses, point.schedule) == ("", (), ())
        assert [network.name for each in wifi(found[YARD]).radios for network in each.for_lessons]
        opened = [rule for rule in found[BOX].network.firewall.rules if rule.flow == "lessons-page"]
        assert {rule.source.zone for rule in opened} == {"school", "ap-hosts"}
        assert not [
            rule for rule in found[YARD].network.firewall.rules if rule.flow == "lessons-page"
        ]


def test_a_site_switches_roaming_off() -> None:
    found = plans(networks={"agents": {"roaming": False}, "school": NO_CLASS})
    assert on_air(found[BOX], "agents", "wlan0").mobility_domain == ""
    assert on_air(found[BOX], "school", "wlan0").mobility_domain

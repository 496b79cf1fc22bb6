"""Who is let in where, on any site; and who may ask."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from mairie.model.commune import Commune
from mairie.model.territory import PublicKeys, Territory
from mairie.plan.host import HostPlan
from mairie.plan.parts.wifi import Person, WifiPlan
from mairie.plan.reach import Packet, Reach
from mairie.plan.resolve import resolve
from tests.unit.plan.fleets import LAYERS, key_of, syndicate

PEOPLE = {
    "ana": {"name": "Ana"},
    "bob": {"name": "Bob", "segment": "school", "methods": ["certificate"]},
}
POINTS = {
    "hall": {"mac": "dc:2c:6e:10:41:01"},
    "preau": {"mac": "dc:2c:6e:10:41:02", "address": "10.7.0.250"},
}


def site(*segments: str, points: dict[str, Any], index: int) -> dict[str, Any]:
    return {
        "label": "Site",
        "index": index,
        "segments": ["admin", "servers", *segments],
        "hosts": {
            "gw": {"roles": ["gateway"], "wan": "eth0", "trunk": "eth1"},
            "srv": {"roles": ["server"]},
        },
        "access_points": points,
    }


@cache
def plans() -> dict[str, HostPlan]:
    """Plans of a town hall with agents, a school with pupils, and a store without Wi-Fi."""
    commune = Commune.model_validate(
        {
            "insee": "98707",
            "name": "Essai",
            "timezone": "Pacific/Tahiti",
            "index": 7,
            "uplinks": [{"kind": "fibre", "down": "20M", "up": "4M"}],
            "people": PEOPLE,
            "sites": {
                "mairie": site("agents", points=POINTS, index=0),
                "ecole": site(
                    "school", "agents", points={"cour": {"mac": "dc:2c:6e:10:41:03"}}, index=1
                ),
                "depot": site("agents", points={}, index=2),
            },
        }
    )
    hosts = ["hub0", *(f"essai-{each}-gw" for each in commune.sites)]
    return resolve(
        Territory(
            name="essai",
            syndicate=syndicate(),
            communes={"essai": commune},
            layers=LAYERS,
            public_keys={name: PublicKeys(current=key_of(name)) for name in hosts},
        )
    )


def wifi(host: str) -> WifiPlan:
    found = plans()[host].wifi
    assert found is not None
    return found


def test_only_gateways_of_sites_with_access_points_answer() -> None:
    answering = {name for name, plan in plans().items() if plan.wifi is not None}
    assert answering == {"essai-mairie-gw", "essai-ecole-gw"}
    assert answering == {name for name, plan in plans().items() if "wifi" in plan.bricks}
    assert plans()["essai-mairie-gw"].bricks == ("base", "network", "vpn", "wifi", "backup")


def test_people_come_in_where_their_segment_is() -> None:
    ana = Person(
        login="ana", name="Ana", segment="agents", vlan=20, password=True, certificate=False
    )
    bob = Person(
        login="bob", name="Bob", segment="school", vlan=50, password=False, certificate=True
    )
    assert wifi("essai-mairie-gw").people == (ana,)
    assert wifi("essai-ecole-gw").people == (ana, bob)


def test_one_name_for_every_gateway_of_a_commune() -> None:
    names = {wifi(host).server_name for host in ("essai-mairie-gw", "essai-ecole-gw")}
    assert names == {"radius.essai.essai.example"}


def test_access_points_have_their_addresses_and_names() -> None:
    plan = plans()["essai-mairie-gw"]
    addresses = {point.name: point.address for point in wifi(plan.name).access_points}
    assert addresses["preau"] == "10.7.0.250"
    reserved = {item.name: item for item in plan.network.dhcp_reservations}
    assert {name: item.address for name, item in reserved.items()} == addresses
    assert {item.segment for item in reserved.values()} == {"admin"}
    assert reserved["hall"].mac == POINTS["hall"]["mac"]
    dns = plan.network.dns
    assert dns is not None
    assert addresses["hall"] in {record.ipv4 for record in dns.records}


def test_it_listens_on_its_own_address_there() -> None:
    plan = plans()["essai-mairie-gw"]
    (admin,) = (item for item in plan.network.segments if item.segment == "admin")
    assert wifi(plan.name).address == admin.ipv4.partition("/")[0]


@pytest.mark.parametrize(
    ("source", "allowed"),
    [
        ("10.7.0.250", True),  # an access point
        ("10.7.0.251", False),  # another machine in its segment
        ("10.7.1.2", False),  # the server
        ("10.7.2.150", False),  # an agent's
        ("10.7.16.150", False),  # a machine of the other site
    ],
)
def test_access_points_alone_reach_it(source: str, allowed: bool) -> None:
    address, port = wifi("essai-mairie-gw").address, wifi("essai-mairie-gw").port
    verdict = Reach(plans()).follow(Packet(source, address, "udp", port))
    assert verdict.allowed == allowed
    assert verdict.counters == (("access-points-gateway",) if allowed else ())


def test_without_access_points_nothing_is_open() -> None:
    rules = plans()["essai-depot-gw"].network.firewall.rules
    assert not [rule for rule in rules if rule.flow == "access-points-gateway"]

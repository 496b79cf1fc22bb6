"""What only people and access points can get wrong: the exact sentence, for each."""

# ruff: noqa: E501 - sentences are compared whole

from __future__ import annotations

import pytest

from tests.unit.inventory.small import Inventory
from tests.unit.inventory.test_checks import RAPA, SYNDICATE, Case

BOX = "        ports: {admin: eth1, servers: eth2, agents: eth3}\n"
MAC = "dc:2c:6e:10:41:01"
AP = f"    access_points: {{ap-hall: {{mac: '{MAC}'}}}}\n"


def people(text: str, points: str = AP) -> str:
    return f"{BOX}{points}people:\n  {text}\n"


def points(text: str) -> str:
    return f"{BOX}    access_points:\n      {text}\n"


CASES: tuple[Case, ...] = (
    (
        "nobody to answer them",
        RAPA,
        BOX,
        people("hina: {name: Hina}", points=""),
        [
            "communes/rapa.yaml:18: people: nobody can log in: no site of this commune has access points, or radios with a network of people; add access_points: to a site or radios: to its gateway, or remove people"
        ],
    ),
    (
        "login",
        RAPA,
        BOX,
        people("Hina: {name: Hina}"),
        [
            'communes/rapa.yaml:20: people.Hina: the name "Hina" is not allowed; write lower-case letters and digits, with single . _ or -, such as hina.teriitahi'
        ],
    ),
    (
        "login too long",
        RAPA,
        BOX,
        people(f"{'a' * 33}: {{name: Hina}}"),
        [
            f'communes/rapa.yaml:20: people.{"a" * 33}: the name "{"a" * 33}" has 33 characters; at most 32'
        ],
    ),
    (
        "segment that nobody has",
        RAPA,
        BOX,
        people("hina: {name: Hina, segment: agent}"),
        [
            'communes/rapa.yaml:20: people.hina.segment: unknown segment "agent"; did you mean "agents"?'
        ],
    ),
    (
        "segment of machines",
        RAPA,
        BOX,
        people("hina: {name: Hina, segment: servers}"),
        [
            'communes/rapa.yaml:20: people.hina.segment: people may not be put into "servers"; allowed: agents, school'
        ],
    ),
    (
        "segment of another building",
        RAPA,
        BOX,
        people("hina: {name: Hina, segment: school}"),
        [
            'communes/rapa.yaml:20: people.hina.segment: "school" is on no site with access points or radios; there are: agents'
        ],
    ),
    (
        "method",
        RAPA,
        BOX,
        people("hina: {name: Hina, methods: [card]}"),
        [
            'communes/rapa.yaml:20: people.hina.methods[0]: "card" is not allowed; allowed: password, certificate'
        ],
    ),
    (
        "no method",
        RAPA,
        BOX,
        people("hina: {name: Hina, methods: []}"),
        ["communes/rapa.yaml:20: people.hina.methods: empty; write at least one"],
    ),
    (
        "method twice",
        RAPA,
        BOX,
        people("hina: {name: Hina, methods: [password, password]}"),
        ['communes/rapa.yaml:20: people.hina.methods[1]: "password" is written twice; remove one'],
    ),
    (
        "no name",
        RAPA,
        BOX,
        people("hina: {segment: agents}"),
        ["communes/rapa.yaml:20: people.hina.name: this key is required"],
    ),
    (
        "mac of another device",
        RAPA,
        BOX,
        points("ap-hall: {mac: '00:1b:a9:10:44:01'}"),
        [
            "communes/rurutu.yaml:17: sites.mairie.equipment.printer.mac: 00:1b:a9:10:44:01 is already ap-hall's (communes/rapa.yaml:19); each device has its own"
        ],
    ),
    (
        "mac of a group",
        RAPA,
        BOX,
        points("ap-hall: {mac: '01:00:5e:00:00:01'}"),
        [
            "communes/rapa.yaml:19: sites.mairie.access_points.ap-hall.mac: a multicast MAC address cannot name one device"
        ],
    ),
    (
        "address of the pool",
        RAPA,
        BOX,
        points(f"ap-hall: {{mac: '{MAC}', address: 10.41.192.120}}"),
        [
            "communes/rapa.yaml:19: sites.mairie.access_points.ap-hall.address: 10.41.192.120 is in the DHCP pool, 10.41.192.100 to 10.41.192.249; allowed: 10.41.192.2 to 10.41.192.99 and 10.41.192.250 to 10.41.192.254"
        ],
    ),
    (
        "name of the host",
        RAPA,
        BOX,
        points(f"box: {{mac: '{MAC}'}}"),
        [
            'communes/rapa.yaml:19: sites.mairie.access_points.box: "box" is already a host of this site; rename one of them'
        ],
    ),
    (
        "name of equipment",
        RAPA,
        BOX,
        f"{BOX}    equipment: {{hall: {{segment: admin, mac: '{MAC}'}}}}\n"
        "    access_points: {hall: {mac: 'dc:2c:6e:10:41:02'}}\n",
        [
            'communes/rapa.yaml:19: sites.mairie.access_points.hall: "hall" is already equipment of this site; rename one of them'
        ],
    ),
    (
        "a site without its segment",
        RAPA,
        "    segments: [admin, servers, agents]\n",
        f"    segments: [servers, agents]\n{AP}",
        [
            'communes/rapa.yaml:13: sites.mairie.access_points: access points are managed in segment "admin", which is not on this site; its segments: servers, agents',
            'communes/rapa.yaml:18: sites.mairie.hosts.box.ports.admin: "admin" is not on this site; its segments: servers, agents',
        ],
    ),
    (
        "two ports",
        SYNDICATE,
        "demo: true\n",
        "demo: true\noverrides: {services: {radius: [udp/1812, udp/1645]}}\n",
        [
            "syndicate.yaml:27: overrides.services.radius: udp/1812, udp/1645: gateways answer on one UDP port; write [udp/1812]"
        ],
    ),
    (
        "a flow to access points",
        SYNDICATE,
        "demo: true\n",
        "demo: true\noverrides: {flows: {f: {from: hub, to: access-points, services: [ssh], reason: r}}}\n",
        [
            'syndicate.yaml:27: overrides.flows.f.to: nothing is sent to the zone "access-points"; write the segment "admin"'
        ],
    ),
    (
        "a flow from access points elsewhere",
        SYNDICATE,
        "demo: true\n",
        "demo: true\noverrides: {flows: {f: {from: access-points, to: internet, services: [ntp], reason: r}}}\n",
        [
            'syndicate.yaml:27: overrides.flows.f.from: the zone "access-points" reaches the gateway alone; write the segment "admin"'
        ],
    ),
)


@pytest.mark.parametrize("case", CASES, ids=[case[0] for case in CASES])
def test_exact_sentence(inventory: Inventory, case: Case) -> None:
    _, file, old, new, expected = case
    inventory.replace(file, old, new)
    assert inventory.errors() == expected


@pytest.mark.parametrize(
    "text",
    [
        "hina: {name: Hina}",
        "hina.teriitahi: {name: Hina, segment: agents, methods: [password, certificate]}",
        "h2: {name: Hina, methods: [certificate]}",
    ],
)
def test_what_is_right(inventory: Inventory, text: str) -> None:
    inventory.replace(RAPA, BOX, people(text))
    assert inventory.errors() == []


def test_access_points_may_come_before_people(inventory: Inventory) -> None:
    inventory.replace(RAPA, BOX, f"{BOX}{AP}")
    assert inventory.errors() == []

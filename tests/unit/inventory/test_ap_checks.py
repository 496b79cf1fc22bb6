"""What only a host that is an access point can get wrong: the exact sentence, for each."""

# ruff: noqa: E501 - sentences are compared whole

from __future__ import annotations

import pytest

from tests.unit.inventory.small import Inventory
from tests.unit.inventory.test_checks import RAPA, SYNDICATE

SITE = (
    "    segments: [admin, servers, agents]\n"
    "    hosts:\n"
    "      box:\n"
    "        roles: [gateway, server]\n"
    "        wan: eth0\n"
    "        ports: {admin: eth1, servers: eth2, agents: eth3}\n"
)
HOST = "communes/rapa.yaml:18: sites.mairie.hosts.cour"
RADIO = "radios: {wlan0: {band: 5}}"
RIGHT = f"roles: [ap], trunk: eth0, {RADIO}"


def site(host: str, more: str = "", segments: str = "admin, servers, agents") -> str:
    """Return a site with an access point in the courtyard, and more keys of the site."""
    ports = ", ".join(f"{name}: eth{1 + n}" for n, name in enumerate(segments.split(", ")))
    text = SITE.replace("admin, servers, agents", segments)
    text = text.replace("admin: eth1, servers: eth2, agents: eth3", ports)
    return f"{text}      cour: {{{host}}}\n{more}"


CASES: tuple[tuple[str, str, list[str]], ...] = (
    (
        "another role",
        site(f"roles: [ap, server], trunk: eth0, {RADIO}"),
        [f'{HOST}: "ap" goes with no other role; a gateway has "radios" of its own'],
    ),
    (
        "no cable",
        site(f"roles: [ap], {RADIO}"),
        [
            f'{HOST}: an access point needs "trunk", the port of its cable: it carries the segments of its networks, and admin, tagged (802.1Q)'
        ],
    ),
    (
        "no radio",
        site("roles: [ap], trunk: eth0"),
        [f'{HOST}: an access point needs "radios", by the kernel\'s name of each'],
    ),
    (
        "all that is wrong with one host at once",
        site("roles: [ap], wan: eth1"),
        [
            f'{HOST}: an access point needs "trunk", the port of its cable: it carries the segments of its networks, and admin, tagged (802.1Q); an access point needs "radios", by the kernel\'s name of each; an access point has one cable and keeps nothing; remove "wan"'
        ],
    ),
    (
        "keys of a gateway and of a server",
        site(f"{RIGHT}, wan: eth1, port: eth2, backup: {{quota: 20G}}"),
        [
            f'{HOST}: an access point has one cable and keeps nothing; remove "wan", "port", "backup"'
        ],
    ),
    (
        "no segment of its own",
        site(RIGHT, segments="servers, agents"),
        [
            f'{HOST}.roles: an access point needs the segment "admin"; add it to the segments of the site'
        ],
    ),
    (
        "nothing on the air",
        site(RIGHT, segments="admin, servers"),
        [
            f"{HOST}.radios: no network of this site is on the air; switch one on, add its segment to the site, or remove this host"
        ],
    ),
    (
        "a radio that is the cable",
        site("roles: [ap], trunk: wlan0, radios: {wlan0: {band: 5}}"),
        [
            f"{HOST}.radios.wlan0: wlan0 is already a port of this host; a radio carries networks alone"
        ],
    ),
    (
        "two of one number",
        site(f"{RIGHT}, number: 4", f"      hall: {{{RIGHT}, number: 4}}\n"),
        [
            'communes/rapa.yaml:19: sites.mairie.hosts.hall.number: 4 is already "cour"; free: 2, 3, 5, 6, 7, 8, 9'
        ],
    ),
    (
        "equipment at its address",
        site(
            f"{RIGHT}, number: 4",
            "    equipment: {switch: {segment: admin, mac: '00:1b:a9:10:41:77', address: 10.41.192.4}}\n",
        ),
        [
            'communes/rapa.yaml:19: sites.mairie.equipment.switch.address: 10.41.192.4 is already "cour"; free: 10.41.192.10, 10.41.192.11, 10.41.192.12 …'
        ],
    ),
    (
        "roaming of those without a key",
        site(RIGHT, "    networks: {public: {roaming: true}}\n"),
        [
            'communes/rapa.yaml:19: sites.mairie.networks.public.roaming: devices take a key along where security is enterprise or personal, not "open"; remove roaming'
        ],
    ),
    (
        "no gateway",
        site(RIGHT).replace("[gateway, server]", "[server]").replace("wan: eth0", "number: 3"),
        [
            'communes/rapa.yaml:14: sites.mairie.hosts.box: only a gateway has "wan", "trunk" or "ports"; a server has "port"'
        ],
    ),
)
REFERENCE: tuple[tuple[str, str, list[str]], ...] = (
    (
        "roaming of visitors",
        "networks: {public: {roaming: true}}",
        [
            'syndicate.yaml:27: overrides.networks.public.roaming: devices take a key along where security is enterprise or personal, not "open"; remove roaming'
        ],
    ),
    (
        "a flow to them",
        "flows: {x: {from: agents, to: ap-hosts, services: [ssh], reason: X}}",
        [
            'syndicate.yaml:27: overrides.flows.x.to: nothing is sent to the zone "ap-hosts"; write the segment "admin"'
        ],
    ),
    (
        "a flow from them to elsewhere",
        "flows: {x: {from: ap-hosts, to: servers, services: [ssh], reason: X}}",
        [
            'syndicate.yaml:27: overrides.flows.x.from: the zone "ap-hosts" reaches the gateway and the internet alone; write the segment "admin"'
        ],
    ),
)


@pytest.mark.parametrize(("text", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_exact_sentence(inventory: Inventory, text: str, expected: list[str]) -> None:
    inventory.replace(RAPA, SITE, text)
    assert inventory.errors() == expected


@pytest.mark.parametrize(
    ("text", "expected"), [c[1:] for c in REFERENCE], ids=[c[0] for c in REFERENCE]
)
def test_exact_sentence_of_the_reference(
    inventory: Inventory, text: str, expected: list[str]
) -> None:
    inventory.replace(SYNDICATE, "demo: true\n", f"demo: true\noverrides: {{{text}}}\n")
    assert inventory.errors() == expected


@pytest.mark.parametrize(
    "text",
    [
        site(RIGHT),
        site(f"{RIGHT}, number: 2", f"      hall: {{{RIGHT}, number: 3}}\n"),
        site(RIGHT, "people: {hina: {name: Hina}}\n"),
        site(RIGHT, "    networks: {agents: {roaming: false}}\n"),
    ],
    ids=["one", "two", "people", "without roaming"],
)
def test_what_is_right(inventory: Inventory, text: str) -> None:
    inventory.replace(RAPA, SITE, text)
    assert inventory.errors() == []

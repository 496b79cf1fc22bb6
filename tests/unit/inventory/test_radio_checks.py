"""What only radios and networks on the air can get wrong: the exact sentence, for each."""

# ruff: noqa: E501 - sentences are compared whole

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.inventory.small import Inventory
from tests.unit.inventory.test_checks import RAPA, SYNDICATE

CABLES = (
    "    segments: [admin, servers, agents]\n"
    "    hosts:\n"
    "      box:\n"
    "        roles: [gateway, server]\n"
    "        wan: eth0\n"
    "        ports: {admin: eth1, servers: eth2, agents: eth3}\n"
)
MAC = "02:00:00:00:05:01"
HOST = "communes/rapa.yaml:18: sites.mairie.hosts.box.radios.wlan0"


def site(radios: str, more: str = "", segments: str = "admin, servers, agents, things") -> str:
    """Return a site with a trunk, the radios of its gateway, and more keys of the site."""
    return (
        f"    segments: [{segments}]\n"
        "    hosts:\n"
        "      box:\n"
        "        roles: [gateway, server]\n"
        "        wan: eth0\n"
        "        trunk: eth1\n"
        f"        radios: {{{radios}}}\n"
        f"{more}"
    )


def wlan0(text: str) -> str:
    return site(f"wlan0: {{{text}}}")


CASES: tuple[tuple[str, str, list[str]], ...] = (
    (
        "band",
        wlan0("band: 60"),
        [
            "communes/rapa.yaml:18: sites.mairie.hosts.box.radios.wlan0.band: 60 is not allowed; allowed: 2.4, 5, 6"
        ],
    ),
    (
        "band of another country",
        wlan0("band: 6"),
        [
            "communes/rapa.yaml:18: sites.mairie.hosts.box.radios.wlan0.band: 6 GHz is not allowed in PF; allowed: 2.4 GHz, 5 GHz"
        ],
    ),
    (
        "channel of another band",
        wlan0("band: 2.4, channel: 36"),
        [
            "communes/rapa.yaml:18: sites.mairie.hosts.box.radios.wlan0.channel: 36 is not allowed on 2.4 GHz in PF; allowed: 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13"
        ],
    ),
    (
        "channel that is not allowed",
        wlan0("band: 5, channel: 149"),
        [
            "communes/rapa.yaml:18: sites.mairie.hosts.box.radios.wlan0.channel: 149 is not allowed on 5 GHz in PF; allowed: 36, 40, 44, 48, 52, 56, 60, 64, 100, 104, 108, 112, 116, 120, 124, 128, 132, 136, 140"
        ],
    ),
    (
        "channel that is none",
        wlan0("band: 5, channel: 37"),
        [
            "communes/rapa.yaml:18: sites.mairie.hosts.box.radios.wlan0.channel: 37 is not allowed on 5 GHz in PF; allowed: 36, 40, 44, 48, 52, 56, 60, 64, 100, 104, 108, 112, 116, 120, 124, 128, 132, 136, 140"
        ],
    ),
    (
        "wide on 2.4 GHz",
        wlan0("band: 2.4, channel: 6, width: 40"),
        [
            "communes/rapa.yaml:18: sites.mairie.hosts.box.radios.wlan0.width: 40 MHz does not fit on 2.4 GHz; allowed: 20"
        ],
    ),
    (
        "too wide where it is",
        wlan0("band: 5, channel: 132, width: 80"),
        [
            "communes/rapa.yaml:18: sites.mairie.hosts.box.radios.wlan0.width: 80 MHz do not fit around channel 132 in PF; 80 MHz fit on 36, 40, 44, 48, 52, 56, 60, 64, 100, 104, 108, 112, 116, 120, 124, 128"
        ],
    ),
    (
        "too wide by default",
        wlan0("band: 5, channel: 140"),
        [
            "communes/rapa.yaml:18: sites.mairie.hosts.box.radios.wlan0.channel: 80 MHz do not fit around channel 140 in PF; 80 MHz fit on 36, 40, 44, 48, 52, 56, 60, 64, 100, 104, 108, 112, 116, 120, 124, 128"
        ],
    ),
    (
        "width without a channel",
        wlan0("band: 5, width: 160"),
        [
            "communes/rapa.yaml:18: sites.mairie.hosts.box.radios.wlan0.width: 160 MHz fit in PF only on channels shared with radars; write channel:, or less width"
        ],
    ),
    (
        "too loud",
        wlan0("band: 5, channel: 36, power: 23"),
        [
            "communes/rapa.yaml:18: sites.mairie.hosts.box.radios.wlan0.power: 23 dBm is too much on channel 36 in PF; at most 20"
        ],
    ),
    (
        "too loud wherever it goes",
        wlan0("band: 2.4, power: 30"),
        [
            "communes/rapa.yaml:18: sites.mairie.hosts.box.radios.wlan0.power: 30 dBm is too much on 2.4 GHz in PF; at most 20"
        ],
    ),
    (
        "a name that is too long",
        site("wireless0: {band: 5}"),
        [
            'communes/rapa.yaml:18: sites.mairie.hosts.box.radios.wireless0: the name "wireless0" has 9 characters; at most 8'
        ],
    ),
    (
        "the name of a port",
        site("eth1: {band: 5}"),
        [
            "communes/rapa.yaml:18: sites.mairie.hosts.box.radios.eth1: eth1 is already a port of this host; a radio carries networks alone"
        ],
    ),
    (
        "one channel twice",
        site("wlan0: {band: 5, channel: 36}, wlan1: {band: 5, channel: 36}"),
        [
            "communes/rapa.yaml:18: sites.mairie.hosts.box.radios.wlan1.channel: 36 is already wlan0's; each radio has its own"
        ],
    ),
    (
        "unknown network",
        site("wlan0: {band: 5}", "    networks: {agent: {on: false}}\n"),
        [
            'communes/rapa.yaml:19: sites.mairie.networks.agent: unknown network "agent"; did you mean "agents"?'
        ],
    ),
    (
        "a network that is too long for its name",
        site(
            "wlan0: {band: 5}",
            "    networks: {agents: {ssid: Mairie de Rapa, salle polyvalente et école}}\n",
        ),
        [
            "communes/rapa.yaml:19: sites.mairie.networks.agents.salle polyvalente et école: unknown key; allowed: ssid, on, roaming, lessons"
        ],
    ),
    (
        "one name twice",
        site(
            "wlan0: {band: 5}",
            f"    networks: {{things: {{ssid: Rapa Mairie}}}}\n    equipment: {{m: {{segment: things, mac: '{MAC}', wifi: true}}}}\n",
        ),
        [
            'communes/rapa.yaml:19: sites.mairie.networks.things.ssid: "Rapa Mairie" is already the name of network agents on this site; each has its own'
        ],
    ),
    (
        "a name with other braces",
        site("wlan0: {band: 5}", "    networks: {agents: {ssid: 'Mairie {nom}'}}\n"),
        [
            'communes/rapa.yaml:19: sites.mairie.networks.agents.ssid: "Mairie {nom}": nothing but {commune} is replaced in a name; write it without other braces or control characters'
        ],
    ),
    (
        "networks without a radio",
        CABLES + "    networks: {agents: {on: false}}\n",
        [
            "communes/rapa.yaml:18: sites.mairie.networks.agents: no gateway of this site has radios; add radios: to it, or remove networks"
        ],
    ),
    (
        "a device without a radio",
        CABLES + f"    equipment: {{m: {{segment: agents, mac: '{MAC}', wifi: true}}}}\n",
        [
            "communes/rapa.yaml:18: sites.mairie.equipment.m.wifi: no gateway of this site has radios; add radios: to it, or remove wifi"
        ],
    ),
    (
        "a device in a segment without such a network",
        site(
            "wlan0: {band: 5}",
            f"    equipment: {{m: {{segment: agents, mac: '{MAC}', wifi: true}}}}\n",
        ),
        [
            'communes/rapa.yaml:19: sites.mairie.equipment.m.wifi: no network gives devices a key of their own in "agents"; there are: things'
        ],
    ),
    (
        "radios of a server",
        CABLES + "      srv: {roles: [server], radios: {wlan0: {band: 5}}}\n",
        [
            'communes/rapa.yaml:18: sites.mairie.hosts.srv: only a gateway or an access point (role ap) has "radios"'
        ],
    ),
)
_REFERENCE = Path(__file__).parents[3] / "group_data" / "all.py"
PUBLIC_SEGMENT = 1 + next(
    number
    for number, line in enumerate(_REFERENCE.read_text().splitlines())
    if line.startswith('    "public": {"segment": "public", "security"')
)
REFERENCE: tuple[tuple[str, str, list[str]], ...] = (
    (
        "segment of equipment",
        "networks: {agents: {segment: admin}}",
        [
            'syndicate.yaml:27: overrides.networks.agents.segment: "admin" is never on the air; allowed: servers, agents, voice, public, school, video, things'
        ],
    ),
    (
        "no such segment",
        "networks: {agents: {segment: agent}}",
        [
            'syndicate.yaml:27: overrides.networks.agents.segment: unknown segment "agent"; did you mean "agents"?'
        ],
    ),
    (
        "lessons without a passphrase",
        "networks: {public: {lessons: true}}",
        [
            'syndicate.yaml:27: overrides.networks.public.lessons: a network for lessons opens with a passphrase, not "open"; write security: personal, or lessons: false'
        ],
    ),
    (
        "people where they may not be",
        "networks: {public: {security: enterprise}}",
        [
            f'group_data/all.py:{PUBLIC_SEGMENT}: networks.public.segment: people may not be put into "public"; allowed: agents, school'
        ],
    ),
    (
        "security",
        "networks: {public: {security: wep}}",
        [
            'syndicate.yaml:27: overrides.networks.public.security: "wep" is not allowed; allowed: enterprise, personal, devices, open'
        ],
    ),
    (
        "channels backwards",
        "spectrum: {PF: {bands: {'2.4': [{first: 9, last: 3, power: 20}]}}}",
        [
            "syndicate.yaml:27: overrides.spectrum.PF.bands.2.4[0].last: 3 is before the first; write the lower channel first"
        ],
    ),
)


@pytest.mark.parametrize(("text", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_exact_sentence(inventory: Inventory, text: str, expected: list[str]) -> None:
    inventory.replace(RAPA, CABLES, text)
    assert inventory.errors() == expected


@pytest.mark.parametrize(
    ("text", "expected"), [c[1:] for c in REFERENCE], ids=[c[0] for c in REFERENCE]
)
def test_exact_sentence_of_the_reference(
    inventory: Inventory, text: str, expected: list[str]
) -> None:
    inventory.replace(SYNDICATE, "demo: true\n", f"demo: true\noverrides: {{{text}}}\n")
    assert inventory.errors() == expected


def test_too_many_names(inventory: Inventory) -> None:
    more = ", ".join(f"n{n}: {{segment: agents, security: personal, ssid: N{n}}}" for n in range(8))
    inventory.replace(
        SYNDICATE, "demo: true\n", f"demo: true\noverrides: {{networks: {{{more}}}}}\n"
    )
    inventory.replace(RAPA, CABLES, wlan0("band: 5"))
    assert inventory.errors() == [
        "communes/rapa.yaml:18: sites.mairie.hosts.box.radios.wlan0: 10 names on the air, an open network with transition being two; at most 8; switch networks off with on: false"
    ]


def test_a_device_only_6_ghz_would_reach(inventory: Inventory) -> None:
    device = f"    equipment: {{m: {{segment: things, mac: '{MAC}', wifi: true}}}}\n"
    inventory.replace(RAPA, CABLES, site("wlan0: {band: 6}", device))
    inventory.replace(RAPA, 'insee: "98741"', 'insee: "05046"')
    inventory.replace(RAPA, "archipelago: australes\n", "")
    assert inventory.errors() == [
        "communes/rapa.yaml:18: sites.mairie.equipment.m.wifi: devices with a key of their own do not come on 6 GHz; add a radio of another band"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "band: 2.4",
        "band: '2.4', channel: 13",
        "band: 5",
        "band: 5, width: 20",
        "band: 5, channel: 64, width: 160",
        "band: 5, channel: 100, power: 27",
    ],
)
def test_what_is_right(inventory: Inventory, text: str) -> None:
    inventory.replace(RAPA, CABLES, wlan0(text))
    assert inventory.errors() == []


def test_networks_as_a_site_has_them(inventory: Inventory) -> None:
    more = (
        "    networks: {agents: {ssid: Mairie de Rapa}, things: {on: true}}\n"
        f"    equipment: {{m: {{segment: things, mac: '{MAC}', wifi: true}}}}\n"
        "people: {hina: {name: Hina}}\n"
    )
    inventory.replace(RAPA, CABLES, site("wlan0: {band: 2.4}, wlan1: {band: 5}", more))
    assert inventory.errors() == []


def test_radios_without_a_network_of_people_let_nobody_log_in(inventory: Inventory) -> None:
    more = "    networks: {agents: {on: false}}\npeople: {hina: {name: Hina}}\n"
    inventory.replace(RAPA, CABLES, site("wlan0: {band: 5}", more))
    assert inventory.errors() == [
        "communes/rapa.yaml:20: people: nobody can log in: no site of this commune has access points, or radios with a network of people; add access_points: to a site or radios: to its gateway, or remove people"
    ]

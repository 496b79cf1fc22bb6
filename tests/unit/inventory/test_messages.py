"""What a single key can get wrong: the exact sentence, for each."""

# ruff: noqa: E501 - sentences are compared whole

from __future__ import annotations

import pytest

from tests.unit.inventory.small import Inventory

RAPA = "communes/rapa.yaml"
RURUTU = "communes/rurutu.yaml"
SYNDICATE = "syndicate.yaml"

Case = tuple[str, str, str, str, list[str]]
"""Name, file, what is there, what is written instead, every line that is then said."""

CASES: tuple[Case, ...] = (
    (
        "unknown key",
        RURUTU,
        "label: Mairie de Moerai",
        "lable: Mairie de Moerai",
        ['communes/rurutu.yaml:11: sites.mairie.lable: unknown key; did you mean "label"?'],
    ),
    (
        "unknown key without neighbour",
        RURUTU,
        "index: 44\n",
        "index: 44\nzzz: 1\n",
        [
            "communes/rurutu.yaml:7: zzz: unknown key; allowed: insee, name, archipelago, island, timezone, index, hub, uplinks, sites, people, phones, telephony, backup, flows, overrides"
        ],
    ),
    (
        "role for roles",
        RURUTU,
        "gw: {roles: [gateway], wan: eth0, trunk: eth1}\n      srv",
        "gw: {role: [gateway], wan: eth0, trunk: eth1}\n      srv",
        ['communes/rurutu.yaml:14: sites.mairie.hosts.gw.role: unknown key; did you mean "roles"?'],
    ),
    (
        "number for text",
        RURUTU,
        'insee: "98744"',
        "insee: 98744",
        ['communes/rurutu.yaml:1: insee: 98744 is not text; write "98744" in quotes'],
    ),
    (
        "leading zero",
        RURUTU,
        "index: 44",
        "index: 044",
        ['communes/rurutu.yaml:6: index: "044" is not a number as YAML writes it; write 44'],
    ),
    (
        "text for number",
        RURUTU,
        "index: 44",
        "index: many",
        ['communes/rurutu.yaml:6: index: "many" is not a whole number; allowed: 1 or more'],
    ),
    (
        "float for number",
        RURUTU,
        "index: 44",
        "index: 44.5",
        ["communes/rurutu.yaml:6: index: 44.5 is not a whole number; allowed: 1 or more"],
    ),
    (
        "boolean for number",
        RURUTU,
        "index: 44",
        "index: true",
        ["communes/rurutu.yaml:6: index: true is not a whole number; allowed: 1 or more"],
    ),
    (
        "word for boolean",
        SYNDICATE,
        "demo: true",
        "demo: on",
        ['syndicate.yaml:26: demo: "on" is not allowed; write true or false'],
    ),
    (
        "list for mapping",
        RAPA,
        "sites:\n  mairie:",
        "sites:\n  mairie: []\n  annexe:",
        [
            "communes/rapa.yaml:10: sites.mairie: a list stands where a mapping is expected; its keys: label, index, segments, uplinks, hosts, equipment, access_points, networks, portal, lessons"
        ],
    ),
    (
        "nothing for mapping",
        RAPA,
        "sites:\n  mairie:",
        "sites:\n  annexe:\n  mairie:",
        [
            "communes/rapa.yaml:10: sites.annexe: nothing stands where a mapping is expected; its keys: label, index, segments, uplinks, hosts, equipment, access_points, networks, portal, lessons"
        ],
    ),
    (
        "text for list",
        RAPA,
        "roles: [gateway, server]",
        "roles: gateway",
        [
            'communes/rapa.yaml:15: sites.mairie.hosts.box.roles: "gateway" is not a list; write [gateway]'
        ],
    ),
    (
        "missing key",
        RURUTU,
        "timezone: Pacific/Tahiti\n",
        "",
        ["communes/rurutu.yaml:1: timezone: this key is required"],
    ),
    (
        "missing key with its description",
        RURUTU,
        'insee: "98744"\n',
        "",
        [
            "communes/rurutu.yaml:1: insee: this key is required; Official geographic code (INSEE), as text"
        ],
    ),
    (
        "empty list",
        RAPA,
        "roles: [gateway, server]",
        "roles: []",
        ["communes/rapa.yaml:15: sites.mairie.hosts.box.roles: empty; write at least one"],
    ),
    (
        "empty text",
        RAPA,
        "label: Mairie",
        "label: ''",
        ["communes/rapa.yaml:11: sites.mairie.label: empty text; write at least one character"],
    ),
    (
        "long text",
        RAPA,
        "label: Mairie",
        "label: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        ["communes/rapa.yaml:11: sites.mairie.label: 81 characters; at most 80"],
    ),
    (
        "unknown word",
        RAPA,
        "kind: satellite",
        "kind: adsl",
        [
            'communes/rapa.yaml:8: uplinks[0].kind: "adsl" is not allowed; allowed: fibre, dsl, 4g, satellite'
        ],
    ),
    (
        "rate",
        RAPA,
        "down: 10M",
        "down: 10Mb",
        [
            'communes/rapa.yaml:8: uplinks[0].down: not a rate; write bits per second with k, M or G, such as "20M"'
        ],
    ),
    (
        "rate out of range",
        RAPA,
        "up: 2M",
        "up: 1k",
        ["communes/rapa.yaml:8: uplinks[0].up: 1k is out of range; allowed: 9.6k to 100G"],
    ),
    (
        "round trip out of range",
        RAPA,
        "rtt_ms: 600",
        "rtt_ms: 5000",
        ["communes/rapa.yaml:8: uplinks[0].rtt_ms: 5000 is out of range; allowed: 1 to 2000"],
    ),
    (
        "negative index",
        RAPA,
        "index: 41",
        "index: -1",
        ["communes/rapa.yaml:6: index: -1 is out of range; allowed: 1 or more"],
    ),
    (
        "time zone",
        RAPA,
        "timezone: Pacific/Tahiti",
        "timezone: Pacific/Tahit",
        [
            'communes/rapa.yaml:5: timezone: unknown time zone "Pacific/Tahit"; did you mean "Pacific/Tahiti"?'
        ],
    ),
    (
        "time zone without neighbour",
        RAPA,
        "timezone: Pacific/Tahiti",
        "timezone: Mars",
        [
            'communes/rapa.yaml:5: timezone: unknown time zone "Mars"; write an IANA name, such as Pacific/Tahiti'
        ],
    ),
    (
        "official code form",
        RAPA,
        '"98741"',
        '"9874"',
        [
            'communes/rapa.yaml:1: insee: "9874" is not allowed; write the official code, five characters such as 98744 or 2A004'
        ],
    ),
    (
        "name of a site",
        RAPA,
        "  mairie:\n    label",
        "  Mairie:\n    label",
        [
            'communes/rapa.yaml:10: sites.Mairie: the name "Mairie" is not allowed; write lower-case letters, digits and single hyphens, such as mairie-annexe'
        ],
    ),
    (
        "long name of a site",
        RAPA,
        "  mairie:\n    label",
        "  mmmmmmmmmmmmmmmmmmmmmmmmm:\n    label",
        [
            'communes/rapa.yaml:10: sites.mmmmmmmmmmmmmmmmmmmmmmmmm: the name "mmmmmmmmmmmmmmmmmmmmmmmmm" has 25 characters; at most 24'
        ],
    ),
    (
        "port name",
        RAPA,
        "wan: eth0",
        "wan: eth 0",
        [
            'communes/rapa.yaml:16: sites.mairie.hosts.box.wan: "eth 0" is not allowed; write the name of a network port, such as eth0 or enp1s0'
        ],
    ),
    (
        "long port name",
        RAPA,
        "wan: eth0",
        "wan: eth01234567",
        ["communes/rapa.yaml:16: sites.mairie.hosts.box.wan: 11 characters; at most 10"],
    ),
    (
        "address form",
        RURUTU,
        "10.44.18.10",
        "10.44.18",
        [
            'communes/rurutu.yaml:17: sites.mairie.equipment.printer.address: "10.44.18" is not an IPv4 address, such as 192.0.2.10'
        ],
    ),
    (
        "MAC form",
        RURUTU,
        "00:1b:a9:10:44:01",
        "00:1b:a9:10:44",
        [
            'communes/rurutu.yaml:17: sites.mairie.equipment.printer.mac: not a MAC address; write six bytes such as "00:15:65:aa:bb:cc"'
        ],
    ),
    (
        "multicast MAC",
        RURUTU,
        "00:1b:a9:10:44:01",
        "01:1b:a9:10:44:01",
        [
            "communes/rurutu.yaml:17: sites.mairie.equipment.printer.mac: a multicast MAC address cannot name one device"
        ],
    ),
    (
        "gateway without wan",
        RAPA,
        "        wan: eth0\n",
        "",
        [
            'communes/rapa.yaml:14: sites.mairie.hosts.box: a gateway needs "wan", the port of its uplink'
        ],
    ),
    (
        "gateway without segments",
        RAPA,
        "        ports: {admin: eth1, servers: eth2, agents: eth3}\n",
        "",
        [
            'communes/rapa.yaml:14: sites.mairie.hosts.box: a gateway needs "trunk" or "ports" for its segments'
        ],
    ),
    (
        "server with wan",
        RURUTU,
        "srv: {roles: [server], number: 2}",
        "srv: {roles: [server], wan: eth1}",
        [
            'communes/rurutu.yaml:15: sites.mairie.hosts.srv: only a gateway has "wan", "trunk" or "ports"; a server has "port"'
        ],
    ),
    (
        "supernet with host bits",
        SYNDICATE,
        "10.0.0.0/8",
        "10.1.0.0/8",
        ['syndicate.yaml:4: supernet.ipv4: "10.1.0.0/8" is inside a prefix; write 10.0.0.0/8'],
    ),
    (
        "public supernet",
        SYNDICATE,
        "10.0.0.0/8",
        "192.0.2.0/24",
        [
            "syndicate.yaml:4: supernet.ipv4: not a private prefix; take one inside 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10"
        ],
    ),
    (
        "supernet not ULA",
        SYNDICATE,
        "fd00:1:2::/48",
        "2001:db8::/48",
        [
            "syndicate.yaml:5: supernet.ipv6: not a unique local prefix; take one inside fd00::/8 (RFC 4193)"
        ],
    ),
    (
        "endpoint",
        SYNDICATE,
        "hub.essai.example:51820",
        "hub.essai.example",
        [
            'syndicate.yaml:10: hubs.hub.endpoint: not an endpoint; write "name:port" or "address:port"'
        ],
    ),
    (
        "domain",
        SYNDICATE,
        "domain: essai.example",
        "domain: Essai",
        [
            'syndicate.yaml:2: domain: "Essai" is not allowed; write a domain name in lower case, such as sivu.example'
        ],
    ),
    (
        "WireGuard key",
        SYNDICATE,
        "igmwkdpbq9RI8Ux30TmAigLHRKVm/WcewaD3viOxWE8=",
        "igmwkdpbq9RI8Ux3",
        [
            'syndicate.yaml:18: technicians.hina.wireguard: "igmwkdpbq9RI8Ux3" is not allowed; write a WireGuard public key, 44 characters as wg pubkey prints them'
        ],
    ),
    (
        "SSH key",
        SYNDICATE,
        "ssh-ed25519 AAAAC3Nza",
        "ssh-dss AAAAC3Nza",
        [
            'syndicate.yaml:16: technicians.hina.ssh_keys[0]: "ssh-dss AAAAC3NzaC1lZDI1NTE5AAAAICBpp43SULBE9olMKnGMDiv/fJ+H…" is not allowed; write one line of an OpenSSH public key file, such as ssh-ed25519 AAAA…'
        ],
    ),
    (
        "half a peer",
        SYNDICATE,
        "    index: 2\n",
        "",
        [
            "syndicate.yaml:13: technicians.hina: a VPN peer needs both index and wireguard, or neither"
        ],
    ),
    (
        "no hub",
        SYNDICATE,
        "hubs:\n  hub:\n    label: Hub\n    index: 1\n    endpoint: hub.essai.example:51820\n    timezone: Pacific/Tahiti\n",
        "hubs: {}\n",
        ["syndicate.yaml:6: hubs: empty; write at least one"],
    ),
    (
        "hubs missing",
        SYNDICATE,
        "hubs:\n  hub:\n    label: Hub\n    index: 1\n    endpoint: hub.essai.example:51820\n    timezone: Pacific/Tahiti\n",
        "",
        ["syndicate.yaml:1: hubs: this key is required"],
    ),
    (
        "lengths that shrink",
        SYNDICATE,
        "domain: essai.example\n",
        "domain: essai.example\naddressing: {site: {ipv4: 16, ipv6: 60}}\n",
        ["syndicate.yaml:3: addressing: ipv4 lengths must grow: commune < site < segment"],
    ),
)


@pytest.mark.parametrize("case", CASES, ids=[case[0] for case in CASES])
def test_exact_sentence(inventory: Inventory, case: Case) -> None:
    _, file, old, new, expected = case
    inventory.replace(file, old, new)
    assert inventory.errors() == expected

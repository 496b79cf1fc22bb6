"""What only several keys or files together can get wrong: the exact sentence, for each."""

# ruff: noqa: E501 - sentences are compared whole

from __future__ import annotations

import pytest

from tests.unit.inventory.small import Inventory

PUBLIC = "secrets/public.yaml"
RAPA = "communes/rapa.yaml"
RURUTU = "communes/rurutu.yaml"
SYNDICATE = "syndicate.yaml"

Case = tuple[str, str, str, str, list[str]]
"""Name, file, what is there, what is written instead, every line that is then said."""

CASES: tuple[Case, ...] = (
    (
        "number of a gateway",
        RAPA,
        "        wan: eth0\n",
        "        wan: eth0\n        number: 4\n",
        [
            "communes/rapa.yaml:17: sites.mairie.hosts.box.number: a gateway is always number 1; remove this key"
        ],
    ),
    (
        "no segment at all",
        RURUTU,
        "segments: [admin, school, voice]",
        "segments: []",
        [
            "communes/rurutu.yaml:21: sites.ecole.segments: empty; name some, or remove the key to have the reference's"
        ],
    ),
    (
        "SSH key that is cut",
        SYNDICATE,
        "AAAAC3NzaC1lZDI1NTE5AAAAICBpp43SULBE9olMKnGMDiv/fJ+HSWB6ETkaBSww9fc7 hina",
        "AAAAC3NzaC1lZDI1NTE5AAAAICBpp43SULBE9olMKnGMDiv/fJ+HSWB6ETkaBSww hina",
        [
            "syndicate.yaml:16: technicians.hina.ssh_keys[0]: this ssh-ed25519 key is cut or mistyped; copy the whole line of the .pub file"
        ],
    ),
    (
        "SSH key of another kind",
        SYNDICATE,
        "ssh-ed25519 AAAAC3",
        "ssh-rsa AAAAC3",
        [
            "syndicate.yaml:16: technicians.hina.ssh_keys[0]: this ssh-rsa key is cut or mistyped; copy the whole line of the .pub file"
        ],
    ),
    (
        "SSH key of two technicians",
        SYNDICATE,
        "peers:\n",
        "  moana:\n    label: M\n    ssh_keys: [ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICBpp43SULBE9olMKnGMDiv/fJ+HSWB6ETkaBSww9fc7]\npeers:\n",
        [
            "syndicate.yaml:21: technicians.moana.ssh_keys[0]: same key as hina; each technician has their own"
        ],
    ),
    (
        "duplicate index",
        RURUTU,
        "index: 44",
        "index: 41",
        [
            "communes/rurutu.yaml:6: index: 41 is already Rapa's (communes/rapa.yaml:6); free: 42, 43, 44 …",
            'communes/rurutu.yaml:17: sites.mairie.equipment.printer.address: 10.44.18.10 is outside segment "agents" of this site, 10.41.18.0/24; allowed: 10.41.18.2 to 10.41.18.99 and 10.41.18.250 to 10.41.18.254',
        ],
    ),
    (
        "duplicate code",
        RURUTU,
        '"98744"',
        '"98741"',
        [
            "communes/rurutu.yaml:1: insee: 98741 is already Rapa's (communes/rapa.yaml:1); the official code of Rurutu is 98744"
        ],
    ),
    (
        "duplicate name",
        RURUTU,
        "name: Rurutu",
        "name: Rapa",
        [
            "communes/rurutu.yaml:1: insee: 98744 is the official code of Rurutu; that of Rapa is 98741",
            "communes/rurutu.yaml:2: name: Rapa is already taken (communes/rapa.yaml:2); two communes cannot have one name",
        ],
    ),
    (
        "index outside the supernet",
        RURUTU,
        "index: 44",
        "index: 300",
        [
            "communes/rurutu.yaml:6: index: 300 is outside the supernet 10.0.0.0/8; allowed: 1 to 255; free: 1, 2, 3 …"
        ],
    ),
    (
        "supernet too small",
        SYNDICATE,
        "10.0.0.0/8",
        "10.0.0.0/16",
        [
            "syndicate.yaml:4: supernet.ipv4: 10.0.0.0/16 has no room for communes of /16; take a supernet such as /8, or a longer addressing.commune.ipv4"
        ],
    ),
    (
        "too few sites",
        SYNDICATE,
        "domain: essai.example\n",
        "domain: essai.example\naddressing: {site: {ipv4: 17, ipv6: 60}}\n",
        [
            'communes/rurutu.yaml:17: sites.mairie.equipment.printer.address: 10.44.18.10 is outside segment "agents" of this site, 10.44.130.0/24; allowed: 10.44.130.2 to 10.44.130.99 and 10.44.130.250 to 10.44.130.254',
            "communes/rurutu.yaml:20: sites.ecole.index: 2 is out of range; allowed: 0 to 1; free: 0",
            "syndicate.yaml:3: addressing.site.ipv4: /17 leaves 2 sites in a commune; write 18 or more",
        ],
    ),
    (
        "wrong official code",
        RURUTU,
        '"98744"',
        '"98745"',
        [
            "communes/rurutu.yaml:1: insee: 98745 is the official code of Tahaa; that of Rurutu is 98744"
        ],
    ),
    (
        "no such official code",
        RURUTU,
        '"98744"',
        '"98799"',
        [
            "communes/rurutu.yaml:1: insee: 98799 is no commune's official code; that of Rurutu is 98744"
        ],
    ),
    (
        "archipelago",
        RURUTU,
        "archipelago: australes",
        "archipelago: austral",
        [
            'communes/rurutu.yaml:3: archipelago: unknown archipelago "austral"; did you mean "australes"?'
        ],
    ),
    (
        "island",
        RURUTU,
        "island: Rurutu",
        "island: Ruruto",
        ['communes/rurutu.yaml:4: island: unknown island "Ruruto"; did you mean "Rurutu"?'],
    ),
    (
        "island of another archipelago",
        RURUTU,
        "island: Rurutu",
        "island: Tahiti",
        ['communes/rurutu.yaml:4: island: Tahiti is in archipelago "vent", not "australes"'],
    ),
    (
        "hub",
        RURUTU,
        "index: 44",
        "index: 44\nhub: hubb",
        ['communes/rurutu.yaml:7: hub: unknown hub "hubb"; did you mean "hub"?'],
    ),
    (
        "no gateway",
        RURUTU,
        "srv: {roles: [server], number: 2}",
        "srv: {roles: [server], number: 2}\n  x:\n    label: X\n    index: 5\n    hosts:\n      srv: {roles: [server]}",
        ["communes/rurutu.yaml:19: sites.x.hosts: no gateway; give one host roles: [gateway]"],
    ),
    (
        "two gateways",
        RAPA,
        "      box:\n",
        "      gw: {roles: [gateway], wan: eth0, trunk: eth1}\n      box:\n",
        [
            'communes/rapa.yaml:16: sites.mairie.hosts.box.roles: "gw" is already the gateway; a site has one',
            'secrets/public.yaml:1: rapa-mairie-gw (communes/rapa.yaml:14) has no public key; run "mairie secrets generate"',
        ],
    ),
    (
        "segment",
        RURUTU,
        "[admin, school, voice]",
        "[admin, school, voic]",
        [
            'communes/rurutu.yaml:21: sites.ecole.segments[2]: unknown segment "voic"; did you mean "voice"?'
        ],
    ),
    (
        "segment twice",
        RURUTU,
        "[admin, school, voice]",
        "[admin, school, admin]",
        ['communes/rurutu.yaml:21: sites.ecole.segments[2]: "admin" is written twice'],
    ),
    (
        "server without its segment",
        RAPA,
        "[admin, servers, agents]",
        "[admin, agents]",
        [
            'communes/rapa.yaml:15: sites.mairie.hosts.box.roles: a server needs the segment "servers"; add it to the segments of the site',
            'communes/rapa.yaml:17: sites.mairie.hosts.box.ports.servers: "servers" is not on this site; its segments: admin, agents',
        ],
    ),
    (
        "site out of range",
        RURUTU,
        "index: 2\n",
        "index: 16\n",
        [
            "communes/rurutu.yaml:20: sites.ecole.index: 16 is out of range; allowed: 0 to 15; free: 0, 2, 3 …"
        ],
    ),
    (
        "site index taken",
        RURUTU,
        "index: 2\n",
        "index: 1\n",
        ['communes/rurutu.yaml:20: sites.ecole.index: 1 is already site "mairie"; free: 0, 2, 3 …'],
    ),
    (
        "server number taken",
        RURUTU,
        "number: 2}",
        "number: 2}\n      pbx: {roles: [server], number: 2}",
        [
            'communes/rurutu.yaml:16: sites.mairie.hosts.pbx.number: 2 is already "srv"; free: 3, 4, 5, 6, 7, 8, 9'
        ],
    ),
    (
        "derived server number taken",
        RURUTU,
        "number: 2}",
        "number: 4}\n      srv2: {roles: [server], number: 2}\n      srv3: {roles: [server]}",
        [
            'communes/rurutu.yaml:17: sites.mairie.hosts.srv3.number: 4, which follows from the name, is already "srv"; write number: with a free one: 3, 5, 6, 7, 8, 9'
        ],
    ),
    (
        "two things on one port",
        RURUTU,
        "trunk: eth1}\n      srv",
        "trunk: eth0}\n      srv",
        [
            "communes/rurutu.yaml:14: sites.mairie.hosts.gw.trunk: eth0 is already the uplink's; a port carries one thing"
        ],
    ),
    (
        "two segments on one port",
        RAPA,
        "servers: eth2",
        "servers: eth1",
        [
            'communes/rapa.yaml:17: sites.mairie.hosts.box.ports.servers: eth1 is already the port of segment "admin"; a port carries one thing'
        ],
    ),
    (
        "segment of a port",
        RAPA,
        "servers: eth2",
        "servers: eth2, serveurs: eth4",
        [
            'communes/rapa.yaml:17: sites.mairie.hosts.box.ports.serveurs: unknown segment "serveurs"; did you mean "servers"?'
        ],
    ),
    (
        "segment not on the site",
        RAPA,
        "servers: eth2",
        "servers: eth2, voice: eth4",
        [
            'communes/rapa.yaml:17: sites.mairie.hosts.box.ports.voice: "voice" is not on this site; its segments: admin, servers, agents'
        ],
    ),
    (
        "segment without port",
        RAPA,
        "servers: eth2, ",
        "",
        [
            "communes/rapa.yaml:17: sites.mairie.hosts.box.ports: no port for servers; add one for each, or trunk: for all, or leave them out of the segments of the site"
        ],
    ),
    (
        "interface that is no port",
        RAPA,
        "wan: eth0",
        "wan: wg0",
        [
            'communes/rapa.yaml:16: sites.mairie.hosts.box.wan: "wg0" is not the name of a network port; write one such as eth0 or enp1s0'
        ],
    ),
    (
        "hub on an interface that is no port",
        SYNDICATE,
        "    index: 1\n",
        "    index: 1\n    wan: lo\n",
        [
            'syndicate.yaml:10: hubs.hub.wan: "lo" is not the name of a network port; write one such as eth0 or enp1s0'
        ],
    ),
    (
        "which uplink",
        RURUTU,
        "rtt_ms: 600}\n",
        "rtt_ms: 600}\n  - {kind: 4g, down: 20M, up: 4M}\n",
        [
            "communes/rurutu.yaml:15: sites.mairie.hosts.gw.wan: which of satellite, 4g? write a port for each: {satellite: eth0, 4g: eth1}",
            "communes/rurutu.yaml:24: sites.ecole.hosts.gw.wan: which of satellite, 4g? write a port for each: {satellite: eth0, 4g: eth1}",
        ],
    ),
    (
        "unknown uplink",
        RAPA,
        "wan: eth0",
        "wan: {satelite: eth0}",
        [
            'communes/rapa.yaml:16: sites.mairie.hosts.box.wan.satelite: unknown uplink "satelite"; did you mean "satellite"?'
        ],
    ),
    (
        "two uplinks of one kind",
        RURUTU,
        "rtt_ms: 600}\n",
        "rtt_ms: 600}\n  - {kind: satellite, down: 20M, up: 4M}\n",
        [
            'communes/rurutu.yaml:9: uplinks[1]: "satellite" is already an uplink (line 8); give this one its own name:'
        ],
    ),
    (
        "address outside its segment",
        RURUTU,
        "10.44.18.10",
        "10.44.17.10",
        [
            'communes/rurutu.yaml:17: sites.mairie.equipment.printer.address: 10.44.17.10 is outside segment "agents" of this site, 10.44.18.0/24; allowed: 10.44.18.2 to 10.44.18.99 and 10.44.18.250 to 10.44.18.254'
        ],
    ),
    (
        "address in the pool",
        RURUTU,
        "10.44.18.10",
        "10.44.18.100",
        [
            "communes/rurutu.yaml:17: sites.mairie.equipment.printer.address: 10.44.18.100 is in the DHCP pool, 10.44.18.100 to 10.44.18.249; allowed: 10.44.18.2 to 10.44.18.99 and 10.44.18.250 to 10.44.18.254"
        ],
    ),
    (
        "address of the gateway",
        RURUTU,
        "10.44.18.10",
        "10.44.18.1",
        [
            "communes/rurutu.yaml:17: sites.mairie.equipment.printer.address: 10.44.18.1 is the gateway's; allowed: 10.44.18.2 to 10.44.18.99 and 10.44.18.250 to 10.44.18.254"
        ],
    ),
    (
        "address of the network",
        RURUTU,
        "10.44.18.10",
        "10.44.18.255",
        [
            "communes/rurutu.yaml:17: sites.mairie.equipment.printer.address: 10.44.18.255 is the network's own address; allowed: 10.44.18.2 to 10.44.18.99 and 10.44.18.250 to 10.44.18.254"
        ],
    ),
    (
        "address kept for servers",
        RURUTU,
        'segment: agents, mac: "00:1b:a9:10:44:01", address: 10.44.18.10',
        'segment: servers, mac: "00:1b:a9:10:44:01", address: 10.44.17.9',
        [
            "communes/rurutu.yaml:17: sites.mairie.equipment.printer.address: 10.44.17.9 is kept for servers; allowed: 10.44.17.10 to 10.44.17.254"
        ],
    ),
    (
        "duplicate address",
        RURUTU,
        "10.44.18.10}",
        "10.44.18.10}\n      scanner: {segment: agents, mac: 00-1B-A9-10-44-02, address: 10.44.18.10}",
        [
            'communes/rurutu.yaml:18: sites.mairie.equipment.scanner.address: 10.44.18.10 is already "printer"; free: 10.44.18.11, 10.44.18.12, 10.44.18.13 …'
        ],
    ),
    (
        "duplicate MAC",
        RURUTU,
        "10.44.18.10}",
        "10.44.18.10}\n      scanner: {segment: agents, mac: 00-1B-A9-10-44-01}",
        [
            "communes/rurutu.yaml:18: sites.mairie.equipment.scanner.mac: 00:1b:a9:10:44:01 is already printer's (communes/rurutu.yaml:17); each device has its own"
        ],
    ),
    (
        "equipment's segment",
        RURUTU,
        "printer: {segment: agents",
        "printer: {segment: agent",
        [
            'communes/rurutu.yaml:17: sites.mairie.equipment.printer.segment: unknown segment "agent"; did you mean "agents"?'
        ],
    ),
    (
        "equipment's segment not on the site",
        RAPA,
        "    hosts:\n",
        "    equipment:\n      cam: {segment: video, mac: 00:40:8c:00:00:01}\n    hosts:\n",
        [
            'communes/rapa.yaml:14: sites.mairie.equipment.cam.segment: "video" is not on this site; its segments: admin, servers, agents'
        ],
    ),
    (
        "equipment with the name of a host",
        RURUTU,
        "printer: {",
        "srv: {",
        [
            'communes/rurutu.yaml:17: sites.mairie.equipment.srv: "srv" is already a host of this site; rename one of them'
        ],
    ),
    (
        "static address in the supernet",
        RAPA,
        "rtt_ms: 600}",
        "rtt_ms: 600, static: {address: 10.0.0.2/24, gateway: 10.0.0.1}}",
        [
            "communes/rapa.yaml:8: uplinks[0].static.address: 10.0.0.0/24 overlaps the supernet 10.0.0.0/8, whose addresses are inside the VPN; have the provider give another prefix, or number the syndicate differently"
        ],
    ),
    (
        "static gateway elsewhere",
        RAPA,
        "rtt_ms: 600}",
        "rtt_ms: 600, static: {address: 203.0.113.2/29, gateway: 203.0.113.9}}",
        [
            "communes/rapa.yaml:8: uplinks[0].static.gateway: 203.0.113.9 is not a neighbour of 203.0.113.2/29; allowed: another address of 203.0.113.0/29"
        ],
    ),
    (
        "static address of the network",
        RAPA,
        "rtt_ms: 600}",
        "rtt_ms: 600, static: {address: 203.0.113.0/29, gateway: 203.0.113.1}}",
        [
            "communes/rapa.yaml:8: uplinks[0].static.address: 203.0.113.0/29 is the network's own address; write a host's"
        ],
    ),
    (
        "static address on two sites",
        RURUTU,
        "rtt_ms: 600}",
        "rtt_ms: 600, static: {address: 8.8.8.2/29, gateway: 8.8.8.1}}",
        [
            "communes/rurutu.yaml:8: uplinks[0].static.address: 8.8.8.2 would be the address of rurutu-mairie and of rurutu-ecole; give each site its own uplinks:"
        ],
    ),
    (
        "hub index taken",
        SYNDICATE,
        "hubs:\n",
        "hubs:\n  nord: {label: Nord, index: 1, endpoint: 'nord.essai.example:51820', timezone: Pacific/Tahiti}\n",
        [
            'secrets/public.yaml:1: nord (syndicate.yaml:7) has no public key; run "mairie secrets generate"',
            "syndicate.yaml:10: hubs.hub.index: 1 is already nord's (line 7); free: 0, 2, 3 …",
        ],
    ),
    (
        "hub endpoint taken",
        SYNDICATE,
        "hubs:\n",
        "hubs:\n  nord: {label: Nord, index: 2, endpoint: 'hub.essai.example:51820', timezone: Pacific/Tahiti}\n",
        [
            'secrets/public.yaml:1: nord (syndicate.yaml:7) has no public key; run "mairie secrets generate"',
            "syndicate.yaml:11: hubs.hub.endpoint: hub.essai.example:51820 is already the endpoint of nord; each hub has its own",
        ],
    ),
    (
        "hub index out of range",
        SYNDICATE,
        "    index: 1\n",
        "    index: 15\n",
        ["syndicate.yaml:9: hubs.hub.index: 15 is out of range; allowed: 0 to 13"],
    ),
    (
        "hub service",
        SYNDICATE,
        "    index: 1\n",
        "    index: 1\n    services: [dns, ntpp]\n",
        ['syndicate.yaml:10: hubs.hub.services[1]: unknown service "ntpp"; did you mean "ntp"?'],
    ),
    (
        "peer index taken",
        SYNDICATE,
        "peers:\n",
        "peers:\n  tablet: {label: T, index: 10, wireguard: 6If6cFYKmCK69OebVX6NAIQuaqruW4l5tG9/a4IsIzc=}\n",
        ["syndicate.yaml:23: peers.phone.index: 10 is already tablet's (line 20); free: 2, 3, 4 …"],
    ),
    (
        "peer key taken",
        SYNDICATE,
        "/OuyxFzM+fWEdwlrhQhQZTCzj+M0IkQ9utymItXLQ18=",
        "igmwkdpbq9RI8Ux30TmAigLHRKVm/WcewaD3viOxWE8=",
        ["syndicate.yaml:23: peers.phone.wireguard: same key as hina; each peer has its own"],
    ),
    (
        "technician with the name of an account",
        SYNDICATE,
        "  hina:\n",
        "  backup:\n",
        [
            'syndicate.yaml:13: technicians.backup: "backup" is an account or a group of the system; write another name'
        ],
    ),
    (
        "no recipient",
        SYNDICATE,
        "recipients:\n  - age1agegfw80jjwd2m4wtflvafuqhhq96cz5rk4vs5vrvrzv2dwcrymqhwvjt7\n",
        "",
        [
            "syndicate.yaml:1: recipients: nobody could open the secrets; write age or SSH public keys, here or of a technician"
        ],
    ),
    (
        "flow's end",
        RURUTU,
        "sites:\n",
        "flows:\n  x: {from: agentz, to: video, services: [https], reason: R}\nsites:\n",
        [
            'communes/rurutu.yaml:10: flows.x.from: unknown segment or zone "agentz"; did you mean "agents"?'
        ],
    ),
    (
        "flow's service",
        RURUTU,
        "sites:\n",
        "flows:\n  x: {from: agents, to: video, services: [htps], reason: R}\nsites:\n",
        [
            'communes/rurutu.yaml:10: flows.x.services[0]: unknown service "htps"; did you mean "https"?'
        ],
    ),
    (
        "flow's counter",
        RURUTU,
        "sites:\n",
        "flows:\n  agents-hub-in: {from: agents, to: video, services: [https], reason: R}\nsites:\n",
        [
            'communes/rurutu.yaml:10: flows.agents-hub-in: its counter would be that of the flow "agents-hub"; name it otherwise'
        ],
    ),
    (
        "override's unknown key",
        RURUTU,
        "sites:\n",
        "overrides:\n  segments: {voice: {vln: 31}}\nsites:\n",
        [
            'communes/rurutu.yaml:10: overrides.segments.voice.vln: unknown key; did you mean "vlan"?'
        ],
    ),
    (
        "override's missing key",
        RURUTU,
        "sites:\n",
        "overrides:\n  segments: {new: {vlan: 31, slot: 9}}\nsites:\n",
        ["communes/rurutu.yaml:10: overrides.segments.new.label: this key is required"],
    ),
    (
        "override's VLAN taken",
        RURUTU,
        "sites:\n",
        "overrides:\n  segments: {voice: {vlan: 10}}\nsites:\n",
        [
            'communes/rurutu.yaml:10: overrides.segments.voice.vlan: 10 is already "admin"; each segment has its own'
        ],
    ),
    (
        "override's slot taken",
        SYNDICATE,
        "demo: true\n",
        "demo: true\noverrides: {segments: {new: {vlan: 31, slot: 3, label: N, on: false}}}\n",
        [
            'syndicate.yaml:27: overrides.segments.new.slot: 3 is already "voice"; each segment has its own'
        ],
    ),
    (
        "override's schedule",
        SYNDICATE,
        "demo: true\n",
        "demo: true\noverrides: {segments: {school: {hours: scool-hours}}}\n",
        [
            'syndicate.yaml:27: overrides.segments.school.hours: unknown schedule "scool-hours"; did you mean "school-hours"?'
        ],
    ),
    (
        "override's resolver",
        SYNDICATE,
        "demo: true\n",
        "demo: true\noverrides: {dns: {fallback: [dns.example]}}\n",
        [
            'syndicate.yaml:27: overrides.dns.fallback[0]: "dns.example" is not an IP address; a resolver cannot be a name'
        ],
    ),
    (
        "override's ports",
        SYNDICATE,
        "demo: true\n",
        "demo: true\noverrides: {services: {odd: [tcp/0, 'udp/9-8', tcp]}}\n",
        [
            'syndicate.yaml:27: overrides.services.odd[2]: "tcp" is not allowed; write tcp/443, udp/10000-20000, icmp or any'
        ],
    ),
    (
        "override's uplink class",
        SYNDICATE,
        "demo: true\n",
        "demo: true\noverrides: {uplink_classes: {satellite: null}}\n",
        [
            'communes/rapa.yaml:8: uplinks[0].kind: unknown uplink class "satellite"; allowed: fibre, dsl, 4g',
            'communes/rurutu.yaml:8: uplinks[0].kind: unknown uplink class "satellite"; allowed: fibre, dsl, 4g',
        ],
    ),
    (
        "override's package",
        SYNDICATE,
        "demo: true\n",
        "demo: true\noverrides: {packages: {present: [sudo, Bad Name], absent: [sudo]}}\n",
        [
            "syndicate.yaml:27: overrides.packages.absent[0]: sudo is also in present; keep it in one list",
            'syndicate.yaml:27: overrides.packages.present[1]: "Bad Name" is not the name of a Debian package',
        ],
    ),
    (
        "override that is no key",
        SYNDICATE,
        "demo: true\n",
        "demo: true\noverrides: {segment: {}}\n",
        ['syndicate.yaml:27: overrides.segment: unknown key; did you mean "segments"?'],
    ),
    (
        "override out of range",
        RAPA,
        "sites:\n",
        "overrides: {segments: {voice: {vlan: 4095}}}\nsites:\n",
        [
            "communes/rapa.yaml:9: overrides.segments.voice.vlan: 4095 is out of range; allowed: 2 to 4094"
        ],
    ),
    (
        "override's control character",
        SYNDICATE,
        "demo: true\n",
        'demo: true\noverrides: {ntp: {servers: ["a\\tb"]}}\n',
        ["syndicate.yaml:27: overrides.ntp.servers[0]: character U+0009 is not allowed in a text"],
    ),
    (
        "override's ports out of range",
        SYNDICATE,
        "demo: true\n",
        "demo: true\noverrides: {services: {odd: [tcp/0, 'udp/9-8']}}\n",
        [
            'syndicate.yaml:27: overrides.services.odd[0]: "tcp/0" is out of range; allowed: ports 1 to 65535',
            'syndicate.yaml:27: overrides.services.odd[1]: "udp/9-8" ends before it starts; write the lower port first',
        ],
    ),
    (
        "two ports of a reserved counter",
        RURUTU,
        "sites:\n",
        "flows:\n  dropped-input: {from: agents, to: video, services: [https], reason: R}\nsites:\n",
        [
            'communes/rurutu.yaml:10: flows.dropped-input: "dropped-input" counts refused packets; name the flow otherwise'
        ],
    ),
    (
        "island of no archipelago's list",
        RURUTU,
        "archipelago: australes\nisland: Rurutu\n",
        "archipelago: marquises\nisland: Nukuhiva\n",
        ['communes/rurutu.yaml:4: island: unknown island "Nukuhiva"; did you mean "Nuku-Hiva"?'],
    ),
    (
        "file with two errors",
        RURUTU,
        "name: Rurutu\narchipelago: australes",
        "nom: Rurutu\narchipelago: austral",
        [
            "communes/rurutu.yaml:1: name: this key is required",
            "communes/rurutu.yaml:2: nom: unknown key; allowed: insee, name, archipelago, island, timezone, index, hub, uplinks, sites, people, phones, telephony, backup, flows, overrides",
        ],
    ),
    (
        "segment with the name of a zone",
        SYNDICATE,
        "demo: true\n",
        "demo: true\noverrides: {segments: {hub: {vlan: 31, slot: 9, label: N, on: false}}}\n",
        [
            'syndicate.yaml:27: overrides.segments.hub: "hub" is a zone already; name the segment otherwise'
        ],
    ),
    (
        "host without public key",
        PUBLIC,
        "rurutu-ecole-gw: {current: +e/2nndVv5cRE1tsnmVESd6LTZ//CjCtkRAslEGboSo=}\n",
        "",
        [
            'secrets/public.yaml:1: rurutu-ecole-gw (communes/rurutu.yaml:23) has no public key; run "mairie secrets generate"'
        ],
    ),
    (
        "same public key twice",
        PUBLIC,
        "+e/2nndVv5cRE1tsnmVESd6LTZ//CjCtkRAslEGboSo=",
        "hmiyf3WMQWteVMl8UyxBaw9hibSNH0EH58Hj3R+8a0g=",
        [
            'secrets/public.yaml:4: rurutu-ecole-gw: same key as rurutu-mairie-gw; each host has its own: run "mairie secrets generate"'
        ],
    ),
    (
        "damaged public key",
        PUBLIC,
        "+e/2nndVv5cRE1tsnmVESd6LTZ//CjCtkRAslEGboSo=",
        "+e/2",
        [
            'secrets/public.yaml:4: rurutu-ecole-gw.current: not a WireGuard public key; this file is written by "mairie secrets generate"'
        ],
    ),
    (
        "public key missing",
        PUBLIC,
        "{current: +e/2nndVv5cRE1tsnmVESd6LTZ//CjCtkRAslEGboSo=}",
        "{next: +e/2nndVv5cRE1tsnmVESd6LTZ//CjCtkRAslEGboSo=}",
        [
            'secrets/public.yaml:4: rurutu-ecole-gw: no key "current" here; this file is written by "mairie secrets generate"'
        ],
    ),
)


@pytest.mark.parametrize("case", CASES, ids=[case[0] for case in CASES])
def test_exact_sentence(inventory: Inventory, case: Case) -> None:
    _, file, old, new, expected = case
    inventory.replace(file, old, new)
    assert inventory.errors() == expected

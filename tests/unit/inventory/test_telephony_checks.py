"""What only telephones can get wrong: the exact sentence, for each."""

# ruff: noqa: E501 - sentences are compared whole

from __future__ import annotations

import pytest

from tests.unit.inventory.small import RAPA as RAPA_FILE
from tests.unit.inventory.small import RURUTU as RURUTU_FILE
from tests.unit.inventory.small import Inventory

SYNDICATE, RAPA, RURUTU = "syndicate.yaml", "communes/rapa.yaml", "communes/rurutu.yaml"
PHONES = """\
phones:
  accueil: {site: mairie, number: 101, mac: "00:15:65:10:44:11", model: yealink-t31g, label: Accueil, voicemail: true}
  maire: {site: mairie, number: 103, mac: "00:04:13:10:44:13", model: snom-d785, label: Le maire}
  atelier: {site: mairie, number: 104, model: softphone, label: Atelier}
  direction: {site: ecole, number: 120, mac: "00:0b:82:10:44:14", model: grandstream-grp2612, label: Direction}
"""
TELEPHONY = """\
telephony:
  number: "+68940930000"
  sites: {ecole: "+68940930120"}
  reception:
    number: 100
    members: [accueil, maire]
    voicemail: accueil
    hours:
      - {days: [mon, tue], start: "07:30", end: "12:00"}
      - {days: [mon, tue], start: "13:00", end: "15:30"}
    closures:
      - {date: 2026-12-24, label: Veille de Noël}
  groups:
    urbanisme: {number: 200, label: Urbanisme, members: [maire], otherwise: accueil}
  trunks:
    ort: {label: Opérateur, kind: register, host: sip.operateur.example, username: rurutu, channels: 2, numbers: ["+68940930000", "+68940930120"]}
  blocked: ["8799XXXX"]
  spending: {daily: 2000.5}
"""
HEAD = len(RURUTU_FILE.splitlines())
"""Lines before the telephones."""


def line(text: str, after: str = "") -> int:
    """Return the line of a text in the damaged file's first version."""
    lines = f"{RURUTU_FILE}{PHONES}{TELEPHONY}".splitlines()
    start = next(n for n, each in enumerate(lines) if after in each and n >= HEAD * bool(after))
    return next(n for n, each in enumerate(lines, 1) if n > max(start, HEAD) and text in each)


Case = tuple[str, str, str, list[str]]
"""Name, what is there, what is written instead, every sentence then: ``text of its line | …``."""

CASES: tuple[Case, ...] = (
    (
        "number of two phones",
        "number: 103",
        "number: 101",
        [
            'Le maire | phones.maire.number: 101 is already phone "accueil" (line 25); free: 102, 103, 105 …'
        ],
    ),
    (
        "number of the reception and a group",
        "number: 200",
        "number: 100",
        [
            "urbanisme: | telephony.groups.urbanisme.number: 100 is already the reception (line 33); free: 102, 105, 106 …"
        ],
    ),
    (
        "an emergency number",
        "number: 103",
        "number: 112",
        [
            "Le maire | phones.maire.number: 112 is the emergency number 112 (Urgences); free: 113, 114, 115 …"
        ],
    ),
    (
        "begins as an emergency number",
        "number: 103",
        "number: 1502",
        [
            "Le maire | phones.maire.number: 1502 cannot be told from the emergency number 15 (SAMU); free: 1900, 1901, 1902 …"
        ],
    ),
    (
        "begins an emergency number",
        "number: 103",
        "number: 11",
        [
            "Le maire | phones.maire.number: 11 cannot be told from the emergency number 112 (Urgences); free: 12, 13, 14 …"
        ],
    ),
    (
        "a number outside",
        "number: 103",
        "number: 3600",
        [
            "Le maire | phones.maire.number: 3600 is a number outside (services, 3XXX); free: 4000, 4001, 4002 …"
        ],
    ),
    (
        "a number that begins with 0",
        "number: 103",
        'number: "012"',
        [
            'Le maire | phones.maire.number: "012" is not allowed; write two to five digits, the first not 0, such as 101'
        ],
    ),
    (
        "a building that would show the number of another",
        '  sites: {ecole: "+68940930120"}\n',
        "",
        [
            'number: "+68940930000" | telephony.number: "ecole" has phones and no number: its emergency calls would show +68940930000, and help would go to "mairie"; write ecole: with that building\'s own number under telephony.sites, or this one again if it is right there'
        ],
    ),
    (
        "a building with the number of another, on purpose",
        'sites: {ecole: "+68940930120"}',
        'sites: {ecole: "+68940930000"}',
        [],
    ),
    (
        "an unknown site",
        "site: ecole,",
        "site: ecolle,",
        ['Direction | phones.direction.site: unknown site "ecolle"; did you mean "ecole"?'],
    ),
    (
        "an unknown model",
        "model: snom-d785",
        "model: snom-d999",
        [
            'Le maire | phones.maire.model: "snom-d999" is not allowed; allowed: yealink-t31g, yealink-t33g, yealink-t43u, yealink-t46u, yealink-w70b, snom-d713, snom-d717, snom-d735, snom-d785, grandstream-grp2601, grandstream-grp2602, grandstream-grp2612, grandstream-ht801, softphone, linphone'
        ],
    ),
    (
        "MAC address of a program",
        "model: softphone,",
        'model: softphone, mac: "00:15:65:10:44:19",',
        [
            'Atelier | phones.atelier: a softphone is a program and has no address of its own; remove "mac"'
        ],
    ),
    (
        "MAC address of a program that reads codes",
        "model: softphone,",
        'model: linphone, mac: "00:15:65:10:44:19",',
        [
            'Atelier | phones.atelier: a linphone is a program and has no address of its own; remove "mac"'
        ],
    ),
    (
        "programs where visitors are, and nowhere",
        "phones:",
        "overrides: {telephony: {program_segments: [public, salle, agents]}}\nphones:",
        [
            '+1 Atelier | phones.atelier.model: "public" in telephony.program_segments is for strangers; programs may be in: admin, servers, agents, voice, school, video, things',
            '+1 Atelier | phones.atelier.model: "salle" in telephony.program_segments is no segment; programs may be in: admin, servers, agents, voice, school, video, things',
        ],
    ),
    (
        "hardware without MAC address",
        ' mac: "00:04:13:10:44:13",',
        "",
        ['Le maire | phones.maire: a snom-d785 needs "mac", the address printed under it'],
    ),
    (
        "MAC address of the printer",
        "00:04:13:10:44:13",
        "00:1b:a9:10:44:01",
        [
            "Le maire | phones.maire.mac: 00:1b:a9:10:44:01 is already printer's (communes/rurutu.yaml:17); each device has its own"
        ],
    ),
    (
        "name of the printer",
        "  maire: {",
        "  printer: {",
        [
            'Le maire | phones.printer: "printer" is already a device of site mairie; rename one of them',
            'members: [accueil | telephony.reception.members[1]: unknown phone "maire"; allowed: accueil, printer, atelier, direction',
            'urbanisme: | telephony.groups.urbanisme.members[0]: unknown phone "maire"; allowed: accueil, printer, atelier, direction',
        ],
    ),
    (
        "address in the DHCP pool",
        'mac: "00:04:13:10:44:13"',
        'mac: "00:04:13:10:44:13", address: 10.44.19.120',
        [
            "Le maire | phones.maire.address: 10.44.19.120 is in the DHCP pool, 10.44.19.100 to 10.44.19.249; allowed: 10.44.19.2 to 10.44.19.99 and 10.44.19.250 to 10.44.19.254"
        ],
    ),
    (
        "mail without messages",
        "label: Le maire}",
        "label: Le maire, mail: maire@rurutu.example}",
        [
            'Le maire | phones.maire: messages are sent to "mail" only where there are some; add voicemail: true'
        ],
    ),
    (
        "a mail address that is none",
        "label: Accueil, voicemail: true}",
        "label: Accueil, voicemail: true, mail: accueil}",
        [
            'Accueil | phones.accueil.mail: "accueil" is not allowed; write a mail address, such as accueil@rurutu.example'
        ],
    ),
    (
        "outgoing number of another country",
        "label: Le maire}",
        'label: Le maire, outgoing: "+33380960000"}',
        [
            "Le maire | phones.maire.outgoing: +33380960000 is not a number of the territory (Polynésie française); write one such as +68940412345"
        ],
    ),
    (
        "outgoing number that is too short",
        "label: Le maire}",
        'label: Le maire, outgoing: "+6894093"}',
        [
            "Le maire | phones.maire.outgoing: +6894093 is not a number of the territory (Polynésie française); write one such as +68940412345"
        ],
    ),
    (
        "outgoing number that no trunk delivers",
        "label: Le maire}",
        'label: Le maire, outgoing: "+68940930199"}',
        [
            "Le maire | phones.maire.outgoing: +68940930199 is delivered by no trunk of this commune: nobody could call back; there are: +68940930000, +68940930120"
        ],
    ),
    (
        "no number for emergencies",
        '  number: "+68940930000"\n',
        "",
        [
            "telephony: | telephony.number: no number: emergency calls from mairie would show none; write number: under telephony, the commune's main number"
        ],
    ),
    (
        "a number of no site",
        "{ecole: ",
        "{annexe: ",
        [
            'sites: {ecole | telephony.sites: "ecole" has phones and no number: its emergency calls would show +68940930000, and help would go to "mairie"; write ecole: with that building\'s own number under telephony.sites, or this one again if it is right there',
            'sites: {ecole | telephony.sites.annexe: unknown site "annexe"; allowed: mairie, ecole',
        ],
    ),
    (
        "an unknown member",
        "members: [accueil, maire]",
        "members: [accueil, mair]",
        [
            'members: [accueil | telephony.reception.members[1]: unknown phone "mair"; did you mean "maire"?'
        ],
    ),
    (
        "a member twice",
        "members: [accueil, maire]",
        "members: [maire, maire]",
        [
            'members: [accueil | telephony.reception.members[1]: "maire" is written twice; remove one'
        ],
    ),
    (
        "a voicemail that is not there",
        "    voicemail: accueil",
        "    voicemail: maire",
        [
            '    voicemail: | telephony.reception.voicemail: phone "maire" has no voicemail; write voicemail: true there; phones with one: accueil'
        ],
    ),
    (
        "a voicemail of nobody",
        "otherwise: accueil",
        "otherwise: acceuil",
        [
            'urbanisme: | telephony.groups.urbanisme.otherwise: unknown phone "acceuil"; did you mean "accueil"?'
        ],
    ),
    (
        "an unknown strategy",
        "label: Urbanisme,",
        "label: Urbanisme, strategy: any,",
        [
            'urbanisme: | telephony.groups.urbanisme.strategy: "any" is not allowed; allowed: all, order, queue'
        ],
    ),
    (
        "hours that end before they start",
        'start: "07:30", end: "12:00"',
        'start: "12:00", end: "07:30"',
        [
            "07:30 | telephony.reception.hours[0].end: 07:30 is not after 12:00; opening hours begin and end on one day"
        ],
    ),
    (
        "hours one over the other",
        'start: "13:00"',
        'start: "11:30"',
        [
            "15:30 | telephony.reception.hours[1]: 11:30 to 15:30 is on mon over 07:30 to 12:00; write one span for both"
        ],
    ),
    (
        "a day twice",
        '[mon, tue], start: "13:00"',
        '[mon, mon], start: "13:00"',
        ['15:30 | telephony.reception.hours[1].days[1]: "mon" is written twice; remove one'],
    ),
    (
        "a closure that is no date",
        "2026-12-24",
        "24/12/2026",
        [
            'Veille | telephony.reception.closures[0].date: "24/12/2026" is not a date; write year, month and day, such as 2026-03-02'
        ],
    ),
    (
        "a closure twice",
        "label: Veille de Noël}",
        "label: Veille de Noël}\n      - {date: 2026-12-24, label: Encore}",
        [
            "+1 Veille | telephony.reception.closures[1].date: 2026-12-24 is written twice; remove one"
        ],
    ),
    (
        "no channels",
        " channels: 2,",
        "",
        [
            "ort: | telephony.trunks.ort.channels: this key is required; Calls at one time, as the contract says"
        ],
    ),
    (
        "none of the channels",
        "channels: 2",
        "channels: 0",
        ["ort: | telephony.trunks.ort.channels: 0 is out of range; allowed: 1 to 100"],
    ),
    (
        "registered without a name",
        " username: rurutu,",
        "",
        ['ort: | telephony.trunks.ort: kind: register needs "username", as the operator gave it'],
    ),
    (
        "a name where the address is known",
        "kind: register",
        "kind: ip",
        [
            'ort: | telephony.trunks.ort: kind: ip has no password; remove "username", or write kind: register'
        ],
    ),
    (
        "keys of the sound in clear",
        "channels: 2,",
        "channels: 2, transport: udp, srtp: true,",
        [
            "ort: | telephony.trunks.ort: srtp sends its keys inside the signalling, which udp does not encrypt; write transport: tls, or srtp: false"
        ],
    ),
    (
        "a port that is closed",
        "channels: 2,",
        "channels: 2, port: 5071,",
        [
            'ort: | telephony.trunks.ort.port: the firewall does not let tcp/5071 out: no flow from "telephony" to "internet" has it; add it to services.trunk in group_data/ or overrides'
        ],
    ),
    (
        "no trunk",
        TELEPHONY[TELEPHONY.index("  trunks:") : TELEPHONY.index("  blocked:")],
        "",
        [
            "telephony: | telephony.trunks: no trunk: emergency calls would have no way out; write trunks: with one"
        ],
    ),
    (
        "no local trunk",
        "channels: 2,",
        "channels: 2, local: false,",
        [
            "trunks: | telephony.trunks: no trunk works without the link to the hub: emergency calls would have no way out when it is cut; write local: true where one does, or add one"
        ],
    ),
    (
        "a pattern over an emergency number",
        "8799XXXX",
        "1.",
        [
            'blocked: | telephony.blocked[0]: "1." would block the emergency number 112 (Urgences); write a longer pattern'
        ],
    ),
    (
        "a pattern that is none",
        "8799XXXX",
        "87-99",
        [
            'blocked: | telephony.blocked[0]: "87-99" is not allowed; write dialled digits, with X for 0-9, Z for 1-9, N for 2-9 and . for the rest, such as 36XX'
        ],
    ),
    (
        "a range that goes down",
        "8799XXXX",
        "87[9-2]XXXXX",
        ["blocked: | telephony.blocked[0]: 9-2 ends before it starts; write 2-9"],
    ),
    (
        "an amount that is none",
        "2000.5",
        "beaucoup",
        [
            "spending: | telephony.spending.daily: not an amount; write a number of the territory's currency, such as 20.5"
        ],
    ),
    (
        "an emergency number without a date",
        "  spending:",
        '  emergency: {"18": {label: Pompiers, source: Mairie}}\n  spending:',
        [
            "spending: | telephony.emergency.18.checked: this key is required; When a person asked who answers there"
        ],
    ),
    (
        "an emergency number over another",
        "  spending:",
        '  emergency: {"1121": {label: X, source: Y, checked: 2026-03-02}}\n  spending:',
        [
            "spending: | telephony.emergency.1121: 1121 cannot be told from the emergency number 112 (Urgences); remove one of them"
        ],
    ),
)


@pytest.fixture
def telephones(inventory: Inventory) -> Inventory:
    inventory.write(RURUTU, f"{RURUTU_FILE}{PHONES}{TELEPHONY}")
    return inventory


def expected(sentences: list[str]) -> list[str]:
    found = []
    for each in sentences:
        at, _, sentence = each.partition(" | ")
        more, at = (1, at.removeprefix("+1 ")) if at.startswith("+1 ") else (0, at)
        found.append(f"{RURUTU}:{line(at) + more}: {sentence}")
    return found


def test_nothing_is_wrong_before(telephones: Inventory) -> None:
    assert telephones.errors() == []


@pytest.mark.parametrize("case", CASES, ids=[case[0] for case in CASES])
def test_exact_sentence(telephones: Inventory, case: Case) -> None:
    _, old, new, sentences = case
    telephones.replace(RURUTU, old, new)
    assert telephones.errors() == expected(sentences)


RAPA_PHONES = """\
phones:
  accueil: {site: mairie, number: 101, model: softphone, label: Accueil}
telephony:
  number: "+68940920000"
  trunks:
    ort: {label: Opérateur, kind: ip, host: 192.0.2.7, channels: 1, numbers: ["+68940920000"]}
"""
VOICE = RAPA_FILE.replace("agents]", "agents, voice]").replace("eth3}", "eth3, voice: eth4}")


def test_two_communes_with_one_number(telephones: Inventory) -> None:
    text = RAPA_PHONES.replace("+68940920000", "+68940930000")
    telephones.write(RAPA, f"{VOICE}{text}")
    where = "communes/rapa.yaml:23"
    at = line("ort:")
    assert telephones.errors() == [
        f'{RURUTU}:{at}: telephony.trunks.ort.numbers[0]: +68940930000 is already delivered by trunk "ort" of Rapa ({where}); a number has one place'
    ]


def test_a_site_without_voice(inventory: Inventory) -> None:
    inventory.write(RAPA, f"{RAPA_FILE}{RAPA_PHONES}")
    assert inventory.errors() == [
        'communes/rapa.yaml:19: phones.accueil.site: "mairie" has no segment "voice", where phones are; add it there; sites with it: none'
    ]


def test_hardware_on_a_site_without_voice_is_said_once(inventory: Inventory) -> None:
    phone = RAPA_PHONES.replace("model: softphone", 'mac: "00:15:65:10:41:11", model: snom-d713')
    inventory.write(RAPA, f"{RAPA_FILE}{phone}")
    assert inventory.errors() == [
        'communes/rapa.yaml:19: phones.accueil.site: "mairie" has no segment "voice", where phones are; add it there; sites with it: none'
    ]


def test_no_server(inventory: Inventory) -> None:
    inventory.write(RAPA, f"{VOICE}{RAPA_PHONES}".replace("[gateway, server]", "[gateway]"))
    assert inventory.errors() == [
        "communes/rapa.yaml:20: telephony: no host of this commune is a server, which a telephone system needs; give one roles: [server], beside the others"
    ]


def test_phones_alone(inventory: Inventory) -> None:
    phones = RAPA_PHONES[: RAPA_PHONES.index("telephony:")]
    inventory.write(RAPA, f"{VOICE}{phones}")
    assert inventory.errors() == [
        "communes/rapa.yaml:18: phones: no number: emergency calls from mairie would show none; write number: under telephony, the commune's main number",
        "communes/rapa.yaml:18: phones: no trunk: emergency calls would have no way out; write trunks: with one",
    ]


def test_a_commune_whose_numbering_plan_nobody_knows(inventory: Inventory) -> None:
    override = "overrides: {telephony: {territories: {polynesie: null}}}\n"
    inventory.write(RAPA, f"{VOICE}{RAPA_PHONES}{override}")
    assert inventory.errors() == [
        "communes/rapa.yaml:1: insee: no numbering plan is known for 98741, which has telephones; known: codes that begin with 0, 1, 2, 3, 4, 5, 6, 7, 8, 90, 91, 92, 93, 94, 95; add a row to telephony.territories in group_data/"
    ]


PF = "telephony: {territories: {polynesie: "
REFERENCE: tuple[tuple[str, str, list[str]], ...] = (
    (
        "call records kept too long",
        "telephony: {records: {days: 400}}",
        [
            "syndicate.yaml:27: overrides.telephony.records.days: 400 days are more than 365 (CNIL, norme simplifiée n° 47 (autocommutateurs) : un an au plus ; sans valeur juridique depuis le RGPD, gardée comme repère ; 180 jours : choix de cette référence); write less"
        ],
    ),
    (
        "codes that are too short",
        "telephony: {code_digits: 2}",
        [
            "syndicate.yaml:27: overrides.telephony.code_digits: 2 digits do not hold the last index, 255; write 3"
        ],
    ),
    (
        "no range of sound",
        "services: {rtp: [udp/10000]}",
        [
            "syndicate.yaml:27: overrides.services.rtp: udp/10000: sound has one range of 100 UDP ports or more; write [udp/10000-20000]"
        ],
    ),
    (
        "no codec for everybody",
        "uplink_classes: {fibre: {call_codecs: [g722]}}",
        [
            "syndicate.yaml:27: overrides.uplink_classes: no codec is in all of them: communes would not understand each other; add gsm to call_codecs of each"
        ],
    ),
    (
        "one prefix for two territories",
        PF + '{insee: ["987", "90"]}}}',
        [
            'syndicate.yaml:27: overrides.telephony.territories.polynesie.insee: codes that begin with "90" are already "metropole"; keep one'
        ],
    ),
    (
        "a class over an emergency number",
        PF + "{outside: {classes: {x: {pattern: 1X, per_minute: 1}}}}}}",
        [
            'syndicate.yaml:27: overrides.telephony.territories.polynesie.outside.classes.x.pattern: "1X" would shadow the emergency number 15; write a longer pattern'
        ],
    ),
    (
        "an emergency number over another",
        PF + '{emergency: {"155": {label: X, source: Y}}}}}',
        [
            "syndicate.yaml:27: overrides.telephony.territories.polynesie.emergency.155: 155 cannot be told from the emergency number 15; remove one of them"
        ],
    ),
    (
        "a country without numbers",
        PF + "{country: XX}}}",
        [
            'syndicate.yaml:27: overrides.telephony.territories.polynesie.country: "XX" has no numbering plan; write the country as ISO 3166-1 does',
        ],
    ),
    (
        "a calendar of nowhere",
        PF + "{holidays: {subdivision: QQ}}}}",
        [
            'syndicate.yaml:27: overrides.telephony.territories.polynesie.holidays: the public holidays of "FR QQ" are not known; write country: FR, say'
        ],
    ),
    (
        "an end of flows that only the hub reaches",
        "flows: {x: {from: agents, to: telephony, services: [sip], reason: R}}",
        [
            'syndicate.yaml:27: overrides.flows.x.to: "telephony" is reached from the hub alone; write the segment "servers"'
        ],
    ),
    (
        "an end of flows that goes to a segment",
        "flows: {x: {from: telephony, to: agents, services: [sip], reason: R}}",
        [
            'syndicate.yaml:27: overrides.flows.x.from: the zone "telephony" reaches the hub and the internet alone; write the segment "servers"'
        ],
    ),
)


@pytest.mark.parametrize(
    ("text", "sentences"), [c[1:] for c in REFERENCE], ids=[c[0] for c in REFERENCE]
)
def test_exact_sentence_of_the_reference(
    inventory: Inventory, text: str, sentences: list[str]
) -> None:
    inventory.write(RAPA, f"{VOICE}{RAPA_PHONES}")
    inventory.replace(SYNDICATE, "demo: true\n", f"demo: true\noverrides: {{{text}}}\n")
    assert inventory.errors() == sentences


def test_codes_have_one_length_in_a_fleet(inventory: Inventory) -> None:
    override = "overrides: {telephony: {code_digits: 4}}\n"
    inventory.write(RAPA, f"{VOICE}{RAPA_PHONES}{override}")
    assert inventory.errors() == [
        "communes/rapa.yaml:24: overrides.telephony.code_digits: short codes have one length in a fleet: 4 here, 3 elsewhere; write it in group_data/all.py or syndicate.yaml"
    ]

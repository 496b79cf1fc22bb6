"""What only mail and faxes can get wrong: the exact sentence, for each."""

# ruff: noqa: E501 - sentences are compared whole

from __future__ import annotations

import pytest

from tests.unit.inventory.small import RURUTU as RURUTU_FILE
from tests.unit.inventory.small import Inventory
from tests.unit.inventory.test_telephony_checks import PHONES, RURUTU, SYNDICATE, TELEPHONY

MAIL = 'mail: {relay: smtp.essai.example, username: "{commune}", from: mairie@essai.example}\n'
ADDRESS = "voicemail: true, mail: accueil@rurutu.example}"
SENDING = PHONES.replace("voicemail: true}", ADDRESS)
FAXES = '  faxes: {mairie: {number: "+68940930150", mail: accueil@rurutu.example}}\n'
LINES = TELEPHONY.replace('"+68940930120"]', '"+68940930120", "+68940930150"]')
FAX_LINE = len(f"{RURUTU_FILE}{PHONES}{LINES}".splitlines()) + 1
PHONE_LINE = len(RURUTU_FILE.splitlines()) + 2
NO_RELAY = 'the syndicate has no relay; write mail: with relay, username and from in syndicate.yaml, or remove "mail" here: nothing else can send it'


def test_messages_and_faxes_with_a_relay(inventory: Inventory) -> None:
    inventory.write(RURUTU, f"{RURUTU_FILE}{SENDING}{LINES}{FAXES}")
    inventory.replace(SYNDICATE, "demo: true\n", f"demo: true\n{MAIL}")
    assert inventory.errors() == []


def test_without_a_relay(inventory: Inventory) -> None:
    inventory.write(RURUTU, f"{RURUTU_FILE}{SENDING}{LINES}{FAXES}")
    assert inventory.errors() == [
        f"communes/rurutu.yaml:{PHONE_LINE}: phones.accueil.mail: {NO_RELAY}",
        f"communes/rurutu.yaml:{FAX_LINE}: telephony.faxes.mairie.mail: {NO_RELAY}",
    ]


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            "smtp.essai.example",
            "192.0.2.25",
            'mail.relay: "192.0.2.25" is not allowed; write the name of a host in lower case, such as smtp.syndicat.example',
        ),
        (
            "from: mairie@",
            "port: 25, from: mairie@",
            "mail.port: 25 is not allowed; allowed: 465, 587",
        ),
        (
            "from: mairie@essai.example",
            "from: mairie",
            'mail.from: "mairie" is not allowed; write a mail address, such as mairie@syndicat.example',
        ),
        (
            "username:",
            "user:",
            'mail.user: unknown key; did you mean "username"?',
        ),
    ],
)
def test_a_relay_that_cannot_be(inventory: Inventory, old: str, new: str, sentence: str) -> None:
    inventory.replace(SYNDICATE, "demo: true\n", f"demo: true\n{MAIL.replace(old, new)}")
    line = len((inventory.folder / SYNDICATE).read_text().splitlines())
    assert f"{SYNDICATE}:{line}: {sentence}" in inventory.errors()


def test_a_port_that_the_firewall_keeps_shut(inventory: Inventory) -> None:
    inventory.write(RURUTU, f"{RURUTU_FILE}{SENDING}{TELEPHONY}")
    shut = 'overrides: {services: {submission: ["tcp/465"]}}\n'
    inventory.replace(SYNDICATE, "demo: true\n", f"demo: true\n{shut}{MAIL}")
    line = len((inventory.folder / SYNDICATE).read_text().splitlines())
    assert inventory.errors() == [
        f'syndicate.yaml:{line}: mail.port: the firewall does not let tcp/587 out: no flow from "mail" to "internet" has it; add it to services.submission in group_data/ or overrides'
    ]


NUMBER = "telephony.faxes.mairie.number"


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            '"+68940930150", mail',
            '"+33380960000", mail',
            f"{NUMBER}: +33380960000 is not a number of the territory (Polynésie française); write one such as +68940412345",
        ),
        (
            '"+68940930150", mail',
            '"+68940930151", mail',
            f"{NUMBER}: +68940930151 is delivered by no trunk of this commune; there are: +68940930000, +68940930120, +68940930150",
        ),
        (
            '"+68940930150", mail',
            '"+68940930000", mail',
            f"{NUMBER}: +68940930000 is already the commune's main number; faxes need one of their own",
        ),
        (
            '"+68940930150", mail',
            '"+68940930120", mail',
            f'{NUMBER}: +68940930120 is already the number of site "ecole"; faxes need one of their own',
        ),
        (
            "channels: 2,",
            "channels: 2, codecs: [g722, gsm],",
            f"{NUMBER}: its trunk carries g722, gsm, through which no fax passes; add alaw to its codecs",
        ),
    ],
)
def test_a_fax_that_would_not_arrive(
    inventory: Inventory, old: str, new: str, sentence: str
) -> None:
    inventory.write(RURUTU, f"{RURUTU_FILE}{PHONES}{LINES}{FAXES}".replace(old, new))
    inventory.replace(SYNDICATE, "demo: true\n", f"demo: true\n{MAIL}")
    assert inventory.errors() == [f"communes/rurutu.yaml:{FAX_LINE}: {sentence}"]

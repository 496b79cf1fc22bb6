"""Authorities of operators: files that are read, the exact sentence about each that is not."""

# ruff: noqa: E501 - sentences are compared whole

from __future__ import annotations

from datetime import date

import pytest

from mairie.inventory import load
from mairie.inventory.authorities import MAX_BYTES, parsed
from mairie.inventory.notices import notices
from mairie.secrets.certificates import new_authority, new_server
from tests.unit.inventory.small import RURUTU as RURUTU_FILE
from tests.unit.inventory.small import Inventory
from tests.unit.inventory.test_telephony_checks import PHONES, RURUTU, TELEPHONY

TODAY = date(2026, 11, 23)
ORT = new_authority("ORT", "Opérateur", today=TODAY, days=60)
SERVER = new_server(ORT, "sip.operateur.example", today=TODAY, days=30)
TRUNK = "username: rurutu, channels: 2"


def with_trunk(inventory: Inventory, more: str) -> None:
    """Give Rurutu telephones, and its trunk some more keys."""
    inventory.write(RURUTU, f"{RURUTU_FILE}{PHONES}{TELEPHONY}")
    inventory.replace(RURUTU, TRUNK, f"{TRUNK}, {more}")


def test_certificates_are_kept_and_what_stands_around_them_is_not(inventory: Inventory) -> None:
    second = new_authority("ORT 2", "Opérateur", today=TODAY, days=600)
    written = f"subject: ORT\r\n{ORT.certificate}\n# the next one\n{second.certificate}"
    inventory.write("authorities/ort.pem", written)
    with_trunk(inventory, "authority: ort")
    found = load(inventory.folder).authorities
    assert found == {"ort": ORT.certificate + second.certificate}
    names = [each.subject.rfc4514_string() for each in parsed(found["ort"])]
    assert names == ["O=Opérateur,CN=ORT", "O=Opérateur,CN=ORT 2"]


BROKEN = ORT.certificate.replace("MII", "XII", 1)
CASES = (
    (
        "ort.crt",
        ORT.certificate,
        "authorities/ort.crt: is not read; authorities are named <name>.pem in lower case, such as ort.pem",
    ),
    (
        "Ort.pem",
        ORT.certificate,
        "authorities/Ort.pem: is not read; authorities are named <name>.pem in lower case, such as ort.pem",
    ),
    (
        "ort.pem",
        "MIIB\n",
        "authorities/ort.pem:1: holds no certificate in PEM (-----BEGIN CERTIFICATE-----); another format is changed with openssl x509 -inform der",
    ),
    (
        "ort.pem",
        f"\n{BROKEN}",
        "authorities/ort.pem:2: the certificate is damaged; ask the operator for it again",
    ),
    (
        "ort.pem",
        f"{ORT.certificate}{ORT.key}",
        f"authorities/ort.pem:{ORT.certificate.count(chr(10)) + 1}: holds a private key; keep the certificates alone, and tell whoever sent it",
    ),
    (
        "ort.pem",
        SERVER.certificate,
        'authorities/ort.pem:1: "CN=sip.operateur.example" is the certificate of a server, which changes; write that of the authority which signs it',
    ),
    (
        "ort.pem",
        ORT.certificate * (MAX_BYTES // len(ORT.certificate) + 1),
        "authorities/ort.pem:1: is larger than 20 kB; keep the operator's own authority alone",
    ),
)


@pytest.mark.parametrize(("name", "text", "sentence"), CASES)
def test_exact_sentence(inventory: Inventory, name: str, text: str, sentence: str) -> None:
    inventory.write(f"authorities/{name}", text)
    assert inventory.errors() == [sentence]


TRUNKS = (
    (
        "authority: ort",
        'telephony.trunks.ort.authority: unknown authority "ort"; allowed: none; an authority is a file authorities/<name>.pem',
    ),
    (
        "authority: ort, transport: udp",
        'telephony.trunks.ort: udp shows no certificate that an authority could have signed; write transport: tls, or remove "authority"',
    ),
)


@pytest.mark.parametrize(("more", "sentence"), TRUNKS)
def test_a_trunk_names_an_authority_that_is_there(
    inventory: Inventory, more: str, sentence: str
) -> None:
    with_trunk(inventory, more)
    (found,) = inventory.errors()
    assert found.partition(": ")[2] == sentence


def test_who_is_told_that_one_ends(inventory: Inventory) -> None:
    inventory.write("authorities/ort.pem", ORT.certificate)
    inventory.write("authorities/unused.pem", ORT.certificate)
    with_trunk(inventory, "authority: ort")
    territory = load(inventory.folder)

    def told(today: date) -> list[str]:
        return [line for line in notices(territory, today) if "authorities/" in line]

    assert told(date(2026, 10, 1)) == []
    assert told(TODAY) == [
        "ends soon: authorities/ort.pem is good until 2027-01-22, for trunks of rurutu; ask the operator for the next one, put it beside it in the same file and deploy"
    ]

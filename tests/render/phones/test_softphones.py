"""What Linphone is given, and from where Asterisk takes it."""

import hashlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree

import pytest

from mairie.files.phones import FILES
from mairie.inventory import load
from mairie.plan.host import HostPlan, HostSecrets
from mairie.plan.parts.phones import PhonesPlan, Program
from mairie.plan.resolve import resolve
from mairie.render import render, render_public
from tests.lab.softphone_inventory import NAME, NUMBER, write

BOX = "rapa-mairie-box"
PASSWORD = "p&ss<word>-of-{}"
NAMESPACE = "{http://www.linphone.org/xsds/lpconfig.xsd}"
Sections = dict[str, dict[str, str]]


@cache
def plan() -> HostPlan:
    with TemporaryDirectory() as folder:
        return resolve(load(write(Path(folder) / "demo")))[BOX]


def phones() -> PhonesPlan:
    found = plan().phones
    assert found is not None
    return found


def program() -> Program:
    (found,) = phones().programs
    return found


@pytest.fixture(scope="module")
def text() -> Iterator[str]:
    voip = plan().voip
    assert voip is not None
    others = {f"sip-{each.name}": PASSWORD.format(each.name) for each in voip.extensions}
    others |= {f"phones:{name}": "-- x --" for name in ("authority", "certificate", "key")}
    files = {file.path: file for file in render(plan(), HostSecrets(others=others), "phones")}
    file = files[f"{FILES}/linphone-{NAME}.xml"]
    assert (file.mode, file.group, file.secret) == ("640", "mairie-phones", True)
    yield file.text


@pytest.fixture(scope="module")
def sections(text: str) -> Sections:
    root = ElementTree.fromstring(text.encode())  # noqa: S314 - our own
    found = {}
    for section in root.findall(f"{NAMESPACE}section"):
        entries = section.findall(f"{NAMESPACE}entry")
        assert {each.get("overwrite") for each in entries} == {"true"}
        found[section.get("name") or ""] = {
            each.get("name") or "": each.text or "" for each in entries
        }
    return found


def test_it_registers_over_tls_and_encrypts_its_sound(sections: Sections) -> None:
    host = phones().registrar
    account = sections["proxy_0"]
    assert account["reg_identity"] == f'"Tablette du maire" <sip:{NUMBER}@{host}>'
    assert account["reg_proxy"] == account["reg_route"] == f"<sip:{host}:5061;transport=tls>"
    assert account["voicemail_uri"] == f"sip:*97@{host}"
    assert sections["sip"]["media_encryption"] == "srtp"
    codecs = [each for name, each in sections.items() if name.startswith("audio_codec_")]
    assert [(each["mime"], each["rate"], each["channels"]) for each in codecs] == [
        ("opus", "48000", "2"),
        ("G722", "8000", "1"),
        ("PCMA", "8000", "1"),
    ]
    assert [each.get("recv_fmtp", "") for each in codecs] == ["maxaveragebitrate=24000", "", ""]


def test_it_is_given_what_stands_for_its_password_here_and_nowhere_else(
    sections: Sections, text: str
) -> None:
    auth, password = sections["auth_info_0"], PASSWORD.format(NAME)
    said = f"{NUMBER}:{plan().domain}:{password}"
    assert auth["ha1"] == hashlib.md5(said.encode(), usedforsecurity=False).hexdigest()
    settings = {file.path.rpartition("/")[2]: file.text for file in render_public(plan(), "voip")}
    assert f"default_realm = {auth['realm']}\n" in settings["pjsip.conf"]
    assert "p&" not in text and "pass" not in text


def test_the_invitation_is_forgotten(sections: Sections) -> None:
    assert sections["misc"] == {"transient_provisioning": "1", "config-uri": ""}


def test_it_has_the_directory(sections: Sections) -> None:
    host = phones().registrar
    known = {each["url"] for name, each in sections.items() if name.startswith("friend_")}
    assert f'"Infirmerie" <sip:102@{host}>' in known
    assert f'"Mairie de Rurutu" <sip:*044100@{host}>' in known


def test_asterisk_takes_it_from_its_site_and_a_desk_phone_from_its_segment() -> None:
    settings = {file.path.rpartition("/")[2]: file.text for file in render_public(plan(), "voip")}
    by_number = {
        text.partition("]")[0]: [
            line.removeprefix("permit = ")
            for line in text.splitlines()
            if line.startswith("permit = ")
        ]
        for text in settings["pjsip.conf"].split("\n[")
        if re.match(r"\d+]\((phone|program)\)", text)
    }
    own = {item.segment: item for item in plan().network.segments}
    voice, agents = own["voice"].prefix_ipv4, own["agents"].prefix_ipv4
    assert by_number["101"] == [voice]
    assert by_number[NUMBER] == [voice, agents]
    assert program().prefixes == (voice, agents)

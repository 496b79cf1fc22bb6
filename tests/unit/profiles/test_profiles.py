"""Files that set devices up: what they trust, what they hold, and what they do not."""

from __future__ import annotations

import plistlib
import stat
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner, Result
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12

from mairie.cli.people import command
from mairie.errors import MairieError
from mairie.inventory.load import load
from mairie.secrets.identity import find_identity
from mairie.secrets.logins import Handover, Logins
from mairie.secrets.vault import Vault
from tests.lab.test_wifi_radios import inventory

SERVER = {"rurutu": "radius.rurutu.demo.example", "rapa": "radius.rapa.demo.example"}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return inventory(tmp_path_factory.mktemp("radios"))


def profile(demo: Path, output: Path, *arguments: str) -> Result:
    words = ["profile", *arguments, "-o", str(output), "--yes", "-i", str(demo)]
    return CliRunner().invoke(command, words)


def written(demo: Path, output: Path, *arguments: str) -> Result:
    result = profile(demo, output, *arguments)
    assert result.exit_code == 0, result.output
    assert stat.S_IMODE(output.stat().st_mode) == 0o600
    return result


def handover(demo: Path, commune: str, login: str) -> Handover:
    vault = Vault(demo, load(demo))
    return Logins(vault).handover(commune, login, find_identity(demo, demo=True))


def authority(demo: Path, commune: str, login: str) -> x509.Certificate:
    return handover(demo, commune, login).authority.parsed


def by_type(content: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {item["PayloadType"].rpartition(".")[2]: item for item in content}


def test_apple_with_a_password_that_is_not_in_it(demo: Path, tmp_path: Path) -> None:
    path = tmp_path / "ana.mobileconfig"
    written(demo, path, "rurutu", "ana", "--for", "apple")
    parts = by_type(plistlib.loads(path.read_bytes())["PayloadContent"])
    assert set(parts) == {"root", "managed"}
    der = authority(demo, "rurutu", "ana").public_bytes(Encoding.DER)
    assert parts["root"]["PayloadContent"] == der
    wifi = parts["managed"]
    assert (wifi["SSID_STR"], wifi["EncryptionType"]) == ("Rurutu Mairie", "WPA2")
    client = wifi["EAPClientConfiguration"]
    assert client["AcceptEAPTypes"] == [25]
    assert client["TLSTrustedServerNames"] == [SERVER["rurutu"]]
    assert client["PayloadCertificateAnchorUUID"] == [parts["root"]["PayloadUUID"]]
    assert handover(demo, "rurutu", "ana").password.encode() not in path.read_bytes()


def test_apple_with_a_certificate_under_the_passphrase_shown(demo: Path, tmp_path: Path) -> None:
    path = tmp_path / "moana.mobileconfig"
    said = written(demo, path, "rapa", "moana.tehei", "--for", "apple", "--ssid", "Rapa Mairie")
    passphrase = said.stdout.split()[1]
    parts = by_type(plistlib.loads(path.read_bytes())["PayloadContent"])
    wifi = parts["managed"]
    assert wifi["EAPClientConfiguration"]["AcceptEAPTypes"] == [13]
    assert wifi["PayloadCertificateUUID"] == parts["pkcs12"]["PayloadUUID"]
    key, certificate, _ = pkcs12.load_key_and_certificates(
        parts["pkcs12"]["PayloadContent"], passphrase.encode()
    )
    assert key is not None
    assert certificate is not None
    assert "moana.tehei" in certificate.subject.rfc4514_string()
    assert passphrase.encode() not in path.read_bytes()


def test_a_profile_made_again_takes_the_place_of_the_first(demo: Path, tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    written(demo, one, "rurutu", "ana", "--for", "apple")
    written(demo, other, "rurutu", "ana", "--for", "apple")
    assert one.read_bytes() == other.read_bytes()


def texts(path: Path) -> dict[str, list[str]]:
    """Return the text of every element, by its name without a namespace."""
    found: dict[str, list[str]] = {}
    for element in ET.fromstring(path.read_bytes()).iter():  # noqa: S314 - our own file
        if element.text and element.text.strip():
            found.setdefault(element.tag.rpartition("}")[2], []).append(element.text)
    return found


@pytest.mark.parametrize(
    ("commune", "login", "types"),
    [("rurutu", "ana", ["25", "25", "26"]), ("rapa", "moana.tehei", ["13", "13"])],
)
def test_windows_trusts_one_server_of_one_authority(
    demo: Path, tmp_path: Path, commune: str, login: str, types: list[str]
) -> None:
    path = tmp_path / "wifi.xml"
    said = written(demo, path, commune, login, "--for", "windows", "--ssid", "É 1")
    found = texts(path)
    assert found["Type"] == types
    assert found["hex"] == ["É 1".encode().hex().upper()]
    assert found["ServerNames"] == [SERVER[commune]]
    assert found["DisableUserPromptForServerValidation"] == ["true"]
    thumbprint = authority(demo, commune, login).fingerprint(SHA1())  # noqa: S303 - a name, no protection
    assert found["TrustedRootCA"] == [thumbprint.hex(" ")]
    assert f"mairie people authority {commune}" in said.stderr
    assert said.stdout == ""


def test_windows_has_a_file_for_each_network(demo: Path, tmp_path: Path) -> None:
    path = tmp_path / "wifi.xml"
    ssids = ("--ssid", "Mairie", "--ssid", "École")
    written(demo, path, "rurutu", "ana", "--for", "windows", *ssids)
    second = tmp_path / "wifi-2.xml"
    assert [texts(each)["name"][0] for each in (path, second)] == ["Mairie", "École"]


def test_android_opens_eap_metadata(demo: Path, tmp_path: Path) -> None:
    path = tmp_path / "ana.eap-config"
    written(demo, path, "rurutu", "ana", "--for", "android")
    found = texts(path)
    assert found["Type"] == ["25", "26"]
    assert found["ServerID"] == [SERVER["rurutu"]]
    assert found["UserName"] == ["ana"]
    assert found["SSID"] == ["Rurutu Mairie"]
    assert handover(demo, "rurutu", "ana").password not in path.read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("rapa", "moana.tehei"), "say it as the access points have it: --ssid NAME"),
        (("rurutu", "ana", "--method", "certificate"), "ana does not log in with a certificate"),
        (("rapa", "moana.tehei", "--method", "password"), "does not log in with a password"),
    ],
)
def test_what_cannot_be_written_is_said(
    demo: Path, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    path = tmp_path / "profile"
    result = profile(demo, path, *arguments, "--for", "apple")
    assert isinstance(result.exception, MairieError)
    assert message in str(result.exception)
    assert not path.exists()

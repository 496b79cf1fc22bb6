"""Certificates and revocation lists, looked at by OpenSSL itself; passwords and their hash."""

from __future__ import annotations

import hashlib
import re
import subprocess
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import pkcs12

from mairie.secrets.certificates import (
    Issued,
    new_authority,
    new_client,
    new_server,
    revocation_list,
    to_pkcs12,
)
from mairie.secrets.passwords import ALPHABET, md4, new_password, nt_hash

TODAY = datetime.now(UTC).date()
NAME = "radius.rapa.essai.example"


@pytest.fixture(scope="module")
def authority() -> Issued:
    return new_authority("Wi-Fi rapa", "Essai", today=TODAY, days=7300)


def openssl(folder: Path, *words: str, **files: str) -> subprocess.CompletedProcess[str]:
    for name, text in files.items():
        (folder / name).write_text(text)
    return subprocess.run(
        ["openssl", *words], cwd=folder, capture_output=True, text=True, check=False
    )


def verify(folder: Path, leaf: Issued, trusted: str, *words: str) -> bool:
    done = openssl(
        folder,
        *("verify", "-x509_strict", "-CAfile", "trusted", *words, "leaf"),
        leaf=leaf.certificate,
        trusted=trusted,
    )
    return done.returncode == 0


def test_a_server_is_believed_under_its_name_and_no_other(
    authority: Issued, tmp_path: Path
) -> None:
    server = new_server(authority, NAME, today=TODAY, days=800)
    known = authority.certificate
    assert verify(tmp_path, server, known, "-purpose", "sslserver", "-verify_hostname", NAME)
    assert not verify(tmp_path, server, known, "-verify_hostname", "radius.anaa.essai.example")
    assert not verify(tmp_path, server, known, "-purpose", "sslclient")


def test_a_long_name_stands_where_there_is_room(authority: Issued, tmp_path: Path) -> None:
    name = f"radius.{'a' * 40}.{'b' * 40}.example"
    server = new_server(authority, name, today=TODAY, days=800)
    assert len(server.parsed.subject) == 0
    assert verify(tmp_path, server, authority.certificate, "-verify_hostname", name)


def test_a_person_is_no_server_and_signs_nobody(authority: Issued, tmp_path: Path) -> None:
    person = new_client(authority, "hina", today=TODAY, days=800)
    known = authority.certificate
    assert verify(tmp_path, person, known, "-purpose", "sslclient")
    assert not verify(tmp_path, person, known, "-purpose", "sslserver")
    assert person.parsed.subject.rfc4514_string() == "CN=hina"
    forged = new_client(person, "moana", today=TODAY, days=100)
    assert not verify(tmp_path, forged, known + person.certificate, "-purpose", "sslclient")


def test_a_certificate_of_another_authority_is_refused(authority: Issued, tmp_path: Path) -> None:
    other = new_authority("Wi-Fi rapa", "Essai", today=TODAY, days=7300)
    person = new_client(other, "hina", today=TODAY, days=800)
    assert not verify(tmp_path, person, authority.certificate)


def test_what_is_revoked_is_refused_and_the_others_are_not(
    authority: Issued, tmp_path: Path
) -> None:
    gone, stays = (new_client(authority, name, today=TODAY, days=800) for name in ("ana", "bob"))
    listed = revocation_list(authority, {gone.serial: TODAY}, today=TODAY)
    trusted = authority.certificate + listed
    assert not verify(tmp_path, gone, trusted, "-crl_check")
    assert verify(tmp_path, stays, trusted, "-crl_check")
    assert not verify(tmp_path, stays, authority.certificate, "-crl_check")


def test_the_list_holds_as_long_as_the_authority(authority: Issued, tmp_path: Path) -> None:
    listed = revocation_list(authority, {}, today=TODAY)
    shown = openssl(tmp_path, "crl", "-in", "list", "-noout", "-nextupdate", list=listed).stdout
    until = datetime.strptime(shown.strip().partition("=")[2], "%b %d %H:%M:%S %Y GMT")
    assert until.replace(tzinfo=UTC) == authority.parsed.not_valid_after_utc


def test_none_outlives_its_authority() -> None:
    short = new_authority("Wi-Fi", "Essai", today=TODAY, days=100)
    leaf = new_client(short, "hina", today=TODAY, days=800)
    assert leaf.parsed.not_valid_after_utc == short.parsed.not_valid_after_utc
    assert leaf.until == TODAY + timedelta(days=99)


def test_what_openssl_and_devices_show(authority: Issued, tmp_path: Path) -> None:
    words = ("x509", "-in", "ca", "-noout", "-serial", "-fingerprint", "-sha256")
    shown = openssl(tmp_path, *words, ca=authority.certificate).stdout
    assert authority.fingerprint in shown
    serial = re.search(r"serial=(\w+)", shown)
    assert serial is not None
    assert int(serial[1], 16) == int(authority.serial, 16)


def test_a_device_imports_certificate_key_and_authority(authority: Issued) -> None:
    person = new_client(authority, "hina", today=TODAY, days=800)
    packed = to_pkcs12(person, authority.certificate, "hina@radius", "pass-phrase")
    key, certificate, others = pkcs12.load_key_and_certificates(packed, b"pass-phrase")
    assert key is not None
    assert certificate == person.parsed
    assert others == [authority.parsed]
    with pytest.raises(ValueError, match="password"):
        pkcs12.load_key_and_certificates(packed, b"another")


def test_no_key_is_shown(authority: Issued) -> None:
    assert "PRIVATE" not in repr(authority)


@pytest.mark.parametrize(
    ("text", "digest"),
    [  # RFC 1320, appendix A.5
        ("", "31d6cfe0d16ae931b73c59d7e0c089c0"),
        ("abc", "a448017aaf21d8525fc10ae87aa6729d"),
        ("message digest", "d9130a8164549fe818874806e1c7014b"),
        ("1234567890" * 8, "e33b4ddc9c38f2199c3e7b164fcc0536"),
    ],
)
def test_md4(text: str, digest: str) -> None:
    assert md4(text.encode()).hex() == digest


@pytest.mark.parametrize("length", [*range(54, 58), *range(62, 66), 119, 120, 128])
def test_md4_at_the_edges_of_its_blocks(length: int) -> None:
    """Padding that forgot or doubled a block would give one digest to two texts."""
    digests = {md4(b"x" * length), md4(b"x" * (length + 1)), md4(b"x" * length + b"\x80")}
    assert len(digests) == 3
    assert all(len(digest) == hashlib.md5(usedforsecurity=False).digest_size for digest in digests)


def test_the_hash_that_windows_answers_with() -> None:
    assert nt_hash("clientPass") == "44EBBA8D5312B8D611474411F56989AE"  # RFC 2759 section 9.2


def test_passwords_are_read_aloud_without_a_doubt() -> None:
    found = {new_password() for _ in range(200)}
    assert len(found) == 200
    for password in found:
        assert re.fullmatch(rf"[{ALPHABET}]{{4}}(-[{ALPHABET}]{{4}}){{3}}", password)
    assert not set("0o1il") & set(ALPHABET)


def test_a_day_is_a_whole_day(authority: Issued) -> None:
    leaf = new_client(authority, "hina", today=date(2026, 1, 1), days=10)
    assert leaf.until == date(2026, 1, 10)
    assert leaf.parsed.not_valid_before_utc == datetime(2025, 12, 31, tzinfo=UTC)

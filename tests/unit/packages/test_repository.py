"""A signed repository: its fields, the same bytes for the same packages, and what is refused."""

from __future__ import annotations

import hashlib

import pysequoia
import pytest

from mairie.errors import MairieError
from mairie.packages.repository import INDEX, SIGNED, package, repository
from mairie.secrets.signing import new_signing_key
from tests.unit.packages.debs import EPOCH, Compression, control, deb, member

KEY = new_signing_key("Essai")
NAME = "bell_1.0_amd64.deb"


def verified(signed: bytes, certificate: str) -> bytes:
    known = [pysequoia.Cert.from_bytes(certificate.encode())]
    found = pysequoia.verify(signed, store=lambda _: known)
    assert found.bytes is not None
    return bytes(found.bytes)


@pytest.mark.parametrize("compression", ["xz", "gz", ""])
def test_fields_are_those_of_the_package(compression: Compression) -> None:
    content = deb(compression=compression)
    index = repository({NAME: content}, KEY.private)[INDEX].decode()
    assert index == (
        control() + f"Filename: ./{NAME}\nSize: {len(content)}\n"
        f"SHA256: {hashlib.sha256(content).hexdigest()}\n"
    )


def test_release_is_signed_and_names_the_index() -> None:
    made = repository({NAME: deb()}, KEY.private)
    text = verified(made[SIGNED], KEY.certificate).decode()
    digest = hashlib.sha256(made[INDEX]).hexdigest()
    assert text.splitlines() == [
        "Origin: mairie",
        "Label: mairie",
        "Date: Thu, 25 Jun 2026 00:00:00 UTC",
        "Architectures: amd64",
        "SHA256:",
        f" {digest} {len(made[INDEX])} Packages",
    ]
    assert made[NAME] == deb()


def test_another_key_did_not_sign_it() -> None:
    made = repository({NAME: deb()}, KEY.private)
    with pytest.raises(Exception, match=r"(?i)bad|missing|valid|key"):
        verified(made[SIGNED], new_signing_key("Essai").certificate)


def test_same_packages_same_bytes_in_any_order() -> None:
    other = deb(control("chime"), made=EPOCH + 86_400)
    one = repository({NAME: deb(), "chime_1.0_amd64.deb": other}, KEY.private)
    two = repository({"chime_1.0_amd64.deb": other, NAME: deb()}, KEY.private)
    texts = [verified(each.pop(SIGNED), KEY.certificate) for each in (one, two)]
    assert list(one.items()) == list(two.items())
    assert texts[0] == texts[1]
    assert b"Date: Fri, 26 Jun 2026" in texts[0]
    assert one[INDEX].decode().count("\n\n") == 1


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("../bell.deb", deb(), "no name of a package's file"),
        (NAME, b"", "it is no ar archive"),
        (NAME, deb()[:-100], "its end is missing"),
        (NAME, b"!<arch>\n" + b"x" * 60, "an ar header is damaged"),
        (NAME, b"!<arch>\n" + member("debian-binary", b"3.0\n"), "version b'3.0"),
        (NAME, b"!<arch>\n" + member("debian-binary", b"2.0\n"), "dpkg-deb -Zxz"),
        (NAME, deb("Package: bell\nArchitecture: amd64\n"), "has no Version"),
        (NAME, deb(control(more="SHA256: 00\n")), "has SHA256, which only an index has"),
    ],
)
def test_what_is_no_package_is_refused_with_its_name(name: str, content: bytes, said: str) -> None:
    with pytest.raises(MairieError) as caught:
        repository({name: content}, KEY.private)
    assert said in str(caught.value)
    assert name in str(caught.value)


def test_a_package_packed_otherwise_is_refused() -> None:
    packed = deb().replace(b"control.tar.xz  ", b"control.tar.zst ")
    with pytest.raises(MairieError, match="dpkg-deb -Zxz"):
        package(NAME, packed)


def test_one_package_twice_and_none_are_refused() -> None:
    with pytest.raises(MairieError, match=r"are both bell 1\.0 amd64; leave one"):
        repository({NAME: deb(), "bell_again.deb": deb()}, KEY.private)
    with pytest.raises(MairieError, match="none was given"):
        repository({}, KEY.private)


def test_a_key_that_cannot_sign_is_said() -> None:
    with pytest.raises(MairieError, match="the key of the packages cannot sign"):
        repository({NAME: deb()}, KEY.certificate)

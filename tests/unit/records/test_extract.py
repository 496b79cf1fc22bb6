"""What an authority gets: what it asked for, signed by the host, and no more."""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mairie.errors import EXIT_NOT_CONFORMING
from mairie.requisitions import sealed
from mairie_records import extract, seal
from mairie_records.chain import Chain, digest
from mairie_records.check import faults
from mairie_records.holders import Holder
from mairie_records.keep import keep
from tests.unit.records.host import MAC, NOON, VISITOR, YEAR, Gateway, event

OTHER, OTHER_MAC = "10.41.4.60", "02:00:00:00:00:60"
HOUR = timedelta(hours=1)


@pytest.fixture
def gateway(tmp_path: Path) -> Gateway:
    """Return one where a long connection began at noon, and a short one three days later."""
    found = Gateway(tmp_path)
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{found.places.host_key}"]
    subprocess.run(command, check=True)
    found.recorder.hold({Holder(VISITOR, MAC, "dhcp"), Holder(OTHER, OTHER_MAC, "dhcp")})
    found.opens(port=50222, number=7)
    found.opens(port=50999, number=8, source=OTHER)
    found.pass_days(3)
    found.opens(port=50222, number=9, source=OTHER)
    found.now += HOUR
    for number, port, source in ((9, 50222, OTHER), (7, 50222, VISITOR)):
        ends = event(found.now, "DESTROY", port=port, number=number, source=source)
        found.recorder.flow(ends)
    found.recorder.hold({Holder(VISITOR, MAC, "dhcp")})
    found.now += HOUR
    found.recorder.flush()
    return found


def select(gateway: Gateway, since: datetime, until: datetime, *end: str) -> list[dict[str, Any]]:
    wish = extract.Wish(since, until, *end)
    return list(extract.select(extract.wanted_days(gateway.places.records, wish).values(), wish))


def ids(lines: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(line["kind"], line["id"]) for line in lines if "id" in line]


def holders(lines: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(line["kind"], line["address"]) for line in lines if "mac" in line]


def test_the_port_of_a_moment_leads_to_a_device(gateway: Gateway) -> None:
    moment = NOON + timedelta(days=1)
    lines = select(gateway, moment, moment + HOUR, "203.0.113.7", "50222")
    assert ids(lines) == [("open", "7")], "it began the day before, and went on"
    assert holders(lines) == [("holder", VISITOR)]


def test_one_port_may_have_served_two_and_both_are_said(gateway: Gateway) -> None:
    moment = NOON + timedelta(days=3)
    lines = select(gateway, moment, moment + 2 * HOUR, "203.0.113.7", "50222")
    assert ids(lines) == [("open", "7"), ("open", "9"), ("close", "9"), ("close", "7")]
    assert holders(lines) == [("holder", VISITOR), ("holder", OTHER), ("left", OTHER)]


def test_an_address_of_the_segment_is_an_answer_too(gateway: Gateway) -> None:
    lines = select(gateway, NOON, NOON + 90 * HOUR, VISITOR)
    assert {number for _, number in ids(lines)} == {"7"}
    assert {address for _, address in holders(lines)} == {VISITOR}


def test_another_port_is_nobodys(gateway: Gateway) -> None:
    lines = select(gateway, NOON, NOON + HOUR, "203.0.113.7", "1")
    assert (ids(lines), holders(lines)) == ([], [])


def test_everybody_of_a_span(gateway: Gateway) -> None:
    lines = select(gateway, NOON - HOUR, NOON + HOUR)
    assert ids(lines) == [("open", "7"), ("open", "8")]
    assert sorted(holders(lines)) == [("holder", VISITOR), ("holder", OTHER)]
    assert [line["kind"] for line in lines[-2:]] == ["day", "start"]


def test_what_a_power_cut_ended_is_not_said_to_go_on(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path)
    gateway.opens()
    gateway.recorder.flush()
    gateway.boot = "second"
    gateway.start()
    gateway.recorder.flush()
    assert ids(select(gateway, NOON + HOUR, NOON + 2 * HOUR)) == []


def export(gateway: Gateway, since: datetime, until: datetime) -> bytes:
    target = io.BytesIO()
    asked = seal.Asked(
        wish=extract.Wish(since, until, "203.0.113.7", "50222"),
        reference="PV 2027/118",
        by="hina@poste",
        account="hina",
        now=gateway.now,
    )
    seal.export(gateway.known, gateway.places, asked, target)
    return target.getvalue()


def key_of(gateway: Gateway) -> str:
    return gateway.places.host_key.with_suffix(".pub").read_text().strip()


@pytest.fixture
def exported(gateway: Gateway) -> bytes:
    return export(gateway, NOON, NOON + 24 * HOUR)


def rewritten(data: bytes, name: str, old: bytes, new: bytes) -> bytes:
    """Return an extract with one of its files edited."""
    target = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(data)) as before,
        tarfile.open(fileobj=target, mode="w") as after,
    ):
        for member in before:
            stream = before.extractfile(member)
            assert stream is not None
            content = stream.read()
            if member.name == name:
                assert old in content
                content = content.replace(old, new)
                member.size = len(content)
            after.addfile(member, io.BytesIO(content))
    return target.getvalue()


def without(data: bytes, name: str) -> bytes:
    """Return an extract that lacks one of its files."""
    target = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(data)) as before,
        tarfile.open(fileobj=target, mode="w") as after,
    ):
        for member in before:
            if member.name != name:
                after.addfile(member, before.extractfile(member))
    return target.getvalue()


def test_an_intact_extract_verifies(gateway: Gateway, exported: bytes) -> None:
    found = sealed.read(exported, "x.tar")
    sealed.verify(found, key_of(gateway), "x.tar")
    manifest = found.manifest
    assert (manifest["host"], manifest["reference"]) == ("rapa-mairie-box", "PV 2027/118")
    assert (manifest["from"], manifest["address"]) == ("2027-03-01T12:00:00.000Z", "203.0.113.7")
    assert manifest["records"]["lines"] == len(found.records.splitlines())
    (sealed_day,) = [item for item in manifest["days"] if item["day"] == "2027-03-01"]
    assert sealed_day["sha256"] == Chain(gateway.places.days).lines()[0]["sha256"]


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (
            (sealed.RECORDS, b"10.41.4.57", b"10.41.4.58"),
            "x.tar: the records were changed after the host signed them",
        ),
        (
            (sealed.MANIFEST, b"PV 2027/118", b"PV 2027/119"),
            "x.tar: the manifest is not what the host signed: it was changed, or another machine "
            "signed it",
        ),
    ],
)
def test_an_edited_extract_does_not(
    gateway: Gateway, exported: bytes, edit: tuple[str, bytes, bytes], sentence: str
) -> None:
    found = sealed.read(rewritten(exported, *edit), "x.tar")
    with pytest.raises(sealed.NotIntactError) as raised:
        sealed.verify(found, key_of(gateway), "x.tar")
    assert (str(raised.value), raised.value.exit_code) == (sentence, EXIT_NOT_CONFORMING)


@pytest.mark.parametrize(
    ("old", "new"), [(b'"host"', b'"hots"'), (b"{", b"["), (b'"sha256": ', b'"md5": ')]
)
def test_a_manifest_that_is_none(exported: bytes, old: bytes, new: bytes) -> None:
    with pytest.raises(sealed.NotIntactError) as raised:
        sealed.read(rewritten(exported, sealed.MANIFEST, old, new), "x.tar")
    assert str(raised.value) == "x.tar: its manifest cannot be read; it was changed"


def test_another_host_signed_it(tmp_path: Path, exported: bytes) -> None:
    other = tmp_path / "other"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{other}"], check=True)
    with pytest.raises(sealed.NotIntactError, match="another machine signed it"):
        sealed.verify(
            sealed.read(exported, "x.tar"), other.with_suffix(".pub").read_text(), "x.tar"
        )


def test_an_extract_with_more_or_less_in_it(exported: bytes) -> None:
    target = io.BytesIO(exported)
    with tarfile.open(fileobj=target, mode="a") as tar:
        tar.addfile(tarfile.TarInfo("more.txt"), io.BytesIO())
    cases = {
        "x.tar holds more than was signed: more.txt": target.getvalue(),
        "x.tar is no extract of mairie, or was cut": exported[:1000],
        "x.tar lacks records.jsonl: it is no extract, or was cut": without(
            exported, sealed.RECORDS
        ),
    }
    for sentence, data in cases.items():
        with pytest.raises(sealed.NotIntactError) as raised:
            sealed.read(data, "x.tar")
        assert str(raised.value) == sentence


def test_it_is_logged_on_the_host_and_cannot_be_forgotten(gateway: Gateway) -> None:
    for _ in range(2):
        data = export(gateway, NOON, NOON + HOUR)
    path = gateway.places.requisitions
    first, second = (json.loads(line) for line in path.read_text().splitlines())
    assert (first["reference"], first["asked_by"]) == ("PV 2027/118", "hina@poste")
    assert (first["account"], first["address"], first["port"]) == ("hina", "203.0.113.7", "50222")
    assert second["manifest_sha256"] == digest(sealed.read(data, "x").text)
    assert f"{path.stat().st_mode & 0o777:o}" == "600"
    assert not list(faults(gateway.places))
    path.write_text(path.read_text().splitlines(keepends=True)[1])
    assert [line.partition(" : ")[0] for line in faults(gateway.places)] == [
        "requisitions.jsonl, ligne 1"
    ]


def test_what_is_due_is_not_given_even_before_the_timer(gateway: Gateway) -> None:
    gateway.now = NOON + timedelta(days=366)
    assert ids([json.loads(line) for line in _records(export(gateway, NOON, NOON + HOUR))]) == []


def test_packed_days_answer_as_well(gateway: Gateway) -> None:
    before = _records(export(gateway, NOON, NOON + HOUR))
    keep(gateway.places, YEAR, gateway.now)
    assert _records(export(gateway, NOON, NOON + HOUR)) == before
    assert not [path for path in gateway.places.records.iterdir() if "extract" in path.name]


def _records(data: bytes) -> list[bytes]:
    return sealed.read(data, "x.tar").records.splitlines()

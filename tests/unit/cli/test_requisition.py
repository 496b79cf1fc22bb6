"""``mairie requisition``: from the words of a technician to a sealed file, and back."""

from __future__ import annotations

import io
import json
import os
import subprocess
import tarfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyrage
import pytest

from mairie.cli.hosts import Hosts
from mairie.errors import MairieError
from mairie.requisitions import ask
from tests.unit.cli.demo import Outcome, copy, mairie

BOX = "rapa-mairie-box"
SPAN = ("--from", "2026-03-01T08:00", "--to", "2026-03-01T09:00", "--reference", "PV 118")


def seal(folder: Path, host: str = BOX) -> tuple[Path, str]:
    """Make what a host gives, and the public key with which it signed."""
    key = folder / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{key}"], check=True)
    public = key.with_suffix(".pub").read_text().strip()
    records = b'{"time":"2026-03-01T18:00:00.000Z","kind":"open"}\n'
    digest = subprocess.run(["sha256sum"], input=records, capture_output=True, check=True).stdout
    manifest = {
        "host": host,
        "from": "2026-03-01T18:00:00.000Z",
        "to": "2026-03-01T19:00:00.000Z",
        "reference": "PV 118",
        "records": {"name": "records.jsonl", "sha256": digest.split()[0].decode(), "lines": 1},
        "host_key": public,
    }
    text = folder / "manifest.json"
    text.write_text(json.dumps(manifest))
    subprocess.run(
        ["ssh-keygen", "-q", "-Y", "sign", "-f", f"{key}", "-n", "mairie-requisition", f"{text}"],
        check=True,
    )
    path = folder / "sealed.tar"
    with tarfile.open(path, "w") as tar:
        for name in ("manifest.json", "manifest.json.sig"):
            tar.add(folder / name, name)
        info = tarfile.TarInfo("records.jsonl")
        info.size = len(records)
        tar.addfile(info, io.BytesIO(records))
    return path, " ".join(public.split()[:2])


@dataclass(frozen=True)
class FakeHost:
    """A transport to a folder whose ``mairie-records`` is a script of the test."""

    folder: Path
    broken: str = ""
    """What the local command says when it fails as ssh does."""

    def argv(self, script: str, *arguments: str) -> list[str]:
        if self.broken:
            return ["sh", "-c", f"echo '{self.broken}' >&2; exit 255"]
        path = f"PATH={self.folder}:{os.environ['PATH']}"
        return ["env", path, "sh", "-c", script, "mairie", *arguments]

    def unreachable(self, status: int, stderr: str) -> str:
        return f"cannot be reached by ssh: {stderr.strip()}" if status == 255 else ""


def fake_host(folder: Path, script: str) -> FakeHost:
    """Make a host whose program is this text of sh; its arguments are kept in ``asked``."""
    folder.mkdir()
    program = folder / "mairie-records"
    program.write_text(f'#!/bin/sh\necho "$@" >>"{folder}/asked"\n{script}\n')
    program.chmod(0o755)
    return FakeHost(folder)


class World:
    """The demo, and a host that gives one sealed extract."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.inventory = copy(folder)
        self.sealed, self.key = seal(folder)
        self.host = fake_host(folder / "host", f'cat "{self.sealed}"')
        monkeypatch.setattr(Hosts, "transport", lambda _self, _plan: self.host)

    @property
    def output(self) -> Path:
        return self.folder / "out.tar"

    def ask(self, *more: str, host: str = BOX, span: tuple[str, ...] = SPAN) -> Outcome:
        words = ("requisition", host, "-i", f"{self.inventory}", *span, "-o", f"{self.output}")
        return mairie(*words, *more)

    def verify(self, *more: str | Path, path: Path | None = None) -> Outcome:
        return mairie("requisition", "verify", path or self.output, "-i", self.inventory, *more)

    def enrol(self, key: str = "") -> None:
        (self.inventory / "known_hosts").write_text(f"{BOX} {key or self.key}\n")


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(tmp_path, monkeypatch)


def test_an_extract_is_written_for_its_owner_alone(world: World) -> None:
    outcome = world.ask("--address", "203.0.113.7:50222")
    assert outcome.code == 0, outcome.stderr
    assert world.output.read_bytes() == world.sealed.read_bytes()
    assert f"{world.output.stat().st_mode & 0o777:o}" == "600"
    asked = (world.folder / "host" / "asked").read_text()
    # Rapa's time is that of Tahiti.
    assert "--from=2026-03-01T18:00:00+00:00 --to=2026-03-01T19:00:00+00:00" in asked
    assert "--address=203.0.113.7 --port=50222 --reference=PV 118 --by=" in asked
    assert f"{world.output}: 1 records, as {BOX} signed them\n" in outcome.stdout


def test_it_verifies_by_the_key_that_was_enrolled(world: World) -> None:
    world.ask()
    world.enrol()
    outcome = world.verify()
    assert (outcome.code, outcome.stderr) == (0, "")
    assert "reference PV 118" in outcome.stdout


def test_it_verifies_by_a_key_that_is_given(world: World) -> None:
    world.ask()
    assert world.verify("--key", f"{world.key} root@box").code == 0


def test_nobody_knows_the_key(world: World) -> None:
    world.ask()
    outcome = world.verify()
    assert outcome.code == 2
    assert outcome.stderr == (
        f"no key of {BOX} is recorded in {world.inventory}/known_hosts, so nobody can say who "
        'signed out.tar; give it with --key "ssh-ed25519 …"\n'
    )


def test_an_edited_extract_ends_with_4(world: World) -> None:
    world.ask()
    world.enrol()
    edited = world.output.read_bytes().replace(b'"kind":"open"', b'"kind":"shut"')
    world.output.write_bytes(edited)
    outcome = world.verify()
    assert (outcome.code, outcome.stdout) == (4, "")
    assert outcome.stderr == "out.tar: the records were changed after the host signed them\n"


def test_only_the_recipient_opens_it(world: World) -> None:
    own, other = pyrage.x25519.Identity.generate(), pyrage.x25519.Identity.generate()
    for name, identity in (("own", own), ("other", other)):
        (world.folder / name).write_text(f"{identity}\n")
    assert world.ask("--recipient", f"{own.to_public()}").code == 0
    assert b"PV 118" not in world.output.read_bytes()
    world.enrol()
    assert world.verify("--identity", world.folder / "own").code == 0
    outcome = world.verify("--identity", world.folder / "other")
    assert outcome.code == 2
    assert outcome.stderr.endswith("does not open out.tar; take another --identity\n")
    cut = world.folder / "cut.tar"
    cut.write_bytes(world.output.read_bytes()[:-9])
    outcome = world.verify("--identity", world.folder / "own", path=cut)
    assert outcome.code == 4
    assert outcome.stderr == "cut.tar was changed or cut after it was encrypted\n"


@pytest.mark.parametrize(
    ("host", "words", "sentence"),
    [
        (
            "hub",
            (),
            "hub keeps no connection records: its site has no visitors\n",
        ),
        (
            BOX,
            ("--address", "www.example.net"),
            '"www.example.net" is no address; write 203.0.113.7, 203.0.113.7:50122 or '
            "[2001:db8::7]:50122\n",
        ),
        (
            BOX,
            ("--from", "yesterday"),
            '"yesterday" is no moment; write 2026-03-01T14:05 in the time of the commune '
            "(Pacific/Tahiti), 2026-03-01T14:05+01:00 in another, or 2026-03-01 for the whole "
            "day\n",
        ),
        (
            BOX,
            ("--to", "2026-02-01"),
            "the span ends (2026-02-02T09:59:59Z) before it begins (2026-03-01T18:00:00Z); "
            "exchange --from and --to\n",
        ),
        (
            BOX,
            ("--reference", " "),
            "--reference is empty; write the number and date of the written request\n",
        ),
    ],
)
def test_what_cannot_be_asked(
    world: World, host: str, words: tuple[str, ...], sentence: str
) -> None:
    outcome = world.ask(*words, host=host)
    assert (outcome.code, outcome.stderr) == (2, sentence)
    assert not world.output.exists()


@pytest.mark.parametrize(
    ("script", "code", "sentence"),
    [
        ("echo the key is gone >&2; exit 1", 1, f"{BOX} gave no extract: the key is gone\n"),
        (
            "echo half",
            4,
            "out.tar is no extract of mairie, or was cut\n",
        ),
    ],
)
def test_the_host_gives_none(world: World, script: str, code: int, sentence: str) -> None:
    world.host = fake_host(world.folder / "other", script)
    outcome = world.ask()
    assert (outcome.code, outcome.stderr) == (code, sentence)
    assert not world.output.exists()


def test_the_host_is_not_there(world: World) -> None:
    world.host = FakeHost(world.folder, broken="no route to host")
    outcome = world.ask()
    assert outcome.code == 3
    assert outcome.stderr == f"{BOX}: cannot be reached by ssh: no route to host\n"


def test_the_host_has_no_such_program(world: World) -> None:
    world.host = FakeHost(world.folder / "nowhere")
    outcome = world.ask()
    assert outcome.code == 1
    assert outcome.stderr == (
        f'{BOX} has no program that keeps records yet: "mairie deploy {BOX}" installs it\n'
    )


def test_it_does_not_end_up_in_version_control(world: World) -> None:
    words = ("requisition", BOX, "-i", world.inventory, *SPAN, "-o", world.inventory / "x.tar")
    assert "is inside the inventory" in mairie(*words).stderr


@pytest.mark.parametrize(
    ("text", "end", "expected"),
    [
        ("2026-03-01T14:05", False, "2026-03-02T00:05:00+00:00"),
        ("2026-03-01T14:05:30+01:00", False, "2026-03-01T13:05:30+00:00"),
        ("2026-03-01", False, "2026-03-01T10:00:00+00:00"),
        ("2026-03-01", True, "2026-03-02T09:59:59.999000+00:00"),
    ],
)
def test_moments(text: str, end: bool, expected: str) -> None:
    assert ask.moment(text, "Pacific/Tahiti", end=end) == datetime.fromisoformat(expected)
    assert ask.moment(text, "Pacific/Tahiti", end=end).tzinfo == UTC


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("203.0.113.7", ("203.0.113.7", "")),
        ("203.0.113.7:443", ("203.0.113.7", "443")),
        ("2001:DB8:0::7", ("2001:db8::7", "")),
        ("[2001:db8::7]:443", ("2001:db8::7", "443")),
    ],
)
def test_ends(text: str, expected: tuple[str, str]) -> None:
    assert ask.end_point(text) == expected


@pytest.mark.parametrize("text", ["", "1.2.3", "1.2.3.4:", "1.2.3.4:0", "1.2.3.4:65536", "[::1"])
def test_no_ends(text: str) -> None:
    with pytest.raises(MairieError, match="is no address"):
        ask.end_point(text)


def test_a_path_of_its_own_is_needed(world: World) -> None:
    world.output.write_text("")
    assert world.ask().stderr == f"{world.output} exists already; name a new file\n"

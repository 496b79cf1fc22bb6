"""Letters about attacks on the telephone system: what is told, to whom, and how often."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from pathlib import Path

import pytest

from mairie_messages import alerts
from mairie_messages.settings import Settings
from tests.unit.host.test_attempts import event
from tests.unit.messages.conftest import Queue

NOW = datetime.now().astimezone()
FLOODERS, FLOODERS_IPV6 = "telephony-flooders", "telephony-flooders-ipv6"


class Host:
    """What the program finds."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.held = ""
        self.floods = {FLOODERS: 0, FLOODERS_IPV6: 0}
        self.told = {
            "commune": "Rurutu",
            "logs": str(folder),
            "security": "security.log",
            "records": str(folder),
            "own": ["10.44.193.8"],
            "alert": 20,
            "burst": 60,
            "sets": {FLOODERS: "", FLOODERS_IPV6: "/64"},
            "tag": "mairie-telephony",
        }

    def said(self, command: list[str]) -> str:
        if command[0] == "journalctl":
            return self.held
        name = command[-1]
        element = {"elem": {"val": name[-4:], "counter": {"packets": self.floods[name]}}}
        return json.dumps({"nftables": [{"set": {"name": name, "elem": [element]}}]})

    def refuse(self, times: int) -> None:
        at = NOW.strftime("%Y-%m-%dT%H:%M:%S%z")
        line = event("ChallengeResponseFailed", "10.44.195.60", at=at)
        (self.folder / "security.log").write_text(line * times)

    def call(self, kind: str, times: int) -> None:
        begun = f"{NOW:%Y-%m-%d %H:%M:%S}"
        fields = (begun, begun, "101", "x", "0033", "out", "ANSWERED", "3", kind, "1")
        row = ",".join(f'"{field}"' for field in fields) + "\n"
        (self.folder / "calls.csv").write_text(row * times)


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    (tmp_path / "host").mkdir()
    found = Host(tmp_path / "host")
    monkeypatch.setattr(alerts, "_said", found.said)
    return found


@pytest.fixture
def run(
    host: Host, tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], int]:
    path, state = tmp_path / "alerts.json", tmp_path / "state"
    state.mkdir()
    path.write_text(json.dumps(host.told))
    monkeypatch.setattr(alerts, "SETTINGS", path)
    monkeypatch.setattr(alerts, "STATE", state)
    monkeypatch.setattr("mairie_messages.settings.load", lambda: settings)
    return alerts.main


def letters(queue: Queue) -> list[EmailMessage]:
    found = []
    for raw in queue.taken:
        mail = BytesParser(policy=default).parsebytes(raw.replace(b"\r\n", b"\n"))
        assert isinstance(mail, EmailMessage)
        found.append(mail)
    return found


def test_below_the_limits_nobody_is_told(run: Callable[[], int], host: Host, queue: Queue) -> None:
    host.refuse(20)
    host.call("refused-abroad", 20)
    host.floods[FLOODERS] = 60
    assert run() == 0
    assert queue.taken == []


HELD = "10.44.195.60 : 10 mots de passe refusés, adresse retenue 600 s"
Attack = tuple[str, Callable[[Host], None], str]
"""Kind, what is done, words of the letter."""
ATTACKS: tuple[Attack, ...] = (
    ("passwords", lambda host: host.refuse(21), "10.44.195.60 (21, mauvais mot de passe 102)"),
    ("passwords", lambda host: setattr(host, "held", HELD), f"Tenu à l'écart : {HELD}"),
    ("flood", lambda host: host.floods.update({FLOODERS: 61}), "ders (61)"),
    ("flood", lambda host: host.floods.update({FLOODERS_IPV6: 61}), "ipv6/64 (61)"),
    ("calls", lambda host: host.call("refused-abroad", 21), "21 appels refusés en un jour"),
    ("cap", lambda host: host.call("spent-abroad", 2), "2 appels payants refusés, postes 101 (2)"),
)


@pytest.mark.parametrize("case", ATTACKS)
def test_each_kind_is_told_once_a_day(
    run: Callable[[], int], host: Host, queue: Queue, case: Attack
) -> None:
    kind, attack, words = case
    attack(host)
    assert (run(), run()) == (0, 0)
    (mail,) = letters(queue)
    assert mail["To"] == "mairie@demo.example"
    assert mail["Subject"].startswith("Téléphones de Rurutu : ")
    assert words in mail.get_content()
    assert "Que faire : " in mail.get_content()
    yesterday = (NOW - timedelta(days=1, minutes=1)).timestamp()
    os.utime(alerts.STATE / kind, (yesterday, yesterday))
    assert run() == 0
    assert len(queue.taken) == 2


def test_two_kinds_are_two_letters(run: Callable[[], int], host: Host, queue: Queue) -> None:
    host.call("spent-abroad", 1)
    host.floods[FLOODERS] = 61
    assert run() == 0
    assert len(letters(queue)) == 2


def test_a_mark_of_tomorrow_silences_nobody(
    run: Callable[[], int], host: Host, queue: Queue
) -> None:
    host.call("spent-abroad", 1)
    mark = alerts.STATE / "cap"
    mark.touch()
    later = (NOW + timedelta(days=300)).timestamp()
    os.utime(mark, (later, later))
    assert run() == 0
    assert len(queue.taken) == 1


def test_what_the_queue_does_not_take_is_told_later(
    run: Callable[[], int], host: Host, queue: Queue
) -> None:
    host.call("spent-abroad", 1)
    queue.answer = "450 later"
    assert run() == 1
    assert not (alerts.STATE / "cap").exists()
    queue.answer = "250 taken"
    assert run() == 0
    assert len(queue.taken) == 1


def test_what_cannot_be_looked_at_keeps_nothing_else_from_being_told(
    run: Callable[[], int], host: Host, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    def said(command: list[str]) -> str:
        if command[0] == "nft":
            raise subprocess.CalledProcessError(1, command)
        return ""

    monkeypatch.setattr(alerts, "_said", said)
    host.call("spent-abroad", 1)
    assert run() == 1
    assert len(queue.taken) == 1


def test_a_log_that_may_not_be_read_is_no_silence(
    run: Callable[[], int], host: Host, capsys: pytest.CaptureFixture[str]
) -> None:
    host.folder.rename(host.folder.with_name("away"))
    assert run() == 1
    assert "could not be looked at" in capsys.readouterr().err

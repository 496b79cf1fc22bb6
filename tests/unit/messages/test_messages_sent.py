"""What Asterisk took down: sent once, kept while the queue is away, never in the way of others."""

from __future__ import annotations

import subprocess
import time
import wave
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from io import BytesIO
from pathlib import Path

import pytest

from mairie_messages import __main__ as program
from mairie_messages import fax, voicemail
from mairie_messages.fax import Ending
from mairie_messages.settings import Settings
from tests.unit.messages.conftest import Queue


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: None)


def sound() -> bytes:
    target = BytesIO()
    with wave.open(target, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(1600))
    return target.getvalue()


def left(settings: Settings, name: str = "message.1", caller: str = '"Hina" <103>') -> Path:
    """Write a mail as Asterisk does."""
    mail = EmailMessage()
    mail["To"] = '"Accueil" <accueil@rurutu.example>'
    mail["Subject"] = f"Message vocal de {caller} pour Accueil, 0:12"
    mail.set_content(f"{caller} a laissé un message à Accueil.\n", cte="8bit")
    mail.add_attachment(sound(), maintype="audio", subtype="x-wav", filename="msg0000.wav")
    path = settings.messages / f"{name}.eml"
    path.write_bytes(bytes(mail))
    return path


def sent(queue: Queue) -> EmailMessage:
    (raw,) = queue.taken
    found = BytesParser(policy=default).parsebytes(raw.replace(b"\r\n", b"\n"))
    assert isinstance(found, EmailMessage)
    return found


def test_a_message_is_sent_and_gone(
    settings: Settings, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(voicemail, "compressed", lambda wav: b"small" if wav == sound() else b"")
    path = left(settings)
    assert program.sweep(settings, [path]) == 0
    assert not path.exists()
    mail = sent(queue)
    assert mail["To"] == "Accueil <accueil@rurutu.example>"
    assert mail["From"] == "Mairie Hiva Oa Atuona <mairie@demo.example>"
    assert mail["Subject"] == 'Message vocal de "Hina" <103> pour Accueil, 0:12'
    assert mail["Auto-Submitted"] == "auto-generated"
    body = mail.get_body(("plain",))
    assert body is not None
    assert body.get_content() == '"Hina" <103> a laissé un message à Accueil.\n'
    (part,) = mail.iter_attachments()
    assert (part.get_filename(), part.get_content()) == ("msg0000.mp3", b"small")


def test_a_recording_that_cannot_be_compressed_goes_as_it_is(
    settings: Settings, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(voicemail, "ENCODER", ("false",))
    assert program.sweep(settings, [left(settings)]) == 0
    (part,) = sent(queue).iter_attachments()
    assert (part.get_content_type(), part.get_content()) == ("audio/x-wav", sound())


def test_a_caller_without_a_number(settings: Settings, queue: Queue) -> None:
    program.sweep(settings, [left(settings, caller="Unknown Caller")])
    mail = sent(queue)
    assert mail["Subject"] == "Message vocal de numéro masqué pour Accueil, 0:12"


def test_without_a_queue_everything_waits(deaf: Settings) -> None:
    paths = [left(deaf, "message.1"), left(deaf, "message.2")]
    assert program.sweep(deaf, paths) == 1
    assert all(path.exists() for path in paths)


@pytest.mark.parametrize(("answer", "waits"), [("452 full", True), ("550 never", False)])
def test_what_the_queue_refuses(
    settings: Settings, queue: Queue, answer: str, *, waits: bool
) -> None:
    queue.answer = answer
    path = left(settings)
    program.sweep(settings, [path])
    assert path.exists() is waits
    assert path.with_suffix(".failed").exists() is not waits


def test_one_that_is_no_mail_does_not_keep_the_others(settings: Settings, queue: Queue) -> None:
    bad = settings.messages / "message.0.eml"
    bad.write_bytes(b"\xff\xfe")
    assert program.sweep(settings, [bad, left(settings)]) == 0
    assert len(queue.taken) == 1
    assert bad.with_suffix(".failed").exists()


# Faxes --------------------------------------------------------------------------------------------

NAME = "mairie-1795402986-40123456-4"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Have Asterisk know of no fax; return what it is asked."""
    found: list[str] = []

    def ask(command: str) -> str:
        found.append(command)
        return f"/fax/{NAME}      : SUCCESS:2   \n1 results found.\n" if "show" in command else ""

    monkeypatch.setattr(fax, "_asterisk", ask)
    monkeypatch.setattr(fax, "pdf", lambda _: b"%PDF")
    return found


def received(settings: Settings, name: str = NAME) -> Path:
    path = settings.faxes / f"{name}.tif"
    path.write_bytes(b"II*\0")
    return path


def test_a_fax_is_sent_and_forgotten(settings: Settings, queue: Queue, asked: list[str]) -> None:
    path = received(settings)
    assert program.sweep(settings, [path]) == 0
    mail = sent(queue)
    assert mail["To"] == "secretariat@rurutu.example"
    assert mail["Subject"] == "Télécopie de 40123456, 2 pages"
    body = mail.get_body(("plain",))
    assert body is not None
    assert "reçue au 40930150 le 22/11/2026 à 17:03" in body.get_content()
    (part,) = mail.iter_attachments()
    assert part.get_content() == b"%PDF"
    assert not path.exists()
    assert asked[-1] == f"database del fax {NAME}"


@pytest.mark.usefixtures("asked")
def test_a_fax_that_still_comes_is_left_alone(settings: Settings, queue: Queue) -> None:
    path = received(settings, "mairie-1795402986--5")
    assert program.sweep(settings, [path]) == 1
    assert path.exists()
    assert not queue.taken


@pytest.mark.usefixtures("asked")
def test_a_fax_of_which_asterisk_knows_nothing_goes_as_far_as_it_came(settings: Settings) -> None:
    path = received(settings)
    now = path.stat().st_mtime
    assert fax.ending_of(path, {}, now + 60) is None
    ending = fax.ending_of(path, {}, now + 3601)
    assert ending == Ending(complete=False, pages=0)
    mail = fax.fax(settings, path, ending)
    assert mail is not None
    assert mail["Subject"] == "Télécopie incomplète de 40123456"


def test_a_fax_without_a_page_is_no_mail(
    settings: Settings, queue: Queue, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fax, "pdf", lambda _: None)
    path = received(settings)
    assert program.sweep(settings, [path]) == 0
    assert not queue.taken
    assert not path.exists()
    assert asked[-1].startswith("database del fax")


def test_a_page_that_does_not_convert(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> subprocess.CompletedProcess[bytes]:
        return subprocess.CompletedProcess([], 1, b"%PDF half", b"")

    monkeypatch.setattr(subprocess, "run", fails)
    assert fax.pdf(tmp_path / "x.tif") is None

"""A message on a voicemail, as Asterisk writes its mail, with a recording that is small."""

from __future__ import annotations

import subprocess
import tempfile
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from pathlib import Path

from mairie_messages.letter import letter
from mairie_messages.settings import Settings

ENCODER = ("lame", "--quiet", "-m", "m", "-b", "16")
"""16 kbit/s: what a telephone heard needs no more, and every mail program plays it."""
ENCODING_S = 120
WITHHELD = {"Unknown Caller": "numéro masqué", "an unknown caller": "numéro masqué"}
"""What Asterisk says of a caller who shows no number."""


def voicemail(settings: Settings, raw: bytes) -> EmailMessage:
    """Return the mail for one that Asterisk wrote: the same words, a compressed recording.

    Raises:
        ValueError: it is for nobody.

    """
    found = BytesParser(policy=default).parsebytes(raw)
    assert isinstance(found, EmailMessage)  # noqa: S101 - what the policy makes
    if not found["To"]:
        raise ValueError("a mail for nobody")
    body = found.get_body(("plain",))
    text = str(body.get_content()) if body is not None else ""
    subject = str(found["Subject"] or "")
    for theirs, ours in WITHHELD.items():
        subject, text = subject.replace(theirs, ours), text.replace(theirs, ours)
    mail = letter(settings, str(found["To"]), subject, text)
    for part in found.iter_attachments():
        name = Path(part.get_filename() or "message").stem
        sound = part.get_payload(decode=True)
        if isinstance(sound, bytes):
            _attach(mail, sound, name)
    return mail


def _attach(mail: EmailMessage, sound: bytes, name: str) -> None:
    try:
        small = compressed(sound)
    except (OSError, subprocess.SubprocessError):  # as it was, rather than not at all
        mail.add_attachment(sound, maintype="audio", subtype="x-wav", filename=f"{name}.wav")
    else:
        mail.add_attachment(small, maintype="audio", subtype="mpeg", filename=f"{name}.mp3")


def compressed(sound: bytes) -> bytes:
    """Return a WAV recording as MP3.

    Raises:
        OSError: there is no encoder.
        subprocess.SubprocessError: it fails, or never ends.

    """
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "sound.wav", Path(folder) / "sound.mp3"
        source.write_bytes(sound)
        subprocess.run(
            [*ENCODER, source, target], check=True, capture_output=True, timeout=ENCODING_S
        )
        return target.read_bytes()

"""Announcements of receptions: files that are read, the exact sentence about each that is not."""

# ruff: noqa: E501 - sentences are compared whole

from __future__ import annotations

import base64
import io
import math
import wave
from array import array

import pytest

from mairie.inventory import load
from mairie.inventory.announcements import LONGEST_S, RATE, a_law
from mairie.plan.resolve import resolve
from tests.unit.inventory.small import RURUTU as RURUTU_FILE
from tests.unit.inventory.small import Inventory
from tests.unit.inventory.test_telephony_checks import PHONES, RURUTU, TELEPHONY


def recording(
    seconds: float = 1, hertz: int = 1500, channels: int = 1, width: int = 2, rate: int = RATE
) -> bytes:
    """Return a WAV file with a tone; one of 0 Hz is silent."""
    count = round(seconds * rate) * channels
    turn = 2 * math.pi * hertz / rate
    samples = array("h", (round(8000 * math.sin(turn * each)) for each in range(count)))
    held = io.BytesIO()
    with wave.open(held, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(samples.tobytes() if width == 2 else bytes(count))
    return held.getvalue()


def test_g711() -> None:
    """Values of ITU-T G.711, table 1a: the least and the most of each sign, and ends of segments."""
    samples = array("h", (0, 15, 16, 511, 512, 1024, 32767, -1, -16, -17, -512, -513, -32768))
    written = "d5 d5 d4 ca f5 e5 aa 55 55 54 4a 75 2a"
    assert a_law(samples).hex(" ") == written


def with_telephony(inventory: Inventory, more: str) -> None:
    inventory.write(RURUTU, f"{RURUTU_FILE}{PHONES}{TELEPHONY}")
    inventory.replace(RURUTU, "members: [accueil, maire]\n", f"members: [accueil, maire]\n{more}")


def test_what_is_played_travels_and_nothing_else(inventory: Inventory) -> None:
    inventory.write("announcements/accueil.wav", recording())
    inventory.write("announcements/ferme.wav", recording(hertz=900))
    inventory.write("announcements/unused.wav", recording(hertz=700))
    more = "    announcement: accueil\n    closed_announcement: ferme\n"
    with_telephony(inventory, more)
    voip = resolve(load(inventory.folder, secrets=False))["rurutu-mairie-srv"].voip
    assert voip is not None
    assert voip.reception is not None
    assert (voip.reception.announcement, voip.reception.closed_announcement) == ("accueil", "ferme")
    assert [each.name for each in voip.announcements] == ["accueil", "ferme"]
    assert {len(base64.b64decode(each.sound)) for each in voip.announcements} == {RATE}


NEEDED = "1 channel, 16 bits, 8000 Hz are needed; change it with: sox accueil.wav -c 1 -r 8000 -b 16 new.wav"
CASES = (
    (
        "Accueil.wav",
        recording(),
        "announcements/Accueil.wav: is not read; announcements are named <name>.wav in lower case, such as accueil.wav",
    ),
    (
        "accueil.mp3",
        b"ID3",
        "announcements/accueil.mp3: is not read; announcements are named <name>.wav in lower case, such as accueil.wav",
    ),
    (
        "accueil.wav",
        b"ID3",
        "announcements/accueil.wav: is no WAV file with uncompressed sound (PCM); change it with: sox accueil.wav -c 1 -r 8000 -b 16 new.wav",
    ),
    (
        "accueil.wav",
        recording(channels=2, rate=44100),
        f"announcements/accueil.wav: has 2 channels, 16 bits, 44100 Hz; {NEEDED}",
    ),
    (
        "accueil.wav",
        recording(width=1),
        f"announcements/accueil.wav: has 1 channel, 8 bits, 8000 Hz; {NEEDED}",
    ),
    (
        "accueil.wav",
        recording(rate=16000),
        f"announcements/accueil.wav: has 1 channel, 16 bits, 16000 Hz; {NEEDED}",
    ),
    (
        "accueil.wav",
        recording(seconds=LONGEST_S + 12),
        "announcements/accueil.wav: lasts 42 s, more than 30; say it more shortly",
    ),
    (
        "accueil.wav",
        recording(hertz=0),
        "announcements/accueil.wav: is silent; record it again",
    ),
)


@pytest.mark.parametrize(("name", "data", "sentence"), CASES)
def test_exact_sentence(inventory: Inventory, name: str, data: bytes, sentence: str) -> None:
    inventory.write(f"announcements/{name}", data)
    assert inventory.errors() == [sentence]


@pytest.mark.parametrize("key", ["announcement", "closed_announcement"])
def test_a_reception_names_a_file_that_is_there(inventory: Inventory, key: str) -> None:
    inventory.write("announcements/accueil.wav", recording())
    with_telephony(inventory, f"    {key}: acueil\n")
    (found,) = inventory.errors()
    assert found.partition(": ")[2] == (
        f'telephony.reception.{key}: unknown announcement "acueil"; did you mean "accueil"?; an announcement is a file announcements/<name>.wav'
    )

"""``announcements/<name>.wav``: what callers of a reception hear, recorded by the town hall.

A recording travels as A-law (ITU-T G.711), half its size: calls from outside sound like it anyway.
"""

from __future__ import annotations

import base64
import io
import wave
from array import array
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from sys import byteorder
from typing import Final

from mairie.inventory.named_files import named_files
from mairie.inventory.problems import Problem

FOLDER: Final = "announcements"
RATE: Final = 8000
"""Samples a second, of two bytes: what a public network carries."""
LONGEST_S: Final = 30
"""It travels to the telephone host with each deploy, 8 kB a second."""


def announcements(folder: Path, problems: list[Problem]) -> Mapping[str, str]:
    """Read the recordings of an inventory; what is wrong goes to ``problems``.

    Args:
        folder: of the inventory.
        problems: gets one for each thing that is wrong.

    Returns:
        samples in A-law, 8000 a second, in base64 with lines; by name of their file.

    """
    found: dict[str, str] = {}
    for name, path in named_files(folder / FOLDER, "wav", "accueil", problems):
        samples, wrong = _read(path)
        if wrong:
            problems.append(Problem(str(path), 0, "", wrong))
        else:
            found[name] = base64.encodebytes(a_law(samples)).decode()
    return found


def a_law(samples: array[int]) -> bytes:
    """Return samples of 16 bits as A-law, one byte each."""
    table = _table()
    return bytes(table[sample & 0xFFFF] for sample in samples)


def _read(path: Path) -> tuple[array[int], str]:
    """Return the samples of a recording, or what is wrong with it."""
    samples = array("h")
    convert = f"change it with: sox {path.name} -c 1 -r {RATE} -b 16 new.wav"
    try:
        data = path.read_bytes()
    except OSError as error:
        return samples, f"cannot be read: {(error.strerror or str(error)).lower()}"
    try:
        with wave.open(io.BytesIO(data)) as file:
            channels, width, rate = file.getnchannels(), file.getsampwidth(), file.getframerate()
            if (channels, width, rate) != (1, 2, RATE):
                heard = f"{channels} channel{'s' * (channels > 1)}, {8 * width} bits, {rate} Hz"
                return samples, f"has {heard}; 1 channel, 16 bits, {RATE} Hz are needed; {convert}"
            frames = file.readframes(RATE * (LONGEST_S + 1))
            length = file.getnframes() / RATE
    except (wave.Error, EOFError):
        return samples, f"is no WAV file with uncompressed sound (PCM); {convert}"
    if length > LONGEST_S:
        return samples, f"lasts {length:.0f} s, more than {LONGEST_S}; say it more shortly"
    samples.frombytes(frames[: len(frames) // 2 * 2])
    if byteorder == "big":
        samples.byteswap()
    if not any(samples):
        return samples, "is silent; record it again"
    return samples, ""


@cache
def _table() -> bytes:
    """Return the byte of A-law for each sample, taken as an unsigned number."""
    return bytes(_one(each - 65536 if each > 32767 else each) for each in range(65536))


def _one(sample: int) -> int:
    """Encode a sample (ITU-T G.711, table 1): sign, segment, four bits; every other bit turned."""
    sign = 0x80 if sample >= 0 else 0
    size = min((sample if sample >= 0 else ~sample) >> 3, 4095)
    segment = max(size.bit_length() - 5, 0)
    step = size >> (segment if segment > 1 else 1) & 0x0F
    return (sign | segment << 4 | step) ^ 0x55

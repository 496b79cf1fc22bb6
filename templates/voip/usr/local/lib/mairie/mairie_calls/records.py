"""Calls that ended, as Asterisk wrote them down: one file for each day, the current one beside."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

TODAY = "calls.csv"
DAYS = "calls-*.csv"
_FIELDS = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One call."""

    begin: str
    """``2026-11-23 08:12:40``, the commune's time."""
    phone: str
    """Extension that called; empty when the call came from outside."""
    caller: str
    """Number that was shown."""
    called: str
    ending: str
    """``ANSWERED``, ``NO ANSWER``, ``BUSY``, ``FAILED``, ``CONGESTION``."""
    seconds: int
    """Answered."""
    what: str
    """``emergency``, ``group``, ``commune``, a class of numbers, ``refused-…``, ``spent-…``."""


def last(folder: Path, number: int) -> list[Record]:
    """Return the last calls, the newest first.

    Args:
        folder: of the files.
        number: how many at most.

    Raises:
        OSError: the folder or a file cannot be read.

    """
    files = [folder / TODAY, *sorted(folder.glob(DAYS), reverse=True)]
    found: list[Record] = []
    for path in files:
        if len(found) >= number:
            break
        if path.exists():
            found += _read(path)
    # By when they ended Asterisk wrote them; people look for when they began.
    return sorted(found, key=lambda record: record.begin, reverse=True)[:number]


def _read(path: Path) -> list[Record]:
    with path.open(encoding="utf-8", errors="replace", newline="") as lines:
        # A line that a power cut ended early is none.
        return [_record(words) for words in csv.reader(lines) if len(words) >= _FIELDS]


def _record(words: list[str]) -> Record:
    return Record(
        begin=words[0],
        phone=words[2],
        caller=words[3],
        called=words[4],
        ending=words[6],
        seconds=int(words[7]) if words[7].isdigit() else 0,
        what=words[8],
    )

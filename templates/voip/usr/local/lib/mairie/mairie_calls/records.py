"""Calls that ended, as Asterisk wrote them down: one file for each day, the current one beside.

A call has a line for each side that was called, and one for what it heard when no person took it:
announcements and messages answer, too.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

TODAY = "calls.csv"
DAYS = "calls-*.csv"
_FIELDS, _ALL_FIELDS = 9, 12
"""Before lines had the call's name and what became of it; since then."""
_ANSWERED = "ANSWERED"


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
    """``ANSWERED``: a person or a service took it. ``NO ANSWER``, ``BUSY``, ``FAILED``,
    ``CONGESTION``, or what the rules said when nobody did: ``nobody``, ``waited``, ``message``,
    ``failed``, ``refused``, ``spent``."""
    seconds: int
    """Answered."""
    what: str
    """``emergency``, ``group``, ``commune``, a class of numbers, ``refused-…``, ``spent-…``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """One side of a call, or what a call heard."""

    begin: str
    phone: str
    caller: str
    called: str
    ending: str
    seconds: int
    what: str
    call: str
    """Name that all lines of a call have; empty in a line of an older version."""
    outcome: str
    """What the rules said; empty where they let it ring."""
    side: str
    """Channel of who was called; empty where nobody was."""


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


def _read(path: Path) -> Iterable[Record]:
    calls: dict[str, list[_Line]] = {}
    with path.open(encoding="utf-8", errors="replace", newline="") as lines:
        for number, words in enumerate(csv.reader(lines)):
            # A line that a power cut ended early is none.
            if len(words) >= _FIELDS:
                line = _line(words)
                calls.setdefault(line.call or f"{number}", []).append(line)
    return map(_call, calls.values())


def _line(words: list[str]) -> _Line:
    begin, _, phone, caller, called, _, ending, seconds, what = words[:_FIELDS]
    call, outcome, side = (
        words[_FIELDS:_ALL_FIELDS] if len(words) >= _ALL_FIELDS else ("", _by(what), "")
    )
    return _Line(
        begin=begin,
        phone=phone,
        caller=caller,
        called=called,
        ending=ending,
        seconds=int(seconds) if seconds.isdigit() else 0,
        what=what,
        call=call,
        outcome=outcome,
        side=side,
    )


def _by(what: str) -> str:
    """Return what a line of an older version says of the outcome."""
    kind = what.partition("-")[0]
    return kind if kind in {"refused", "spent"} else ""


def _call(lines: list[_Line]) -> Record:
    """Make one call of its lines, in the order in which they ended."""
    first, end = lines[0], lines[-1]
    # Who was called and answered is a person; without rules that say more, a service: an echo.
    taken = [line for line in lines if line.ending == _ANSWERED and (line.side or not line.outcome)]
    return Record(
        begin=min(line.begin for line in lines),
        phone=first.phone,
        caller=first.caller,
        called=first.called,
        ending=_ANSWERED if taken else end.outcome or end.ending,
        seconds=sum(line.seconds for line in taken),
        what=end.what,
    )

"""Calls that go on now, as Asterisk tells of them: ``core show channels concise``.

A line is a channel, its fields between exclamation marks: name, context, called number, priority,
state, application, its data, number of the other side, account, account of the other side, flags,
seconds, bridge, unique name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_FIELDS = 14
_UP = "Up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One side of a call."""

    end: str
    """Name of the phone or of the operator in Asterisk: ``101``, ``trunk-fibre``."""
    other: str
    """Number on the other side, as it is known."""
    answered: bool
    seconds: int
    bridge: str
    """Text that both sides of a call have; empty while it rings."""
    began: tuple[int, ...]
    """Second, and number among all: who calls began before who is called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What goes on between some ends."""

    ends: tuple[str, ...]
    """Who calls comes first."""
    numbers: tuple[str, ...]
    """Numbers that are shown at the ends, in their order."""
    answered: bool
    seconds: int


def legs(lines: Iterable[str]) -> Iterator[Leg]:
    """Read what Asterisk said; what is no channel of a telephone is left out."""
    for line in lines:
        # Only the data of an application may hold the mark itself.
        words = line.rstrip("\n").split("!")
        if len(words) < _FIELDS or not words[0].startswith("PJSIP/"):
            continue
        yield Leg(
            end=words[0].removeprefix("PJSIP/").rpartition("-")[0],
            other=words[-7],
            answered=words[4] == _UP,
            seconds=int(words[-3]) if words[-3].isdigit() else 0,
            bridge=words[-2],
            began=tuple(int(part) for part in words[-1].split(".") if part.isdigit()),
        )


def calls(lines: Iterable[str]) -> list[Call]:
    """Return the calls, the longest first."""
    together: dict[str, list[Leg]] = {}
    for number, leg in enumerate(sorted(legs(lines), key=lambda leg: leg.began)):
        together.setdefault(leg.bridge or f"alone {number}", []).append(leg)
    found = [
        Call(
            ends=tuple(leg.end for leg in group),
            numbers=tuple(leg.other for leg in group),
            answered=all(leg.answered for leg in group),
            seconds=max(leg.seconds for leg in group),
        )
        for group in together.values()
    ]
    return sorted(found, key=lambda call: -call.seconds)

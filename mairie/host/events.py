"""Events: what a host says while it works, one JSON object per line.

The host writes them to its log in ``/var/log/mairie`` and, from there, to its client; both sides
share these types. An event never holds a secret: see :class:`EventWriter`.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Annotated, BinaryIO, Literal

import msgspec

Action = Literal["apply", "preview", "verify"]
Outcome = Literal["pass", "fail", "unknown"]
Severity = Literal["critical", "high", "medium", "low"]

HIDDEN = "[secret]"
MAX_TEXT = 8_000
"""Longest text field of an event, in characters: a log must not fill a disk or a thin link."""


class Started(msgspec.Struct, frozen=True, kw_only=True, tag="start", omit_defaults=True):
    """The work begins."""

    host: str
    action: Action
    bricks: tuple[str, ...]
    operations: int = 0
    """How many operations will run; 0 for a verification."""


class Operation(msgspec.Struct, frozen=True, kw_only=True, tag="operation", omit_defaults=True):
    """Operation ``number`` of ``total`` begins."""

    number: int
    total: int
    name: str


class Changed(msgspec.Struct, frozen=True, kw_only=True, tag="changed", omit_defaults=True):
    """An operation changed the host or, in a preview, would change it."""

    number: int
    name: str
    details: tuple[str, ...] = ()
    """Preview only: the commands that would run, one per item."""
    diff: str = ""
    """Preview only: unified diff of one file, or a sentence when the file holds secrets."""


class Warned(msgspec.Struct, frozen=True, kw_only=True, tag="warning", omit_defaults=True):
    """Something a person should read; the work goes on."""

    message: str


class Failed(msgspec.Struct, frozen=True, kw_only=True, tag="failed", omit_defaults=True):
    """The work stops here."""

    message: str
    operation: str = ""
    output: str = ""
    """What the failing command wrote, last lines."""


class ControlResult(msgspec.Struct, frozen=True, kw_only=True, tag="control", omit_defaults=True):
    """The outcome of one check of one control on one subject."""

    id: str
    title: str
    host: str
    outcome: Outcome
    severity: Severity
    subject: str = ""
    message: str = ""
    """Why it is not a pass; empty for a pass."""
    duration_s: float = 0.0
    references: tuple[str, ...] = ()
    reason: str = ""
    """Why the control exists."""
    seen: tuple[str, ...] = ()
    """What it found, in words and in order, where a report shows more than the outcome."""


class Done(msgspec.Struct, frozen=True, kw_only=True, tag="done", omit_defaults=True):
    """The last event of every run."""

    ok: bool
    """apply, preview: every operation that had to run did; verify: the checks could be run."""
    operations: int = 0
    changed: int = 0
    duration_s: float = 0.0
    stopped: bool = False
    """The operator asked to stop, and the host finished the brick in hand."""
    outcomes: dict[str, int] = {}
    """verify: number of results by outcome."""


Event = Started | Operation | Changed | Warned | Failed | ControlResult | Done
_decoder: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)
_encoder = msgspec.json.Encoder(order="deterministic")


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What a client asks of the program on the host."""

    action: Action
    only: tuple[str, ...] = ()
    """Bricks to restrict the work to; empty: all."""
    who: str = ""
    """Person and machine that asked, shown to whoever finds the host busy."""
    limit_s: Annotated[int, msgspec.Meta(ge=1)] = 3_600
    """The host gives up after this long."""


class EventError(ValueError):
    """A line is not an event."""


def encode(event: Event) -> bytes:
    """Return the event as one line ending in a newline."""
    return _encoder.encode(event) + b"\n"


def decode(line: bytes | str) -> Event:
    """Read one line.

    Raises:
        EventError: the line is not one of the events above.

    """
    try:
        return _decoder.decode(line)
    except msgspec.MsgspecError as error:
        shown = line if isinstance(line, str) else line.decode("utf-8", "replace")
        raise EventError(f"not an event: {shown[:200]!r} ({error})") from error


class EventWriter:
    """Write events to a binary stream, with every known secret replaced by ``[secret]``.

    Args:
        stream: where lines go; flushed after each.
        secrets: values that may never appear; those shorter than 8 characters are ignored,
            since replacing them would garble ordinary words.

    """

    def __init__(self, stream: BinaryIO, secrets: Iterable[str] = ()) -> None:
        self._stream = stream
        self._secrets = sorted({s for s in secrets if len(s) >= 8}, key=len, reverse=True)
        self.began = time.monotonic()

    def __call__(self, event: Event) -> None:
        """Write one event."""
        plain = msgspec.to_builtins(event)
        cleaned = {key: self._clean(value) for key, value in plain.items()}
        self._stream.write(_encoder.encode(cleaned) + b"\n")
        self._stream.flush()

    def elapsed(self) -> float:
        """Seconds since this writer was made, to the millisecond."""
        return round(time.monotonic() - self.began, 3)

    def _clean(self, value: object) -> object:
        if isinstance(value, str):
            for secret in self._secrets:
                value = value.replace(secret, HIDDEN)
            return value if len(value) <= MAX_TEXT else value[:MAX_TEXT] + "\n… (cut)"
        if isinstance(value, list | tuple):
            return [self._clean(item) for item in value]
        return value

"""What ``mairie-backup … --json`` says on a host: one JSON object per line, named by its kind."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec

HostOutcome = Literal["done", "incomplete", "failed", "link-down"]
"""How it went, in the host's own words; ``incomplete``: saved, but something is missing."""

EXIT_STATUSES: dict[int, HostOutcome] = {0: "done", 3: "link-down", 5: "incomplete"}
"""Of ``mairie-backup``; every other one means that it failed."""


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far it is."""

    what: Literal["backup", "restore", "drill"]
    done_bytes: int
    total_bytes: int
    """0 while it is not known yet."""
    files: int = 0
    seconds: float = 0.0
    seconds_left: float | None = None


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """Something worth reading; French."""

    text: str


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """One night in the repository."""

    id: str
    time: datetime
    paths: tuple[str, ...] = ()
    files: int | None = None
    bytes: int | None = None


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """What a host remembers of its nights."""

    facts: dict[str, Any]
    """The state of the host with ``repository`` and ``window``; see docs/backup.md."""


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """The last thing that is said."""

    outcome: HostOutcome
    text: str = ""
    """French."""
    measures: dict[str, Any] = {}
    """What was counted: ``bytes_sent``, ``files`` …"""


class Absent(msgspec.Struct, frozen=True, kw_only=True):
    """The host has no ``mairie-backup``: the brick was never deployed."""


class End(msgspec.Struct, frozen=True, kw_only=True):
    """The program has ended; said by the script around it."""

    status: int


Event = Progress | Note | Snapshot | Status | Result | Absent | End

_PLAIN: dict[str, type[Progress | Note | Snapshot | Absent | End]] = {
    "progress": Progress,
    "note": Note,
    "snapshot": Snapshot,
    "absent": Absent,
    "end": End,
}


def decode(line: bytes) -> Event | None:
    """Return the event of a line; None when it is none.

    A login shell may speak first, a link may cut a line, and a newer host may say more than this
    version knows: what a line without meaning costs is decided by what follows it.
    """
    try:
        said = msgspec.json.decode(line)
        if not isinstance(said, dict):
            return None
        kind = said.pop("kind", "")
        if kind == "status":
            return Status(facts=said)
        if kind == "result":
            outcome, text = said.pop("outcome", ""), said.pop("text", "")
            whole = {"outcome": outcome, "text": text, "measures": said}
            return msgspec.convert(whole, type=Result)
        plain = _PLAIN.get(kind) if isinstance(kind, str) else None
        return None if plain is None else msgspec.convert(said, type=plain)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError, RecursionError):
        return None

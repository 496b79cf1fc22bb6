"""What the hub holds of this host."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from mairie_backup.events import Outcome, Reporter, size
from mairie_restic import Message, Restic, ResticError

AHEAD = timedelta(hours=1)
"""A snapshot from further in the future was not made by a right clock."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One backup."""

    id: str
    time: datetime
    paths: tuple[str, ...]
    files: int
    bytes: int

    @property
    def short(self) -> str:
        """What a person types."""
        return self.id[:8]


def moment(text: str) -> datetime:
    """Return restic's RFC 3339 time, which has nanoseconds where Python has microseconds."""
    return datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text))


def snapshot(message: Message) -> Snapshot:
    """Return one line of ``restic snapshots --json``."""
    summary = message.get("summary") or {}
    return Snapshot(
        id=str(message["id"]),
        time=moment(str(message["time"])),
        paths=tuple(message.get("paths") or ()),
        files=int(summary.get("total_files_processed", 0)),
        bytes=int(summary.get("total_bytes_processed", 0)),
    )


def all_of(restic: Restic, host: str) -> list[Snapshot]:
    """Return every snapshot of a host, the oldest first. Raises ResticError."""
    found = restic.run("snapshots", "--no-lock", f"--host={host}")
    return sorted((snapshot(each) for each in found if "id" in each), key=lambda each: each.time)


def one(restic: Restic, host: str, wanted: str) -> Snapshot | None:
    """Return the newest believable snapshot, or the one whose id begins so. Raises ResticError."""
    found = all_of(restic, host)
    if wanted == "latest":
        return believable(found, datetime.now(UTC))[-1] if found else None
    matching = [each for each in found if each.id.startswith(wanted)] if wanted else []
    return matching[0] if len(matching) == 1 else None


def believable(found: Sequence[Snapshot], now: datetime) -> list[Snapshot]:
    """Return the snapshots that are not dated in the future: whoever forges one dates it so.

    All of them, when every one is: then it is this clock that is wrong.
    """
    return [each for each in found if each.time <= now + AHEAD] or list(found)


def tell(restic: Restic, host: str, reporter: Reporter) -> int:
    """Say one line per snapshot; return the exit code."""
    try:
        found = all_of(restic, host)
    except ResticError as error:
        outcome: Outcome = "link-down" if error.kind == "link-down" else "failed"
        return reporter.result(outcome, f"{error} ({error.detail.strip()[-200:]})")
    for each in found:
        reporter.row(
            "snapshot",
            f"{each.short}  {each.time.astimezone():%d/%m/%Y %H:%M}  {each.files:>8} fichiers  "
            f"{size(each.bytes):>9}",
            id=each.id, time=each.time.isoformat(), paths=list(each.paths), files=each.files,
            bytes=each.bytes,
        )  # fmt: skip
    return reporter.result("done", f"{len(found)} sauvegardes de {host}.", count=len(found))

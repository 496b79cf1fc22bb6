"""One ``restic backup``, and what it came to."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mairie_backup.places import Places
from mairie_backup.settings import Settings
from mairie_restic import SIGNS, FailureKind, Message, Restic, ResticError

TAG = "nightly"
LOCK_WAIT = "--retry-lock=5m"
FULL = dict(SIGNS)["no-space"]
Progress = Callable[[int, int, int, float], None]
"""Bytes done, bytes in all (0: unknown), files done, seconds."""


@dataclass(frozen=True, slots=True)
class Uploaded:
    """What one run of restic left."""

    failure: FailureKind | None
    """None: a whole snapshot. ``incomplete``: a snapshot without the files in ``unread``."""
    detail: str = ""
    snapshot: str = ""
    sent_bytes: int = 0
    """What was new, as it was packed; the protocol comes on top."""
    total_bytes: int = 0
    files: int = 0
    seconds: float = 0.0
    unread: tuple[str, ...] = ()
    seen_bytes: int = 0
    """How much of the data was gone through, for a run that stopped."""

    @property
    def saved(self) -> bool:
        """Whether there is a snapshot."""
        return bool(self.snapshot)


def paths(settings: Settings, places: Places) -> list[str]:
    """Return what there is to save; this program's own folder always is."""
    found = [folder for folder in settings.folders if Path(folder).exists()]
    home = str(places.home)
    if not any(Path(home).is_relative_to(folder) for folder in found):
        found.append(home)
    return found


def excludes(settings: Settings, places: Places) -> list[str]:
    """Return the patterns of what is not saved: those declared, and what a backup must not hold."""
    own = [
        str(places.restored),
        str(places.scratch),
        str(places.cache),
        str(places.state),
        f"{places.home}/.*",
        f"{places.dumps}/.*",
        *([settings.local_target] if settings.local_target else []),
    ]
    return [f"--exclude={pattern}" for pattern in (*settings.excludes, *own)]


def upload(
    restic: Restic,
    settings: Settings,
    places: Places,
    *,
    when: datetime | None,
    limit_s: float | None,
    scan: bool,
    progress: Progress,
) -> Uploaded:
    """Save everything into one repository.

    Args:
        restic: the repository.
        settings: of this host.
        places: of this host.
        when: time to give the snapshot; None: this host's clock is right.
        limit_s: seconds after which it stops, keeping what arrived.
        scan: whether to count first, so that there is a total to show.
        progress: told how far it is.

    """
    began = time.monotonic()
    arguments = [
        "backup",
        f"--host={settings.host}",
        f"--tag={TAG}",
        # A folder that appears or goes makes no new history.
        "--group-by=host",
        LOCK_WAIT,
        *([] if scan else ["--no-scan"]),
        *([f"--time={when.astimezone(UTC):%Y-%m-%d %H:%M:%S}"] if when else []),
        *excludes(settings, places),
        "--",
        *paths(settings, places),
    ]
    summary: Message = {}
    seen = 0
    try:
        stream = restic.stream(
            *arguments, timeout=limit_s, environment={"TZ": "UTC"} if when else None
        )
        for message in stream:
            if message.get("message_type") == "summary":
                summary = message
            elif message.get("message_type") == "status":
                seen = max(seen, int(message.get("bytes_done", 0)))
                progress(
                    seen,
                    int(message.get("total_bytes", 0)) if scan else 0,
                    int(message.get("files_done", 0)),
                    time.monotonic() - began,
                )
    except ResticError as error:
        return _uploaded(summary, began, seen, error)
    return _uploaded(summary, began, seen, None)


def _uploaded(summary: Message, began: float, seen: int, error: ResticError | None) -> Uploaded:
    measures: dict[str, Any] = {
        "snapshot": str(summary.get("snapshot_id", "")),
        "sent_bytes": int(summary.get("data_added_packed", 0)),
        "total_bytes": int(summary.get("total_bytes_processed", 0)),
        "files": int(summary.get("total_files_processed", 0)),
        "seconds": round(time.monotonic() - began, 1),
        "seen_bytes": seen,
    }
    if error is None:
        return Uploaded(None, **measures)
    kind = error.kind
    if kind == "stopped" and any(sign in error.detail.lower() for sign in FULL):
        kind = "no-space"  # restic asks again for a quarter of an hour before it says so itself
    return Uploaded(kind, detail=error.detail, unread=error.items, **measures)

"""The second copy, on a disk of the host: made the same night, kept by the host itself."""

from __future__ import annotations

import os
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

from mairie_backup import targets, verdicts
from mairie_backup.places import Places
from mairie_backup.settings import Settings
from mairie_backup.upload import upload
from mairie_restic import Restic, ResticError


def copy_locally(
    settings: Settings,
    places: Places,
    *,
    when: datetime | None,
    limit_s: float | None,
    sunday: bool,
) -> dict[str, Any]:
    """Save to the local disk; return ``outcome``, ``text``, ``snapshot`` and ``sent_bytes``.

    ``outcome`` is ``absent`` when the disk is not there, which is nothing wrong. On Sundays what
    is too old is pruned.
    """
    if not targets.local_is_there(settings, places):
        return {
            "outcome": "absent",
            "text": f"Le disque {settings.local_target} n'est pas là : pas de seconde copie.",
        }
    restic = targets.local(settings, places)
    try:
        _try_to_write(Path(settings.local_target))
        _have_repository(restic)
    except (ResticError, OSError) as error:
        return {
            "outcome": "failed",
            "text": f"Seconde copie sur {settings.local_target} : {error}",
        }
    copied = upload(
        restic, settings, places, when=when, limit_s=limit_s, scan=False, progress=_silent
    )
    outcome, text = verdicts.judge(copied, window_ended=False)
    if copied.saved and sunday:
        try:
            restic.run("forget", f"--host={settings.host}", "--group-by=host", *targets.KEEP,
                       "--prune")  # fmt: skip
        except ResticError as error:
            outcome, text = "failed", f"L'ancien ne se retire pas : {error} ({error.detail[:200]})"
    return {
        "outcome": outcome,
        "text": f"Seconde copie sur {settings.local_target} : {text}",
        "snapshot": copied.snapshot,
        "sent_bytes": copied.sent_bytes,
    }


def _try_to_write(disk: Path) -> None:
    """Raise OSError when the disk takes nothing: restic would try again for a quarter of an hour.

    A worn disk falls back to read-only.
    """
    with tempfile.NamedTemporaryFile(dir=disk, prefix=".mairie-") as file:
        file.write(b"mairie")
        file.flush()
        os.fsync(file.fileno())


def _have_repository(restic: Restic) -> None:
    """Make the repository the first time this disk is seen."""
    folder = Path(restic.repository)
    if (folder / "config").exists():
        return
    folder.mkdir(mode=0o700, exist_ok=True)
    restic.run("init")


def _silent(done: int, total: int, files: int, seconds: float) -> None:
    """Say nothing: the copy on the disk is part of the night."""

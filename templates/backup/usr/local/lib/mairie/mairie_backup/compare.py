"""Whether what came back is what was saved."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mairie_backup.sample import SavedFile

PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Compared:
    """What a comparison came to."""

    same: int
    """Files equal to the live one, which has not changed since."""
    changed: int
    """Files whose live one has changed or gone since: their size was compared."""
    problems: tuple[str, ...]


def compare(drawn: Iterable[SavedFile], restored: Path) -> Compared:
    """Compare files restored below a folder with those of this host."""
    same = changed = 0
    problems = []
    for each in drawn:
        back = restored / each.path.lstrip("/")
        now = Path(each.path)
        if not back.is_file():
            problems.append(f"{each.path} n'est pas revenu.")
        elif back.stat().st_size != each.size:
            problems.append(f"{each.path} est revenu avec {back.stat().st_size} octets au lieu de "
                            f"{each.size}.")  # fmt: skip
        elif not _unchanged(now, each):
            changed += 1
        elif digest(back) == digest(now):
            same += 1
        elif _unchanged(now, each):  # else it changed while it was read
            problems.append(f"{each.path} est revenu différent, sans avoir été modifié depuis.")
        else:
            changed += 1
    return Compared(same, changed, tuple(problems))


def _unchanged(path: Path, saved: SavedFile) -> bool:
    """Tell whether the live file says it is still the one that was saved (to the microsecond)."""
    try:
        found = path.lstat()
    except OSError:
        return False
    same_time = abs(found.st_mtime_ns // 1000 - round(saved.mtime.timestamp() * 1e6)) <= 1
    return same_time and found.st_size == saved.size


def digest(path: Path) -> str:
    """Return the SHA-256 of a file's content."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            found.update(piece)
    return found.hexdigest()

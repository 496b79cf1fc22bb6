"""Days as files: their names, which one is written to, and when one is erased. Pure but for names.

Days are UTC: a commune's own midnight moves with no law, and never twice in a year.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any, BinaryIO, cast

from mairie_records.settings import Period

PLAIN = ".jsonl"
PACKED = ".jsonl.gz"
LEAP_OF_FAITH = timedelta(days=31)
"""How far an unconfirmed clock may be ahead of the newest file and still be believed."""
CHUNK = 1 << 20
_NAME = re.compile(r"^(\d{4}-\d\d-\d\d)\.jsonl(\.gz)?$")


def day_of(path: Path) -> date | None:
    """Return the day of a file, or None when it is no file of a day."""
    match = _NAME.match(path.name)
    try:
        return date.fromisoformat(match[1]) if match else None
    except ValueError:
        return None


def files(folder: Path) -> dict[date, Path]:
    """Return the files by day, oldest first; where both forms are there, the plain one."""
    found: dict[date, Path] = {}
    for path in sorted(folder.iterdir(), reverse=True):
        day = day_of(path)
        if day is not None:
            found[day] = path
    return dict(sorted(found.items()))


def open_day(path: Path) -> BinaryIO:
    """Open a day to read what was written on it, packed or not."""
    if path.name.endswith(PACKED):
        return cast("BinaryIO", gzip.open(path, "rb"))
    return path.open("rb")


def digest_of(path: Path) -> tuple[str, int]:
    """Return SHA-256 and length of what was written on a day, packed or not.

    Raises:
        OSError: it cannot be read, or is no whole packed file.
        EOFError: likewise.

    """
    found, size = hashlib.sha256(), 0
    with open_day(path) as stream:
        while chunk := stream.read(CHUNK):
            found.update(chunk)
            size += len(chunk)
    return found.hexdigest(), size


def lines_of(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the lines of a day that can be read: one that a power cut halved is left out."""
    with open_day(path) as stream:
        for raw in stream:
            try:
                line = json.loads(raw)
            except ValueError:
                continue
            if isinstance(line, dict) and "time" in line:
                yield line


def day_to_write(today: date, earliest: date | None, *, trusted: bool) -> date:
    """Return the day whose file is written to now.

    Args:
        today: what the clock says.
        earliest: the first day that can still be written: the newest file's, or the one after it
            when it is sealed; None without any.
        trusted: whether the clock has been right since the machine started. One that starts without
            a battery is years away, and would have good records erased, or kept, for years.

    """
    if earliest is None:
        return today
    if today < earliest or (not trusted and today - earliest > LEAP_OF_FAITH):
        return earliest
    return today


def days_kept(day: date, periods: Iterable[Period]) -> int:
    """Return how many days a day is kept after itself; 0 where no law asks for it."""
    return max((period.days for period in periods if period.holds(day)), default=0)


def is_due(day: date, today: date, periods: Iterable[Period]) -> bool:
    """Whether the last day on which a day had to be kept is over."""
    return (today - day).days > days_kept(day, periods)

"""Once a day: what is over is packed, what is due is erased, and nothing else is."""

from __future__ import annotations

import gzip
import os
import shutil
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from mairie_records import days
from mairie_records.chain import Chain
from mairie_records.recorder import stamp
from mairie_records.settings import Period, Places

LEFT_S = 6 * 3600
"""Age of a temporary file that nobody writes to any more."""


@dataclass(slots=True)
class Kept:
    """What was done."""

    packed: list[date] = field(default_factory=list)
    erased: list[date] = field(default_factory=list)
    clock_doubted: bool = False
    """Nothing was erased: the clock has not been right since the machine started."""


def keep(places: Places, periods: tuple[Period, ...], now: datetime) -> Kept:
    """Erase what is due and pack the other days that are sealed.

    Args:
        places: files.
        periods: what the law says.
        now: UTC.

    """
    today, moment = now.date(), stamp(now)
    done = Kept(clock_doubted=not places.trusted.exists())
    chain = Chain(places.days)
    sealed = {line["day"] for line in chain.lines() if line["kind"] == "sealed"}
    _sweep(places.records, now)
    for day, path in days.files(places.records).items():
        if days.is_due(day, today, periods) and not done.clock_doubted:
            path.unlink()
            path.with_name(f"{day}{days.PACKED}").unlink(missing_ok=True)
            chain.add(time=moment, kind="erased", day=f"{day}")
            done.erased.append(day)
        elif path.name.endswith(days.PLAIN) and f"{day}" in sealed:
            _pack(path)
            done.packed.append(day)
    return done


def _sweep(folder: Path, now: datetime) -> None:
    """Remove what an extract or a packing that was killed left: its age is not its days'."""
    for path in folder.glob(".*"):
        if now.timestamp() - path.stat().st_mtime < LEFT_S:
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def _pack(path: Path) -> None:
    target = path.with_name(path.name + ".gz")
    staging = target.with_name(f".{target.name}.new")
    descriptor = os.open(staging, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with (
        path.open("rb") as source,
        os.fdopen(descriptor, "wb") as raw,
        gzip.GzipFile("", "wb", 6, raw, mtime=0) as packed,
    ):
        shutil.copyfileobj(source, packed, days.CHUNK)
    with staging.open("rb") as stream:
        os.fsync(stream.fileno())
    staging.replace(target)
    path.unlink()

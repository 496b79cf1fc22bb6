"""Once a day: what is over is packed, what is due is erased, and nothing else is."""

from __future__ import annotations

import gzip
import os
import shutil
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from mairie_records import days
from mairie_records.chain import Chain
from mairie_records.settings import Period, Places


@dataclass(slots=True)
class Kept:
    """What was done."""

    packed: list[date] = field(default_factory=list)
    erased: list[date] = field(default_factory=list)
    clock_doubted: bool = False
    """Nothing was erased: the clock has not been right since the machine started."""


def keep(places: Places, periods: tuple[Period, ...], today: date, moment: str) -> Kept:
    """Erase what is due and pack the other days that are sealed.

    Args:
        places: files.
        periods: what the law says.
        today: UTC.
        moment: now, as records have it.

    """
    done = Kept(clock_doubted=not places.trusted.exists())
    chain = Chain(places.days)
    sealed = {line["day"] for line in chain.lines() if line["kind"] == "sealed"}
    known = days.files(places.records)
    for day, path in known.items():
        if days.is_due(day, today, periods) and not done.clock_doubted:
            path.unlink()
            path.with_name(f"{day}{days.PACKED}").unlink(missing_ok=True)
            chain.add(time=moment, kind="erased", day=f"{day}")
            done.erased.append(day)
        elif path.name.endswith(days.PLAIN) and f"{day}" in sealed:
            _pack(path)
            done.packed.append(day)
    return done


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

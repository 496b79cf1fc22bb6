"""Whether days and requisitions are what was written: digests, chain, nothing more or less."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

from mairie_records import days
from mairie_records.chain import Chain
from mairie_records.settings import Places

SLICES = 28
"""Days in which every packed day is read once: a busy year is hours of work for a small box."""
RECENT = timedelta(days=3)
"""Days that are read each time."""


def is_read(day: date, today: date) -> bool:
    """Whether a day is among those whose content is looked at today."""
    return today - day <= RECENT or day.toordinal() % SLICES == today.toordinal() % SLICES


def faults(places: Places, today: date | None = None) -> Iterator[str]:
    """Yield what is wrong, in French.

    Args:
        places: files.
        today: only the content of this day's slice is read; None: of every day.

    """
    yield from Chain(places.requisitions).faults()
    chain = Chain(places.days)
    yield from chain.faults()
    lines = chain.lines()
    sealed = {line["day"]: line["sha256"] for line in lines if line["kind"] == "sealed"}
    erased = {line["day"] for line in lines if line["kind"] == "erased"}
    present = {f"{day}": path for day, path in days.files(places.records).items()}
    for day, sha256 in sealed.items():
        if day in present and (today is None or is_read(date.fromisoformat(day), today)):
            yield from _day(present[day], sha256)
        elif day not in present and day not in erased:
            yield f"{day} : la journée n'est plus là, et personne ne l'a effacée à son terme"
    newest = max((*present, *sealed), default="")
    for day, path in present.items():
        if day not in sealed and day != newest:
            yield f"{path.name} : la chaîne ne connaît pas cette journée"
    yield from _links(present, [day for day in sealed if day not in erased])


def _day(path: Path, sha256: str) -> Iterator[str]:
    try:
        found, _ = days.digest_of(path)
    except (OSError, EOFError):
        yield f"{path.name} : illisible"
        return
    if found != sha256:
        yield f"{path.name} : modifié depuis que la journée est close"


def _links(present: dict[str, Path], order: list[str]) -> Iterator[str]:
    """Yield days whose first line does not name the day before, as the chain has them."""
    for before, day in pairwise(order):
        if day not in present:
            continue
        try:
            first = next(days.lines_of(present[day]), {})
        except (OSError, EOFError):
            continue
        if first.get("previous", {}).get("day") != before:
            yield f"{present[day].name} : ne suit pas la journée du {date.fromisoformat(before)}"

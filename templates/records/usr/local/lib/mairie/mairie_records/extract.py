"""Which records answer a requisition: of a span of time, and of one address where it names one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from mairie_records import days, flows

LONGEST = timedelta(days=6)
"""How long before the span a connection may have begun: the kernel forgets one that has been
silent for five days, and each day's file begins with who holds an address."""
NOTES = {"day", "start", "stop", "full", "device-full", "omitted", "lost", "clock", "clock-set"}
"""What says how complete and how exact the rest is."""

Line = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for."""

    since: datetime
    until: datetime
    """Both included, UTC."""
    address: str = ""
    """Of a device or of the uplink; empty: all."""
    port: str = ""

    def concerns(self, line: Line) -> bool:
        """Whether one end of a translation is the address."""
        if not self.address:
            return True
        ends = (flows.split(line["source"]), flows.split(line["uplink"]))
        return any(end == self.address and self.port in ("", port) for end, port in ends)


def moment_of(line: Line) -> datetime:
    """Return when a line was written."""
    return datetime.fromisoformat(line["time"].replace("Z", "+00:00")).astimezone(UTC)


def wanted_days(folder: Path, wish: Wish) -> dict[date, Path]:
    """Return the days to read, oldest first, those before the span included."""
    first, last = (wish.since - LONGEST).date(), wish.until.date()
    return {day: path for day, path in days.files(folder).items() if first <= day <= last}


def select(files: Iterable[Path], wish: Wish) -> Iterator[Line]:
    """Yield the lines in the order of their kinds: translations, then holders, then notes.

    Args:
        files: of the days, oldest first.
        wish: what is asked for.

    """
    paths = list(files)
    devices: set[str] = set()
    for line in _flows(_lines(paths), wish):
        devices.add(flows.split(line["source"])[0])
        yield line
    if wish.address:
        devices.add(wish.address)
    yield from _holders(_lines(paths), wish, devices)
    yield from _notes(_lines(paths), wish)


def _lines(paths: Iterable[Path]) -> Iterator[Line]:
    for path in paths:
        yield from days.lines_of(path)


def _flows(lines: Iterable[Line], wish: Wish) -> Iterator[Line]:
    """Yield beginnings and ends of every translation that lived in the span."""
    before: dict[tuple[str, str, str], Line] = {}
    given: set[tuple[str, str, str]] = set()
    boot = ""
    for line in lines:
        if line["kind"] == "start":
            if line["boot"] != boot:
                before.clear()
            boot = line["boot"]
        if line["kind"] not in ("open", "close") or not wish.concerns(line):
            continue
        moment, key = moment_of(line), (line["source"], line["uplink"], line["id"])
        if moment > wish.until:
            continue
        if moment >= wish.since and before:
            yield from before.values()
            given.update(before)
            before.clear()
        if line["kind"] == "open":
            if moment < wish.since:
                before[key] = line
            elif key not in given:
                given.add(key)
                yield line
        elif moment < wish.since:
            before.pop(key, None)
        else:
            # One that began unseen has at least had its end seen.
            given.discard(key)
            yield line
    yield from before.values()


def _holders(lines: Iterable[Line], wish: Wish, devices: set[str]) -> Iterator[Line]:
    """Yield who held an address in the span: those who did at its start, then what changed."""
    held: dict[tuple[str, str, str], Line] = {}
    given: set[tuple[str, str, str]] = set()
    started = False
    for line in lines:
        if line["kind"] not in ("holder", "left"):
            continue
        if wish.address and line["address"] not in devices:
            continue
        moment, key = moment_of(line), (line["address"], line["mac"], line["by"])
        if moment > wish.until:
            continue
        if moment >= wish.since and not started:
            started = True
            yield from held.values()
            given.update(held)
        if line["kind"] == "left":
            held.pop(key, None)
            if moment >= wish.since and key in given:
                given.discard(key)
                yield line
        elif started:
            if key not in given:
                given.add(key)
                yield line
        else:
            held[key] = line
    if not started:
        yield from held.values()


def _notes(lines: Iterable[Line], wish: Wish) -> Iterator[Line]:
    clock: Line | None = None
    for line in lines:
        if line["kind"] not in NOTES:
            continue
        moment = moment_of(line)
        if moment < wish.since:
            clock = line if line["kind"] == "clock" else clock
        elif moment <= wish.until:
            if clock is not None:
                yield clock
                clock = None
            yield line
    if clock is not None:
        yield clock

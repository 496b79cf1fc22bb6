"""The file of the day: lines are added until its day is over, then it is sealed.

It cannot fill the disk: a day has so much room, a device part of it. What finds no room is counted,
and the file says so.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from io import FileIO
from pathlib import Path
from typing import Any

from mairie_records import days
from mairie_records.chain import NONE, Chain, encode

RESERVE = 64 << 10
"""Room of a day that is left for what says that there is no more room, and for the clock."""
KNOWN_SOURCES = 4096
"""Devices counted one by one; all that come later share the room of one."""
_OTHERS = "others"


@dataclass(slots=True)
class Room:
    """What is left of a day."""

    day_bytes: int
    source_bytes: int


class Book:
    """Writes days.

    Args:
        folder: of the days' files.
        chain: of their digests.
        room: bounds of a day.
        host: full name, on the first line of each file.

    """

    def __init__(self, folder: Path, chain: Chain, room: Room, host: str) -> None:
        self._folder, self._chain, self._room, self._host = folder, chain, room, host
        self._stream: FileIO | None = None
        self._waiting: list[bytes] = []
        self._digest = hashlib.sha256()
        self._by_source: Counter[str] = Counter()
        self.day: date | None = None
        self.size = 0
        self.full = False
        """Whether the day has no room left."""
        self.crowded: set[str] = set()
        """Devices that have used up their part."""
        self.omitted = 0
        """Lines that found no room, this day."""
        self.failed = 0
        """Lines that the disk did not take, this day."""

    def earliest(self) -> date | None:
        """Return the first day that can still be written to; None without any."""
        if self.day is not None:
            return self.day
        known = days.files(self._folder)
        sealed = self._sealed()
        newest = max((*known, *sealed), default=None)
        if newest is None:
            return None
        return newest + timedelta(days=1) if newest in sealed else newest

    def turn_to(self, day: date, moment: str) -> bool:
        """Have the file of a day open; return whether another one was until now.

        Days before it that nobody sealed, as after a power cut, are sealed.
        """
        if day == self.day:
            return False
        if self.day is not None:
            self._seal(moment)
        last = max(self._sealed(), default=date.min)
        for older, path in days.files(self._folder).items():
            if last < older < day and self._is_own(older, path):
                self._note(older, *days.digest_of(path), moment)
        self._open(day, moment)
        return True

    def add(self, line: dict[str, Any], source: str = "") -> None:
        """Add a line.

        Args:
            line: as JSON.
            source: the device it is about; empty for what concerns the file itself, which always
                finds room.

        """
        data = encode(line)
        if source and not self._has_room(len(data), source, line["time"]):
            self.omitted += 1
            return
        self.size += len(data)
        self._waiting.append(data)

    def flush(self, *, sync: bool = False) -> None:
        """Write what waits; what the disk refuses is lost, and counted."""
        stream = self._stream
        if stream is None or not (self._waiting or sync):
            return
        data, lines = b"".join(self._waiting), len(self._waiting)
        self._waiting.clear()
        before = self.size - len(data)
        try:
            if stream.write(data) != len(data):
                raise OSError("no room for all of it")
            if sync:
                os.fdatasync(stream.fileno())
        except OSError:
            os.ftruncate(stream.fileno(), before)
            self.size = before
            self.failed += lines
        else:
            self._digest.update(data)

    def close(self) -> None:
        """Write what waits and leave the day open for the next start."""
        self.flush(sync=True)
        if self._stream is not None:
            self._stream.close()
        self._stream = self.day = None

    def _has_room(self, size: int, source: str, moment: str) -> bool:
        if self.size + size > self._room.day_bytes - RESERVE:
            if not self.full:
                self.full = True
                self.add({"time": moment, "kind": "full", "bytes": self._room.day_bytes})
            return False
        if source not in self._by_source and len(self._by_source) >= KNOWN_SOURCES:
            source = _OTHERS
        if self._by_source[source] + size > self._room.source_bytes:
            if source not in self.crowded:
                self.crowded.add(source)
                line = {"time": moment, "kind": "device-full", "device": source}
                self.add({**line, "bytes": self._room.source_bytes})
            return False
        self._by_source[source] += size
        return True

    def _is_own(self, day: date, path: Path) -> bool:
        """Whether a file begins as ours do: what somebody else put there is not made true."""
        first = next(days.lines_of(path), {})
        return (first.get("kind"), first.get("day")) == ("day", f"{day}")

    def _sealed(self) -> set[date]:
        lines = self._chain.lines()
        return {date.fromisoformat(line["day"]) for line in lines if line["kind"] == "sealed"}

    def _open(self, day: date, moment: str) -> None:
        path = self._folder / f"{day}{days.PLAIN}"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        self._stream = os.fdopen(descriptor, "r+b", buffering=0)
        self.day, self.size, self._digest = day, 0, hashlib.sha256()
        last = b""
        while last_read := self._stream.read(days.CHUNK):
            last = last_read
            self._digest.update(last)
            self.size += len(last)
        if last and not last.endswith(b"\n"):
            self._waiting.append(b"\n")
            self.size += 1
        self._by_source.clear()
        self.crowded = set()
        self.full, self.omitted, self.failed = False, 0, 0
        if not last:
            sealed = [line for line in self._chain.lines() if line["kind"] == "sealed"]
            before = sealed[-1] if sealed else {"day": NONE, "sha256": NONE}
            first = {"time": moment, "kind": "day", "day": f"{day}", "host": self._host}
            self.add({**first, "previous": {key: before[key] for key in ("day", "sha256")}})

    def _seal(self, moment: str) -> None:
        if self.omitted or self.failed:
            line = {"time": moment, "kind": "omitted", "lines": self.omitted}
            self.add({**line, "refused": self.failed})
        day = self.day
        self.flush(sync=True)
        if day is not None:
            # Of what was written, and not of what stands there now: an edit of today shows as well.
            self._note(day, self._digest.hexdigest(), self.size, moment)
        self.close()

    def _note(self, day: date, sha256: str, size: int, moment: str) -> None:
        self._chain.add(time=moment, kind="sealed", day=f"{day}", sha256=sha256, bytes=size)

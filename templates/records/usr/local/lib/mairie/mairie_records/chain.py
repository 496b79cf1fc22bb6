"""A log that is only added to: each line holds the digest of the one before, so an edit shows."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Line = dict[str, Any]
NONE = ""
"""What the first line holds in place of a digest."""


def encode(line: Line) -> bytes:
    """Return a line as it is written, with its newline."""
    return json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def digest(data: bytes) -> str:
    """Return the SHA-256 of bytes, hexadecimal."""
    return hashlib.sha256(data).hexdigest()


class Chain:
    """One such file, mode 600; it need not exist yet."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def add(self, **line: Any) -> Line:
        """Add a line and have it on the disk before returning it."""
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "r+b") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX)
            written = stream.read().splitlines(keepends=True)
            if written and not written[-1].endswith(b"\n"):
                # A power cut: what there is of the line stays, and shows.
                written[-1] += b"\n"
                stream.write(b"\n")
            full = {**line, "previous": digest(written[-1]) if written else NONE}
            stream.write(encode(full))
            stream.flush()
            os.fsync(stream.fileno())
        return full

    def lines(self) -> list[Line]:
        """Return the lines that can be read."""
        return [line for line in (_decode(raw) for raw in self._raw()) if line is not None]

    def faults(self) -> Iterator[str]:
        """Yield what is wrong with it, in French."""
        before = NONE
        for number, raw in enumerate(self._raw(), 1):
            line = _decode(raw)
            if line is None:
                yield f"{self.path.name}, ligne {number} : illisible"
            elif line.get("previous") != before:
                yield (
                    f"{self.path.name}, ligne {number} : ne suit pas la ligne précédente, "
                    "qui a été modifiée ou retirée"
                )
            before = digest(raw)

    def _raw(self) -> list[bytes]:
        try:
            return self.path.read_bytes().splitlines(keepends=True)
        except FileNotFoundError:
            return []


def _decode(raw: bytes) -> Line | None:
    try:
        found = json.loads(raw)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None

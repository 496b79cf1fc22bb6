"""Which files a drill takes back."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from mairie_backup.snapshots import moment
from mairie_restic import Message

UNREADABLE = "\ufffd"
"""What restic's JSON has for a byte that is not UTF-8: such a name cannot be asked for."""
WILD = frozenset("\\*?[]")


@dataclass(frozen=True, slots=True)
class SavedFile:
    """A regular file in a snapshot."""

    path: str
    size: int
    mtime: datetime

    @property
    def pattern(self) -> str:
        """Restic's pattern that means this path alone."""
        return escape(self.path)


def escape(path: str) -> str:
    """Return restic's pattern (Go's filepath.Match) that means this path alone."""
    return "".join(f"\\{char}" if char in WILD else char for char in path)


def files(messages: Iterable[Message]) -> Iterator[SavedFile]:
    """Yield the regular files of ``restic ls --json``."""
    for message in messages:
        if message.get("type") == "file":
            yield SavedFile(
                str(message["path"]), int(message.get("size", 0)), moment(str(message["mtime"]))
            )


def draw(candidates: Iterable[SavedFile], seed: str, count: int, max_bytes: int) -> list[SavedFile]:
    """Return some files, the same for the same seed: at most ``count``, at most ``max_bytes``."""
    able = sorted(
        (each for each in candidates if each.size <= max_bytes and UNREADABLE not in each.path),
        key=lambda each: each.path,
    )
    random.Random(seed).shuffle(able)  # noqa: S311 - a draw anybody may repeat, not a secret
    drawn: list[SavedFile] = []
    left = max_bytes
    for each in able:
        if len(drawn) == count:
            break
        if each.size <= left:
            drawn.append(each)
            left -= each.size
    return drawn

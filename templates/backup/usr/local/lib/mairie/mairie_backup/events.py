"""What a run says: JSON lines for programs, sentences for people and for the journal."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TextIO

Outcome = Literal["done", "incomplete", "failed", "link-down"]
What = Literal["backup", "restore", "drill"]
EXIT_CODES: dict[Outcome, int] = {"done": 0, "failed": 1, "link-down": 3, "incomplete": 5}
ERROR, WARNING, INFO = 3, 4, 6
"""Priorities of the journal (sd-daemon(3))."""
EVERY_S = 1.0
"""Progress is said at most so often."""
SETTLING_S = 60
"""After which even the pace of less than a hundredth says something."""


class StoppedError(BaseException):
    """Somebody ended the run: a signal, or whoever listened has gone. No error of the work's."""


@dataclass
class Reporter:
    """Says everything once, in one of two ways.

    Raises StoppedError when nobody listens any more, and is silent from then on.
    """

    as_json: bool
    out: TextIO = field(default_factory=lambda: sys.stdout)
    in_journal: bool = field(default_factory=lambda: "JOURNAL_STREAM" in os.environ)
    clock: Callable[[], float] = time.monotonic
    notes: list[str] = field(default_factory=list)
    """Warnings so far, for the state."""
    _said: float | None = None
    _deaf: bool = False

    def progress(
        self,
        what: What,
        *,
        done: int,
        total: int,
        files: int,
        seconds: float,
        left: float | None,
    ) -> None:
        """Say how far it is; ``total`` is 0 while unknown."""
        if not self.as_json:
            return  # a person has the bars of the command ``mairie``; the journal needs none
        now = self.clock()
        if self._said is not None and now - self._said < EVERY_S and done != total:
            return
        self._said = now
        self._line(
            kind="progress", what=what, done_bytes=done, total_bytes=total, files=files,
            seconds=round(seconds, 1), seconds_left=None if left is None else round(left),
        )  # fmt: skip

    def restoring(self, what: What, messages: Iterable[Mapping[str, Any]], total: int) -> float:
        """Say how far restic is from its messages; return the seconds to the last one."""
        began = self.clock()
        for message in messages:
            if message.get("message_type") == "status":
                done, seconds = int(message.get("bytes_restored", 0)), self.clock() - began
                self.progress(
                    what, done=done, total=total, files=int(message.get("files_restored", 0)),
                    seconds=seconds, left=seconds_left(done, total, seconds),
                )  # fmt: skip
        return round(self.clock() - began, 1)

    def note(self, text: str, priority: int = INFO) -> None:
        """Say something on the way."""
        if priority <= WARNING:
            self.notes.append(text)
        if self.as_json:
            self._line(kind="note", text=text)
        else:
            self._sentence(text, priority)

    def result(self, outcome: Outcome, text: str, **measures: Any) -> int:
        """Say how it ended; return the exit code."""
        if self.as_json:
            self._line(kind="result", outcome=outcome, text=text, **measures)
        else:
            priority = {"done": INFO, "failed": ERROR}.get(outcome, WARNING)
            self._sentence(text, priority)
        return EXIT_CODES[outcome]

    def row(self, kind: str, text: str, **values: Any) -> None:
        """Say one line of an answer: ``text`` to a person, the values to a program."""
        if self.as_json:
            self._line(kind=kind, **values)
        else:
            self._print(text)

    def _line(self, **values: Any) -> None:
        self._print(json.dumps(values, ensure_ascii=False))

    def _sentence(self, text: str, priority: int) -> None:
        mark = f"<{priority}>" if self.in_journal else ""
        self._print("\n".join(mark + line for line in text.splitlines()))

    def _print(self, text: str) -> None:
        if self._deaf:
            return
        try:
            print(text, file=self.out, flush=True)
        except BrokenPipeError as error:
            self._deaf = True
            raise StoppedError from error


def seconds_left(done: int, total: int, seconds: float) -> float | None:
    """Return how long the rest takes at the pace so far; None while nothing can be said."""
    if done <= 0 or total <= 0:
        return None
    # The first seconds go to opening the repository: their pace says nothing.
    if seconds < SETTLING_S and done * 100 < total:
        return None
    return max(0.0, (total - done) * seconds / done)


def size(count: float) -> str:
    """Return a number of bytes as French readers write it."""
    for unit in ("o", "ko", "Mo", "Go"):
        if count < 1000:
            number = f"{count:.0f}" if unit == "o" or count >= 100 else f"{count:.1f}"
            return f"{number.replace('.', ',')} {unit}"
        count /= 1000
    return f"{count:.1f} To".replace(".", ",")


def duration(seconds: float) -> str:
    """Return a duration for people: ``8 s``, ``3 min 20 s``, ``2 h 5 min``, ``3 j``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    if whole < 48 * 3600:
        return f"{whole // 3600} h {whole % 3600 // 60} min"
    return f"{whole // 86400} j"

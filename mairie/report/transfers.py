"""Backups, restores and drills on many hosts, while they last.

On a terminal a bar per host with bytes and remaining time, and a line that stays for each host that
is done; else plain lines, at most one per host and minute.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from rich.console import Console
from rich.progress import BarColumn, TextColumn
from rich.table import Column

from mairie.backups.ask import Answer
from mairie.backups.events import Event, Note
from mairie.backups.events import Progress as Far
from mairie.report import words
from mairie.report.answers import OUTCOMES, SIGNS, STYLES
from mairie.report.live import LiveLines

DOING: dict[str, str] = {
    "backup": "sauvegarde",
    "restore": "restauration",
    "drill": "exercice de restauration",
}
PLAIN_EVERY_S = 60
"""Seconds between two lines about a host where there is no terminal."""


class TransferProgress(LiveLines):
    """Live lines of transfers.

    Args:
        total: how many hosts will answer.
        console: where to write; on stderr, standard output stays data.
        clock: seconds that only go up.

    """

    def __init__(
        self, total: int, console: Console, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(
            console,
            BarColumn(bar_width=20),
            TextColumn("{task.fields[bytes]}", markup=False, table_column=Column(no_wrap=True)),
            TextColumn("{task.fields[left]}", markup=False, table_column=Column(no_wrap=True)),
        )
        self._total, self._clock = total, clock
        self._said: dict[str, float] = {}
        self._finished = 0

    def event(self, host: str, event: Event) -> None:
        """Show an event of a host."""
        with self._lock:
            if isinstance(event, Note):
                self._keep(host, event.text, "")
            elif isinstance(event, Far):
                self._far(host, event)

    def answer(self, answer: Answer) -> None:
        """Show that a host is finished, and how."""
        with self._lock:
            self._drop(answer.host)
            self._finished += 1
            line = (
                f"{SIGNS[answer.outcome]} {OUTCOMES[answer.outcome]} "
                f"({self._finished}/{self._total}, {words.duration(answer.duration_s)}) "
                f"{answer.text}"
            )
            self._keep(answer.host, line.rstrip(), STYLES[answer.outcome])

    def _far(self, host: str, far: Far) -> None:
        doing, done, left = DOING[far.what], bytes_done(far), time_left(far)
        if self._console.is_terminal:
            if host not in self._tasks:
                self._tasks[host] = self._live.add_task(
                    words.clean(host), total=None, bytes="", left="", now=""
                )
            self._live.update(
                self._tasks[host],
                total=far.total_bytes or None,
                completed=far.done_bytes,
                bytes=done,
                left=left,
                now=doing,
            )
        elif self._clock() - self._said.get(host, -PLAIN_EVERY_S) >= PLAIN_EVERY_S:
            self._said[host] = self._clock()
            self._keep(host, ", ".join(part for part in (doing, done, left) if part), "")


def bytes_done(far: Far) -> str:
    """Return ``1,2 Go sur 3,0 Go``; without a total, what was done."""
    done = words.size(far.done_bytes)
    return f"{done} sur {words.size(far.total_bytes)}" if far.total_bytes else done


def time_left(far: Far) -> str:
    """Return ``encore 3 min 05 s``; empty while nobody knows."""
    return "" if far.seconds_left is None else f"encore {words.duration(far.seconds_left)}"

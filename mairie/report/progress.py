"""What is happening now on many hosts at once, from their events.

On a terminal: a live line per host at work, and a line that stays for each host that is done. Not
on a terminal (CI, a file): plain lines and no escape sequence, one per thing worth keeping.
"""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TimeElapsedColumn

from mairie.host.events import Changed, ControlResult, Event, Failed, Operation, Started, Warned
from mairie.report import words
from mairie.report.live import LiveLines
from mairie.report.model import HostReport, Kind
from mairie.report.table import OUTCOME_STYLES, STYLES

DOING = {"apply": "déploie", "preview": "compare", "verify": "vérifie"}


class FleetProgress(LiveLines):
    """Live lines of a fleet.

    Args:
        total: how many reports will come, one per host and action.
        console: where to write; on stderr, standard output stays free for ``--json``.
        kind: what the run does, for the word of a host's status.

    """

    def __init__(self, total: int, console: Console, kind: Kind = "deploy") -> None:
        super().__init__(
            console, BarColumn(bar_width=20), MofNCompleteColumn(), TimeElapsedColumn()
        )
        self._kind, self._total = kind, total
        self._finished = 0
        self._all = self._live.add_task("en tout", total=total, now="")

    def event(self, host: str, event: Event) -> None:
        """Show an event of a host."""
        with self._lock:
            match event:
                case Started():
                    doing = DOING[event.action]
                    self._drop(host)
                    self._at(host, doing, total=event.operations or None)
                    self._plain(host, doing)
                case Operation():
                    self._at(host, event.name, done=event.number - 1, total=event.total)
                case ControlResult() if event.outcome == "pass":
                    self._at(host, f"{event.id} {event.title}", step=1)
                case ControlResult():
                    self._at(host, f"{event.id} {event.title}", step=1)
                    word = f"{words.SIGNS[event.outcome]} {words.OUTCOMES[event.outcome]}"
                    subject = f" [{event.subject}]" if event.subject else ""
                    line = f"{word} : {event.id} {event.title}{subject}"
                    self._plain(host, line)
                case Changed():
                    self._plain(host, f"modifié : {event.name}")
                case Warned():
                    self._keep(host, f"attention : {event.message}", OUTCOME_STYLES["unknown"])
                case Failed():
                    at = f"{event.operation} : " if event.operation else ""
                    self._keep(host, f"échec : {at}{event.message}", OUTCOME_STYLES["fail"])

    def done(self, report: HostReport) -> None:
        """Show that a host is finished with an action, and how."""
        with self._lock:
            self._drop(report.host)
            self._finished += 1
            self._live.update(self._all, completed=self._finished)
            status = words.status_word(report.status, self._kind)
            remark = words.why(report)
            line = (
                f"{words.STATUS_SIGNS[report.status]} {status} "
                f"({self._finished}/{self._total}, {words.duration(report.duration_s)})"
            )
            self._keep(report.host, f"{line} {remark}".rstrip(), STYLES[report.status])

    def _at(
        self,
        host: str,
        now: str,
        *,
        done: int | None = None,
        total: int | None = None,
        step: int | None = None,
    ) -> None:
        if host not in self._tasks:
            self._tasks[host] = self._live.add_task(words.clean(host), total=total, now="")
        task = self._tasks[host]
        self._live.update(
            task, total=total, completed=done, advance=step, now=words.clean(words.first_line(now))
        )

    def _plain(self, host: str, text: str) -> None:
        """Write a line where there is no live display to show it."""
        if not self._console.is_terminal:
            self._keep(host, text, "")

"""One host: ask ``mairie-backup`` something through its transport, follow it to its end."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from mairie.backups.events import (
    EXIT_STATUSES,
    Absent,
    End,
    Event,
    Note,
    Result,
    Snapshot,
    Status,
    decode,
)
from mairie.interruption import Interruption
from mairie.link import Link
from mairie.transport import Transport

Verb = Literal["now", "drill", "restore", "list", "status"]
Outcome = Literal[
    "done",
    "incomplete",
    "failed",
    "link-down",
    "unreachable",
    "lost",
    "stopped",
    "untouched",
    "absent",
]
"""``link-down``: the host did not reach its hub; ``unreachable``: we did not reach the host;
``lost``: we did, and no longer hear it; ``absent``: it has no brick ``backup``."""

CONNECT_S = 120
"""A host whose first line has not come by then is unreachable."""
SILENCE_S = 5 * 3_600
"""A host that says nothing for this long is no longer waited for: a large database takes hours to
load, without a word. A link that is dead is noticed by ssh, within minutes."""
TURN_S = 0.2

_SCRIPT = Path(__file__).with_name("ask.sh")
_READ_ONLY: frozenset[Verb] = frozenset({"list", "status"})
_STOPPED: dict[Verb, str] = {
    "now": "Arrêtée à la demande ; ce qui est arrivé au concentrateur ne sera pas renvoyé.",
    "restore": "Arrêtée à la demande ; la même commande reprend où elle en était.",
    "drill": "Arrêté à la demande ; rien n'a été conclu.",
    "list": "Arrêté à la demande.",
    "status": "Arrêté à la demande.",
}
_GOES_ON = "l'hôte continue seul ; plus tard : mairie backup status"


@dataclass(frozen=True, slots=True)
class Ask:
    """A question to one host."""

    host: str
    """Full host name."""
    transport: Transport
    verb: Verb
    arguments: tuple[str, ...] = ()
    """More arguments for ``mairie-backup``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of it."""

    host: str
    verb: Verb
    outcome: Outcome
    text: str = ""
    """One French sentence for a person."""
    measures: dict[str, Any] = field(default_factory=dict)
    snapshots: tuple[Snapshot, ...] = ()
    status: dict[str, Any] | None = None
    notes: tuple[str, ...] = ()
    duration_s: float = 0.0
    """Seconds, connection included."""


@dataclass(slots=True)
class _Heard:
    """What the host has said so far."""

    events: int = 0
    notes: list[str] = field(default_factory=list)
    snapshots: list[Snapshot] = field(default_factory=list)
    status: dict[str, Any] | None = None
    result: Result | None = None
    end: End | None = None
    absent: bool = False
    stray: str = ""
    """The last line that was no event."""
    stopped: bool = False
    """It was asked to stop."""
    gave_up: str = ""
    """Why it is no longer listened to."""

    def take(self, event: Event) -> None:
        self.events += 1
        match event:
            case Note():
                self.notes.append(event.text)
            case Snapshot():
                self.snapshots.append(event)
            case Status():
                self.status = event.facts
            case Result():
                self.result = event
            case Absent():
                self.absent = True
            case End():
                self.end = event


def ask(
    question: Ask,
    on_event: Callable[[Event], None] = lambda _: None,
    interruption: Interruption | None = None,
) -> Answer:
    """Ask one host and wait for its end.

    Args:
        question: what, and of whom.
        on_event: called with each event, from this thread.
        interruption: lets another thread stop this.

    """
    began = time.monotonic()
    heard = _Heard()
    argv = question.transport.argv(_SCRIPT.read_text(), question.verb, *question.arguments)
    link = Link(argv)
    try:
        _listen(link, heard, on_event, interruption or Interruption())
    finally:
        ended = heard.end is not None or heard.absent
        status, words = link.close(abort=ended or bool(heard.gave_up))
    trouble = "" if ended else question.transport.unreachable(status, words)
    outcome, text = _verdict(question.verb, heard, trouble, words)
    return Answer(
        host=question.host,
        verb=question.verb,
        outcome=outcome,
        text=text,
        measures=heard.result.measures if heard.result else {},
        snapshots=tuple(heard.snapshots),
        status=heard.status,
        notes=tuple(heard.notes),
        duration_s=round(time.monotonic() - began, 3),
    )


def _listen(
    link: Link, heard: _Heard, on_event: Callable[[Event], None], interruption: Interruption
) -> None:
    patience = CONNECT_S
    deadline = time.monotonic() + patience
    while True:
        if interruption.abandon.is_set():
            heard.gave_up = "plus attendu"
            return
        if interruption.stop.is_set() and not heard.stopped:
            heard.stopped = True
            link.send(b"stop\n")
        line = link.next_line(TURN_S)
        if line == b"":
            return
        if line is None:
            if time.monotonic() > deadline:
                heard.gave_up = f"aucune réponse en {patience} s"
                return
            continue
        event = decode(line)
        if event is None:
            heard.stray = line.decode(errors="replace").strip() or heard.stray
            continue
        heard.take(event)
        on_event(event)
        if isinstance(event, End | Absent):
            return
        patience = SILENCE_S
        deadline = time.monotonic() + patience


def _verdict(verb: Verb, heard: _Heard, trouble: str, words: str) -> tuple[Outcome, str]:
    """Return how it went and why.

    Args:
        verb: what was asked.
        heard: what the host said.
        trouble: why the way to the host failed, if it did.
        words: what came on stderr.

    """
    if heard.absent:
        return "absent", (
            "La brique backup n'est pas déployée sur cet hôte : mairie deploy, puis recommencer."
        )
    if heard.end is not None:
        return _ended(verb, heard, heard.end.status, words)
    why = heard.gave_up or trouble or _last(words) or heard.stray or "la liaison s'est fermée"
    if heard.events:
        left = "" if verb in _READ_ONLY else f" ; {_GOES_ON}"
        return "lost", f"Perdu de vue ({why}){left}."
    if heard.stopped:
        return "stopped", "Interrompu avant de commencer ou presque ; voir mairie backup status."
    return "unreachable", why


def _ended(verb: Verb, heard: _Heard, status: int, words: str) -> tuple[Outcome, str]:
    outcome = EXIT_STATUSES.get(status, "failed")
    if heard.stopped and status != 0:
        return "stopped", _STOPPED[verb]
    if heard.result is None:
        if status == 0 and verb in _READ_ONLY:
            return "done", ""
        said = _last(words) or heard.stray or "rien d'autre n'a été dit"
        return "failed" if outcome == "done" else outcome, (
            f"mairie-backup s'est terminé (code {status}) sans conclure : {said}"
        )
    if heard.result.outcome == "done" and outcome != "done":
        return outcome, f"Annoncé réussi, mais terminé avec le code {status} : {_last(words)}"
    return heard.result.outcome, heard.result.text


def _last(words: str) -> str:
    said = words.strip().splitlines()
    return said[-1] if said else ""

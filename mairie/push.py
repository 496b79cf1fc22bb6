"""One host: send it what it lacks, run one action there, follow its events. One connection."""

from __future__ import annotations

import getpass
import json
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from mairie.archive import Archive
from mairie.bundle import Bundle
from mairie.connection import Connection
from mairie.host.events import (
    Action,
    Changed,
    ControlResult,
    Done,
    Event,
    EventError,
    Failed,
    Order,
    Started,
    Warned,
    decode,
)
from mairie.interruption import Interruption
from mairie.runtime import RuntimeBuildError
from mairie.transport import Transport

Status = Literal["done", "failed", "unreachable", "stopped", "untouched"]
"""``stopped``: on request, after the brick in hand; ``untouched``: never begun."""

SILENCE_S = 1_800
"""A host that says nothing for this long is given up (it may still be working)."""
CONNECT_S = 120
"""A host whose first line has not come by then is unreachable."""
PYTHON_INSTALL_S = 900


@dataclass(frozen=True, slots=True)
class Target:
    """A host and the way to it."""

    name: str
    transport: Transport


@dataclass(frozen=True, slots=True, kw_only=True)
class HostOutcome:
    """What came of one action on one host."""

    name: str
    action: Action
    status: Status
    message: str = ""
    """Why, when the status is not ``done``."""
    failed: Failed | None = None
    operations: int = 0
    changed: tuple[Changed, ...] = ()
    warnings: tuple[str, ...] = ()
    results: tuple[ControlResult, ...] = ()
    duration_s: float = 0.0
    """Seconds, connection included."""

    @property
    def conforming(self) -> bool:
        """Whether controls ran and every one passed."""
        return bool(self.results) and all(result.outcome == "pass" for result in self.results)


class Hello(msgspec.Struct, frozen=True, kw_only=True):
    """The receiver's first line (mairie/host/receive.py)."""

    mairie: int
    platform: str
    """``<machine>-<python>``: ``x86_64-3.13``."""
    need: tuple[Literal["runtime", "bundle"], ...]


class PushError(RuntimeError):
    """The host answered something else than its end of the protocol."""


class LostError(PushError):
    """Nothing comes from the host any more, or nobody waits for it."""


class UntouchedError(PushError):
    """Interrupted before the host had begun."""


@dataclass(slots=True)
class _Seen:
    """What a host has said so far."""

    warnings: list[str] = field(default_factory=list)
    changed: list[Changed] = field(default_factory=list)
    results: list[ControlResult] = field(default_factory=list)
    failed: Failed | None = None
    started: Started | None = None
    done: Done | None = None

    def take(self, event: Event) -> None:
        match event:
            case Warned():
                self.warnings.append(event.message)
            case Changed():
                self.changed.append(event)
            case ControlResult():
                self.results.append(event)
            case Failed():
                self.failed = self.failed or event
            case Started():
                self.started = event
            case Done():
                self.done = event


def push(
    target: Target,
    bundle: Bundle,
    order: Order,
    *,
    runtime: Callable[[str], Archive],
    known_runtimes: dict[str, str],
    on_event: Callable[[Event], None] = lambda _: None,
    interruption: Interruption | None = None,
) -> HostOutcome:
    """Run one action on one host and wait for its end.

    Args:
        target: the host.
        bundle: its bundle.
        order: what to do.
        runtime: gives the runtime for a platform, when the host lacks it.
        known_runtimes: digests of runtimes by platform, so that a host can tell at once.
        on_event: called with each event, from this thread.
        interruption: lets another thread stop this.

    """
    began = time.monotonic()
    seen = _Seen()
    connection = Connection(target.transport, bundle, order, known_runtimes)
    conversation = _Conversation(connection, bundle, runtime)
    trouble = ""
    lost = untouched = False
    try:
        conversation.hold(seen, on_event, interruption or Interruption())
    except (PushError, RuntimeBuildError) as error:
        trouble = str(error)
        lost = isinstance(error, LostError)
        untouched = isinstance(error, UntouchedError)
    status, words = connection.close(abort=bool(trouble) or seen.done is not None)
    if not trouble:
        trouble = target.transport.unreachable(status, words)
        lost = bool(trouble)
    last = words.strip().splitlines()[-1:] or [f"the connection ended with status {status}"]
    trouble = trouble or f"The host did not start the work: {last[0]}"
    verdict, message = _verdict(seen, trouble, lost=lost)
    if untouched:
        verdict = "untouched"
    return HostOutcome(
        name=target.name,
        action=order.action,
        status=verdict,
        message=message,
        failed=seen.failed,
        operations=seen.done.operations if seen.done else 0,
        changed=tuple(seen.changed),
        warnings=tuple(seen.warnings),
        results=tuple(seen.results),
        duration_s=round(time.monotonic() - began, 3),
    )


def _verdict(seen: _Seen, trouble: str, *, lost: bool) -> tuple[Status, str]:
    """Return the status and why.

    Args:
        seen: what the host said.
        trouble: what went wrong beside that, if it is known.
        lost: whether the way to the host is what failed.

    """
    if seen.done is not None and seen.done.stopped:
        changed = seen.started is not None and seen.started.action == "apply"
        after = " after the brick in hand; deploy again to finish" if changed else ""
        return "stopped", f"Stopped on request{after}."
    if seen.done is not None and seen.done.ok:
        return "done", ""
    if seen.failed is not None:
        return "failed", seen.failed.message
    if seen.started is not None:
        return "unreachable", f"Lost while it was working, which it goes on doing: {trouble}"
    return ("unreachable" if lost else "failed"), trouble


class _Conversation:
    """What is said with one host from its first line to its last."""

    def __init__(
        self, connection: Connection, bundle: Bundle, runtime: Callable[[str], Archive]
    ) -> None:
        self._connection = connection
        self._bundle = bundle
        self._runtime = runtime
        self._greeted = False

    def hold(
        self, seen: _Seen, on_event: Callable[[Event], None], interruption: Interruption
    ) -> None:
        """Talk until the host's last event, or its silence.

        Raises:
            PushError: silence, an answer that makes no sense, or an interruption before the start.

        """
        asked_to_stop = False
        patience = CONNECT_S
        deadline = time.monotonic() + patience
        while True:
            if interruption.abandon.is_set():
                raise LostError("It was not waited for.")
            if interruption.stop.is_set() and not asked_to_stop:
                asked_to_stop = True
                if not self._greeted:
                    raise UntouchedError("Interrupted before it began.")
                self._connection.send(b"stop\n")
            line = self._connection.next_line(0.2)
            if line == b"":
                return
            if line is not None:
                event = self._take(line)
                if event is not None:
                    seen.take(event)
                    on_event(event)
                if isinstance(event, Done):
                    return
                patience = SILENCE_S if self._greeted else PYTHON_INSTALL_S
                deadline = time.monotonic() + patience
            elif time.monotonic() > deadline:
                raise LostError(f"It said nothing for {patience} s.")

    def _take(self, line: bytes) -> Event | None:
        if not self._greeted and b'"mairie"' in line:
            self._greeted = True
            self._send_parts(msgspec.json.decode(line, type=Hello))
            return None
        try:
            return decode(line)
        except EventError as error:
            if self._greeted:
                raise PushError(str(error)) from error
            return None  # words of a login shell

    def _send_parts(self, hello: Hello) -> None:
        for part in hello.need:
            bundled = part == "bundle"
            archive = self._bundle.archive if bundled else self._runtime(hello.platform)
            header = {"size": len(archive.data), "digest": archive.digest}
            self._connection.send(json.dumps(header).encode() + b"\n" + archive.data)


def whoami() -> str:
    """Return who asks, for the person who finds the host busy: ``user@machine``."""
    return f"{getpass.getuser()}@{socket.gethostname()}"

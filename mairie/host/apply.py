"""Apply this host's bundle with pyinfra ``@local``, or say what applying it would change.

Run as ``python3 -m mairie.host.apply BUNDLE ORDER`` in a process of its own (gevent patches the
standard library); events go to stdout, one JSON object per line.
"""

from __future__ import annotations

# isort: off
import pyinfra_cli  # noqa: F401 - patches the standard library for gevent: before all else

# isort: on
import fcntl
import json
import logging
import os
import runpy
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import FrameType

import gevent
import msgspec
from pyinfra.api.config import Config
from pyinfra.api.connect import connect_all
from pyinfra.api.host import Host
from pyinfra.api.inventory import Inventory
from pyinfra.api.operations import run_ops
from pyinfra.api.state import BaseStateCallback, State, StateStage
from pyinfra.context import ctx_config, ctx_host, ctx_inventory, ctx_state

from mairie.host.confirm import begin, conclude
from mairie.host.deploy import ONLY_KEY, PLAN_KEY, SECRETS_KEY
from mairie.host.events import (
    MAX_TEXT,
    Changed,
    Done,
    EventWriter,
    Failed,
    Operation,
    Order,
    Started,
    Warned,
)
from mairie.host.preview import foresee
from mairie.host.state import LOCK
from mairie.plan.codec import from_json
from mairie.plan.host import HostPlan, HostSecrets

LOCAL = "@local"


class Stop(Exception):  # noqa: N818 - not an error
    """The operator asked to stop, and the brick in hand is finished."""


class Refusal(Exception):  # noqa: N818 - the word for the person who reads it
    """The work cannot go on; the message says why."""


class PyinfraLog(logging.Handler):
    """What pyinfra says: warnings become events, errors are kept for the failure's output."""

    def __init__(self, write: EventWriter) -> None:
        super().__init__(logging.WARNING)
        self._write = write
        self.errors: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Take one line."""
        message = record.getMessage().replace(f"[{LOCAL}]", "").strip()
        if record.levelno >= logging.ERROR:
            if not message.startswith("Error: executed"):
                self.errors.append(message)
        else:
            self._write(Warned(message=message))


class Progress(BaseStateCallback):
    """Turns pyinfra's callbacks into events."""

    def __init__(self, write: EventWriter, log: PyinfraLog, total: int) -> None:
        self._write = write
        self._log = log
        self.total = total
        self.number = 0
        self.changed = 0
        self.name = ""
        self.stopping = False

    def operation_start(self, state: State, op_hash: str) -> None:  # type: ignore[override]
        """Announce an operation, or stop before it when a brick has just ended."""
        name = operation_name(state, op_hash)
        if self.stopping and _brick(name) != _brick(self.name):
            raise Stop
        self.number += 1
        self.name = name
        self._log.errors.clear()
        self._write(Operation(number=self.number, total=self.total, name=name))

    def operation_end(self, state: State, op_hash: str) -> None:  # type: ignore[override]
        """Say that it changed something, if it did."""
        host = state.inventory.get_host(LOCAL)
        if state.get_op_data_for_host(host, op_hash).operation_meta.did_change():
            self.changed += 1
            self._write(Changed(number=self.number, name=self.name))


def operation_name(state: State, op_hash: str) -> str:
    """Return the operation's name as the deploy script gave it."""
    return ", ".join(sorted(state.get_op_meta(op_hash).names))


def _brick(name: str) -> str:
    return name.partition(":")[0]


def secret_values(value: object) -> Iterator[str]:
    """Yield every string of a nested value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from secret_values(list(value.values()))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from secret_values(item)


def local_state(plan: HostPlan, secrets: HostSecrets, only: Iterable[str]) -> tuple[State, Host]:
    """Return pyinfra's state with this machine as its only host, connected."""
    data = {PLAN_KEY: plan, SECRETS_KEY: secrets, ONLY_KEY: tuple(only)}
    inventory = Inventory(([(LOCAL, data)], {}))
    config = Config()
    # What an operation would change is known when it runs; looking twice costs time for nothing.
    state = State(inventory, config, check_for_changes=False)
    ctx_config.set(config)
    ctx_inventory.set(inventory)
    ctx_state.set(state)
    state.set_stage(StateStage.Connect)
    connect_all(state)
    return state, inventory.get_host(LOCAL)


def load_deploy(state: State, host: Host, script: Path) -> None:
    """Run the deploy script so that it registers its operations.

    Raises:
        Refusal: the script failed; names the line.

    """
    state.set_stage(StateStage.Prepare)
    state.cwd = str(script.parent.parent)
    state.current_deploy_filename = str(script)
    with ctx_host.use(host), ctx_config.use(state.config.copy()):
        try:
            runpy.run_path(str(script))
        except Exception as error:
            raise Refusal(_blame(error, script.parent)) from error


def _blame(error: Exception, deploys: Path) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if frame.filename.startswith(str(deploys))]
    where = f"deploys/{Path(own[-1].filename).name}, line {own[-1].lineno}: " if own else ""
    return f"{where}{type(error).__name__}: {error}"


def take_lock(who: str) -> int:
    """Make sure that no other bundle is being applied; the lock lasts as long as this process.

    Raises:
        Refusal: another one is; says whose and since when.

    """
    LOCK.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(descriptor, 500, 0).decode(errors="replace").strip()
        raise Refusal(
            f"Another deploy is running on this host ({holder or 'it has just begun'}). "
            "Wait until it ends, then run the command again."
        ) from None
    os.ftruncate(descriptor, 0)
    since = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime())
    os.pwrite(descriptor, f"{who or 'somebody'}, since {since}, process {os.getpid()}".encode(), 0)
    return descriptor


def execute(state: State, progress: Progress) -> None:
    """Run every operation in order.

    Raises:
        Stop: asked to, between two bricks.
        Exception: whatever pyinfra raises when an operation fails.

    """
    state.add_callback_handler(progress)
    state.set_stage(StateStage.Execute)
    run_ops(state)


def apply(bundle: Path, order: Order, write: EventWriter, log: PyinfraLog) -> Done:
    """Apply or preview; the returned event ends the run."""
    plan = from_json((bundle / "plan.json").read_bytes(), HostPlan)
    secrets = from_json((bundle / "secrets.json").read_bytes(), HostSecrets)
    if order.action == "apply":
        take_lock(order.who)
    state, host = local_state(plan, secrets, order.only)
    load_deploy(state, host, bundle / "deploys" / "site.py")
    total = len(state.get_op_order())
    bricks = tuple(b for b in plan.bricks if not order.only or b in order.only)
    write(Started(host=plan.name, action=order.action, bricks=bricks, operations=total))
    if order.action == "preview":
        changed = foresee(state, host, write)
        return Done(ok=True, operations=total, changed=changed, duration_s=write.elapsed())
    progress = Progress(write, log, total)

    def stop() -> None:
        progress.stopping = True

    gevent.signal_handler(signal.SIGTERM, stop)
    try:
        before = begin(plan, bricks)
    except (OSError, subprocess.CalledProcessError) as error:
        raise Refusal(f"The copy to come back to could not be made: {error}") from error
    ok = stopped = False
    try:
        execute(state, progress)
        ok = True
    except Stop:
        stopped = True
    except Exception as error:  # pyinfra raises many kinds; each means that the operation failed
        write(_failure(progress, log, error))
    if before is not None and (
        lost := conclude(plan, before, changed=progress.changed > 0 or not ok)
    ):
        write(Failed(message=lost))
        ok = False
    return Done(
        ok=ok,
        stopped=stopped,
        operations=progress.number,
        changed=progress.changed,
        duration_s=write.elapsed(),
    )


def _failure(progress: Progress, log: PyinfraLog, error: Exception) -> Failed:
    reason = str(error)
    if reason == "No hosts remaining!":
        reason = log.errors[-1] if log.errors else "the operation failed without a word"
    return Failed(
        operation=progress.name,
        message=f"{progress.name}: {reason}",
        output="\n".join(log.errors)[-MAX_TEXT:],
    )


def give_up(write: EventWriter, limit_s: int) -> None:
    """End this process and everything it started."""
    write(Failed(message=f"The deploy did not end within {limit_s} s and was given up."))
    write(Done(ok=False, duration_s=write.elapsed()))
    os.killpg(0, signal.SIGKILL)


def main(bundle: str, order_json: str) -> int:
    """Serve one order; return the exit status."""
    folder = Path(bundle)
    order = msgspec.json.decode(order_json, type=Order)
    # Only events may reach stdout: whatever a deploy prints goes to stderr.
    events = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    write = EventWriter(events, secret_values(json.loads((folder / "secrets.json").read_bytes())))
    log = PyinfraLog(write)
    logger = logging.getLogger("pyinfra")
    logger.addHandler(log)
    logger.propagate = False
    if os.getpgrp() == os.getpid():
        gevent.spawn_later(order.limit_s, give_up, write, order.limit_s)
    try:
        done = apply(folder, order, write, log)
    except Refusal as refusal:
        write(Failed(message=str(refusal), output="\n".join(log.errors)[-MAX_TEXT:]))
        done = Done(ok=False, duration_s=write.elapsed())
    write(done)
    return 0 if done.ok or done.stopped else 1


def _ignore(signum: int, frame: FrameType | None) -> None:
    """Leave a signal without effect."""


if __name__ == "__main__":
    signal.signal(signal.SIGHUP, _ignore)
    sys.exit(main(sys.argv[1], sys.argv[2]))

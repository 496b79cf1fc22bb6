"""Which process a lab belongs to, so that nothing stays when it ends or is killed."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType


def this_process() -> str:
    """Return a name of this process that no later process has."""
    return f"{os.getpid()}:{_started(os.getpid())}"


def is_alive(owner: str) -> bool:
    """Return whether the process named by ``this_process`` still runs."""
    pid, started = owner.split(":")
    return _started(int(pid)) == started


@contextmanager
def signals_end_politely() -> Iterator[None]:
    """Turn SIGTERM and SIGHUP into SystemExit, so that ``with`` blocks are left as on Ctrl-C.

    Leaves alone signals that are handled or ignored already (nohup), and other threads.
    """
    before = {}
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) == signal.SIG_DFL:
                before[number] = signal.signal(number, _leave)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _leave(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def _started(pid: int) -> str:
    """Return when a process started, in clock ticks since the machine's boot, or nothing."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19]
    except (FileNotFoundError, ProcessLookupError):
        return ""

"""Ctrl-C while hosts are at work: the first one asks them to stop, the second one leaves them."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


class Interruption:
    """What the person at the keyboard asked for; shared by all hosts of a run."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        """Begin nothing new; hosts at work stop at the next point where that is safe."""
        self.abandon = threading.Event()
        """Do not wait for them either: they go on alone."""


@contextmanager
def interruptible(interruption: Interruption, announce: Callable[[], None]) -> Iterator[None]:
    """Turn SIGINT and SIGTERM into requests while the block lasts. Main thread only.

    Args:
        interruption: set ``stop`` at the first signal and ``abandon`` at the next one.
        announce: called at the first one.

    """

    def interrupt(signum: int, frame: FrameType | None) -> None:
        del signum, frame
        if interruption.stop.is_set():
            interruption.abandon.set()
            return
        interruption.stop.set()
        announce()

    before = {
        number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

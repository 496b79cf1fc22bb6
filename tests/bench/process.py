"""A fresh process, timed from outside: wall time, processor time, peak memory."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Spent:
    """What one process cost."""

    status: int
    """Exit status; negative: the signal that ended it."""
    wall_s: float
    cpu_s: float
    """Of the process and of the children it waited for."""
    peak_mb: float
    output: str
    """stdout and stderr together."""
    timed_out: bool


def run(
    argv: Sequence[object],
    *,
    limit_s: float,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Spent:
    """Run a command in a session of its own; after ``limit_s`` seconds the whole session ends."""
    began = time.monotonic()
    process = subprocess.Popen(
        [str(word) for word in argv],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, **(environment or {})},
        cwd=folder,
        start_new_session=True,
    )
    expired = threading.Event()

    def expire() -> None:
        expired.set()
        os.killpg(process.pid, signal.SIGKILL)

    timer = threading.Timer(limit_s, expire)
    timer.start()
    try:
        assert process.stdout is not None
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
    finally:
        timer.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    return Spent(
        status=process.returncode,
        wall_s=time.monotonic() - began,
        cpu_s=usage.ru_utime + usage.ru_stime,
        peak_mb=usage.ru_maxrss / 1024,
        output=output.decode(errors="replace"),
        timed_out=expired.is_set(),
    )

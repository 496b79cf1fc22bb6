"""A fresh process, timed from outside: wall time, processor time, peak memory."""

from __future__ import annotations

import contextlib
import json
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

# A small process in between: the peak memory of a child counts that of the process it was forked
# from. Its last line of output says what the command cost.
WATCH = """import json, os, sys, time
began = time.monotonic()
pid = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(pid, 0)
print()
print(json.dumps({"status": os.waitstatus_to_exitcode(status),
                  "wall_s": time.monotonic() - began,
                  "cpu_s": usage.ru_utime + usage.ru_stime,
                  "peak_mb": usage.ru_maxrss / 1024}), flush=True)
"""


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
    """Run a command; after ``limit_s`` seconds it is ended with everything it started."""
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", WATCH, *(str(word) for word in argv)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, **(environment or {})},
        cwd=folder,
        start_new_session=True,
        text=True,
        errors="replace",
    )
    try:
        output, _ = process.communicate(timeout=limit_s)
    except subprocess.TimeoutExpired:
        _end(process.pid)
        output, _ = process.communicate()
        cut = time.monotonic() - began
        return Spent(-signal.SIGKILL, cut, math.nan, math.nan, output, timed_out=True)
    except BaseException:  # interrupted: nothing may stay behind
        _end(process.pid)
        raise
    output, _, cost = output.removesuffix("\n").rpartition("\n")
    return Spent(**json.loads(cost), output=output, timed_out=False)


def _end(pid: int) -> None:
    """Kill a process and its descendants, those in sessions of their own too (Ansible's)."""
    children: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has just ended
            parent = int(path.read_text().rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(path.parent.name))
    found = [pid]
    for one in found:
        found += children.get(one, [])
    for one in found:
        with contextlib.suppress(ProcessLookupError):
            os.kill(one, signal.SIGKILL)

"""What a process cost, as the bench says it."""

from __future__ import annotations

import sys

from tests.bench.process import run


def test_status_output_and_memory_are_the_command_s_own() -> None:
    ballast = bytearray(200_000_000)
    ballast[::4096] = b"x" * len(ballast[::4096])
    spent = run([sys.executable, "-c", "print('one'); print('two'); exit(3)"], limit_s=60)
    assert (spent.status, spent.output, spent.timed_out) == (3, "one\ntwo\n", False)
    assert 0 < spent.peak_mb < 100, "not this process's own memory"


def test_a_command_that_takes_too_long_is_ended_with_its_children() -> None:
    script = "echo begun; setsid sleep 300 & sleep 300"
    spent = run(["sh", "-c", script], limit_s=3)
    assert spent.timed_out
    assert 3 <= spent.wall_s < 60
    assert spent.output == "begun\n"

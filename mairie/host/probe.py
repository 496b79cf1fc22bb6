"""Commands of controls: each runs once per verification, slow ones side by side."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

TIMEOUT_S = 60
"""A walk over the whole disk of a slow, busy machine takes half a minute."""
PARALLEL = 8


@dataclass(frozen=True, slots=True)
class Output:
    """What a command gave back."""

    command: str
    rc: int
    """Exit status; 137 when it was killed for taking longer than TIMEOUT_S."""
    stdout: str
    stderr: str

    @property
    def ok(self) -> bool:
        """Whether it ended with status 0."""
        return self.rc == 0

    @property
    def lines(self) -> list[str]:
        """Lines of stdout, without empty ones."""
        return [line for line in self.stdout.splitlines() if line.strip()]


class CannotLookError(Exception):
    """A control could not see: its outcome is unknown."""


def said(output: Output) -> str:
    """Return stdout of a command that had to succeed.

    Raises:
        CannotLookError: it failed.

    """
    if not output.ok:
        raise CannotLookError(f"« {output.command[:80]} » : {output.stderr.strip()[-300:]}")
    return output.stdout


def as_json(output: Output) -> Any:
    """Return what a command that had to succeed said in JSON; nothing said is an empty list.

    Raises:
        CannotLookError: it failed.

    """
    return json.loads(said(output) or "[]")


class Probe:
    """Runs shell commands on this machine and remembers what they said.

    Controls look, they do not change: so the same command is never run twice in one verification.
    """

    def __init__(self) -> None:
        self._known: dict[str, Output] = {}
        self._begun: dict[str, Future[Output]] = {}
        self._pool = ThreadPoolExecutor(PARALLEL)

    def start(self, commands: Iterable[str]) -> None:
        """Begin slow commands side by side, while other controls look; none begins twice."""
        for command in commands:
            if command not in self._known and command not in self._begun:
                self._begun[command] = self._pool.submit(_run, command)

    def __call__(self, command: str) -> Output:
        """Return the output of one POSIX shell command, when it has ended."""
        if command not in self._known:
            begun = self._begun.get(command)
            in_hand = begun is not None and not begun.cancel()
            self._known[command] = begun.result() if begun and in_hand else _run(command)
        return self._known[command]


def _run(command: str) -> Output:
    with subprocess.Popen(
        ["sh", "-c", command],
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
    ) as shell:
        try:
            stdout, stderr = shell.communicate(timeout=TIMEOUT_S)
        except subprocess.TimeoutExpired:
            os.killpg(shell.pid, signal.SIGKILL)  # with all that it has started
            stdout, stderr = shell.communicate()
            return Output(command, 128 + signal.SIGKILL, stdout, stderr)
    return Output(command, shell.returncode, stdout, stderr)

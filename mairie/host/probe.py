"""Commands of controls: each runs once per verification, many in one go where asked."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

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


class Probe:
    """Runs shell commands on this machine and remembers what they said.

    Controls look, they do not change: so the same command is never run twice in one verification.
    """

    def __init__(self) -> None:
        self._known: dict[str, Output] = {}

    def __call__(self, command: str) -> Output:
        """Return the output of one POSIX shell command."""
        if command not in self._known:
            done = subprocess.run(
                ["timeout", "-s", "KILL", str(TIMEOUT_S), "sh", "-c", command],
                cwd="/",
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
            )
            self._known[command] = Output(command, done.returncode, done.stdout, done.stderr)
        return self._known[command]

    def load(self, commands: Iterable[str]) -> None:
        """Run those not known yet, several at a time, in one subprocess."""
        wanted = [c for c in dict.fromkeys(commands) if c not in self._known]
        if not wanted:
            return
        with tempfile.TemporaryDirectory(prefix="mairie-probe-") as name:
            folder = Path(name)
            for number, command in enumerate(wanted):
                (folder / f"{number}.sh").write_text(f"{command}\n")
            script = "\n".join(_launch(folder / str(n), n) for n in range(len(wanted)))
            subprocess.run(
                ["sh", "-c", f"{script}\nwait"], cwd="/", stdin=subprocess.DEVNULL, check=False
            )
            for number, command in enumerate(wanted):
                self._known[command] = Output(
                    command,
                    int((folder / f"{number}.rc").read_text()),
                    (folder / f"{number}.out").read_text(errors="replace"),
                    (folder / f"{number}.err").read_text(errors="replace"),
                )


def _launch(path: Path, number: int) -> str:
    run = f"timeout -s KILL {TIMEOUT_S} sh {path}.sh >{path}.out 2>{path}.err"
    wait = "\nwait" if number % PARALLEL == PARALLEL - 1 else ""
    return f"( {run}; echo $? >{path}.rc ) &{wait}"

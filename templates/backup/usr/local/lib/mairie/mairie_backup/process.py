"""Other programs, run with a time limit and without surprises."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
SAID = 400
"""Characters of its last words that a failure carries."""


class ProcessError(Exception):
    """A program failed or took too long; the message says which and what it said last."""


def as_user(user: str, argv: Sequence[str]) -> list[str]:
    """Return the command run as another account, by root."""
    return ["runuser", "-u", user, "--", *argv]


def run(
    argv: Sequence[str],
    *,
    limit_s: float,
    stdin: IO[bytes] | None = None,
    stdout: IO[bytes] | None = None,
    environment: Mapping[str, str] | None = None,
    folder: Path = Path("/"),
) -> str:
    """Run a command and return its output, empty when it goes to ``stdout``.

    It and its children end with the time limit. Raises ProcessError.
    """
    name = _name(argv)
    try:
        process = subprocess.Popen(
            argv,
            stdin=stdin or subprocess.DEVNULL,
            stdout=stdout or subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=folder,
            env={"PATH": PATH, "LANG": "C.UTF-8", **(environment or {})},
            start_new_session=True,
        )
    except OSError as error:
        raise ProcessError(f"{name} ne se lance pas : {error.strerror}") from error
    try:
        output, errors = process.communicate(timeout=limit_s)
    except subprocess.TimeoutExpired as error:
        raise ProcessError(f"{name} a dépassé {limit_s:.0f} s") from error
    finally:
        _end(process)
    if process.returncode != 0:
        said = _last(errors) or _last(output or b"")
        raise ProcessError(f"{name} a échoué (code {process.returncode}) : {said}")
    return (output or b"").decode(errors="replace")


def _end(process: subprocess.Popen[bytes]) -> None:
    """End what still runs of the command's own session."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def _name(argv: Sequence[str]) -> str:
    words = argv[argv.index("--") + 1 :] if argv[0] == "runuser" else argv
    return Path(words[0]).name


def _last(output: bytes) -> str:
    return output.decode(errors="replace").strip()[-SAID:]

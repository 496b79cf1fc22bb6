"""What the running Asterisk says of itself, for controls."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path

from mairie.host.probe import CannotLookError, Probe

STARTING = timedelta(seconds=20)
"""What it writes so soon after its start, it writes about its start."""
_LINE = re.compile(r"^\[([^]]+)\] (?:(NOTICE|WARNING|ERROR)\[|Asterisk )")


def asked(command: str) -> str:
    """Return the shell command that asks the running Asterisk."""
    return f"asterisk -rx '{command}'"


def told(probe: Probe, command: str) -> str:
    """Return what Asterisk answers.

    Raises:
        CannotLookError: it does not run.

    """
    output = probe(asked(command))
    if not output.ok:
        raise CannotLookError(f"Asterisk ne répond pas : {output.stderr.strip()[-200:]}")
    return output.stdout


def names(probe: Probe, kind: str, word: str) -> set[str]:
    """Return the names of SIP objects: lines that begin with a word in a listing.

    Args:
        probe: runs the command.
        kind: as ``pjsip list`` has it: ``endpoints``.
        word: ``Endpoint``.

    """
    listed = told(probe, f"pjsip list {kind}")
    found = re.findall(rf"^\s*{word}:\s+(\S+)", listed, re.MULTILINE)
    return {name.partition("/")[0] for name in found if not name.startswith("<")}


def faults_at_start(log: Path, but: str) -> list[str]:
    """Return warnings and errors of the last start.

    Args:
        log: Asterisk's messages.
        but: regular expression of those that do not count.

    Raises:
        CannotLookError: the log does not tell when that was.

    """
    found: list[str] = []
    started: datetime | None = None
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    for line in lines:
        match = _LINE.match(line)
        if match is None:
            continue
        at = datetime.strptime(match[1], "%Y-%m-%dT%H:%M:%S%z")
        if match[2] is None:
            started, found = at, []
        elif started is not None and match[2] != "NOTICE" and at - started <= STARTING:
            if re.search(but, line):
                continue
            found.append(line)
    if started is None:
        raise CannotLookError(f"{log} ne dit pas quand Asterisk a démarré")
    return found

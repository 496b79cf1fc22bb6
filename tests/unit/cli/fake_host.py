"""A host that is a folder: its ``mairie-backup`` is a script of the test."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class FakeHost:
    """A transport.

    What runs on the host is in a session of its own behind two pipes, as behind ssh: when the local
    command is killed, it sees its pipes close and nothing else.
    """

    folder: Path
    broken: str = ""
    """What the local command says when it fails as ssh does."""

    def argv(self, script: str, *arguments: str) -> list[str]:
        if self.broken:
            return ["sh", "-c", f"echo '{self.broken}' >&2; exit 255"]
        path = f"PATH={self.folder}:{os.environ['PATH']}"
        relay = 'cat | setsid --wait "$@" | cat'
        return ["sh", "-c", relay, "link", "env", path, "sh", "-c", script, "mairie", *arguments]

    def unreachable(self, status: int, stderr: str) -> str:
        return f"cannot be reached by ssh: {stderr.strip()}" if status == 255 else ""


def fake_host(folder: Path, script: str, name: str = "mairie-backup") -> FakeHost:
    """Make a host whose program is this text of sh; its arguments are kept in ``asked``."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / name
    program.write_text(f'#!/bin/sh\necho "$@" >>"{folder}/asked"\n{script}\n')
    program.chmod(0o755)
    return FakeHost(folder)

"""pyinfra facts of what mairie itself puts on a host."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import dataclass

from pyinfra.api.facts import FactBase

from mairie.host.state import FILES, PENDING


@dataclass(frozen=True)
class FileState:
    """What stands at a path; ``kind`` as ``stat`` says it (``regular file``, ``directory``)."""

    kind: str
    mode: str
    """Octal digits without a leading zero: ``644``, ``600``, ``4755``."""
    owner: str
    group: str
    sha256: str
    """Empty for what is not a regular file."""


class ManagedFile(FactBase[FileState | None]):
    """State of one path in one command; None when nothing is there. Links are not followed."""

    def command(self, path: str) -> str:
        """Return the command, for any POSIX shell with coreutils."""
        p = shlex.quote(path)
        return (
            f"if [ -e {p} ] || [ -L {p} ]; then stat -c '%F|%a|%U|%G' {p}; "
            f"if [ -f {p} ] && [ ! -L {p} ]; then sha256sum < {p}; fi; fi"
        )

    def process(self, output: list[str]) -> FileState | None:
        """Read the lines of ``stat`` and ``sha256sum``."""
        kind, mode, owner, group = output[0].split("|")
        digest = output[1].split()[0] if len(output) > 1 else ""
        kind = kind.replace("regular empty file", "regular file")
        return FileState(kind=kind, mode=mode, owner=owner, group=group, sha256=digest)


class PlacedFiles(FactBase[Iterable[str]]):
    """The paths a brick placed last time, in the order of its list."""

    @staticmethod
    def default() -> tuple[str, ...]:
        """Nothing placed yet."""
        return ()

    def command(self, brick: str) -> str:
        """Return the command; a list that is not there reads as empty."""
        path = shlex.quote(str(FILES / brick))
        return f"if [ -f {path} ]; then cat {path}; fi"

    def process(self, output: list[str]) -> tuple[str, ...]:
        """One path per line."""
        return tuple(line for line in output if line.startswith("/"))


class _Listing(FactBase[Iterable[str]]):
    directory = FILES

    @staticmethod
    def default() -> tuple[str, ...]:
        """Nothing there."""
        return ()

    def command(self) -> str:
        """Return the command; a directory that is not there reads as empty."""
        return f"if [ -d {self.directory} ]; then ls -1 {self.directory}; fi"

    def process(self, output: list[str]) -> tuple[str, ...]:
        """One name per line."""
        return tuple(sorted(output))


class RecordedBricks(_Listing):
    """Bricks that placed files on this host, sorted."""

    directory = FILES


class PendingBricks(_Listing):
    """Bricks whose files changed in a run that did not reach its end, sorted."""

    directory = PENDING

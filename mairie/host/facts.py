"""pyinfra facts of what mairie itself puts on a host."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pyinfra.api.facts import FactBase

from mairie.host.state import FILES, HOLDS, PENDING


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


class ManagedFiles(FactBase[dict[str, FileState]]):
    """State of several paths by path, in one command; what is not there is left out.

    Links are not followed.
    """

    @staticmethod
    def default() -> dict[str, FileState]:
        """Nothing there."""
        return {}

    def command(self, paths: Sequence[str]) -> str:
        """Return the command, for any POSIX shell with coreutils."""
        listed = " ".join(shlex.quote(path) for path in paths)
        return (
            f"export LC_ALL=C; stat -c '%F|%a|%U|%G|%n' -- {listed} 2>/dev/null; "
            f"set --; for p in {listed}; do "
            '[ -f "$p" ] && [ ! -L "$p" ] && set -- "$@" "$p"; done; '
            '[ $# -eq 0 ] || sha256sum -- "$@"'
        )

    def process(self, output: Iterable[str]) -> dict[str, FileState]:
        """Read the lines of ``stat``, with four bars each, and of ``sha256sum``."""
        described = [line.split("|", 4) for line in output if line.count("|") >= 4]
        digests = {line[66:]: line[:64] for line in output if line.count("|") < 4}
        found = {}
        for kind, mode, owner, group, path in described:
            regular = kind in {"regular file", "regular empty file"}
            found[path] = FileState(
                kind="regular file" if regular else kind,
                mode=mode,
                owner=owner,
                group=group,
                sha256=digests.get(path, "") if regular else "",
            )
        return found


class PlacedFiles(FactBase[dict[str, tuple[str, ...]]]):
    """The paths each brick placed last time, in the order of its list; a brick without is there."""

    @staticmethod
    def default() -> dict[str, tuple[str, ...]]:
        """Nothing placed yet."""
        return {}

    def command(self) -> str:
        """Return the command; each line bears the name of the list that it is of."""
        return f"if [ -d {FILES} ]; then cd {FILES} && grep -H '' -- * /dev/null || true; fi"

    def process(self, output: list[str]) -> dict[str, tuple[str, ...]]:
        """Read lines such as ``vpn:/etc/wireguard/wg0.conf``; an empty list has an empty one."""
        found: dict[str, list[str]] = {}
        for line in output:
            brick, _, path = line.partition(":")
            found.setdefault(brick, []).extend([path] if path.startswith("/") else [])
        return {brick: tuple(paths) for brick, paths in sorted(found.items())}


class HeldBricks(FactBase[Iterable[str]]):
    """Bricks that may not be removed yet: their program in HOLDS says so by status 0, sorted."""

    @staticmethod
    def default() -> tuple[str, ...]:
        """None."""
        return ()

    def command(self) -> str:
        """Return the command; each program bears the name of its brick."""
        return f'for f in {HOLDS}/*; do [ ! -x "$f" ] || ! "$f" || basename "$f"; done'

    def process(self, output: list[str]) -> tuple[str, ...]:
        """One name per line."""
        return tuple(sorted(output))


class PendingBricks(FactBase[Iterable[str]]):
    """Bricks whose files changed in a run that did not reach its end, sorted."""

    @staticmethod
    def default() -> tuple[str, ...]:
        """None."""
        return ()

    def command(self) -> str:
        """Return the command; a directory that is not there reads as empty."""
        return f"if [ -d {PENDING} ]; then ls -1 {PENDING}; fi"

    def process(self, output: list[str]) -> tuple[str, ...]:
        """One name per line."""
        return tuple(sorted(output))

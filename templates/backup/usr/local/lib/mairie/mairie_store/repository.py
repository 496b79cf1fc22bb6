"""A repository as files on the hub's disk: what restic is shown, and when things arrived.

A host may add files of any content. restic 0.18 stops, or falls over, on some of them: nine bytes
posted as a snapshot, an index or a key are enough to keep everybody out. So strange files leave
the repository before restic looks.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from pathlib import Path

from mairie_restic import Restic, ResticError
from mairie_store.guard import Snapshot

NAME = re.compile(r"[0-9a-f]{64}")
"""restic names each file after the SHA-256 of its content."""

FOLDERS = ("data", "index", "keys", "locks", "snapshots")

SHORTEST = 33
"""Bytes: 16 of nonce, 16 of authentication, and something."""

LEFT_OVER = 24 * 3600
"""Seconds after which a part of an upload that never ended is removed."""


def regular_files(folder: Path) -> Iterator[os.DirEntry[str]]:
    """Yield every file below a folder; nothing when it is not there."""
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    yield from regular_files(Path(entry.path))
                else:
                    yield entry
    except FileNotFoundError:
        return


def names(folder: Path) -> set[str]:
    """Return the names of the files below a folder."""
    return {entry.name for entry in regular_files(folder)}


def size(folder: Path) -> int:
    """Return the bytes of all files below a folder, as the quota of the server counts them."""
    total = 0
    for entry in regular_files(folder):
        try:
            total += entry.stat(follow_symlinks=False).st_size
        except FileNotFoundError:
            continue
    return total


def newest(*folders: Path) -> float:
    """Return the time of the last write in some folders, in seconds; 0 when they are empty."""
    times = [0.0]
    for folder in folders:
        for entry in regular_files(folder):
            try:
                times.append(entry.stat(follow_symlinks=False).st_mtime)
            except FileNotFoundError:
                continue
    return max(times)


def pack_path(repository: Path, name: str) -> Path:
    """Return where a data file is."""
    return repository / "data" / name[:2] / name


def remove_locks(repository: Path) -> int:
    """Remove every lock and return how many; only while no one can reach the repository.

    ``restic unlock`` would first have to open the repository, which a bad key prevents.
    """
    locks = [Path(entry.path) for entry in regular_files(repository / "locks")]
    for lock in locks:
        lock.unlink(missing_ok=True)
    return len(locks)


def foreign_files(repository: Path) -> list[Path]:
    """Return what does not belong in a repository; leftovers of old uploads are removed."""
    found: list[Path] = []
    for entry in list(regular_files(repository)):
        path = Path(entry.path)
        relative = path.relative_to(repository)
        if relative.parts == ("config",):
            continue
        depth = 3 if relative.parts[0] == "data" else 2
        belongs = relative.parts[0] in FOLDERS and len(relative.parts) == depth
        if belongs and NAME.fullmatch(path.name):
            continue
        if belongs and NAME.match(path.name):
            if time.time() - path.stat(follow_symlinks=False).st_mtime > LEFT_OVER:
                path.unlink(missing_ok=True)
            continue
        found.append(path)
    return found


def short_files(repository: Path) -> list[Path]:
    """Return snapshots and indexes too short to be any."""
    return [
        Path(entry.path)
        for folder in ("snapshots", "index")
        for entry in regular_files(repository / folder)
        if entry.stat(follow_symlinks=False).st_size < SHORTEST
    ]


def set_aside(repository: Path, aside: Path, paths: Collection[Path]) -> list[str]:
    """Move files out of a repository, where a person can look at them; return their names."""
    moved: list[str] = []
    for path in paths:
        relative = path.relative_to(repository)
        target = aside / relative
        target.parent.mkdir(parents=True, exist_ok=True)
        aside.chmod(0o700)
        shutil.move(path, target)
        moved.append(path.name if NAME.fullmatch(path.name) else str(relative))
    return sorted(moved)


def read_snapshots(restic: Restic, repository: Path) -> tuple[list[Snapshot], list[Path]]:
    """Return the snapshots, and the files that are none. Raises ResticError."""
    arrivals = {
        entry.name: entry.stat(follow_symlinks=False).st_mtime
        for entry in regular_files(repository / "snapshots")
    }
    listed = restic.run("snapshots", "--no-lock")
    read = [
        _snapshot(message, arrivals[message["id"]])
        for message in listed
        if message.get("id") in arrivals
    ]
    missing = sorted(set(arrivals) - {snapshot.id for snapshot in read})
    return read, [repository / "snapshots" / name for name in missing]


def unreadable_indexes(restic: Restic, repository: Path, known: Collection[str]) -> list[Path]:
    """Return the new indexes that restic cannot read; those read before need no reading."""
    bad: list[Path] = []
    for name in sorted(names(repository / "index") - set(known)):
        try:
            restic.document("cat", "index", name, "--no-lock")
        except ResticError as error:
            if error.kind in {"wrong-password", "no-repository", "no-space"}:
                raise
            bad.append(repository / "index" / name)
    return bad


def _snapshot(message: dict[str, object], arrived: float) -> Snapshot:
    summary = message.get("summary")
    figures = summary if isinstance(summary, dict) else {}
    paths = message.get("paths")
    return Snapshot(
        id=str(message["id"]),
        time=datetime.fromisoformat(str(message["time"])).astimezone(UTC),
        arrived=datetime.fromtimestamp(arrived, UTC),
        hostname=str(message.get("hostname", "")),
        username=str(message.get("username", "")),
        paths=tuple(str(path) for path in paths) if isinstance(paths, list) else (),
        bytes=figures.get("total_bytes_processed"),
        files=figures.get("total_files_processed"),
        added=figures.get("data_added"),
        tree=str(message.get("tree", "")),
    )

"""Owners by name: a snapshot has numbers, and the same account has another on a new machine."""

from __future__ import annotations

import contextlib
import grp
import os
import pwd
import stat
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from mairie_backup.snapshots import Snapshot
from mairie_restic import Message, Restic, ResticError

PASSWD, GROUP = "/etc/passwd", "/etc/group"
CAPABILITY = "security.capability"
"""Extended attribute that a change of owner takes away."""

Numbers = dict[str, int]
"""Name of an account or a group → its number."""


@dataclass(frozen=True, slots=True)
class Owner:
    """What a saved file has to get."""

    path: str
    was: tuple[int, int]
    """Numbers of user and group in the snapshot."""
    now: tuple[int, int]
    """Numbers of the same names here."""


def numbers(lines: Iterable[str]) -> Numbers:
    """Return the numbers in the lines of a passwd or group file."""
    fields = (line.split(":") for line in lines)
    return {each[0]: int(each[2]) for each in fields if len(each) > 2 and each[2].isdigit()}


def moved(saved: Numbers, here: Numbers) -> dict[int, int]:
    """Return old number → new number, for names whose number differs here."""
    return {
        number: here[name]
        for name, number in saved.items()
        if name in here and here[name] != number
    }


def changes(
    nodes: Iterable[Message],
    users: Mapping[int, int],
    groups: Mapping[int, int],
    paths: Collection[str],
    left: Collection[str],
) -> Iterator[Owner]:
    """Yield what has to change.

    Args:
        nodes: of ``restic ls --json``.
        users: old number → new number.
        groups: likewise.
        paths: what was restored; empty: everything.
        left: files that were there before and stayed as they are.

    """
    for node in nodes:
        path = str(node.get("path", ""))
        if not path or path in left or not (not paths or _written(path, paths)):
            continue
        was = int(node.get("uid", 0)), int(node.get("gid", 0))
        now = users.get(was[0], was[0]), groups.get(was[1], was[1])
        if was != now:
            yield Owner(path, was, now)


def _written(path: str, paths: Collection[str]) -> bool:
    """Whether a restore of some paths wrote it: restic also does the folders above each."""
    folder = f"{path.rstrip('/')}/"
    return any(
        path == each or path.startswith(f"{each.rstrip('/')}/") or each.startswith(folder)
        for each in paths
    )


def give_back(
    restic: Restic, snapshot: Snapshot, target: Path, paths: Collection[str], left: Collection[str]
) -> int:
    """Give restored files to the accounts that had them, by name; return how many changed.

    A snapshot without ``/etc/passwd`` keeps its numbers. Raises ResticError.
    """
    saved = [_saved(restic, snapshot, path) for path in (PASSWD, GROUP)]
    users = moved(saved[0], {each.pw_name: each.pw_uid for each in pwd.getpwall()})
    groups = moved(saved[1], {each.gr_name: each.gr_gid for each in grp.getgrall()})
    if not users and not groups:
        return 0
    nodes = restic.stream("ls", "--no-lock", snapshot.id)
    return sum(_give(target, each) for each in changes(nodes, users, groups, paths, left))


def _saved(restic: Restic, snapshot: Snapshot, path: str) -> Numbers:
    if "/etc" not in snapshot.paths:
        return {}
    try:
        said = restic.run("dump", "--no-lock", snapshot.id, path)
    except ResticError as error:
        if error.kind == "link-down":
            raise
        return {}  # the snapshot has no such file
    return numbers(str(message.get("text", "")) for message in said)


def _give(target: Path, owner: Owner) -> bool:
    path = target / owner.path.lstrip("/")
    try:
        found = path.lstat()
    except OSError:
        return False
    if (found.st_uid, found.st_gid) != owner.was:  # a hard link that was given already
        return False
    capability = b""
    with contextlib.suppress(OSError):
        capability = os.getxattr(path, CAPABILITY, follow_symlinks=False)
    os.chown(path, *owner.now, follow_symlinks=False)
    if found.st_mode & (stat.S_ISUID | stat.S_ISGID) and not stat.S_ISLNK(found.st_mode):
        path.chmod(stat.S_IMODE(found.st_mode))
    if capability:
        os.setxattr(path, CAPABILITY, capability, follow_symlinks=False)
    return True

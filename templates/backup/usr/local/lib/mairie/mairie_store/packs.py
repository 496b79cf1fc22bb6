"""Data files: what arrived whole, what is indexed, and whether it is what it says.

A host knows the key its repository is encrypted with, so it could send a data file that claims to
hold blocks it does not hold; ``prune`` would then keep the lie and drop the true copy. So what
arrived is read once, whole, before anything is pruned. restic cannot check a few chosen files:
they are linked into a *view*, a small repository of their own with the same key.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mairie_restic import Message, Restic, ResticError
from mairie_store.repository import NAME, names, pack_path
from mairie_store.settings import Settings
from mairie_store.state import State, write


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Some data files of a repository, indexed from their own headers."""

    folder: Path
    restic: Restic
    indexed: frozenset[str]
    """Those whose header could be read."""


@contextmanager
def view(settings: Settings, state: State, packs: Collection[str]) -> Iterator[View]:
    """Open a view of some data files. Raises ResticError."""
    repository = settings.places.store / state.host
    folder = settings.places.scratch / state.host
    shutil.rmtree(folder, ignore_errors=True)
    try:
        for name in ("data", "index", "keys", "locks", "snapshots"):
            (folder / name).mkdir(parents=True)
        settings.places.scratch.chmod(0o711)
        key = state.keys["store"]
        os.link(repository / "config", folder / "config")
        os.link(repository / "keys" / key, folder / "keys" / key)
        for pack in packs:
            target = pack_path(folder, pack)
            target.parent.mkdir(exist_ok=True)
            os.link(pack_path(repository, pack), target)
        own(folder, settings.account)
        restic = settings.open(folder, settings.secret("store-password"), key)
        restic.run("repair", "index")
        yield View(folder=folder, restic=restic, indexed=indexed(restic, folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def own(folder: Path, account: str) -> None:
    """Give a tree of folders to an account, when this program may; files keep their owner."""
    if os.geteuid() != 0:
        return
    for path in (folder, *(path for path in folder.rglob("*") if path.is_dir())):
        shutil.chown(path, account, account)


def indexed(restic: Restic, folder: Path) -> frozenset[str]:
    """Return the data files that the indexes of a repository know. Raises ResticError."""
    documents = [
        restic.document("cat", "index", name, "--no-lock")
        for name in sorted(names(folder / "index"))
    ]
    return frozenset(pack["id"] for document in documents for pack in document["packs"] or ())


def present(repository: Path) -> set[str]:
    """Return the data files that arrived whole."""
    return {name for name in names(repository / "data") if NAME.fullmatch(name)}


def read_verified(folder: Path, host: str) -> set[str]:
    """Return the data files that were read after they arrived, and were what they said."""
    try:
        return set((folder / f"{host}.packs").read_text().split())
    except OSError:
        return set()


def write_verified(folder: Path, host: str, packs: Collection[str]) -> None:
    """Keep the names of data files that need no reading but that of their slice."""
    write(folder / f"{host}.packs", "\n".join(sorted(packs)))


def false_packs(settings: Settings, state: State) -> set[str]:
    """Read all that arrived since the last time; return what is not what it says.

    Raises ResticError when restic could not look.
    """
    folder = settings.places.state
    there = present(settings.places.store / state.host)
    verified = read_verified(folder, state.host) & there
    new = there - verified
    if not new:
        return set()
    with view(settings, state, new) as seen:
        bad = (new - seen.indexed) | broken_packs(seen.restic, "--read-data")[0]
    write_verified(folder, state.host, verified | (new - bad))
    return bad


def broken_packs(restic: Restic, *arguments: str) -> tuple[set[str], str]:
    """Run ``check``: return the data files it found broken, and what it said if it was unhappy.

    Raises ResticError when it could not check.
    """
    messages: list[Message] = []
    said = ""
    try:
        for message in restic.stream("check", *arguments):
            messages.append(message)
    except ResticError as error:
        summaries = [one for one in messages if one.get("message_type") == "summary"]
        if not summaries or not summaries[-1].get("num_errors"):
            raise
        if error.kind in {"locked", "stopped", "wrong-password", "no-repository"}:
            raise
        said = error.detail
    summary = next((one for one in messages if one.get("message_type") == "summary"), {})
    return set(summary.get("broken_packs") or ()), said

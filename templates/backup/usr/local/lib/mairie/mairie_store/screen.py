"""Takes out of a repository what restic must not meet, and notes it for the guard."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from pathlib import Path

from mairie_store.guard import Strange
from mairie_store.repository import foreign_files, names, set_aside, short_files
from mairie_store.settings import Places
from mairie_store.state import State, exact_of


def note(state: State, kind: str, found: Collection[str]) -> None:
    """Add to what a person has to see."""
    if found:
        state.strange[kind] = sorted({*state.strange.get(kind, ()), *found})


def take_out(places: Places, state: State, kind: str, paths: Collection[Path]) -> list[str]:
    """Set files aside and note them; return their names."""
    if kind == "packs" and paths:
        first = min(path.stat(follow_symlinks=False).st_mtime for path in paths)
        state.packs_since = min(state.packs_since or exact_of(first), exact_of(first))
    moved = set_aside(places.store / state.host, places.aside / state.host, paths)
    note(state, kind, moved)
    return moved


def screen(places: Places, state: State) -> list[str]:
    """Set aside what can be told without a password: return the names of what was taken out."""
    repository = places.store / state.host
    unknown: set[str] = set()
    if {"host", "store"} <= state.keys.keys():
        unknown = names(repository / "keys") - set(state.keys.values())
    return [
        *take_out(places, state, "others", foreign_files(repository)),
        *take_out(places, state, "unreadable", short_files(repository)),
        *take_out(places, state, "keys", [repository / "keys" / name for name in unknown]),
    ]


def strange(state: State) -> Strange:
    """Return what the guard is told of files that were set aside."""
    kinds = {kind: tuple(found) for kind, found in state.strange.items()}
    since = datetime.fromisoformat(state.packs_since) if state.packs_since else None
    return Strange(
        keys=kinds.get("keys", ()),
        unreadable=kinds.get("unreadable", ()),
        packs=kinds.get("packs", ()),
        packs_since=since,
        others=kinds.get("others", ()),
    )

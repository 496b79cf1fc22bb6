"""Every quarter of an hour: doors open, room measured, interrupted uploads made usable.

restic writes its index at the end. After an interruption, data that arrived is in the repository
but no index knows it, and the next backup would send it again. A host cannot repair that itself
in an append-only repository, so the hub does as soon as the upload has stopped. Only what no
index knows gets one: the indexes the host already has in its cache stay as they are.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

from mairie_restic import ResticError
from mairie_store.instance import alone, is_reachable, start, stopped
from mairie_store.journal import say
from mairie_store.packs import indexed, present, view
from mairie_store.repository import (
    newest,
    pack_path,
    regular_files,
    remove_locks,
    unreadable_indexes,
)
from mairie_store.screen import screen, take_out
from mairie_store.settings import Settings, StoredHost
from mairie_store.state import State, load, save, stamp, stamp_of
from mairie_store.usage import measure

IDLE = 15 * 60
"""Seconds without a byte after which an upload has stopped: a running restic refreshes its lock
every five minutes, and a part of a file that arrives is written as it comes."""

STALE = 35 * 60
"""Seconds after which a lock nobody refreshed is removed; restic itself ignores it after 30
minutes, unless it is no lock at all: then it would stop everybody."""


def settle(settings: Settings, host: StoredHost) -> None:
    """Do what is due for one host."""
    places = settings.places
    with alone(places.run, host.name) as mine:
        if not mine:
            return
        state = load(places.state, host.name)
        repository = places.store / host.name
        if not is_reachable(host.name) and (repository / "config").exists():
            # An upkeep that was killed did not open the door again.
            if start(host.name):
                say("warning", f"{host.name} : l'accès au dépôt était fermé, il est rouvert.")
            else:
                say("err", f"{host.name} : l'accès au dépôt ne s'ouvre pas.")
        taken = screen(places, state)
        if taken:
            say("err", f"{host.name} : {len(taken)} fichier(s) étranger(s) mis de côté.")
        _remove_stale_locks(settings, host)
        try:
            _index_interrupted(settings, host, state)
        except ResticError as error:
            say("err", f"{host.name} : envoi interrompu non indexé. {error} {error.detail[-300:]}")
        measure(settings, host, state)
        save(places.state, state)


def _remove_stale_locks(settings: Settings, host: StoredHost) -> None:
    for entry in list(regular_files(settings.places.store / host.name / "locks")):
        try:
            if time.time() - entry.stat(follow_symlinks=False).st_mtime > STALE:
                Path(entry.path).unlink()
        except FileNotFoundError:
            continue


def is_interrupted(data: float, index: float, last: float, now: float) -> bool:
    """Return whether an upload stopped in the middle.

    ``data`` and ``index`` are the times of the last data file and of the last index, ``last``
    that of anything at all: a backup that ended wrote its index after its data.
    """
    return data > index and now - last > IDLE


def _index_interrupted(settings: Settings, host: StoredHost, state: State) -> None:
    """Index the data that arrived without an index."""
    repository = settings.places.store / host.name
    data, index = newest(repository / "data"), newest(repository / "index")
    if stamp_of(data) == (state.interrupted or {}).get("data"):
        return
    if not is_interrupted(data, index, newest(repository), time.time()):
        return
    with stopped(host.name):
        remove_locks(repository)
        restic = settings.open(repository, settings.secret("store-password"), state.keys["store"])
        bad = unreadable_indexes(restic, repository, state.indexes)
        take_out(settings.places, state, "unreadable", bad)
        orphans = present(repository) - indexed(restic, repository)
        size = sum(pack_path(repository, pack).stat().st_size for pack in orphans)
        if orphans:
            with view(settings, state, orphans) as seen:
                for entry in regular_files(seen.folder / "index"):
                    os.link(entry.path, repository / "index" / entry.name)
                bad = [pack_path(repository, pack) for pack in orphans - seen.indexed]
            take_out(settings.places, state, "packs", bad)
    state.interrupted = {
        "at": stamp(),
        "data": stamp_of(data),
        "packs": len(orphans),
        "bytes": size,
    }
    if orphans:
        say(
            "notice",
            f"{host.name} : envoi interrompu, {size / 1e6:.1f} Mo déjà reçus ne seront pas "
            "renvoyés.",
        )

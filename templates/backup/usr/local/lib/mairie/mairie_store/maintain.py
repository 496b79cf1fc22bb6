"""Once a day, for each host: guard, a slice of the integrity check, retention, pruning.

The host is kept away from its repository meanwhile, and let back whatever happens; ``settle`` does
it when even this program is killed.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from mairie_restic import Restic, ResticError
from mairie_store.check import check_slice
from mairie_store.errors import StoreError
from mairie_store.guard import Evidence, Snapshot, Verdict, judge
from mairie_store.instance import alone, stopped
from mairie_store.journal import say
from mairie_store.packs import false_packs, indexed, present, write_verified
from mairie_store.repository import (
    names,
    pack_path,
    read_snapshots,
    remove_locks,
    unreadable_indexes,
)
from mairie_store.retention import to_forget
from mairie_store.screen import screen, strange, take_out
from mairie_store.settings import Settings, StoredHost
from mairie_store.state import Guard, State, load, now, save, stamp
from mairie_store.usage import disk_room, measure

Outcome = Literal["done", "held", "damaged", "failed"]

PRUNE_EVERY = timedelta(days=7)
"""Pruning writes indexes that hosts then fetch again over their links: once a week is enough,
and sooner when the quota is nearly used."""

PATIENCE = timedelta(days=14)
"""How long what an interrupted upload left waits for its next night."""

MAX_UNUSED = "10%"
"""What may stay unused in a repository rather than be written again."""

MAX_REPACK = 2 * 1024**3
"""Bytes that one pruning writes again at most; never more than a quarter of the free room."""

HELD_AT_ONCE = 12
"""Reasons said in the journal; all of them are in the state."""


def maintain(settings: Settings, host: StoredHost) -> Outcome:
    """Do the day's upkeep of one host. Never raises for what is wrong with its repository."""
    places = settings.places
    with alone(places.run, host.name) as mine:
        if not mine:
            say("warning", f"{host.name} : un entretien est déjà en cours.")
            return "failed"
        state = load(places.state, host.name)
        began = stamp()
        outcome: Outcome = "failed"
        text = "Interrompu."
        try:
            with stopped(host.name):
                outcome, text = _upkeep(settings, host, state)
        except ResticError as error:
            text = f"{error} {error.detail[-400:]}".strip()
        except (StoreError, OSError) as error:
            text = str(error)
        finally:
            if outcome == "failed":
                say("err", f"{host.name} : l'entretien a échoué. {text}")
            state.last_maintenance = {
                "started": began,
                "ended": stamp(),
                "outcome": outcome,
                "text": text,
            }
            measure(settings, host, state)
            save(places.state, state)
        return outcome


def _upkeep(settings: Settings, host: StoredHost, state: State) -> tuple[Outcome, str]:
    repository = settings.places.store / host.name
    remove_locks(repository)
    if "store" not in state.keys:
        raise StoreError("Dépôt non préparé : redéployez le concentrateur.")
    restic = settings.open(repository, settings.secret("store-password"), state.keys["store"])
    snapshots = _examine(settings, state, restic)
    verdict = judge_now(host, state, snapshots)
    remember(state, snapshots, verdict)
    # What is known by now survives whatever comes next.
    save(settings.places.state, state)
    sound = check_slice(restic, state, settings.check_slices) and state.check.outcome == "sound"
    if verdict.held:
        return "held", f"Rien n'est effacé : {len(verdict.reasons)} motif(s)."
    if not sound:
        return "damaged", f"Rien n'est effacé. {state.check.text}"
    forgotten = _forget(settings, host, state, restic, snapshots)
    freed = _prune(settings, state, restic, repository)
    return "done", f"{forgotten} sauvegarde(s) oubliée(s), {freed / 1e6:.1f} Mo libérés."


def _examine(settings: Settings, state: State, restic: Restic) -> list[Snapshot]:
    """Take out what restic must not meet; return the snapshots."""
    places = settings.places
    repository = places.store / state.host
    screen(places, state)
    bad = unreadable_indexes(restic, repository, state.indexes)
    take_out(places, state, "unreadable", bad)
    state.indexes = sorted(names(repository / "index"))
    false = [pack_path(repository, pack) for pack in false_packs(settings, state)]
    if take_out(places, state, "packs", false):
        # Some index vouches for what was a lie: all are made again from the data files.
        restic.run("repair", "index", "--read-all-packs")
        state.indexes = sorted(names(repository / "index"))
    snapshots, unreadable = read_snapshots(restic, repository)
    state.removed += take_out(places, state, "unreadable", unreadable)
    return [_as_it_came(state, snapshot) for snapshot in snapshots]


def _as_it_came(state: State, snapshot: Snapshot) -> Snapshot:
    """Return the snapshot with the arrival that was noted first: a copied disk has new times."""
    known = state.seen.get(snapshot.id)
    if known is None:
        return snapshot
    return state.recall(known)


def judge_now(host: StoredHost, state: State, snapshots: list[Snapshot]) -> Verdict:
    """Judge what is there against what was seen before."""
    gone = state.seen.keys() - {one.id for one in snapshots} - set(state.removed)
    return judge(
        Evidence(
            now=now(),
            host=host.name,
            folders=host.folders,
            snapshots=snapshots,
            missing=sorted(gone),
            strange=strange(state),
            approved=state.approved_keys,
        )
    )


def remember(state: State, snapshots: list[Snapshot], verdict: Verdict) -> None:
    """Note the verdict and what was seen; alert when it is held."""
    there = {one.id for one in snapshots}
    for snapshot in snapshots:
        state.remember(snapshot)
    for id_ in [id_ for id_ in state.seen if id_ not in there and id_ in state.removed]:
        del state.seen[id_]
    state.removed = [id_ for id_ in state.removed if id_ in there]
    state.snapshots = len(snapshots)
    state.last_snapshot = None
    if snapshots:
        newest = max(snapshots, key=lambda one: one.arrived)
        state.last_snapshot = {
            "id": newest.id,
            "time": stamp(newest.time),
            "arrived": stamp(newest.arrived),
            "bytes": newest.bytes,
            "files": newest.files,
        }
    held = verdict.held
    state.guard = Guard(
        verdict="held" if held else "clear",
        at=stamp(),
        since=(state.guard.since or stamp()) if held else "",
        reasons=[
            {"key": one.key, "text": one.text, "snapshots": list(one.snapshots)}
            for one in verdict.reasons
        ],
        known_good=verdict.known_good,
    )
    for reason in verdict.reasons[:HELD_AT_ONCE]:
        say("err", f"{state.host} : sauvegardes suspectes, rien n'est effacé. {reason.text}")


def _forget(
    settings: Settings,
    host: StoredHost,
    state: State,
    restic: Restic,
    snapshots: list[Snapshot],
) -> int:
    """Forget by name: no policy of restic's, which would count by the dates hosts give."""
    state.pinned = {id_: until for id_, until in state.pinned.items() if until > stamp()}
    ids = to_forget(snapshots, host.retention, ZoneInfo(host.timezone), state.pinned)
    if ids:
        # Noted first: cut in the middle, they did not « disappear ».
        state.removed += ids
        save(settings.places.state, state)
        restic.run("forget", *ids)
        state.last_forget = {"at": stamp(), "ids": list(ids)}
        state.snapshots -= len(ids)
    return len(ids)


def _is_unfinished(state: State) -> bool:
    """Return whether an upload goes on night after night: pruning would throw away its beginning.

    No snapshot refers to it yet.
    """
    since = (state.interrupted or {}).get("data", "")
    arrived = (state.last_snapshot or {}).get("arrived", "")
    return bool(since > arrived and since > stamp(now() - PATIENCE))


def _prune(settings: Settings, state: State, restic: Restic, repository: Path) -> int:
    """Give back the room of what was forgotten; return the bytes freed."""
    last = (state.last_prune or {}).get("at", "")
    forgot = (state.last_forget or {}).get("at", "")
    is_recent = bool(last) and last > stamp(now() - PRUNE_EVERY)
    needs_room = state.disk_low or state.percent >= settings.warn_percent
    if not forgot or forgot < last or ((is_recent or _is_unfinished(state)) and not needs_room):
        return 0
    before = sum(pack_path(repository, pack).stat().st_size for pack in present(repository))
    # From the data files themselves, each of which was read: an index is only what a host says.
    restic.run("repair", "index", "--read-all-packs")
    room = min(MAX_REPACK, disk_room(repository)[0] // 4)
    restic.run("prune", "--max-unused", MAX_UNUSED, "--max-repack-size", str(room))
    after = sum(pack_path(repository, pack).stat().st_size for pack in present(repository))
    state.indexes = sorted(names(repository / "index"))
    # Written by the hub just now, while no host could write.
    write_verified(settings.places.state, state.host, indexed(restic, repository))
    state.last_prune = {"at": stamp(), "freed_bytes": before - after}
    return before - after

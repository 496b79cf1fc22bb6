"""What a person decides about a repository that the guard holds."""

from __future__ import annotations

import os
from datetime import timedelta

from mairie_store.errors import StoreError
from mairie_store.instance import alone
from mairie_store.journal import say
from mairie_store.repository import set_aside
from mairie_store.settings import Settings, StoredHost
from mairie_store.state import Guard, State, load, now, save, stamp

PIN = timedelta(days=90)
"""How long the last snapshot from before a suspicion stays, even when a person saw no harm in
what came after: ransomware is often understood late."""


def person() -> str:
    """Return who runs this command, for the record."""
    return os.environ.get("SUDO_USER") or os.environ.get("USER") or "root"


def approve(settings: Settings, host: StoredHost, *, remove: bool = False) -> tuple[str, ...]:
    """Accept exactly what holds a repository, or set its suspect snapshots aside.

    Returns the sentences that were decided on. The next upkeep judges again: anything new holds
    again. Raises StoreError when nothing is held, or when only acceptance makes sense.
    """
    places = settings.places
    with alone(places.run, host.name) as mine:
        if not mine:
            raise StoreError(f"{host.name} est en cours d'entretien : recommencez ensuite.")
        state = load(places.state, host.name)
        reasons = list(state.guard.reasons)
        if state.guard.verdict != "held" or not reasons:
            raise StoreError(f"Rien n'est retenu pour {host.name}.")
        suspect = {id_ for reason in reasons for id_ in reason["snapshots"]}
        if remove:
            folder = places.store / host.name
            paths = [folder / "snapshots" / id_ for id_ in sorted(suspect)]
            there = [path for path in paths if path.exists()]
            state.removed += set_aside(folder, places.aside / host.name, there)
        _settle_strange(state, reasons)
        # Snapshots set aside are gone: nothing was accepted about them, should they come back.
        decided = [reason for reason in reasons if not (remove and reason["snapshots"])]
        _record(state, "set-aside" if remove else "approve", decided, reasons)
        if state.guard.known_good:
            state.pinned[state.guard.known_good] = stamp(now() + PIN)
        known_good = state.guard.known_good
        state.guard = Guard(at=stamp(), known_good=known_good)
        save(places.state, state)
    texts = tuple(str(reason["text"]) for reason in reasons)
    deed = "a mis de côté" if remove else "a accepté"
    for text in texts:
        say("notice", f"{host.name} : {person()} {deed} : {text}")
    return texts


def _settle_strange(state: State, reasons: list[dict[str, object]]) -> None:
    """Forget what a person has now seen: strange files are out of the repository already."""
    seen = {str(reason["key"]).partition(":")[2] for reason in reasons}
    state.strange = {
        kind: left
        for kind, found in state.strange.items()
        if (left := [name for name in found if name not in seen])
    }
    if "packs" not in state.strange:
        state.packs_since = ""
    for reason in reasons:
        kind, _, name = str(reason["key"]).partition(":")
        if kind == "missing":
            state.seen.pop(name, None)


def _record(
    state: State,
    action: str,
    decided: list[dict[str, object]],
    reasons: list[dict[str, object]],
) -> None:
    # Only what is about snapshots is looked up again; the same strange file again is news again.
    keys = [reason["key"] for reason in decided if reason["snapshots"]]
    state.approved.append(
        {
            "at": stamp(),
            "by": person(),
            "action": action,
            "keys": keys,
            "texts": [reason["text"] for reason in reasons],
        }
    )

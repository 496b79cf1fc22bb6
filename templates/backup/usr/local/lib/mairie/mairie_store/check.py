"""The integrity check: every day a slice is read, so that the whole store is read in a month."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from mairie_restic import Restic
from mairie_store.journal import say
from mairie_store.packs import broken_packs
from mairie_store.state import Check, State, stamp


def next_slice(slices: Mapping[str, Mapping[str, Any]], count: int) -> int:
    """Return the slice, from 1, that was read the longest ago; those never read come first."""
    return min(
        range(1, count + 1), key=lambda number: (slices.get(str(number), {}).get("at", ""), number)
    )


def oldest_read(slices: Mapping[str, Mapping[str, Any]], count: int) -> datetime | None:
    """Return since when every byte was read at least once; None while some were never read."""
    times = [slices.get(str(number), {}).get("at", "") for number in range(1, count + 1)]
    return datetime.fromisoformat(min(times)) if all(times) else None


def overall(slices: Mapping[str, Mapping[str, Any]]) -> Check:
    """Return the worst of all slices as last read: a good day does not hide a bad one."""
    if not slices:
        return Check()
    last = max(one["at"] for one in slices.values())
    bad = [one for one in slices.values() if one["outcome"] != "sound"]
    if not bad:
        return Check(outcome="sound", at=last, text="Tout ce qui a été relu est intact.")
    packs = sorted({pack for one in bad for pack in one["packs"]})
    text = "Le dépôt est endommagé" + (
        f" : {len(packs)} fichier(s) de données illisible(s)." if packs else "."
    )
    said = "" if packs else next((one["said"] for one in bad if one.get("said")), "")
    return Check(outcome="damaged", at=last, text=f"{text} {said}".strip(), packs=packs)


def check_slice(restic: Restic, state: State, count: int) -> bool:
    """Check the structure and read the next slice; note it; return whether it is sound.

    Raises ResticError when restic could not check at all.
    """
    # Slices of another division say nothing of this one.
    state.slices = {key: one for key, one in state.slices.items() if int(key) <= count}
    due = next_slice(state.slices, count)
    # One that was damaged is read again each day, so that a repair shows at once.
    bad = [int(key) for key, one in state.slices.items() if one["outcome"] != "sound"]
    sound = [_read_slice(restic, state, number, count) for number in {due, *bad[:1]}]
    state.check = overall(state.slices)
    if not all(sound):
        say("err", f"{state.host} : {state.check.text}")
    return all(sound)


def _read_slice(restic: Restic, state: State, number: int, count: int) -> bool:
    packs, said = broken_packs(restic, f"--read-data-subset={number}/{count}")
    sound = not packs and not said
    state.slices[str(number)] = {
        "at": stamp(),
        "outcome": "sound" if sound else "damaged",
        "packs": sorted(packs),
        "said": said.splitlines()[0][:300] if said else "",
    }
    return sound

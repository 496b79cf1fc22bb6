"""What the hub knows of its repositories, for people and for programs."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from mairie_store.check import oldest_read
from mairie_store.settings import Settings, StoredHost
from mairie_store.state import State, load, now


def nights_without(state: State, moment: datetime) -> int | None:
    """Return the whole nights since the newest snapshot arrived; None when there is none."""
    if state.last_snapshot is None:
        return None
    arrived = datetime.fromisoformat(state.last_snapshot["arrived"])
    return max(0, (moment - arrived) // timedelta(days=1))


def status(settings: Settings, host: StoredHost) -> dict[str, Any]:
    """Return the state of a host with what follows from it today."""
    state = load(settings.places.state, host.name)
    nights = nights_without(state, now())
    read = oldest_read(state.slices, settings.check_slices)
    return {
        "kind": "status",
        "label": host.label,
        "nights_without": nights,
        "late": nights is None or nights > host.alert_nights,
        "all_read_since": read.isoformat() if read else None,
        **asdict(state),
    }


def sentence(known: dict[str, Any]) -> str:
    """Say it in one French line or more."""
    last = known["last_snapshot"]
    lines = [
        f"{known['host']} ({known['label']}) : {known['snapshots']} sauvegarde(s), "
        f"{known['bytes'] / 1e6:.1f} Mo sur {known['quota'] / 1e9:.1f} Go ({known['percent']} %)",
        f"  dernière arrivée : {last['arrived'] if last else 'aucune'}"
        + (" — en retard" if known["late"] else ""),
        f"  relecture : {known['check']['text'] or 'pas encore faite'}",
    ]
    lines += [f"  RETENU : {reason['text']}" for reason in known["guard"]["reasons"]]
    return "\n".join(lines)

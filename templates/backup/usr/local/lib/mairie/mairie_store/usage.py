"""Room: how much of its quota a host uses, and what is left on the disk."""

from __future__ import annotations

import os
from pathlib import Path

from mairie_store.journal import say
from mairie_store.repository import size
from mairie_store.settings import Settings, StoredHost
from mairie_store.state import State


def disk_room(folder: Path) -> tuple[int, int]:
    """Return the free bytes of the disk that holds a folder, and their share in percent."""
    numbers = os.statvfs(folder)
    total = numbers.f_blocks * numbers.f_frsize
    free = numbers.f_bavail * numbers.f_frsize
    return free, free * 100 // max(1, total)


def measure(settings: Settings, host: StoredHost, state: State) -> None:
    """Note the room used, and warn once when a limit comes near."""
    state.bytes = size(settings.places.store / host.name)
    state.quota = host.quota_bytes
    state.percent = state.bytes * 100 // max(1, host.quota_bytes)
    free, percent = disk_room(settings.places.store)
    state.disk_free_bytes, state.disk_free_percent = free, percent
    near, low = state.percent >= settings.warn_percent, percent < settings.free_percent
    if near and not state.warning:
        say(
            "warning",
            f"{host.name} utilise {state.percent} % de son quota : à 100 % ses sauvegardes "
            "seront refusées. Augmentez `quota:` dans le fichier de la commune, ou excluez des "
            "dossiers.",
        )
    if low and not state.disk_low:
        say(
            "err",
            f"Le disque des sauvegardes n'a plus que {percent} % de libre "
            f"({free / 1e9:.1f} Go) : agrandissez-le avant qu'il ne refuse tout.",
        )
    state.warning, state.disk_low = near, low

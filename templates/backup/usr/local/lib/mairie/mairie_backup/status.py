"""What is known without asking the hub."""

from __future__ import annotations

from mairie_backup import state
from mairie_backup.events import Reporter
from mairie_backup.places import Places
from mairie_backup.settings import Settings


def tell(settings: Settings, places: Places, reporter: Reporter) -> int:
    """Say the state in one line; return the exit code."""
    known = state.load(places.state)
    success, run, drill = known["success"], known["run"], known["drill"]
    lines = [
        f"Dernière sauvegarde : {success['at'] if success else 'aucune'}",
        f"Dernier essai : {run['started']}, {run.get('text') or 'en cours'}"
        if run
        else "Dernier essai : aucun",
        f"Nuits sans sauvegarde : {known['nights_failed']}",
        f"Dernier exercice : {drill['at']}, {drill['text']}"
        if drill
        else "Dernier exercice : aucun",
        f"Plage : {settings.window_start}, {settings.window_minutes} min",
    ]
    window = {"start": settings.window_start, "minutes": settings.window_minutes}
    reporter.row("status", "\n".join(lines), **known, repository=settings.repository, window=window)
    return 0

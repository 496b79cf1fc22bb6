"""From what happened in a night to an outcome and a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mairie_backup.events import Outcome, duration, size
from mairie_backup.upload import Uploaded
from mairie_restic import SENTENCES

NAMED = 3
"""Paths or names that a sentence gives before it counts the others."""


def judge(uploaded: Uploaded, *, window_ended: bool) -> tuple[Outcome, str]:
    """Return what one upload came to."""
    size_said = f"{size(uploaded.total_bytes)} en {uploaded.files} fichiers"
    match uploaded.failure:
        case None:
            return "done", (
                f"Sauvegarde faite : {size_said}, {size(uploaded.sent_bytes)} envoyés "
                f"en {duration(uploaded.seconds)}."
            )
        case "incomplete" if uploaded.saved:
            return "incomplete", (
                f"Sauvegarde faite ({size_said}), sauf {several(uploaded.unread)} : "
                "la lecture a échoué."
            )
        case "stopped" if window_ended:
            return "incomplete", (
                f"La plage est finie, {size(uploaded.seen_bytes)} ont été parcourus : "
                "l'envoi continuera la nuit prochaine."
            )
        case "stopped":
            return (
                "incomplete",
                "La sauvegarde a été interrompue ; elle reprendra au prochain tour.",
            )
        case "link-down":
            return "link-down", "Le lien vers le concentrateur s'est coupé pendant la sauvegarde."
        case kind:
            last = uploaded.detail.strip().splitlines()[-1:]
            return "failed", " ".join([SENTENCES[kind], *(f"({line[:300]})" for line in last)])


def several(names: Sequence[str]) -> str:
    """Return some names and how many more there are."""
    more = len(names) - NAMED
    text = ", ".join(names[:NAMED])
    return f"{text} et {more} de plus" if more > 0 else text


def shortfalls(databases: Mapping[str, str], hooks: Mapping[str, str]) -> list[str]:
    """Return what could not be prepared, as sentences."""
    return [
        *(
            f"Base de données non sauvée cette nuit, la dernière bonne copie reste : {why}."
            for why in databases.values()
            if why
        ),
        *(
            f"Préparation de l'application « {name} » : {why}."
            for name, why in hooks.items()
            if why
        ),
    ]

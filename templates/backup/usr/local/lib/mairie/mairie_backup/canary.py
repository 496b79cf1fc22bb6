"""A small file that is new in every backup: found again, it proves the backup is of that run."""

from __future__ import annotations

import json
import secrets
from datetime import datetime
from pathlib import Path

from mairie_backup.state import stamp, write_atomic


def write(path: Path, host: str, now: datetime) -> None:
    """Write a new canary."""
    canary = {"host": host, "date": stamp(now), "random": secrets.token_hex(16)}
    write_atomic(path, json.dumps(canary) + "\n")


def problem(text: str, host: str, snapshot_time: datetime) -> str:
    """Return what is wrong with a canary found in a snapshot, in French; empty when it is right."""
    try:
        canary = json.loads(text)
        written = datetime.fromisoformat(canary["date"])
        name = canary["host"]
    except (ValueError, KeyError, TypeError):
        return "Le fichier témoin de la sauvegarde est illisible."
    if name != host:
        return f"Le fichier témoin vient de {name}, pas de {host}."
    age = (snapshot_time - written).total_seconds()
    if not -60 <= age <= 86_400:
        return (
            f"Le fichier témoin est daté du {written:%d/%m/%Y %H:%M} UTC, la sauvegarde du "
            f"{snapshot_time:%d/%m/%Y %H:%M} UTC."
        )
    return ""

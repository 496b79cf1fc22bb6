"""What applications do before a backup: each executable in ``hooks.d`` is run, in order."""

from __future__ import annotations

import os
from pathlib import Path

from mairie_backup import process

LIMIT_S = 600


def run(folder: Path, dumps: Path, limit_s: float = LIMIT_S) -> dict[str, str]:
    """Run every hook with the dumps' folder; return name → what went wrong, empty: nothing."""
    try:
        hooks = sorted(path for path in folder.iterdir() if os.access(path, os.X_OK))
    except FileNotFoundError:
        return {}
    came_to = {}
    for hook in hooks:
        if not hook.is_file():
            continue
        try:
            process.run([str(hook), str(dumps)], limit_s=limit_s)
            came_to[hook.name] = ""
        except process.ProcessError as error:
            came_to[hook.name] = str(error)
    return came_to

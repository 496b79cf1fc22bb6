"""What this host knows about its own backups, in ``state.json``; nothing in it is secret.

``run``       the last run that sends: ``started``, ``ended`` (null while it runs or when it was
              killed), ``outcome``, ``text``, ``warnings``, ``snapshot``, ``sent_bytes``, ``files``,
              ``total_bytes``, ``seconds``, ``clock``, ``databases``, ``hooks``, ``local``
``success``   the last run that left a snapshot on the hub: ``at`` and the same figures, or null
``nights_failed``, ``last_night``   nights in a row without a snapshot, and the last one counted
``drill``     the last drill: ``at``, ``outcome``, ``text``, ``problems`` and its measures, or null
``drill_success``   the last drill that was whole: ``at``, ``snapshot``, or null
``local_success``   the last snapshot on the local disk: ``at``, ``snapshot``, or null

Times are ISO 8601 in UTC.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

State = dict[str, Any]
EMPTY: State = {
    "run": None,
    "success": None,
    "nights_failed": 0,
    "last_night": "",
    "drill": None,
    "drill_success": None,
    "local_success": None,
}


def load(path: Path) -> State:
    """Return the state; an empty one when there is none yet or it cannot be read."""
    try:
        data = json.loads(path.read_text())
    except (OSError, ValueError):
        return dict(EMPTY)
    return {**EMPTY, **data} if isinstance(data, dict) else dict(EMPTY)


def save(path: Path, state: State) -> None:
    """Write the state, whole or not at all."""
    write_atomic(path, json.dumps(state, ensure_ascii=False, indent=1) + "\n")


def write_atomic(path: Path, text: str) -> None:
    """Replace a file of root alone; a reader sees the old or the new one, after a power cut too."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def stamp(when: datetime) -> str:
    """Return a time as the state writes it."""
    return when.astimezone(UTC).isoformat(timespec="seconds")


def count_night(state: State, night: date, *, saved: bool) -> State:
    """Return the state after a night: several tries of one night count once."""
    if saved:
        return {**state, "nights_failed": 0, "last_night": night.isoformat()}
    if state["last_night"] == night.isoformat():
        # A night that already has its snapshot, or is already counted as lost.
        return state
    return {
        **state,
        "nights_failed": int(state["nights_failed"]) + 1,
        "last_night": night.isoformat(),
    }

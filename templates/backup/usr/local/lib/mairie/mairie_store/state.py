"""What the hub remembers of each repository: ``/var/lib/mairie/store-state/<host>.json``.

Controls and reports read it, so it holds no secret. Times are ISO 8601 in UTC.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from mairie_store.guard import Snapshot


def now() -> datetime:
    """Return the hub's time, to the second."""
    return datetime.now(UTC).replace(microsecond=0)


def stamp(moment: datetime | None = None) -> str:
    """Return a time as it is written in the state."""
    return (moment or now()).astimezone(UTC).isoformat(timespec="seconds")


def stamp_of(seconds: float) -> str:
    """Return the time of a file as it is written in the state."""
    return stamp(datetime.fromtimestamp(seconds, UTC))


def exact(moment: datetime) -> str:
    """Return a time that orders what came within one second."""
    return moment.astimezone(UTC).isoformat()


def exact_of(seconds: float) -> str:
    """Return the time of a file, exactly."""
    return exact(datetime.fromtimestamp(seconds, UTC))


@dataclass(slots=True, kw_only=True)
class Guard:
    """The guard's last word."""

    verdict: Literal["unknown", "clear", "held"] = "unknown"
    at: str = ""
    since: str = ""
    """When it was first held; empty when it is not."""
    reasons: list[dict[str, Any]] = field(default_factory=list)
    """``{"key", "text", "snapshots"}`` each."""
    known_good: str = ""
    """Newest snapshot with nothing against it."""


@dataclass(slots=True, kw_only=True)
class Check:
    """Whether what is kept can be read: the worst of the slices as last read."""

    outcome: Literal["unknown", "sound", "damaged"] = "unknown"
    at: str = ""
    text: str = ""
    packs: list[str] = field(default_factory=list)
    """Data files that are not what they were."""


@dataclass(slots=True, kw_only=True)
class State:
    """One repository."""

    host: str
    updated: str = ""
    bytes: int = 0
    quota: int = 0
    percent: int = 0
    warning: bool = False
    """The quota is nearly used, or the disk of the hub nearly full."""
    disk_free_bytes: int = 0
    disk_free_percent: int = 100
    disk_low: bool = False
    snapshots: int = 0
    last_snapshot: dict[str, Any] | None = None
    """``{"id", "time", "arrived", "bytes", "files"}`` of the newest to arrive."""
    guard: Guard = field(default_factory=Guard)
    check: Check = field(default_factory=Check)
    slices: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Slice number → ``{"at", "outcome", "packs"}``."""
    last_maintenance: dict[str, Any] | None = None
    """``{"started", "ended", "outcome", "text"}``; outcome ``done``, ``held`` or ``failed``."""
    last_forget: dict[str, Any] | None = None
    """``{"at", "ids"}``."""
    last_prune: dict[str, Any] | None = None
    """``{"at", "freed_bytes"}``."""
    interrupted: dict[str, Any] | None = None
    """``{"at", "data", "packs", "bytes"}``: what the last interrupted upload left, made usable;
    ``data`` is the time of its last data file."""
    seen: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Snapshots there at the last run, by id."""
    indexes: list[str] = field(default_factory=list)
    """Indexes that could be read."""
    strange: dict[str, list[str]] = field(default_factory=dict)
    """What was set aside before restic could meet it, by kind, until a person approves."""
    packs_since: str = ""
    """When the first false data file of ``strange`` arrived."""
    approved: list[dict[str, Any]] = field(default_factory=list)
    """``{"at", "by", "action", "keys"}``: what people accepted, and when."""
    pinned: dict[str, str] = field(default_factory=dict)
    """Snapshots that stay whatever the retention says → until when."""
    removed: list[str] = field(default_factory=list)
    """Snapshots that the hub itself forgot or set aside since they were last seen."""
    keys: dict[str, str] = field(default_factory=dict)
    """``host`` and ``store`` → name of their key."""

    @property
    def approved_keys(self) -> frozenset[str]:
        """Keys of every reason that a person accepted."""
        return frozenset(key for approval in self.approved for key in approval["keys"])

    @staticmethod
    def recall(known: dict[str, Any]) -> Snapshot:
        """Return a snapshot as it was remembered."""
        return Snapshot(
            **{
                **known,
                "time": datetime.fromisoformat(known["time"]),
                "arrived": datetime.fromisoformat(known["arrived"]),
                "paths": tuple(known["paths"]),
            }
        )

    def remember(self, snapshot: Snapshot) -> None:
        """Keep what is known of a snapshot; the first arrival time noted stays."""
        known = self.seen.get(snapshot.id)
        self.seen[snapshot.id] = {
            **asdict(snapshot),
            "time": stamp(snapshot.time),
            "arrived": known["arrived"] if known else exact(snapshot.arrived),
        }


def load(folder: Path, host: str) -> State:
    """Read the state of a host; a new one when there is none or it cannot be read."""
    try:
        data = json.loads((folder / f"{host}.json").read_text())
    except (OSError, ValueError):
        return State(host=host)
    known = {one.name for one in fields(State)}
    state = State(**{key: value for key, value in data.items() if key in known})
    state.guard = Guard(**data.get("guard", {}))
    state.check = Check(**data.get("check", {}))
    return state


def save(folder: Path, state: State) -> None:
    """Write the state so that a reader, or a power cut, meets the old or the new one whole."""
    state.updated = stamp()
    write(folder / f"{state.host}.json", json.dumps(asdict(state), ensure_ascii=False, indent=1))


def write(path: Path, text: str, mode: int = 0o644) -> None:
    """Replace a file as a whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.new")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)

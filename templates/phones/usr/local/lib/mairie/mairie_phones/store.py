"""What outlives the program: which phone has had its file, which may have it again; and the log.

The service and the commands of a technician both write here, under the service's account, one
after the other.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

from mairie_phones.clock import Moment

FILE, LOCK, LOG = "phones.json", "lock", "log"
LOG_BYTES = 500_000
"""Some years; then the file is set aside and the one before it goes."""


@dataclass(frozen=True, slots=True)
class Given:
    """A file that was handed over."""

    at: str
    """Local time, ISO 8601."""
    digest: str
    """SHA-256 of what it said, to tell whether that is still what the plan says."""


@dataclass(frozen=True, slots=True)
class Opening:
    """Somebody lets a phone have its file once more."""

    boot: str
    until: float
    """Seconds since the host started: setting the time of day lengthens nothing."""

    def holds(self, moment: Moment) -> bool:
        """Tell whether it has not ended; after another start of the host, it has."""
        return self.boot == moment.boot and moment.passed < self.until


@dataclass(frozen=True, slots=True)
class Invitation(Opening):
    """Somebody lets whoever brings a token set one program up, once."""

    token: str
    """SHA-256: what is kept opens nothing."""


@dataclass(slots=True)
class State:
    """By MAC address of phones, and by name of programs."""

    given: dict[str, Given] = field(default_factory=dict)
    opened: dict[str, Opening] = field(default_factory=dict)
    invited: dict[str, Invitation] = field(default_factory=dict)


class Store:
    """One folder."""

    def __init__(self, folder: Path) -> None:
        os.umask(0o077)
        self._folder = folder

    def read(self) -> State:
        """Return what was written last; nothing where nothing was.

        Raises:
            OSError, ValueError: it cannot be read. What cannot be known is not given: a phone
                whose file somebody may already have gets none.

        """
        path = self._folder / FILE
        if not path.exists():
            return State()
        data = json.loads(path.read_text(encoding="utf-8"))
        return State(
            {mac: Given(**each) for mac, each in data["given"].items()},
            {mac: Opening(**each) for mac, each in data["opened"].items()},
            {name: Invitation(**each) for name, each in data.get("invited", {}).items()},
        )

    @contextmanager
    def change(self) -> Iterator[State]:
        """Give the state; what was changed is written when the block ends without an error."""
        with (self._folder / LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            state = self.read()
            before = asdict(state)
            yield state
            if asdict(state) == before:
                return
            new = self._folder / f"{FILE}.new"
            with new.open("w", encoding="utf-8") as file:
                json.dump(asdict(state), file)
                file.flush()
                os.fsync(file.fileno())
            new.rename(self._folder / FILE)

    def note(self, moment: Moment, *words: str) -> None:
        """Append a line to the log: local time, then words apart by tabs."""
        with (self._folder / LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            path = self._folder / LOG
            if path.exists() and path.stat().st_size > LOG_BYTES:
                path.rename(self._folder / f"{LOG}.1")
            with path.open("a", encoding="utf-8") as file:
                file.write("\t".join((local(moment), *words)) + "\n")

    def log(self) -> str:
        """Return the whole log, oldest line first."""
        paths = (self._folder / f"{LOG}.1", self._folder / LOG)
        return "".join(path.read_text(encoding="utf-8") for path in paths if path.exists())


def local(moment: Moment) -> str:
    """Return a moment as people read it: local time, ISO 8601."""
    return datetime.fromtimestamp(moment.wall).astimezone().isoformat(timespec="seconds")

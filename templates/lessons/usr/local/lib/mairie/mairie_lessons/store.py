"""The lesson on disk: no restart or power cut ends or lengthens it; and the log."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from mairie_lessons.clock import Moment

FILE, LOG = "lesson.json", "log"
LOG_BYTES = 500_000
"""Some years of lessons; then the file is set aside and the one before it goes."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """One lesson, from its beginning."""

    began: float
    """Time of day, seconds since 1970."""
    began_passed: float
    boot: str
    seconds: float

    @classmethod
    def of(cls, moment: Moment, seconds: float) -> Lesson:
        """Begin a lesson."""
        return cls(moment.wall, moment.passed, moment.boot, seconds)

    def left(self, moment: Moment) -> float:
        """Return its seconds; never more than it began with, whatever the clock was set to.

        After another start of the host only the time of day can tell: a lesson whose beginning
        is still to come, or is unknown, is over.
        """
        if moment.boot == self.boot:
            gone = moment.passed - self.began_passed
        else:
            gone = moment.wall - self.began
        return self.seconds - gone if gone >= 0 else 0.0


@dataclass(frozen=True, slots=True)
class State:
    """What outlives the program."""

    lesson: Lesson | None = None
    scheduled: str = ""
    """The last lesson of the schedule that was begun; it does not begin twice."""


class Store:
    """One folder."""

    def __init__(self, folder: Path) -> None:
        os.umask(0o077)
        self._folder = folder

    def read(self) -> State:
        """Return what was written last; nothing when it cannot be read, which is no lesson."""
        try:
            data = json.loads((self._folder / FILE).read_text(encoding="utf-8"))
            lesson = Lesson(**data["lesson"]) if data["lesson"] else None
            return State(lesson, str(data["scheduled"]))
        except (OSError, ValueError, KeyError, TypeError):
            return State()

    def write(self, state: State) -> None:
        """Put a state in the place of the last one."""
        new = self._folder / f"{FILE}.new"
        with new.open("w", encoding="utf-8") as file:
            json.dump(asdict(state), file)
            file.flush()
            os.fsync(file.fileno())
        new.rename(self._folder / FILE)

    def note(self, moment: Moment, *words: str) -> None:
        """Append a line to the log: local time, then words apart by tabs."""
        path = self._folder / LOG
        if path.exists() and path.stat().st_size > LOG_BYTES:
            path.rename(self._folder / f"{LOG}.1")
        when = datetime.fromtimestamp(moment.wall).astimezone().isoformat(timespec="seconds")
        with path.open("a", encoding="utf-8") as file:
            file.write("\t".join((when, *words)) + "\n")

    def log(self) -> str:
        """Return the whole log, oldest line first."""
        paths = (self._folder / f"{LOG}.1", self._folder / LOG)
        return "".join(path.read_text(encoding="utf-8") for path in paths if path.exists())

"""The one place where a lesson begins and ends."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, Protocol

from mairie_lessons.clock import Moment, now
from mairie_lessons.schedule import current
from mairie_lessons.settings import Settings
from mairie_lessons.store import Lesson, State, Store

Way = Literal["commande", "page", "horaire", "passerelle"]
"""What switched it: these words are read in the log."""
MINUTE = 60
DRIFT = 5
"""Seconds by which an access point may end a lesson earlier or later than its gateway."""


class Radios(Protocol):
    """What puts networks on the air."""

    def settle(self, on: bool) -> dict[str, str]:
        """Have every network on the air, or none; return what went wrong, by radio."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether there is a lesson."""

    on: bool
    seconds: int
    """That it has left."""
    until: str
    """``HH:MM``, local time; empty without a lesson."""
    wrong: dict[str, str]
    """Radios that do not do what they were told, and why."""


class Switch:
    """On and off; its calls may come from several threads."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        air: Radios,
        written: float = 0.0,
        clock: Callable[[], Moment] = now,
    ) -> None:
        """Go on with the lesson of before a restart, if it has time left.

        Args:
            settings: of the deploy.
            store: where the lesson is kept.
            air: the radios.
            written: when the settings were; a clock that says less is not believed.
            clock: tells the time.

        """
        self._settings, self._store, self._air = settings, store, air
        self._written, self._clock = written, clock
        self._turn = threading.Lock()
        self._state = store.read()
        self._wrong: dict[str, str] = {}

    def on(self, way: Way, who: str, minutes: int | None = None) -> Standing:
        """Begin a lesson, or say anew how long the one that runs goes on.

        Raises:
            ValueError: it would be too long; the message says how long it may be.

        """
        minutes = self._settings.minutes if minutes is None else minutes
        if not 1 <= minutes <= self._settings.longest:
            raise ValueError(f"De 1 à {self._settings.longest} minutes : rien n'a changé.")
        with self._turn:
            self._begin(self._clock(), minutes * MINUTE, way, who)
            return self._settle()

    def off(self, way: Way, who: str) -> Standing:
        """End the lesson; without one, see to it that nothing is on the air."""
        with self._turn:
            if self._state.lesson is not None:
                self._end(self._clock(), way, who)
            return self._settle()

    def follow(self, seconds: int) -> Standing:
        """Have the lesson that the gateway of the site has.

        Args:
            seconds: that it has left; 0 without one.

        """
        with self._turn:
            moment = self._clock()
            lesson = self._state.lesson
            left = 0.0 if lesson is None else lesson.left(moment)
            if not seconds and lesson is not None:
                self._end(moment, "passerelle", "")
            elif seconds and abs(seconds - left) > DRIFT:
                longest = self._settings.longest * MINUTE
                self._begin(moment, min(seconds, longest), "passerelle", "")
            return self._settle()

    def settle(self) -> Standing:
        """Do what time asks: begin, end, and have the air as it should be."""
        with self._turn:
            return self._settle()

    def _settle(self) -> Standing:
        moment = self._clock()
        lesson = self._state.lesson
        if lesson is not None and lesson.left(moment) <= 0:
            self._end(moment, "horaire", "fin prévue")
        self._follow_schedule(moment)
        lesson = self._state.lesson
        wrong = self._air.settle(on=lesson is not None)
        for radio, why in wrong.items():
            if self._wrong.get(radio) != why:
                say(f"radio {radio} : {why}", level=4)
        self._wrong = wrong
        if lesson is None:
            return Standing(False, 0, "", wrong)
        left = int(lesson.left(moment))
        return Standing(True, left, _clock_of(moment.wall + left), wrong)

    def _follow_schedule(self, moment: Moment) -> None:
        if moment.wall < self._written:
            return  # a clock from before the deploy: nobody knows what time it is
        found = current(self._settings.schedule, datetime.fromtimestamp(moment.wall))
        if found is None or found[0] == self._state.scheduled:
            return
        name, seconds = found
        self._state = replace(self._state, scheduled=name)
        lesson = self._state.lesson
        if lesson is None or lesson.left(moment) < seconds:
            self._begin(moment, seconds, "horaire", "")
        else:
            self._store.write(self._state)

    def _begin(self, moment: Moment, seconds: float, way: Way, who: str) -> None:
        self._state = replace(self._state, lesson=Lesson.of(moment, seconds))
        # Noted before it is on the air: no switch goes unseen.
        until = _clock_of(moment.wall + seconds)
        self._note(moment, "marche", way, who, f"jusqu'à {until}")
        self._store.write(self._state)

    def _end(self, moment: Moment, way: Way, who: str) -> None:
        self._state = State(None, self._state.scheduled)
        self._store.write(self._state)
        self._note(moment, "arrêt", way, who)

    def _note(self, moment: Moment, *words: str) -> None:
        clean = [" ".join(word.split()) for word in words]
        self._store.note(moment, *clean)
        say(f"réseau des classes : {', '.join(word for word in clean if word)}")


def _clock_of(wall: float) -> str:
    return f"{datetime.fromtimestamp(wall):%H:%M}"


def say(text: str, level: int = 6) -> None:
    """Write a line to the journal, with its syslog level."""
    print(f"<{level}>{text}", file=sys.stderr, flush=True)

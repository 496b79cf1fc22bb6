"""Who gets which file: its own phone, once; and again while a technician lets it."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from mairie_phones.clock import Moment
from mairie_phones.settings import Phone, Settings
from mairie_phones.store import Given, Opening, Store, local

MINUTE = 60
ASKED, ASKED_ALL = 30, 300
"""Files that one address, and all of them, may ask for in a minute: a phone asks for a few when it
starts, and after a power cut all of them start."""
LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class Answer:
    """What comes of a question; without content, why there is none."""

    status: HTTPStatus
    content: bytes = b""


class Desk:
    """Decides, and writes down what it decided; never what was in a file."""

    def __init__(self, settings: Settings, store: Store, clock: Callable[[], Moment]) -> None:
        self._settings, self._store, self._clock = settings, store, clock
        self._by_address = {phone.address: phone for phone in settings.phones}
        self._by_file = {phone.file.lower(): phone for phone in settings.phones}
        self._shared = {name.lower(): name for name in settings.shared}
        self._asked: dict[str, deque[float]] = {}
        self._asked_all: deque[float] = deque()

    def ask(self, name: str, address: str) -> Answer:
        """Answer an address that asks for a file by its name.

        Raises:
            OSError, ValueError: the file or what was given before cannot be read.

        """
        if self._too_often(address):
            return Answer(HTTPStatus.TOO_MANY_REQUESTS)
        phone, asked = self._by_address.get(address), name.lower()
        if phone is not None and asked in self._shared:
            return self._give(phone, self._shared[asked])
        owner = self._by_file.get(asked)
        if owner is None:
            return self._refuse(HTTPStatus.NOT_FOUND, address, name, "aucun fichier de ce nom")
        if phone is None or owner is not phone:
            why = "le fichier d'un autre poste" if phone is not None else "poste inconnu"
            return self._refuse(HTTPStatus.FORBIDDEN, address, name, why)
        return self._own(phone)

    def open(self, phone: Phone, minutes: int, by: str) -> None:
        """Let a phone have its file once more, within so many minutes."""
        moment = self._clock()
        with self._store.change() as state:
            until = moment.passed + minutes * MINUTE
            state.opened[phone.mac] = Opening(moment.boot, until)
        self._store.note(moment, "ouvert", phone.name, phone.mac, f"{minutes} min", by or "?")

    def standing(self, phone: Phone) -> str:
        """Return where a phone stands, in a few words."""
        state, moment = self._store.read(), self._clock()
        opening, given = state.opened.get(phone.mac), state.given.get(phone.mac)
        if opening is not None and opening.holds(moment):
            left = -(-int(opening.until - moment.passed) // MINUTE)
            return f"ouvert encore {left} min"
        if given is None:
            return "jamais remis : il attend son poste"
        same = given.digest == _digest(self._content(phone.file))
        return f"remis le {given.at}" + ("" if same else ", changé depuis : à rouvrir")

    def find(self, text: str) -> Phone | None:
        """Return the phone of a name, a number or a MAC address."""
        wanted = text.lower().replace("-", ":")
        return next(
            (
                phone
                for phone in self._settings.phones
                if text in (phone.name, phone.number) or wanted == phone.mac
            ),
            None,
        )

    def _own(self, phone: Phone) -> Answer:
        moment = self._clock()
        with self._store.change() as state:
            opening = state.opened.get(phone.mac)
            again = opening is not None and opening.holds(moment)
            before = state.given.get(phone.mac)
            if before is None or again:
                content = self._content(phone.file)
                state.opened.pop(phone.mac, None)
                # Before it is sent: two that ask at the same time do not both get it.
                state.given[phone.mac] = Given(local(moment), _digest(content))
                before = None
        if before is not None:
            why = f"déjà remis le {before.at}"
            return self._refuse(HTTPStatus.FORBIDDEN, phone.address, phone.file, why)
        self._store.note(moment, "remis", phone.name, phone.mac, phone.address, phone.file)
        return Answer(HTTPStatus.OK, content)

    def _give(self, phone: Phone, name: str) -> Answer:
        content = self._content(name)
        self._store.note(self._clock(), "remis", phone.name, phone.mac, phone.address, name)
        return Answer(HTTPStatus.OK, content)

    def _refuse(self, status: HTTPStatus, address: str, name: str, why: str) -> Answer:
        self._store.note(self._clock(), "refusé", address, _printable(name), why)
        return Answer(status)

    def _content(self, name: str) -> bytes:
        return (self._settings.files / name).read_bytes()

    def _too_often(self, address: str) -> bool:
        moment = self._clock()
        own = self._asked.setdefault(address, deque())
        for times in (own, self._asked_all):
            while times and times[0] <= moment.passed - MINUTE:
                times.popleft()
        often = len(own) >= ASKED or len(self._asked_all) >= ASKED_ALL
        if not often:
            own.append(moment.passed)
            self._asked_all.append(moment.passed)
            if len(own) == ASKED:  # the next ones are refused without a word
                self._store.note(moment, "refusé", address, "-", "trop de demandes, une minute")
        self._asked = {key: each for key, each in self._asked.items() if each}
        return often


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _printable(name: str) -> str:
    """Return what somebody asked for, fit for a line of the log."""
    return "".join(char if char.isalnum() or char in "._-/" else "?" for char in name)[
        :LONGEST_NAME
    ]

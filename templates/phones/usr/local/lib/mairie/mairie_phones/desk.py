"""Who gets which file: its own phone, once; and again while a technician lets it.

A program has no address to be known by: it brings the token of an invitation.
"""

from __future__ import annotations

import hashlib
import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import ip_address, ip_network
from typing import cast

from mairie_phones.clock import Moment
from mairie_phones.settings import Phone, Program, Settings
from mairie_phones.store import Given, Invitation, Opening, State, Store, local

MINUTE = 60
ASKED, ASKED_ALL = 30, 300
"""Files that one address, and all of them, may ask for in a minute: a phone asks for a few when it
starts, and after a power cut all of them start."""
LONGEST_NAME = 60
INVITATION = "s/"
"""What the name of an invitation begins with; its token follows."""
TOKEN_BYTES = 12


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
        self._programs = {program.name: program for program in settings.programs}
        self._shared = {name.lower(): name for name in settings.shared}
        self._asked: dict[str, deque[float]] = {}
        self._asked_all: deque[float] = deque()

    def ask(self, name: str, address: str, *, clear: bool = False) -> Answer:
        """Answer an address that asks for a file by its name, or brings an invitation.

        Args:
            name: of the file, or ``s/<token>``.
            address: IPv4.
            clear: it was not asked over TLS: only an invitation is answered.

        Raises:
            OSError, ValueError: the file or what was given before cannot be read.

        """
        if self._too_often(address):
            return Answer(HTTPStatus.TOO_MANY_REQUESTS)
        if name.startswith(INVITATION):
            return self._invited(name.removeprefix(INVITATION), address)
        if clear:
            return self._refuse(HTTPStatus.FORBIDDEN, address, name, "demandé en clair")
        return self._named(name, address)

    def open(self, phone: Phone, minutes: int, by: str) -> None:
        """Let a phone have its file once more, within so many minutes."""
        moment = self._clock()
        with self._store.change() as state:
            until = moment.passed + minutes * MINUTE
            state.opened[phone.mac] = Opening(moment.boot, until)
        self._store.note(moment, "ouvert", phone.name, phone.mac, f"{minutes} min", by or "?")

    def invite(self, program: Program, minutes: int, by: str) -> str:
        """Let a program be set up once within so many minutes; an earlier invitation ends.

        Returns:
            The token that brings its file, kept nowhere.

        """
        token, moment = secrets.token_hex(TOKEN_BYTES), self._clock()
        with self._store.change() as state:
            until = moment.passed + minutes * MINUTE
            state.invited[program.name] = Invitation(moment.boot, until, _digest(token.encode()))
        self._store.note(moment, "invité", program.name, "-", f"{minutes} min", by or "?")
        return token

    def close(self, phone: Phone | Program, by: str) -> bool:
        """End an opening or an invitation; return whether there was one that held."""
        moment = self._clock()
        with self._store.change() as state:
            ended = _openings(state, phone).pop(_key(phone), None)
        self._store.note(moment, "fermé", phone.name, _address(phone), by or "?")
        return ended is not None and ended.holds(moment)

    def standing(self, phone: Phone | Program) -> str:
        """Return where a phone stands, in a few words."""
        state, moment = self._store.read(), self._clock()
        program = isinstance(phone, Program)
        opening, given = _openings(state, phone).get(_key(phone)), state.given.get(_key(phone))
        if opening is not None and opening.holds(moment):
            left = -(-int(opening.until - moment.passed) // MINUTE)
            return f"{'invité' if program else 'ouvert'} encore {left} min"
        if given is None:
            return "jamais remis : " + ("à inviter" if program else "il attend son poste")
        again = "à inviter" if program else "à rouvrir"
        same = given.digest == _digest(self._content(phone.file))
        return f"remis le {given.at}" + ("" if same else f", changé depuis : {again}")

    def find(self, text: str) -> Phone | Program | None:
        """Return the phone of a name, a number or a MAC address."""
        wanted = text.lower().replace("-", ":")
        return next(
            (
                phone
                for phone in self._settings.every
                if text in (phone.name, phone.number)
                or (isinstance(phone, Phone) and wanted == phone.mac)
            ),
            None,
        )

    def _named(self, name: str, address: str) -> Answer:
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

    def _invited(self, token: str, address: str) -> Answer:
        moment, brought = self._clock(), _digest(token.encode())
        content, name, why = b"", "", "invitation inconnue, fermée ou déjà servie"
        with self._store.change() as state:
            for name, invitation in state.invited.items():
                program = self._programs.get(name)
                if program is None or not secrets.compare_digest(invitation.token, brought):
                    continue
                why = _against(program, invitation, moment, address)
                if not why:
                    content = self._content(program.file)
                    # Before it is sent: two that ask at the same time do not both get it.
                    del state.invited[name]
                    state.given[name] = Given(local(moment), _digest(content))
                break
        if why:
            return self._refuse(HTTPStatus.FORBIDDEN, address, "invitation", why)
        self._store.note(moment, "remis", name, "-", address, self._programs[name].file)
        return Answer(HTTPStatus.OK, content)

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


def _against(program: Program, invitation: Invitation, moment: Moment, address: str) -> str:
    """Return what an invitation lacks; empty when it holds there."""
    if not invitation.holds(moment):
        return f"invitation de {program.name} : trop tard"
    if not any(ip_address(address) in ip_network(prefix) for prefix in program.prefixes):
        return f"invitation de {program.name} : hors de ses réseaux"
    return ""


def _openings(state: State, phone: Phone | Program) -> dict[str, Opening]:
    return cast(dict[str, Opening], state.invited if isinstance(phone, Program) else state.opened)


def _key(phone: Phone | Program) -> str:
    return phone.mac if isinstance(phone, Phone) else phone.name


def _address(phone: Phone | Program) -> str:
    return phone.mac if isinstance(phone, Phone) else "-"


def _printable(name: str) -> str:
    """Return what somebody asked for, fit for a line of the log."""
    return "".join(char if char.isalnum() or char in "._-/" else "?" for char in name)[
        :LONGEST_NAME
    ]

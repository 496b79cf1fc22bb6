"""Who gets a session, for how long; and the kernel kept to what was said."""

from __future__ import annotations

import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from mairie_portal.codes import normal
from mairie_portal.gate import Gate, GateError
from mairie_portal.settings import Settings
from mairie_portal.store import Session, Store, Voucher

Answer = Literal["opened", "spent", "wrong", "ended", "revoked", "patience", "closed"]
"""What came of a request: a session, or why there is none."""
TRIES, TRIES_ALL = 5, 60
"""Codes that one device, and all of them, may try in a minute."""
MINUTE = 60


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a device stands."""

    session: Session | None
    left_bytes: int = 0

    @property
    def is_open(self) -> bool:
        """Whether it may use the internet."""
        return self.session is not None and self.left_bytes > 0


class Desk:
    """The one place where sessions begin and end; its calls may come from several threads."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        gate: Gate,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._store = store
        self._gate = gate
        self._clock = clock
        self._turn = threading.Lock()
        self._tries: dict[str, deque[float]] = {}
        self._all_tries: deque[float] = deque()

    def standing(self, mac: str) -> Standing:
        """Return where a device stands."""
        with self._turn:
            return self._standing(mac)

    def accept(self, mac: str) -> Answer:
        """Open a session to whoever accepted the terms; one that runs is not made longer."""
        with self._turn:
            before = self._standing(mac)
            if before.session is not None:
                return "opened" if before.is_open else "spent"
            return self._open(mac, self._now() + self._settings.seconds)

    def redeem(self, mac: str, typed: str) -> Answer:
        """Open a session to whoever has a code; it moves with them to another device."""
        with self._turn:
            if self._too_many(mac):
                return "patience"
            code = normal(typed)
            voucher = self._store.voucher(code) if code else None
            if voucher is None:
                return "wrong"
            if voucher.revoked is not None:
                return "revoked"
            now = self._now()
            if voucher.until is not None and voucher.until <= now:
                return "ended"
            return self._use(mac, voucher, now)

    def settle(self) -> None:
        """Make the kernel and the list of sessions agree: the list is right.

        After a restart, a new ruleset or a change by hand, whoever has time left is admitted
        again with what they had left, and whoever has none is not.
        """
        with self._turn:
            self._settle()

    def _settle(self) -> None:
        now = self._now()
        kernel = self._gate.admitted()
        live: dict[int, Session] = {}
        for session in self._store.sessions():
            if kernel.used.get(session.number, 0) > session.used_bytes:
                self._store.count(session.number, kernel.used[session.number])
            if self._left(session, now) > 0:
                live[session.number] = session
            else:
                self._store.close(session.number)
                say(f"session {session.number} de {session.mac} terminée")
        strangers = [mac for mac, mark in kernel.devices.items() if mark not in live]
        strangers += [
            m for m, mark in kernel.devices.items() if mark in live and live[mark].mac != m
        ]
        self._gate.refuse(strangers, [mark for mark in kernel.used if mark not in live])
        for number, session in live.items():
            if number not in kernel.used or kernel.devices.get(session.mac) != number:
                self._admit(session, max(session.used_bytes, kernel.used.get(number, 0)), now)

    def _open(
        self, mac: str, until: int, *, used_bytes: int = 0, voucher: int | None = None
    ) -> Answer:
        now = self._now()
        session = self._store.open(mac, until, now, used_bytes=used_bytes, voucher=voucher)
        try:
            self._admit(session, used_bytes, now)
        except GateError as error:
            self._store.close(session.number)
            say(f"le pare-feu n'a pas admis {mac} : {error}", level=3)
            return "closed"
        way = f"bon n° {voucher}" if voucher is not None else "conditions acceptées"
        say(f"session {session.number} de {mac} ouverte ({way}), {(until - now) // MINUTE} min")
        return "opened"

    def _use(self, mac: str, voucher: Voucher, now: int) -> Answer:
        held = [each for each in self._store.sessions() if each.voucher == voucher.number]
        used = max((self._used(each) for each in held), default=0)
        if used >= self._settings.data_bytes:
            return "spent"
        if any(each.mac == mac for each in held):
            return "opened"
        for other in held:
            self._gate_refuse(other)
            self._store.close(other.number)
        self._store.first_use(voucher.number, now)
        until = (voucher.first_used or now) + voucher.seconds
        return self._open(mac, until, used_bytes=used, voucher=voucher.number)

    def _gate_refuse(self, session: Session) -> None:
        try:
            self._gate.refuse([session.mac], [session.number])
        except GateError as error:  # settle() does it when the firewall is back
            say(f"le pare-feu n'a pas retiré {session.mac} : {error}", level=4)

    def _admit(self, session: Session, used: int, now: int) -> None:
        self._gate.admit(
            session.mac,
            session.number,
            self._left(session, now),
            self._settings.data_bytes,
            min(used, self._settings.data_bytes),
        )

    def _standing(self, mac: str) -> Standing:
        now = self._now()
        for session in self._store.sessions():
            if session.mac == mac and self._left(session, now) > 0:
                left = self._settings.data_bytes - self._used(session)
                return Standing(session, max(0, left))
        return Standing(None)

    def _used(self, session: Session) -> int:
        try:
            counted = self._gate.admitted().used.get(session.number, 0)
        except GateError:
            counted = 0
        return max(session.used_bytes, counted)

    def _left(self, session: Session, now: int) -> int:
        """Return its seconds; never more than it began with, whatever a clock said at boot."""
        return min(session.until - now, session.until - session.opened)

    def _too_many(self, mac: str) -> bool:
        now = self._clock()
        own = self._tries.setdefault(mac, deque())
        for tries in (own, self._all_tries):
            while tries and tries[0] <= now - MINUTE:
                tries.popleft()
        if len(own) >= TRIES or len(self._all_tries) >= TRIES_ALL:
            return True
        own.append(now)
        self._all_tries.append(now)
        recent = {
            key: each for key, each in self._tries.items() if each and each[-1] > now - MINUTE
        }
        self._tries = recent
        return False

    def _now(self) -> int:
        return int(self._clock())


def say(text: str, level: int = 6) -> None:
    """Write a line to the journal, with its syslog level."""
    print(f"<{level}>{text}", file=sys.stderr, flush=True)

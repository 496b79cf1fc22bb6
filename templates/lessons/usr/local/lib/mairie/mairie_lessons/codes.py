"""The teachers' code: compared with a hash, a few times a minute."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections import deque
from collections.abc import Callable
from pathlib import Path

CODE = Path("/etc/mairie/lessons/code.json")
TRIES, TRIES_ALL = 5, 30
"""Wrong codes that one device, and all of them, may try in a minute."""
MINUTE = 60


def normal(typed: str) -> str:
    """Return what somebody typed without spaces, hyphens and lower case."""
    return "".join(char for char in typed.upper() if char.isalnum())


def hashed(code: str, salt: bytes) -> bytes:
    """Return what is kept of a code: scrypt (RFC 7914), 16 MiB and some 50 ms for each guess."""
    return hashlib.scrypt(normal(code).encode(), salt=salt, n=2**14, r=8, p=1, dklen=32)


class PatienceError(Exception):
    """Too many wrong codes; one has to wait."""


class Code:
    """What opens the switch to whoever is at the page."""

    def __init__(self, salt: bytes, digest: bytes, clock: Callable[[], float]) -> None:
        self._salt, self._digest, self._clock = salt, digest, clock
        self._wrong: dict[str, deque[float]] = {}
        self._all_wrong: deque[float] = deque()

    @classmethod
    def load(cls, clock: Callable[[], float], path: Path = CODE) -> Code:
        """Read the hash.

        Raises:
            OSError: there is none.
            ValueError: it is not what a deploy writes.

        """
        data = json.loads(path.read_text(encoding="ascii"))
        return cls(bytes.fromhex(data["salt"]), bytes.fromhex(data["hash"]), clock)

    def fits(self, typed: str, device: str) -> bool:
        """Tell whether a code is right.

        Raises:
            PatienceError: too many wrong ones came from this device, or from all.

        """
        now = self._clock()
        own = self._wrong.get(device, deque())
        for times in (own, self._all_wrong):
            while times and times[0] <= now - MINUTE:
                times.popleft()
        if len(own) >= TRIES or len(self._all_wrong) >= TRIES_ALL:
            raise PatienceError
        if hmac.compare_digest(hashed(typed, self._salt), self._digest):
            return True
        own.append(now)
        self._all_wrong.append(now)
        self._wrong[device] = own
        self._wrong = {key: each for key, each in self._wrong.items() if each[-1] > now - MINUTE}
        return False

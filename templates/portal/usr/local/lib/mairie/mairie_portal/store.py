"""Sessions and vouchers on disk: they outlive a restart and a power cut, and open nothing alone."""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mairie_portal.codes import SALT_BYTES, hashed, new_code

FILE = "portal.sqlite"
_TABLES = """
CREATE TABLE IF NOT EXISTS salt (value BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS voucher (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    hash BLOB NOT NULL UNIQUE,
    seconds INTEGER NOT NULL,
    made INTEGER NOT NULL,
    first_used INTEGER,
    revoked INTEGER
);
CREATE TABLE IF NOT EXISTS session (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    mac TEXT NOT NULL UNIQUE,
    opened INTEGER NOT NULL,
    until INTEGER NOT NULL,
    used_bytes INTEGER NOT NULL,
    voucher INTEGER REFERENCES voucher (number)
);
"""


@dataclass(frozen=True, slots=True)
class Session:
    """What one device may do until when; times are seconds since 1970."""

    number: int
    """Mark of its connections in the kernel."""
    mac: str
    opened: int
    until: int
    used_bytes: int
    voucher: int | None


@dataclass(frozen=True, slots=True)
class Voucher:
    """What is known of a code, which is not the code."""

    number: int
    seconds: int
    """From its first use."""
    made: int
    first_used: int | None
    revoked: int | None

    @property
    def until(self) -> int | None:
        """Return when it ends; None before its first use."""
        return None if self.first_used is None else self.first_used + self.seconds


class Store:
    """One SQLite file; each call is one transaction."""

    def __init__(self, folder: Path) -> None:
        os.umask(0o077)
        # The page, the clock and the commands all come here: the caller takes turns.
        self._db = sqlite3.connect(folder / FILE, timeout=20, check_same_thread=False)
        with self._turn() as db:
            db.executescript(_TABLES)
            if db.execute("SELECT 1 FROM salt").fetchone() is None:
                db.execute("INSERT INTO salt VALUES (?)", (secrets.token_bytes(SALT_BYTES),))

    @contextmanager
    def _turn(self) -> Iterator[sqlite3.Connection]:
        with self._db:
            yield self._db

    @property
    def salt(self) -> bytes:
        """Return the salt of this gateway's codes."""
        salt: bytes = self._db.execute("SELECT value FROM salt").fetchone()[0]
        return salt

    def make_vouchers(self, count: int, seconds: int, now: int) -> list[tuple[int, str]]:
        """Make codes; return number and code of each. Nobody can read a code again."""
        salt = self.salt
        made = []
        for _ in range(count):
            code = new_code()
            row = (hashed(code, salt), seconds, now)
            with self._turn() as db:
                done = db.execute("INSERT INTO voucher (hash, seconds, made) VALUES (?, ?, ?)", row)
            made.append((int(done.lastrowid or 0), code))
        return made

    def vouchers(self) -> list[Voucher]:
        """Return every voucher by number."""
        rows = self._db.execute(
            "SELECT number, seconds, made, first_used, revoked FROM voucher ORDER BY number"
        )
        return [Voucher(*row) for row in rows]

    def voucher(self, code: str) -> Voucher | None:
        """Return the voucher of a code; None when there is none."""
        row = self._db.execute(
            "SELECT number, seconds, made, first_used, revoked FROM voucher WHERE hash = ?",
            (hashed(code, self.salt),),
        ).fetchone()
        return None if row is None else Voucher(*row)

    def first_use(self, number: int, now: int) -> None:
        """Start the time of a voucher, unless it runs already."""
        with self._turn() as db:
            db.execute(
                "UPDATE voucher SET first_used = ? WHERE number = ? AND first_used IS NULL",
                (now, number),
            )

    def revoke(self, number: int, now: int) -> bool:
        """Make a voucher useless and end its session; return whether there was one to revoke."""
        with self._turn() as db:
            done = db.execute(
                "UPDATE voucher SET revoked = ? WHERE number = ? AND revoked IS NULL",
                (now, number),
            )
            db.execute("UPDATE session SET until = ? WHERE voucher = ?", (now, number))
        return done.rowcount > 0

    def sessions(self) -> list[Session]:
        """Return every session, those that have ended and were not closed yet included."""
        rows = self._db.execute(
            "SELECT number, mac, opened, until, used_bytes, voucher FROM session ORDER BY number"
        )
        return [Session(*row) for row in rows]

    def open(
        self, mac: str, until: int, now: int, *, used_bytes: int = 0, voucher: int | None = None
    ) -> Session:
        """Begin a session of a device, in place of the one it may have had."""
        with self._turn() as db:
            db.execute("DELETE FROM session WHERE mac = ?", (mac,))
            done = db.execute(
                "INSERT INTO session (mac, opened, until, used_bytes, voucher) "
                "VALUES (?, ?, ?, ?, ?)",
                (mac, now, until, used_bytes, voucher),
            )
        return Session(int(done.lastrowid or 0), mac, now, until, used_bytes, voucher)

    def count(self, number: int, used_bytes: int) -> None:
        """Note what a session has used; a count that starts anew takes nothing back."""
        with self._turn() as db:
            db.execute(
                "UPDATE session SET used_bytes = max(used_bytes, ?) WHERE number = ?",
                (used_bytes, number),
            )

    def close(self, number: int) -> None:
        """Forget a session."""
        with self._turn() as db:
            db.execute("DELETE FROM session WHERE number = ?", (number,))

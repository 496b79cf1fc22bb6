"""Codes of vouchers: easy to read aloud and to type, useless to whoever reads the disk."""

from __future__ import annotations

import hashlib
import secrets

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""No 0, O, 1 or I: nobody has to ask which it is."""
LENGTH = 8
"""40 bits: with a few tries a minute, nobody finds one."""
SALT_BYTES = 16


def new_code() -> str:
    """Return a fresh code as it is printed: ``K7QF-3MXP``."""
    letters = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return f"{letters[:4]}-{letters[4:]}"


def normal(typed: str) -> str:
    """Return what somebody typed without spaces, hyphens and lower case; empty when no code."""
    letters = "".join(char for char in typed.upper() if char.isalnum())
    fits = len(letters) == LENGTH and all(char in ALPHABET for char in letters)
    return letters if fits else ""


def hashed(code: str, salt: bytes) -> bytes:
    """Return what is kept of a code: scrypt (RFC 7914), 16 MiB and some 50 ms for each guess."""
    return hashlib.scrypt(normal(code).encode(), salt=salt, n=2**14, r=8, p=1, dklen=32)

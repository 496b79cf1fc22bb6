"""Passwords that people type, and the hash by which Windows' challenge is answered (MS-CHAPv2)."""

from __future__ import annotations

import hashlib
import secrets
import struct
from typing import Final

ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""No letter that is taken for another one when it is read from paper."""
CODE_ALPHABET: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""No 0, O, 1 or I: nobody has to ask which it is."""
GROUPS, LETTERS = 4, 4
_MASK: Final = 0xFFFFFFFF
_ROUNDS: Final = (
    (0, tuple(range(16)), (3, 7, 11, 19)),
    (0x5A827999, (0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15), (3, 5, 9, 13)),
    (0x6ED9EBA1, (0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15), (3, 9, 11, 15)),
)
"""Of MD4: the constant, the order of the words and the rotations of each round."""


def new_password() -> str:
    """Return 79 random bits in four groups of four letters: ``k7mw-9pqt-x3hd-ruvn``."""
    groups = ("".join(secrets.choice(ALPHABET) for _ in range(LETTERS)) for _ in range(GROUPS))
    return "-".join(groups)


def new_code() -> str:
    """Return 40 random bits that somebody types while a class waits: ``K7QF-3MXP``.

    Enough where wrong ones are counted: a few tries a minute.
    """
    letters = "".join(secrets.choice(CODE_ALPHABET) for _ in range(2 * LETTERS))
    return f"{letters[:LETTERS]}-{letters[LETTERS:]}"


def code_hash(code: str, salt: bytes) -> str:
    """Return in hexadecimal what a host keeps of a code: scrypt (RFC 7914), 16 MiB a guess."""
    letters = code.replace("-", "").encode()
    return hashlib.scrypt(letters, salt=salt, n=2**14, r=8, p=1, dklen=32).hex()


def nt_hash(password: str) -> str:
    """Return the NT hash of a password in hexadecimal (RFC 2759 section 8.3)."""
    return md4(password.encode("utf-16-le")).hex().upper()


def md4(message: bytes) -> bytes:
    """Return the MD4 digest (RFC 1320), which OpenSSL 3 no longer offers.

    Broken as a digest; MS-CHAPv2 knows no other, and only ever goes through TLS here.
    """
    padded = message + b"\x80" + bytes(-(len(message) + 9) % 64)
    padded += struct.pack("<Q", 8 * len(message))
    state = (0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476)
    for start in range(0, len(padded), 64):
        words = struct.unpack("<16I", padded[start : start + 64])
        a, b, c, d = state
        for number, (constant, order, rotations) in enumerate(_ROUNDS):
            for step, index in enumerate(order):
                total = (a + _mix(number, b, c, d) + words[index] + constant) & _MASK
                turn = rotations[step % 4]
                a, b, c, d = d, (total << turn | total >> (32 - turn)) & _MASK, b, c
        state = tuple((x + y) & _MASK for x, y in zip(state, (a, b, c, d), strict=True))  # type: ignore[assignment]
    return struct.pack("<4I", *state)


def _mix(number: int, b: int, c: int, d: int) -> int:
    if number == 0:
        return (b & c) | (~b & d)
    if number == 1:
        return (b & c) | (b & d) | (c & d)
    return b ^ c ^ d

"""Numbers that follow from a name and never from order or chance."""

from __future__ import annotations

import hashlib


def stable_number(name: str, modulus: int) -> int:
    """Return a number in ``range(modulus)`` that depends on the name alone."""
    digest = hashlib.sha256(name.encode()).digest()
    return int.from_bytes(digest[:8], "big") % modulus


def salt_of(name: str) -> bytes:
    """Return 16 bytes that follow from a name, and are those of no other."""
    return hashlib.sha256(f"salt {name}".encode()).digest()[:16]

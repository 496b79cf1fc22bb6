"""Numbers that follow from a name and never from order or chance."""

from __future__ import annotations

import hashlib


def stable_number(name: str, modulus: int) -> int:
    """Return a number in ``range(modulus)`` that depends on the name alone."""
    digest = hashlib.sha256(name.encode()).digest()
    return int.from_bytes(digest[:8], "big") % modulus


def stable_mac(name: str) -> str:
    """Return a locally administered unicast MAC address (IEEE 802) that depends on a name alone."""
    raw = bytearray(hashlib.sha256(name.encode()).digest()[:6])
    raw[0] = raw[0] & 0b11111100 | 0b10
    return ":".join(f"{byte:02x}" for byte in raw)


def salt_of(name: str) -> bytes:
    """Return 16 bytes that follow from a name, and are those of no other."""
    return hashlib.sha256(f"salt {name}".encode()).digest()[:16]

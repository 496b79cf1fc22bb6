"""Key material of WireGuard: X25519 pairs and preshared keys, base64 as ``wg`` prints them."""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey


@dataclass(frozen=True, slots=True)
class KeyPair:
    """An X25519 pair (RFC 7748), each half 32 bytes in base64."""

    private: str = field(repr=False)
    public: str


def new_key_pair() -> KeyPair:
    """Return a fresh pair from the system's random source."""
    key = X25519PrivateKey.generate()
    return KeyPair(_text(key.private_bytes_raw()), _text(key.public_key().public_bytes_raw()))


def public_key(private: str) -> str:
    """Return the public half, as ``wg pubkey`` does.

    Raises:
        ValueError: not 32 bytes in base64.

    """
    key = X25519PrivateKey.from_private_bytes(base64.b64decode(private, validate=True))
    return _text(key.public_key().public_bytes_raw())


def new_preshared_key() -> str:
    """Return 32 random bytes in base64, as ``wg genpsk`` does."""
    return _text(os.urandom(32))


def new_credential() -> str:
    """Return 32 random bytes as URL-safe base64 without padding (RFC 4648 section 5)."""
    return base64.urlsafe_b64encode(os.urandom(32)).decode("ascii").rstrip("=")


def new_hexadecimal_key() -> str:
    """Return 32 random bytes in hexadecimal, as hostapd wants them between access points."""
    return os.urandom(32).hex()


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")

"""age files (age-encryption.org/v1): what recipients alone can open."""

from __future__ import annotations

from collections.abc import Sequence

import pyrage

from mairie.secrets.identity import Identity
from mairie.secrets.recipients import AgeRecipient

_MAGIC = b"age-encryption.org/v1\n"


class NotForIdentityError(Exception):
    """None of the identity's keys is among the recipients."""


class DamagedError(Exception):
    """Bytes are missing, or were changed after the encryption."""


def encrypted(data: bytes, recipients: Sequence[AgeRecipient]) -> bytes:
    """Return what only the recipients can open."""
    sealed: bytes = pyrage.encrypt(data, list(recipients))
    return sealed


def is_encrypted(data: bytes) -> bool:
    """Whether an age identity is needed to read it."""
    return data.startswith(_MAGIC)


def decrypted(data: bytes, identity: Identity) -> bytes:
    """Return what was encrypted.

    Raises:
        NotForIdentityError: the identity does not open it.
        DamagedError: it was changed or cut.

    """
    try:
        opened: bytes = pyrage.decrypt(data, [key.private for key in identity.keys])
    except pyrage.DecryptError as error:
        # Two outcomes of the library: no stanza for these keys, or bytes missing or changed.
        if "No matching keys" in str(error):
            raise NotForIdentityError from None
        raise DamagedError from None
    return opened

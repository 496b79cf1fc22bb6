"""Files of a restic repository written by hand, as root of a host could: it has the password.

restic's doc/design.rst: a file is a nonce (16 bytes), AES-256 in counter mode, and Poly1305-AES
(16 bytes); a data file is sealed blocks, a sealed header that names them, and its length.
"""

from __future__ import annotations

import base64
import json
import os
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from cryptography.hazmat.primitives.poly1305 import Poly1305

NONCE = TAG = 16
DATA_BLOB = 0


@dataclass(frozen=True)
class Key:
    """A key of restic's: one to encrypt, two to authenticate."""

    encryption: bytes
    k: bytes
    r: bytes

    def seal(self, plain: bytes) -> bytes:
        """Encrypt and authenticate."""
        nonce = os.urandom(NONCE)
        sealed = Cipher(algorithms.AES(self.encryption), modes.CTR(nonce)).encryptor()
        text = sealed.update(plain)
        return nonce + text + self._tag(nonce, text)

    def unseal(self, data: bytes) -> bytes:
        """Return what ``seal`` was given. Raises ValueError with another key."""
        nonce, text, tag = data[:NONCE], data[NONCE:-TAG], data[-TAG:]
        if self._tag(nonce, text) != tag:
            raise ValueError("another key")
        opened = Cipher(algorithms.AES(self.encryption), modes.CTR(nonce)).decryptor()
        return opened.update(text)

    def _tag(self, nonce: bytes, text: bytes) -> bytes:
        block = Cipher(algorithms.AES(self.k), modes.ECB()).encryptor()  # noqa: S305 - one block
        masked = bytearray(self.r)
        for place in (3, 7, 11, 15):
            masked[place] &= 15
        for place in (4, 8, 12):
            masked[place] &= 252
        return Poly1305.generate_tag(bytes(masked) + block.update(nonce), text)


def master_key(key_file: bytes, password: str) -> Key:
    """Return the key of a repository. Raises ValueError for another password."""
    data = json.loads(key_file)
    derived = Scrypt(
        salt=base64.b64decode(data["salt"]), length=64, n=data["N"], r=data["r"], p=data["p"]
    ).derive(password.encode())
    own = Key(derived[:32], derived[32:48], derived[48:])
    master = json.loads(own.unseal(base64.b64decode(data["data"])))
    mac = master["mac"]
    decoded = (base64.b64decode(text) for text in (master["encrypt"], mac["k"], mac["r"]))
    return Key(*decoded)


Blocks = Sequence[tuple[str, bytes]]
"""Claimed name, hexadecimal, and content: nothing obliges one to be that of the other."""


def pack(key: Key, blocks: Blocks) -> bytes:
    """Return a data file that holds these blocks."""
    body, header = b"", b""
    for name, content in blocks:
        sealed = key.seal(content)
        body += sealed
        header += struct.pack("<BI", DATA_BLOB, len(sealed)) + bytes.fromhex(name)
    end = key.seal(header)
    return body + end + struct.pack("<I", len(end))


def index(key: Key, pack_name: str, blocks: Blocks) -> bytes:
    """Return the index that vouches for such a data file."""
    entries, offset = [], 0
    for name, content in blocks:
        length = len(content) + NONCE + TAG
        entries.append({"id": name, "type": "data", "offset": offset, "length": length})
        offset += length
    return key.seal(json.dumps({"packs": [{"id": pack_name, "blobs": entries}]}).encode())

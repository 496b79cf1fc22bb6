"""One question to a RADIUS server, as an access point asks it, for controls and tests."""

from __future__ import annotations

import hashlib
import hmac
import os
import socket
import struct

ACCESS_REQUEST = 1
PATIENCE_S = 2.0
_USER_NAME, _NAS_IDENTIFIER, _EAP_MESSAGE, _MESSAGE_AUTHENTICATOR = 1, 32, 79, 80


def access_request(login: str, secret: bytes, *, signed: bool = True) -> bytes:
    """Return a request to let somebody in: an EAP identity (RFC 3579 section 3.2).

    Args:
        login: who asks.
        secret: what access point and server share.
        signed: with a Message-Authenticator, without which CVE-2024-3596 forges answers.

    """
    name = login.encode()
    identity = struct.pack("!BBHB", 2, 0, 5 + len(name), 1) + name
    attributes = b"".join(
        (
            _attribute(_USER_NAME, name),
            _attribute(_NAS_IDENTIFIER, b"mairie"),
            _attribute(_EAP_MESSAGE, identity),
            _attribute(_MESSAGE_AUTHENTICATOR, bytes(16)) if signed else b"",
        )
    )
    head = struct.pack("!BBH", ACCESS_REQUEST, os.urandom(1)[0], 20 + len(attributes))
    packet = head + os.urandom(16) + attributes
    if not signed:
        return packet
    return packet[:-16] + hmac.digest(secret, packet, hashlib.md5)


def answer(address: str, port: int, request: bytes, source: str = "") -> int | None:
    """Return the code a server answers with; None when it says nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(PATIENCE_S)
        if source:
            asking.bind((source, 0))
        asking.connect((address, port))
        try:
            asking.send(request)
            return asking.recv(4096)[0]
        except (TimeoutError, ConnectionRefusedError):
            return None


def _attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("!BB", kind, 2 + len(value)) + value

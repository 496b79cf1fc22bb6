"""Packets of a file that tcpdump wrote."""

from __future__ import annotations

import struct


def packets(content: bytes) -> list[bytes]:
    """Return the frames of a capture (pcap, micro- or nanoseconds, of this machine's byte order).

    Raises:
        ValueError: it is something else.

    """
    if content[:4] not in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1"):
        raise ValueError("not a capture of tcpdump")
    found, at = [], 24
    while at + 16 <= len(content):
        (length,) = struct.unpack_from("<I", content, at + 8)
        found.append(content[at + 16 : at + 16 + length])
        at += 16 + length
    return found

"""The world's time, apart from the clock of the machine in which the world is played.

Runs there as ``world_clock.py serve ADDRESS SECONDS``, an SNTP server (RFC 5905, section 14) that
stands so far ahead of the machine's clock and then goes by the kernel's raw counter, which nobody
steers; ``world_clock.py ahead`` prints by how many seconds it is ahead of the machine's clock now.
"""

from __future__ import annotations

import socket
import struct
import sys
import time
from pathlib import Path

BASE = Path("/run/world-clock")
SINCE_1900 = 2_208_988_800
"""Of the Unix epoch, seconds."""
SERVER, STRATUM, POLL, PRECISION = 0x24, 2, 6, -20
"""No warning, version 4, mode 4."""


def now() -> float:
    """Return the world's time, seconds since 1970."""
    return float(BASE.read_text()) + time.clock_gettime(time.CLOCK_MONOTONIC_RAW)


def stamp(seconds: float) -> bytes:
    """Return a timestamp of NTP: seconds since 1900 and their fraction, 32 bits each."""
    whole = int(seconds)
    return struct.pack("!II", whole + SINCE_1900, int((seconds - whole) * 2**32))


def answer(question: bytes, received: float) -> bytes:
    """Return the answer to an NTP packet that came at this time."""
    head = struct.pack("!BBbbII4s", SERVER, STRATUM, POLL, PRECISION, 0, 0, b"\x7f\x7f\x01\x01")
    return head + stamp(received) + question[40:48] + stamp(received) + stamp(now())


def serve(address: str, ahead: float) -> None:
    """Answer for ever at one address: from another one, an answer would not be believed."""
    raw = time.clock_gettime(time.CLOCK_MONOTONIC_RAW)
    BASE.write_text(repr(time.time() + ahead - raw))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        door.bind((address, 123))
        while True:
            question, who = door.recvfrom(512)
            door.sendto(answer(question, now()), who)


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(sys.argv[2], float(sys.argv[3]))
    else:
        print(now() - time.time())

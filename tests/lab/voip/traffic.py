"""Traffic on this machine: uploads that fill a line, somebody who takes them, calls that are timed.

traffic.py sink PORT · traffic.py send ADDRESS PORT STREAMS SECONDS ·
traffic.py watch INTERFACE from|to ADDRESS SECONDS (a line per packet of sound: nanoseconds, where
to, SSRC, number)
"""

import json
import socket
import struct
import sys
import threading
import time
from collections.abc import Iterator

TICKS = {0: 160, 3: 160, 8: 160, 9: 160, 107: 960}
"""Payload types of calls, PCMU, GSM, PCMA, G.722 (RFC 3551), Asterisk's Opus: by how much the clock
of RTP moves in 20 ms."""
HEADER = struct.Struct("!BBHII")
"""Of RTP: version, payload type, number, clock, source."""
SO_TIMESTAMPNS = 35
ETH_P_ALL = 3
BLOCK = bytes(65536)


def sink(port: int) -> None:
    """Take what is sent, for ever."""
    with socket.create_server(("", port), backlog=64) as server:
        while True:
            taken, _ = server.accept()
            threading.Thread(target=_swallow, args=(taken,), daemon=True).start()


def _swallow(taken: socket.socket) -> None:
    with taken:
        while taken.recv(1 << 16):
            pass


def send(address: str, port: int, streams: int, seconds: float) -> None:
    """Send as fast as TCP may, through several connections; print bytes that left."""
    end = time.monotonic() + seconds
    sent = [0] * streams
    threads = [
        threading.Thread(target=_push, args=(address, port, end, sent, number))
        for number in range(streams)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(sum(sent))


def _push(address: str, port: int, end: float, sent: list[int], number: int) -> None:
    with socket.create_connection((address, port), timeout=10) as pushing:
        pushing.settimeout(1)
        while time.monotonic() < end:
            try:
                sent[number] += pushing.send(BLOCK)
            except TimeoutError:
                continue


def watch(interface: str, end: str, address: str, seconds: float) -> None:
    """Print each packet of sound that has an address at one end, with the kernel's time."""
    wanted = socket.inet_aton(address)
    place = slice(12, 16) if end == "from" else slice(16, 20)
    found = []
    with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL)) as tap:
        tap.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        tap.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_000_000)
        tap.bind((interface, ETH_P_ALL))
        tap.settimeout(0.2)
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            try:
                packet, notes, _, _ = tap.recvmsg(65536, 64)
            except TimeoutError:
                continue
            if len(packet) > 40 and packet[0] >> 4 == 4 and packet[9] == socket.IPPROTO_UDP:
                sound = packet[4 * (packet[0] & 15) + 8 :]
                if packet[place] == wanted and sound[0] >> 6 == 2 and sound[1] & 127 in TICKS:
                    at = struct.unpack("qq", notes[0][2][:16])
                    to = socket.inet_ntoa(packet[16:20])
                    for source, number in _packets(sound):
                        found.append((at[0] * 10**9 + at[1], to, source, number))
    for item in found:
        print(json.dumps(item))


def _packets(sound: bytes) -> Iterator[tuple[int, int]]:
    """Yield source and number of each packet; what came together is one for the kernel (GRO)."""
    start = 0
    while len(sound) - start >= HEADER.size:
        first, kind, number, clock, source = HEADER.unpack_from(sound, start)
        yield source, number
        kind &= 127
        following = HEADER.pack(
            first, kind, (number + 1) % 2**16, (clock + TICKS[kind]) % 2**32, source
        )
        start = sound.find(following, start + HEADER.size)
        if start < 0:
            return


if __name__ == "__main__":
    what, *words = sys.argv[1:]
    if what == "sink":
        sink(int(words[0]))
    elif what == "send":
        send(words[0], int(words[1]), int(words[2]), float(words[3]))
    else:
        watch(words[0], words[1], words[2], float(words[3]))

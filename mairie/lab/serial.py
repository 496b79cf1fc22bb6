"""A way to push to the QEMU machine that needs no network: a virtio serial port of its own.

A deploy inside may close or replace every network port. This module run as a program is the local
end: ``python -m mairie.lab.serial SOCKET ARGV…`` runs ARGV in the machine with our stdin, stdout,
stderr and exit code, as ``docker exec -i`` does. The other end is share/lab-serial.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import struct
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from mairie.lab.machine import Machine

HEAD = struct.Struct("!cII")
"""Kind, session, length of the data that follows."""
LARGEST = 65_536
LOST = 255
"""Exit code when the machine is gone; programs of a push end with 0 or 1."""


@dataclass(frozen=True, slots=True)
class Serial:
    """A machine, through the Unix socket of its serial port."""

    port: Path

    @classmethod
    def serve(cls, machine: Machine) -> Self:
        """Start the other end in a machine; return the way to it."""
        program = "/run/lab-serial"
        machine.put({program: (files("mairie.lab") / "share" / "lab-serial").read_bytes()}, 0o700)
        machine.run(f"setsid python3 {program} >/run/lab-serial.said 2>&1 </dev/null &")
        return cls(machine.push_port)

    def argv(self, script: str, *arguments: str) -> list[str]:
        """Return the local command that runs a POSIX sh script in the machine, as root."""
        local = [sys.executable, "-m", "mairie.lab.serial", str(self.port)]
        return [*local, "sh", "-c", script, "mairie", *arguments]

    def unreachable(self, status: int, stderr: str) -> str:
        """Only a machine that is gone cannot be reached."""
        if status != LOST:
            return ""
        said = stderr.strip().splitlines() or ["no reason given"]
        return f"The machine cannot be reached: {said[-1]}"


def main(port: str, *argv: str) -> int:
    """Run a program in the machine; return its exit code."""
    number = secrets.randbits(32)
    with socket.socket(socket.AF_UNIX) as channel:
        try:
            channel.connect(port)
            _send(channel, b"a", number, json.dumps(argv).encode())
            threading.Thread(target=_copy_stdin, args=(channel, number), daemon=True).start()
            for kind, data in _frames(channel, number):
                if kind == b"x":
                    return int(data)
                (sys.stdout if kind == b"o" else sys.stderr).buffer.write(data)
                (sys.stdout if kind == b"o" else sys.stderr).buffer.flush()
        except OSError as error:
            print(f"{port}: {error.strerror}", file=sys.stderr)
            return LOST
    print(f"{port}: closed by the machine", file=sys.stderr)
    return LOST


def _send(channel: socket.socket, kind: bytes, number: int, data: bytes) -> None:
    channel.sendall(HEAD.pack(kind, number, len(data)) + data)


def _copy_stdin(channel: socket.socket, number: int) -> None:
    try:
        while data := os.read(0, LARGEST):
            _send(channel, b"i", number, data)
        _send(channel, b"c", number, b"")
    except OSError:
        return  # the reader of frames says that the machine is gone


def _frames(channel: socket.socket, number: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield the frames of our session until the machine closes; older sessions' are dropped."""
    with channel.makefile("rb") as stream:
        while head := stream.read(HEAD.size):
            kind, session, length = HEAD.unpack(head)
            data = stream.read(length)
            if session == number:
                yield kind, data


if __name__ == "__main__":
    # At once: the thread that copies stdin may be in the middle of a read.
    status = main(*sys.argv[1:])
    sys.stdout.flush()
    os._exit(status)

"""A queue that takes mails or does not, and folders of the test."""

from __future__ import annotations

import socket
import socketserver
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from mairie import attempts
from mairie_messages.settings import FaxLine, Settings

sys.modules["mairie_messages.tried"] = attempts
"""It lies beside the program on a host, under this name."""


@dataclass
class Queue:
    """Speaks as much SMTP as a client needs (RFC 5321)."""

    port: int
    answer: str = "250 taken"
    """To the recipient."""
    taken: list[bytes] = field(default_factory=list)


@pytest.fixture
def queue() -> Iterator[Queue]:
    class Session(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 here\r\n")
            for line in self.rfile:
                word = line[:4].upper()
                answer = {b"RCPT": found.answer, b"QUIT": "221 bye"}.get(word, "250 well")
                if word == b"DATA":
                    self.wfile.write(b"354 go\r\n")
                    found.taken.append(b"".join(iter(self.rfile.readline, b".\r\n")))
                self.wfile.write(f"{answer}\r\n".encode())

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session) as server:
        server.daemon_threads = True
        found = Queue(server.server_address[1])
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield found
        server.shutdown()


@pytest.fixture
def settings(tmp_path: Path, queue: Queue) -> Settings:
    for name in ("mail", "fax"):
        (tmp_path / name).mkdir()
    return Settings(
        sender="mairie@demo.example",
        label="Mairie · Hiva Oa, « Atuona »",
        timezone="Pacific/Tahiti",
        messages=tmp_path / "mail",
        faxes=tmp_path / "fax",
        lines=(FaxLine("mairie", "40930150", "secretariat@rurutu.example"),),
        port=queue.port,
    )


@pytest.fixture
def deaf(settings: Settings) -> Settings:
    """Settings with a port on which nobody listens."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return replace(settings, port=unused.getsockname()[1])

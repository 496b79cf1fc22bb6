"""The relay delays and counts as it says: the bench's figures rest on it."""

from __future__ import annotations

import socket
import socketserver
import threading
import time
from collections.abc import Iterator

import pytest

from tests.bench.relay import Relay, Tcp


class Echo(socketserver.StreamRequestHandler):
    """Answers each line with two; ends after ``bye``."""

    def handle(self) -> None:
        for line in self.rfile:
            self.wfile.write(line + line)
            if line == b"bye\n":
                return


@pytest.fixture
def upstream() -> Iterator[Tcp]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Echo) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield Tcp("127.0.0.1", server.server_address[1])
        server.shutdown()
        thread.join()


def connect(relay: Relay) -> socket.socket:
    return socket.create_connection(("127.0.0.1", relay.port), timeout=20)


def test_each_exchange_costs_a_round_trip_and_a_turn(upstream: Tcp) -> None:
    with Relay(upstream, 0.2) as relay, connect(relay) as client:
        answers = client.makefile("rb")
        began = time.monotonic()
        for word in (b"one\n", b"two\n", b"three\n"):
            client.sendall(word)
            assert answers.readline() == answers.readline() == word
        # Three exchanges, and the handshake's round trip before them.
        assert time.monotonic() - began >= 4 * 0.2
        traffic = relay.take()
    assert (traffic.connections, traffic.turns) == (1, 3)
    assert (traffic.sent, traffic.received) == (14, 28)


def test_what_needs_no_answer_costs_no_turn(upstream: Tcp) -> None:
    with Relay(upstream, 0.2) as relay, connect(relay) as client:
        answers = client.makefile("rb")
        for word in (b"one\n", b"two\n", b"three\n"):
            client.sendall(word)
        for _ in range(6):
            answers.readline()
        client.sendall(b"four\n")
        assert answers.readline() == b"four\n"
        assert relay.take().turns == 2


def test_counts_start_again_and_the_delay_may_change(upstream: Tcp) -> None:
    with Relay(upstream, 60.0) as relay:
        relay.rtt_s = 0.0  # else the client runs out of patience
        with connect(relay) as client:
            client.sendall(b"one\n")
            client.makefile("rb").readline()
        assert relay.take().sent == 4
        assert relay.take().total == 0


def test_an_end_on_the_far_side_reaches_the_client(upstream: Tcp) -> None:
    with Relay(upstream, 0.02) as relay, connect(relay) as client:
        client.sendall(b"bye\n")
        assert client.makefile("rb").read() == b"bye\nbye\n"


def test_connections_share_the_rate_of_the_link(upstream: Tcp) -> None:
    line = b"x" * 9_999 + b"\n"
    with Relay(upstream, 0.0, 800_000) as relay, connect(relay) as one, connect(relay) as other:
        answers = [client.makefile("rb") for client in (one, other)]
        began = time.monotonic()
        for client in (one, other):
            client.sendall(line)
        for answer in answers:
            assert answer.readline() == answer.readline() == line
        # 20,000 bytes there and 40,000 back, at 100,000 bytes a second.
        assert 0.45 <= time.monotonic() - began < 2
        assert relay.take().total == 60_000

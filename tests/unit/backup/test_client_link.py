"""The small question to the hub, asked of a server on loopback."""

from __future__ import annotations

import base64
import http.server
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate

import pytest

from mairie_backup import link

CREDENTIAL = {"RESTIC_REST_USERNAME": "rapa", "RESTIC_REST_PASSWORD": "secret"}


@contextmanager
def hub(status: int, ahead_s: float = 0.0) -> Iterator[tuple[str, list[str]]]:
    """Serve one answer; yield the repository and what was asked."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            asked.append(f"{self.path} {self.headers['Authorization']}")
            self.send_response_only(status)
            self.send_header("Date", formatdate(time.time() - ahead_s, usegmt=True))
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/rapa/", asked
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("status", "verdict", "may_pass"),
    [
        (200, "there", False),
        (401, "refused", False),
        (403, "refused", False),
        (404, "no-repository", False),
        (502, "maintenance", True),
        (503, "maintenance", True),
    ],
)
def test_what_the_hub_s_answer_means(status: int, verdict: str, may_pass: bool) -> None:
    with hub(status) as (repository, asked):
        answer = link.ask(repository, CREDENTIAL)
    assert (answer.verdict, answer.may_pass) == (verdict, may_pass)
    pair = base64.b64encode(b"rapa:secret").decode()
    assert asked == [f"/rapa/config Basic {pair}"]


def test_the_hub_says_how_wrong_this_clock_is() -> None:
    with hub(200, ahead_s=86_400) as (repository, _):
        answer = link.ask(repository, CREDENTIAL)
    assert answer.ahead_s is not None
    assert abs(answer.ahead_s - 86_400) < 5


def test_nobody_there_is_no_error() -> None:
    with hub(200) as (repository, _):
        pass
    assert link.ask(repository, CREDENTIAL) == link.Answer("unreachable")
    with pytest.raises(link.LinkDownError, match="ne répond pas"):
        link.require(repository, CREDENTIAL)


def test_a_refusal_is_not_waited_out() -> None:
    with hub(401) as (repository, _), pytest.raises(link.RefusedError, match="identifiant"):
        link.require(repository, CREDENTIAL)

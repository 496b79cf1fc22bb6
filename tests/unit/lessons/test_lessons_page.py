"""What teachers see, and what the server answers."""

from __future__ import annotations

import http.client
import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from mairie_lessons import web
from mairie_lessons.door import RefusedError
from mairie_lessons.gateway import told
from mairie_lessons.page import lengths, page
from mairie_lessons.settings import Settings
from mairie_lessons.web import Server
from tests.unit.lessons.conftest import PAGE

PLACES = ("L'Île & Fils", "École")
OFF = {"on": False, "seconds": 0, "until": "", "wrong": {}}
ON = {"on": True, "seconds": 1790, "until": "10:40", "wrong": {}}
SETTINGS = Settings(minutes=45, longest=120, schedule=(), radios=(), page=PAGE, follows="")


def test_off() -> None:
    text = page(PLACES, 45, 120, OFF)
    assert '<html lang="fr">' in text and "L&#x27;Île &amp; Fils · École" in text
    assert "Éteint." in text and ">Allumer<" in text and ">Éteindre<" not in text
    assert '<option value="45" selected>45 min</option>' in text
    assert "180 min" not in text


def test_on() -> None:
    text = page(PLACES, 45, 120, ON)
    assert "Allumé jusqu'à 10:40" in text and "encore 30 min" in text
    assert ">Prolonger<" in text and ">Éteindre<" in text
    assert "Une radio ne répond pas" not in text
    wrong = page(PLACES, 45, 120, {**ON, "wrong": {"wlan0": "hostapd ne répond pas"}})
    assert "Une radio ne répond pas" in wrong and "hostapd" not in wrong


def test_every_field_has_its_label_and_nothing_comes_from_elsewhere() -> None:
    text = page(PLACES, 45, 120, ON, "Ce code n'est pas le bon.")
    fields = set(re.findall(r'<(?:input|select) id="(\w+)"', text))
    assert fields == set(re.findall(r'<label for="(\w+)"', text)) == {"code", "minutes"}
    assert "<script" not in text and "http" not in text and "src=" not in text


def test_lengths() -> None:
    assert lengths(55, 90) == (15, 30, 45, 55, 60, 90)
    assert lengths(10, 10) == (10,)


class Door:
    """The switch, as the page sees it."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.refuses = ""

    def __call__(self, _path: Path, **asked: Any) -> dict[str, Any]:
        if asked["do"] != "status":
            self.asked.append(asked)
            if self.refuses:
                raise RefusedError(self.refuses)
        return ON


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch) -> Door:
    found = Door()
    monkeypatch.setattr(web, "ask", found)
    return found


class Browser:
    """Asks the server as a device does."""

    def __init__(self, server: Server) -> None:
        self.port = server.socket.getsockname()[1]

    def ask(self, method: str, path: str = "/", body: str = "", **headers: str) -> Any:
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        link.request(method, path, body or None, {"Host": "127.0.0.1", **headers})
        answer = link.getresponse()
        text = answer.read().decode()
        link.close()
        return answer.status, dict(answer.getheaders()), text


@pytest.fixture
def browser(door: Door) -> Iterator[Browser]:  # noqa: ARG001 - asked in its place
    server = Server("127.0.0.1", SETTINGS, PAGE, Path("/nowhere"))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Browser(server)
    server.shutdown()
    server.server_close()


def test_the_page_forbids_what_it_does_not_use(browser: Browser) -> None:
    status, headers, text = browser.ask("GET")
    assert status == 200 and "Wi-Fi de la classe" in text
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe-inline" not in headers["Content-Security-Policy"]
    assert "Set-Cookie" not in headers and headers["Cache-Control"] == "no-store"
    assert browser.ask("HEAD")[2] == ""


def test_access_points_are_told_how_long(browser: Browser) -> None:
    assert told(f"127.0.0.1:{browser.port}") is None, "it answers to its own name alone"
    status, headers, text = browser.ask("GET", "/state")
    assert (status, json.loads(text)) == (200, {"seconds": 1790})
    assert headers["Content-Type"].startswith("application/json")
    assert browser.ask("GET", "/state", Host="example.org")[0] == 302


@pytest.mark.parametrize("said", [b"", b"[]", b'{"seconds": -1}', b'{"seconds": true}', b"<html>"])
def test_what_is_no_answer_is_nobody_s_word(said: bytes) -> None:
    class Odd(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Odd)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"127.0.0.1:{server.server_port}"
    assert told(address) is None
    server.shutdown()
    server.server_close()
    assert told(address) is None


def test_a_code_is_handed_to_the_switch(browser: Browser, door: Door) -> None:
    status, headers, _ = browser.ask("POST", body="code=K7QF-3MXP&minutes=30&do=on")
    assert (status, headers["Location"]) == (303, "http://127.0.0.1/")
    browser.ask("POST", body="code=K7QF-3MXP&minutes=x&do=off")
    assert door.asked == [
        {"do": "on", "minutes": 30, "code": "K7QF-3MXP", "device": "127.0.0.1"},
        {"do": "off", "minutes": None, "code": "K7QF-3MXP", "device": "127.0.0.1"},
    ]


def test_a_refusal_is_shown(browser: Browser, door: Door) -> None:
    door.refuses = "Ce code n'est pas le bon. <b>"
    status, _, text = browser.ask("POST", body="code=AAAA&do=on")
    assert status == 200
    assert 'role="alert">Ce code n&#x27;est pas le bon. &lt;b&gt;</p>' in text
    assert "AAAA" not in text


def test_another_site_cannot_guess_in_a_pupils_place(browser: Browser, door: Door) -> None:
    assert browser.ask("POST", body="code=A&do=on", Origin="http://example.org")[0] == 403
    assert browser.ask("POST", body="code=A&do=on", Host="example.org")[0] == 302
    assert browser.ask("GET", "/favicon.ico")[0] == 302
    assert browser.ask("POST", body="code=" + "A" * 600)[0] == 413
    assert door.asked == []

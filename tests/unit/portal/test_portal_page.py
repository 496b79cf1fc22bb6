"""What visitors see, and what the server answers."""

from __future__ import annotations

import http.client
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from html.parser import HTMLParser

import pytest

from mairie_portal.desk import Standing
from mairie_portal.page import page
from mairie_portal.settings import Settings
from mairie_portal.store import Session
from mairie_portal.web import Server
from tests.unit.portal.conftest import World

ONE = "02:00:00:00:00:01"
OPEN = Session(1, ONE, 0, 3600, 0, None)


class Labels(HTMLParser):
    """The fields of a page, and what labels them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.fields: list[str] = []
        self.labels: list[str] = []
        self.links: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "input":
            self.fields.append(found["id"] or "")
        elif tag == "label":
            self.labels.append(found["for"] or "")
        elif tag in ("a", "link", "img", "script"):
            self.links.append(found.get("href") or found.get("src") or "")


def test_french_comes_first_and_texts_are_texts(settings: Settings) -> None:
    text = page(settings, "", Standing(None))
    assert '<html lang="fr">' in text
    assert "L&#x27;Île &amp; Fils · Mairie</p>\n<h1>Bienvenue</h1>" in text
    assert "<li>la &lt;loi&gt;</li><li>le partage</li>" in text
    assert "4 h par connexion, 0\u00a0Mo par appareil." in text


def test_a_language_without_words_has_its_terms_and_says_what_is_french(settings: Settings) -> None:
    text = page(settings, "ty", Standing(None))
    assert '<html lang="fr">' in text
    assert '<div class="terms" lang="ty">\n<p>Ia ora na.</p>' in text
    assert '<a href="/?lang=ty" lang="ty" hreflang="ty" aria-current="true">' in text


@pytest.mark.parametrize("answer", ["wrong", "ended", "revoked", "patience", "closed", "nobody"])
def test_a_refusal_is_said(settings: Settings, answer: str) -> None:
    text = page(replace(settings, mode="voucher"), "fr", Standing(None), answer)
    assert '<p class="said" role="alert">' in text
    found = Labels(text)
    assert found.fields == found.labels == ["code"]


def test_nothing_comes_from_elsewhere(settings: Settings) -> None:
    for standing in (Standing(None), Standing(OPEN, 10), Standing(OPEN, 0)):
        text = page(settings, "fr", standing)
        assert all(link.startswith("/?lang=") for link in Labels(text).links)
        assert not re.search(r"//|<script|@import|url\(", text.partition("</style>")[2])


def test_whoever_is_connected_sees_what_is_left(settings: Settings) -> None:
    text = page(settings, "fr", Standing(OPEN, 840_000_000))
    assert "Vous êtes connecté" in text and "840\u00a0Mo" in text
    assert "<form" not in text
    text = page(settings, "fr", Standing(OPEN, 0))
    assert "Votre volume est épuisé" in text and "<form" not in text


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours (WCAG 2.2, 1.4.3)."""

    def light(colour: str) -> float:
        digits = colour.lstrip("#")
        digits = "".join(2 * each for each in digits) if len(digits) == 3 else digits
        parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_enough_by_day_and_by_night(settings: Settings) -> None:
    style = page(settings, "fr", Standing(None)).partition("</style>")[0]
    day, night = (
        dict(re.findall(r"--([a-z-]+): (#[0-9a-f]+)", block))
        for block in re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    )
    pairs = (
        *(("ink", "card"), ("ink", "ground"), ("soft", "card"), ("blue", "ground")),
        *(("on-blue", "blue"), ("bad", "bad-ground"), ("good", "card")),
    )
    for colours in (day, night):
        for one, other in pairs:
            assert contrast(colours[one], colours[other]) >= 4.5, (one, other)


@dataclass
class Answered:
    status: int
    headers: dict[str, str]
    text: str


class Browser:
    """Asks the server as a device does."""

    def __init__(self, server: Server) -> None:
        self.port = server.socket.getsockname()[1]

    def ask(self, method: str, path: str = "/", body: str = "", **headers: str) -> Answered:
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        sent = {"Host": "127.0.0.1", **headers}
        link.request(method, path, body or None, sent)
        answer = link.getresponse()
        text = answer.read().decode()
        link.close()
        return Answered(answer.status, dict(answer.getheaders()), text)


@pytest.fixture
def mac() -> list[str]:
    return [ONE]


@pytest.fixture
def browser(world: World, settings: Settings, mac: list[str]) -> Iterator[Browser]:
    server = Server("127.0.0.1", settings, world.desk, lambda _address, _interface: mac[0])
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Browser(server)
    server.shutdown()
    server.server_close()


def test_any_page_leads_to_the_portal(browser: Browser) -> None:
    for path, host in (("/generate_204", "connectivitycheck.gstatic.com"), ("/", "example.org")):
        found = browser.ask("GET", path, Host=host)
        assert (found.status, found.headers["Location"]) == (302, "http://127.0.0.1/")
        assert found.headers["Cache-Control"] == "no-store"


def test_the_page_forbids_what_it_does_not_use(browser: Browser) -> None:
    found = browser.ask("GET")
    assert found.status == 200
    assert "default-src 'none'" in found.headers["Content-Security-Policy"]
    assert "unsafe-inline" not in found.headers["Content-Security-Policy"]
    assert browser.ask("HEAD").text == ""


def test_accepting_opens_and_leads_back(browser: Browser, world: World) -> None:
    found = browser.ask("POST", "/?lang=ty", Origin="http://127.0.0.1")
    assert (found.status, found.headers["Location"]) == (303, "http://127.0.0.1/?lang=ty")
    assert world.gate.devices == {ONE: 1}
    assert "Vous êtes connecté" in browser.ask("GET").text


def test_another_site_cannot_accept_in_the_visitors_place(browser: Browser, world: World) -> None:
    assert browser.ask("POST", Origin="http://example.org").status == 403
    assert browser.ask("POST", Host="example.org").status == 302
    assert world.gate.devices == {}


def test_a_device_that_cannot_be_told_apart_is_told_so(
    browser: Browser, world: World, mac: list[str]
) -> None:
    mac[0] = ""
    assert "n&#x27;a pas été reconnu" in browser.ask("POST").text
    assert world.gate.devices == {}


def test_what_is_too_long_is_not_read(browser: Browser) -> None:
    assert browser.ask("POST", body="code=" + "A" * 2000).status == 413
    assert browser.ask("GET").status == 200

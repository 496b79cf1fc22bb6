"""The visitors' page on a telephone: no script, no plugin, nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from mairie.inventory.terms import terms_of
from mairie_portal.desk import Standing
from mairie_portal.page import page
from mairie_portal.settings import Settings, Terms
from mairie_portal.store import Session
from tests.browser.page import CONTRAST, Browser

ROOT = Path(__file__).parents[2]

WIDTH = 380
SESSION = Session(1, "02:00:00:00:00:01", 0, 3600, 0, None)
SETTINGS = Settings(
    commune="La Villeneuve-les-Convers",
    site="Mairie",
    interface="br-public",
    addresses=("10.41.196.1",),
    port=80,
    mode="click",
    seconds=14_400,
    data_bytes=10**9,
    languages=tuple(
        Terms(code=each.code, language=each.language, text=each.text)
        for each in sorted(
            terms_of(Path("nowhere"), (), [])[""], key=lambda each: each.code != "fr"
        )
    ),
)
VOUCHER = replace(SETTINGS, mode="voucher")


@dataclass(frozen=True)
class View:
    """One state of the page."""

    text: Callable[[], str]
    dark: bool = False


VIEWS = {
    "click": View(lambda: page(SETTINGS, "fr", Standing(None))),
    "click, night": View(lambda: page(SETTINGS, "en", Standing(None)), dark=True),
    "code": View(lambda: page(VOUCHER, "fr", Standing(None), "wrong")),
    "code, night": View(lambda: page(VOUCHER, "en", Standing(None), "ended"), dark=True),
    "open": View(lambda: page(SETTINGS, "fr", Standing(SESSION, 840_000_000))),
    "open, night": View(lambda: page(SETTINGS, "fr", Standing(SESSION, 1)), dark=True),
    "spent": View(lambda: page(SETTINGS, "fr", Standing(SESSION, 0))),
    "spent, night": View(lambda: page(SETTINGS, "fr", Standing(SESSION, 0)), dark=True),
}


def show(browser: Browser, text: str) -> None:
    path = browser.folder / "portal.html"
    path.write_text(text, encoding="utf-8")
    browser.driver.get(path.as_uri())


@pytest.mark.parametrize("name", VIEWS)
def test_it_fits_a_telephone_and_can_be_read(browser: Browser, name: str) -> None:
    view = VIEWS[name]
    browser.look(WIDTH, dark=view.dark)
    browser.scripts(on=False)
    show(browser, view.text())
    for details in browser.driver.find_elements("css selector", "summary"):
        details.click()
    assert browser.js("return document.documentElement.scrollWidth") == WIDTH
    seen, low = browser.js(CONTRAST)
    assert seen > 10
    assert low == []
    small = browser.js(
        "return [...document.querySelectorAll('a, button, input, summary')]"
        ".filter((el) => el.getBoundingClientRect().height < 40).map((el) => el.outerHTML)"
    )
    assert small == [], "big enough for a thumb"


def test_every_field_has_its_label(browser: Browser) -> None:
    browser.look(WIDTH)
    show(browser, page(VOUCHER, "fr", Standing(None)))
    names: list[Any] = browser.js(
        "return [...document.querySelectorAll('input, button')]"
        ".map((el) => el.labels.length ? el.labels[0].innerText : el.innerText)"
    )
    assert names == ["Votre code", "Accepter et se connecter"]
    assert browser.js("return document.querySelectorAll('h1').length") == 1


def test_picture(browser: Browser, pictures: Path) -> None:
    browser.look(WIDTH)
    show(browser, page(VOUCHER, "fr", Standing(None)))
    width, height, colours, commonest = browser.picture(pictures / "portal-phone.png", 700)
    assert (width, height) == (WIDTH, 700)
    assert colours > 50
    assert 0.2 < commonest < 0.97

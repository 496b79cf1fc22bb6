"""The teachers' page on a telephone: no script, no plugin, nothing from elsewhere."""

from __future__ import annotations

import pytest

from mairie_lessons.page import page
from tests.browser.page import CONTRAST, Browser

WIDTH = 380
PLACES = ("La Villeneuve-les-Convers", "École élémentaire")
OFF = {"on": False, "seconds": 0, "until": "", "wrong": {}}
ON = {"on": True, "seconds": 1790, "until": "10:40", "wrong": {"wlan0": "no"}}
VIEWS = {
    "off": page(PLACES, 60, 180, OFF),
    "on": page(PLACES, 60, 180, ON),
    "wrong code": page(PLACES, 60, 180, OFF, "Ce code n'est pas le bon. Vérifiez les caractères."),
}


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("name", VIEWS)
def test_it_fits_a_telephone_and_can_be_read(browser: Browser, name: str, dark: bool) -> None:
    browser.look(WIDTH, dark=dark)
    browser.scripts(on=False)
    path = browser.folder / "lessons.html"
    path.write_text(VIEWS[name], encoding="utf-8")
    browser.driver.get(path.as_uri())
    assert browser.js("return document.documentElement.scrollWidth") == WIDTH
    seen, low = browser.js(CONTRAST)
    assert seen > 5
    assert low == []
    small = browser.js(
        "return [...document.querySelectorAll('button, input, select')]"
        ".filter((el) => el.getBoundingClientRect().height < 40).map((el) => el.outerHTML)"
    )
    assert small == [], "big enough for a thumb"

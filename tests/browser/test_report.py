"""The report as a person meets it: on a desk, on a phone, on paper, in the dark, by keyboard."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from mairie.report.model import GOOD, RunReport
from tests.browser.page import Browser
from tests.unit.report import sample

DEMO = sample.demo()
NAMES = [host.host for host in DEMO.hosts]
MOST_BYTES = 200_000
"""Of a picture, since some are committed."""


def test_counts_are_those_of_the_run(browser: Browser) -> None:
    browser.open(DEMO)
    assert browser.hosts() == NAMES
    assert len(browser.shown("details.host")) == len(NAMES)
    tiles = {tile.text for tile in browser.shown(".tile")}
    words = ("✗ échec", "⊘ injoignable", "✗ non conforme", "? inconnu", "✓ conforme")
    assert tiles == {f"{word}\n1hôte" for word in words}
    totals = " ".join(browser.one("#totaux").text.split())
    assert totals == (
        "✓ conforme 30 vérifications ✗ non conforme 1 vérification ? inconnu 2 vérifications"
    )
    row = browser.one(".fleet tr[data-host='rurutu-mairie-gw']").text
    assert "✗ non conforme" in row
    assert "✓ conformes 10 ✗ non conformes 1 ? inconnus 1 12 puis 0 18 s" in " ".join(row.split())
    assert browser.one(".verdict").text.startswith("!\n4 hôtes demandent une action, sur 5.")
    assert len(browser.shown(".todo > .card")) == 4 + 3 + 3


def test_what_passes_fails_or_is_unknown_never_looks_alike(browser: Browser) -> None:
    browser.open(DEMO)
    looks = browser.js(
        "return ['.b-pass', '.b-fail', '.b-unknown'].map((s) => {"
        "const e = document.querySelector(s), c = getComputedStyle(e);"
        "return [e.innerText.trim(), c.color, c.backgroundColor, c.borderStyle]})"
    )
    assert [look[0] for look in looks] == ["✓ conforme", "✗ non conforme", "? inconnu"]
    for column in range(3):
        assert len({look[column] for look in looks}) == 3
    green = looks[0][1:3]
    for selector in (".s-unknown", ".s-unreachable", ".s-failed", ".s-not-conforming"):
        style = "const c = getComputedStyle(document.querySelector(arguments[0]));"
        assert not set(green) & set(
            browser.js(style + "return [c.color, c.backgroundColor]", selector)
        )


def test_drill_down_without_scripts(browser: Browser) -> None:
    browser.scripts(on=False)
    browser.open(DEMO, "#d-rurutu-mairie-srv")
    assert browser.shown("#filtres") == []
    assert "Bad SSH2 KexAlgorithms" in browser.one("#d-rurutu-mairie-srv").text, (
        "opened by its link"
    )
    assert browser.shown("#d-hub") == []
    browser.one("details.host[data-host=hub] > summary").click()
    assert len(browser.shown("#d-hub")) == 1
    browser.one("#d-hub .block.pass > summary").click()
    assert len(browser.shown("#d-hub .goods .c")) == len(sample.TITLES)


def test_a_link_opens_its_host_and_its_control(browser: Browser) -> None:
    browser.open(DEMO)
    browser.search("rapa")
    browser.one("button[type=reset]").click()
    browser.one(".fleet tr[data-host=rurutu-mairie-gw] a").click()
    detail = browser.one("#d-rurutu-mairie-gw")
    assert detail.is_displayed()
    for part in ("Que faire", "fd00:0:0:2c01::12 a répondu", "ANSSI hygiène 21", "Pourquoi ce"):
        assert part in detail.text
    assert "61, 12 changements" in detail.text
    detail.find_element(By.CSS_SELECTOR, ".block.pass > summary").click()
    detail.find_element(By.CSS_SELECTOR, ".goods a.id").click()
    assert browser.one("#c-BASE-01").is_displayed()


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("rurutu", ["rurutu-mairie-gw", "rurutu-mairie-srv", "rurutu-ecole-gw"]),
        ("ÉCOLE rurutu", ["rurutu-ecole-gw"]),
        ("concentrateur 98744", ["rurutu-mairie-gw", "rurutu-ecole-gw"]),
        ("australes rapa", ["rapa-mairie-box"]),
        ("radio", ["rurutu-ecole-gw"]),
        ("hub net-11", ["hub"]),
        ("nulle part", []),
    ],
)
def test_search(browser: Browser, text: str, hosts: list[str]) -> None:
    browser.open(DEMO)
    browser.search(text)
    assert browser.hosts() == hosts
    assert [d.get_attribute("data-host") for d in browser.shown("details.host")] == hosts
    count = f"{len(hosts)} {'hôte' if len(hosts) < 2 else 'hôtes'} sur 5"
    assert browser.one("#compte").text.startswith(count)
    assert bool(browser.shown("#vide")) == (hosts == [])
    browser.one("button[type=reset]").click()
    assert_all_back(browser)


def assert_all_back(browser: Browser) -> None:
    """The reset button shows everything again and closes what the search opened."""
    WebDriverWait(browser.driver, 10).until(lambda _: browser.hosts() == NAMES)
    assert browser.shown("details.host > .body") == []
    assert browser.one("#compte").text == ""


@pytest.mark.parametrize(
    ("field", "value", "hosts"),
    [
        ("#f-status", "unreachable", ["rapa-mairie-box"]),
        ("#f-outcome", "fail", ["rurutu-mairie-gw"]),
        ("#f-outcome", "unknown", ["rurutu-mairie-gw", "rurutu-ecole-gw"]),
        ("#f-severity", "low", ["rurutu-ecole-gw"]),
        ("#f-brick", "wifi", ["rurutu-ecole-gw"]),
        ("#f-brick", "vpn", ["hub", "rurutu-mairie-gw", "rurutu-ecole-gw"]),
    ],
)
def test_filters(browser: Browser, field: str, value: str, hosts: list[str]) -> None:
    browser.open(DEMO)
    browser.choose(field, value)
    assert browser.hosts() == hosts
    if field == "#f-brick":
        shown = {c.get_attribute("data-b") for c in browser.shown("details.host .c")}
        assert shown == {value}, "only the controls of that brick remain, opened"
    browser.one("button[type=reset]").click()
    assert_all_back(browser)


def test_filters_add_up(browser: Browser) -> None:
    browser.open(DEMO)
    browser.choose("#f-outcome", "unknown")
    browser.search("mairie")
    assert browser.hosts() == ["rurutu-mairie-gw"]
    assert browser.one("#compte").text == "1 hôte sur 5, 1 contrôle"


def test_matrix(browser: Browser) -> None:
    browser.open(DEMO)
    rows = [
        [cell.text for cell in row.find_elements(By.CSS_SELECTOR, "th, td")]
        for row in browser.shown(".grid")[0].find_elements(By.TAG_NAME, "tr")
    ]
    texts = [[" ".join(cell.split()) for cell in row] for row in rows]
    assert texts[0] == [
        "De \\ vers",
        "agents",
        "voice",
        "serveurs",
        "internet",
        "hub",
        "Rapa · agents",
    ]
    assert texts[3] == [
        "public", "✗ autorisé à tort (1 sur 2)", "✓ refusé", "✓ refusé", "✓ autorisé",
        "✓ refusé", "✓ refusé",
    ]  # fmt: skip
    assert texts[4][5] == "? inconnu (2 sur 2)"
    colours = browser.js(
        "return ['allowed', 'refused', 'fail', 'unknown', 'none'].map((t) =>"
        "getComputedStyle(document.querySelector('.g-' + t)).backgroundColor)"
    )
    assert len(set(colours)) == 5


@pytest.mark.parametrize(
    "run", [DEMO, sample.clean(), sample.telephones()], ids=["demo", "clean", "telephones"]
)
@pytest.mark.parametrize("width", [360, 768, 1280])
def test_nothing_sticks_out(browser: Browser, run: RunReport, width: int) -> None:
    browser.look(width)
    browser.open(run)
    browser.js("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    assert browser.js("return document.documentElement.scrollWidth") == width
    assert browser.overflow() == []


def test_a_finger_can_use_it_on_a_phone(browser: Browser) -> None:
    browser.look(360)
    browser.open(DEMO)
    heights = browser.js(
        "return [...document.querySelectorAll('summary, input, select, button')]"
        ".filter((e) => e.checkVisibility() && !e.closest('.goods')).map((e) => e.offsetHeight)"
    )
    assert min(heights) >= 40
    assert browser.js("return parseFloat(getComputedStyle(document.body).fontSize)") >= 16


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_contrast(browser: Browser, dark: bool, width: int) -> None:
    browser.look(width, dark=dark)
    browser.open(DEMO)
    browser.js("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    measured, low = browser.contrast()
    assert measured > 300
    assert low == []


def test_dark_is_dark(browser: Browser) -> None:
    browser.look(dark=True)
    browser.open(DEMO)
    background = browser.js("return getComputedStyle(document.body).backgroundColor")
    assert max(map(int, re.findall(r"\d+", background))) < 64


def test_keyboard(browser: Browser) -> None:
    browser.open(DEMO)
    body = browser.one("body")
    body.send_keys(Keys.TAB)
    assert browser.js("return document.activeElement.className") == "skip"
    browser.driver.switch_to.active_element.send_keys(Keys.ENTER)
    assert browser.js("return document.activeElement.id") == "contenu"
    browser.js("document.querySelector('details.host[data-host=hub] > summary').focus()")
    outline = "return getComputedStyle(document.activeElement).outlineStyle"
    active = browser.driver.switch_to.active_element
    active.send_keys(Keys.ENTER)
    assert browser.js(outline) == "solid"
    assert len(browser.shown("#d-hub")) == 1
    active.send_keys(Keys.SPACE)
    assert browser.shown("#d-hub") == []


def test_a_reader_that_cannot_see_gets_names(browser: Browser) -> None:
    browser.open(DEMO)
    unnamed = browser.js(
        "return [...document.querySelectorAll('input, select')].filter((e) => !e.labels.length)"
        ".concat([...document.querySelectorAll('[role=region], [role=search]')]"
        ".filter((e) => !e.ariaLabel)).map((e) => e.outerHTML)"
    )
    assert unnamed == []
    levels = browser.js(
        "return [...document.querySelectorAll('h1,h2,h3,h4')].map((h) => +h.tagName[1])"
    )
    assert levels[0] == 1
    assert levels.count(1) == 1
    for section in browser.all("main > section"):
        assert section.accessible_name
        assert section.aria_role == "region"
    for table in browser.all("table.fleet, table.grid"):
        assert table.find_elements(By.TAG_NAME, "caption")
    assert browser.one("#compte").get_attribute("aria-live") == "polite"


def test_paper_shows_everything_without_scripts(browser: Browser) -> None:
    browser.scripts(on=False)
    browser.look(media="print")
    browser.open(DEMO)
    for host in DEMO.hosts:
        assert len(browser.shown(f"#d-{host.host}")) == 1
    assert len(browser.shown(".goods .c")) == len(browser.all(".goods .c")) > 0
    assert len(browser.shown(".changes li")) == len(browser.all(".changes li")) > 0
    assert len(browser.shown(".tries tr")) == len(browser.all(".tries tr")) > 0
    assert browser.shown("#filtres") == []


def test_paper_ignores_filters_and_the_dark(browser: Browser) -> None:
    browser.look(dark=True)
    browser.open(DEMO)
    browser.search("rapa")
    browser.look(dark=True, media="print")
    assert len(browser.shown("details.host")) == len(NAMES)
    assert len(browser.shown(".fleet tbody tr")) == len(NAMES)
    colours = "const c = getComputedStyle(document.body); return [c.color, c.backgroundColor]"
    assert browser.js(colours) == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
    _, low = browser.contrast()
    assert low == []


def test_printed(browser: Browser) -> None:
    browser.open(DEMO)
    document = browser.pdf()
    assert document.startswith(b"%PDF-")
    sizes = re.findall(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", document)
    assert 4 <= len(sizes) <= 30
    assert {(round(float(w)), round(float(h))) for w, h in sizes} == {(595, 842)}, "A4, in points"


@dataclass(frozen=True)
class State:
    """What a picture shows: a run, from the top or around an anchor."""

    run: RunReport
    height: int
    width: int = 1280
    dark: bool = False
    anchor: str = ""


STATES = {
    "fleet": State(DEMO, 1100),
    "clean": State(sample.clean(), 700),
    "host": State(DEMO, 900, anchor="#d-rurutu-mairie-gw"),
    "matrix": State(DEMO, 700, anchor="#flux"),
    "dark": State(DEMO, 1100, dark=True),
    "phone": State(DEMO, 1100, width=360),
}
ONLY = """
const from = document.querySelector(arguments[0]).closest("details, section");
for (const e of document.querySelectorAll(".top, main > section, details.host"))
  if (!e.contains(from) && !from.contains(e)) e.hidden = true;
"""


@pytest.mark.parametrize("name", STATES)
def test_pictures(browser: Browser, pictures: Path, name: str) -> None:
    state = STATES[name]
    browser.look(state.width, dark=state.dark)
    browser.open(state.run, state.anchor)
    if state.anchor:
        browser.js(ONLY, state.anchor)
    path = pictures / f"report-{name}.png"
    width, height, colours, commonest = browser.picture(path, state.height)
    assert (width, height) == (state.width, state.height)
    assert colours > 100, "text, badges and edges"
    assert 0.2 < commonest < 0.97, "a background, but not an empty page"
    assert 10_000 < path.stat().st_size < MOST_BYTES


def test_a_whole_territory(
    browser: Browser, record_property: Callable[[str, object], None]
) -> None:
    run = sample.fleet()
    browser.open(run)
    timing = "const t = performance.getEntriesByType('navigation')[0]; return t.loadEventEnd"
    record_property("load_ms", browser.js(timing))
    assert len(browser.hosts()) == 72
    bad = [host.host for host in run.hosts if host.status not in GOOD]
    assert len(browser.shown(".todo .head > a:not(.id)")) == len(bad)
    browser.choose("#f-outcome", "fail")
    assert browser.hosts() == [host.host for host in run.hosts if host.count("fail")]
    browser.choose("#f-outcome", "")
    browser.search("commune41")
    assert browser.hosts() == ["commune41-mairie-gw"]

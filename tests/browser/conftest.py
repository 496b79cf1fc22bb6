"""A headless Chromium, Debian's, for the tests of the report."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from tests.browser.page import Browser

CHROMIUM = Path("/usr/bin/chromium")
DRIVER = Path("/usr/bin/chromedriver")


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--screenshots docs/images`` renews the pictures of the documents."""
    parser.addoption("--screenshots", metavar="DIR", help="keep the pictures of the report here")


@pytest.fixture
def pictures(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Where pictures go: the folder asked for, else one that is thrown away."""
    chosen = request.config.getoption("--screenshots", default=None)
    folder = Path(chosen) if chosen else tmp_path
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def chromium() -> Iterator[webdriver.Chrome]:
    """One browser for all tests."""
    missing = [str(program) for program in (CHROMIUM, DRIVER) if not program.exists()]
    if missing:
        pytest.fail(
            f"{' and '.join(missing)} not found; run: apt-get install chromium chromium-driver",
            pytrace=False,
        )
    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    # The sandbox cannot start as root in a container; the pages are our own files.
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                     "--hide-scrollbars", "--force-device-scale-factor=1",
                     "--disable-background-networking", "--no-first-run"):  # fmt: skip
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(str(DRIVER)))
    driver.set_page_load_timeout(60)
    driver.set_script_timeout(60)
    yield driver
    driver.quit()


@pytest.fixture
def browser(chromium: webdriver.Chrome, tmp_path: Path) -> Iterator[Browser]:
    """A browser as a reader finds it: desktop size, light, scripts on."""
    browser = Browser(chromium, tmp_path)
    browser.look()
    yield browser
    browser.scripts(on=True)
    entries: list[dict[str, str]] = chromium.get_log("browser")
    log = [entry["message"] for entry in entries]
    assert log == [], "the console stays empty: no error, nothing refused by the page's own policy"

"""A report in a browser, and what a test may ask of it."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import Select, WebDriverWait

from mairie.report.html import to_html
from mairie.report.model import RunReport

CONTRAST = """
const linear = (c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
const parts = (s) => s.match(/[\\d.]+/g).map(Number);
const behind = (el) => {
  for (; el; el = el.parentElement) {
    const style = getComputedStyle(el);
    if (style.backgroundImage !== "none") return null;
    const c = parts(style.backgroundColor);
    if (c.length < 4 || c[3] === 1) return c;
  }
  return [255, 255, 255];
};
const low = new Set();
const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
let seen = 0;
while (walk.nextNode()) {
  const el = walk.currentNode.parentElement;
  if (!walk.currentNode.data.trim() || /SCRIPT|STYLE|OPTION/.test(el.tagName)) continue;
  if (!el.checkVisibility() || el.closest(".vh")) continue;
  const style = getComputedStyle(el), back = behind(el);
  if (!back) continue;
  seen += 1;
  const a = light(parts(style.color)), b = light(back);
  const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  const size = parseFloat(style.fontSize), bold = style.fontWeight >= 700;
  const needed = size >= 24 || (bold && size >= 18.66) ? 3 : 4.5;
  const name = `${el.tagName}.${el.className}`;
  if (ratio < needed) low.add(`${ratio.toFixed(2)} ${name} ${style.color} on ${back}`);
}
return [seen, [...low]];
"""

PIXELS = """
const [data, done] = arguments;
const image = new Image();
image.onload = () => {
  const canvas = new OffscreenCanvas(image.width, image.height);
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  const all = new Uint32Array(context.getImageData(0, 0, image.width, image.height).data.buffer);
  const count = new Map();
  for (const pixel of all) count.set(pixel, (count.get(pixel) || 0) + 1);
  done([image.width, image.height, count.size, Math.max(...count.values()) / all.length]);
};
image.src = "data:image/png;base64," + data;
"""


class Browser:
    """Wraps the driver with the words of the tests."""

    def __init__(self, driver: Chrome, folder: Path) -> None:
        self.driver, self.folder = driver, folder

    def look(self, width: int = 1280, *, dark: bool = False, media: str = "") -> None:
        """Set the window's width in CSS pixels, the colour scheme and the medium."""
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        features = [scheme, {"name": "prefers-reduced-motion", "value": "reduce"}]
        arguments = {"media": media, "features": features}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", arguments)

    def scripts(self, *, on: bool) -> None:
        """Let pages run scripts, or not; what the test itself asks still works."""
        arguments = {"value": not on}
        self.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", arguments)

    def open(self, report: RunReport, anchor: str = "") -> None:
        """Write the page and go to it."""
        path = self.folder / "report.html"
        path.write_text(to_html(report), encoding="utf-8")
        self.driver.get("about:blank")
        self.driver.get(path.as_uri() + anchor)

    def js(self, script: str, *arguments: Any) -> Any:
        """Return what the script returns."""
        return self.driver.execute_script(script, *arguments)

    def all(self, selector: str) -> list[WebElement]:
        """Return the elements, shown or not."""
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector: str) -> WebElement:
        """Return the only element, or fail."""
        (element,) = self.all(selector)
        return element

    def shown(self, selector: str) -> list[WebElement]:
        """Return the elements a reader can see."""
        script = "return [...document.querySelectorAll(arguments[0])]"
        seen = self.js(f"{script}.filter((e) => e.checkVisibility() && e.offsetHeight)", selector)
        return list(seen)

    def hosts(self) -> list[str]:
        """Return the host names in the fleet table that a reader can see."""
        return [row.text for row in self.shown(".fleet tbody th")]

    def search(self, text: str) -> None:
        """Type in the search field and wait for its effect."""
        field = self.one("#q")
        field.clear()
        before = self.one("#compte").text
        field.send_keys(text)
        self._settled(before)

    def choose(self, field: str, value: str) -> None:
        """Choose in one of the filters and wait for its effect."""
        before = self.one("#compte").text
        Select(self.one(field)).select_by_value(value)
        self._settled(before)

    def _settled(self, before: str) -> None:
        """Wait until the count has changed, then until it no longer does: typing is debounced."""
        seen = [before]

        def still(_: object) -> bool:
            seen.append(self.one("#compte").text)
            return seen[-1] != before and len(set(seen[-6:])) == 1

        WebDriverWait(self.driver, 20, poll_frequency=0.05).until(still)

    def contrast(self) -> tuple[int, list[str]]:
        """Return how many texts were measured, and those below WCAG 2 AA."""
        seen, low = self.js(CONTRAST)
        return seen, low

    def overflow(self) -> list[str]:
        """Return what sticks out of the page's width, tables that scroll by themselves apart."""
        found: list[str] = self.js(
            "const w = document.documentElement.clientWidth;"
            "return [...document.querySelectorAll('body *')].filter((e) => e.checkVisibility()"
            " && !e.closest('.scroll, .vh, .skip') && e.getBoundingClientRect().right > w + 1)"
            ".map((e) => e.tagName + '.' + e.className + ' ' + e.textContent.slice(0, 60))"
        )
        return found

    def picture(self, path: Path, height: int) -> tuple[int, int, int, float]:
        """Save the page from its top; return width, height, colours, share of the commonest."""
        width = self.js("return window.innerWidth")
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
        arguments = {"format": "png", "captureBeyondViewport": True, "clip": clip}
        data = self.driver.execute_cdp_cmd("Page.captureScreenshot", arguments)["data"]
        path.write_bytes(base64.b64decode(data))
        seen = self.driver.execute_async_script(PIXELS, data)
        return (int(seen[0]), int(seen[1]), int(seen[2]), float(seen[3]))

    def pdf(self) -> bytes:
        """Return the page printed on A4 as a reader would."""
        arguments = {"printBackground": True, "preferCSSPageSize": True}
        data = self.driver.execute_cdp_cmd("Page.printToPDF", arguments)["data"]
        return base64.b64decode(data)

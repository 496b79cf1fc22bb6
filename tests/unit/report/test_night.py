"""The picture of the night: what it shows, and that the one in docs/ is today's."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

from mairie.inventory import load
from mairie.plan.backup import limits
from mairie.plan.resolve import resolve
from mairie.report.night import night_picture

ROOT = Path(__file__).parents[3]
SVG = "{http://www.w3.org/2000/svg}"


def picture(name: str) -> str:
    territory = load(ROOT / "inventories" / name)
    return night_picture(resolve(territory), limits(territory))


def test_the_committed_picture_is_what_the_generator_makes() -> None:
    committed = (ROOT / "docs" / "night.svg").read_text(encoding="utf-8")
    assert committed == picture("polynesie"), (
        'run "mairie backup night -i inventories/polynesie -o docs/night.svg"'
    )


def test_a_bar_for_each_host_with_its_local_time() -> None:
    root = ElementTree.fromstring(picture("demo"))  # noqa: S314 - made here
    titles = [item.text for item in root.iter(f"{SVG}title")]
    assert titles == [
        "rapa-mairie-box : 22:00 à 22:45, heure locale",
        "rurutu-mairie-gw : 01:14 à 01:59, heure locale",
        "rurutu-mairie-srv : 02:14 à 02:59, heure locale",
        "rurutu-ecole-gw : 03:14 à 03:59, heure locale",
    ]
    texts = [item.text for item in root.iter(f"{SVG}text")]
    assert "4 hôtes, heures de Pacific/Tahiti ; 1 ensemble au plus, 10 admis" in texts
    assert texts[2:4] == ["22:00", "23:00"]


def test_bars_stand_at_their_hour_of_the_hub() -> None:
    root = ElementTree.fromstring(picture("demo"))  # noqa: S314 - made here
    grid = [
        float(match[1])
        for item in root.iter(f"{SVG}path")
        if item.get("class") == "grid" and (match := re.match(r"M([\d.]+) ", item.get("d", "")))
    ]
    hour = grid[1] - grid[0]
    bars = [float(item.get("x", "")) for item in root.iter(f"{SVG}rect")]
    assert bars[0] == grid[0]
    assert abs(bars[1] - grid[3] - hour * 14 / 60) < 0.2
    widths = [float(item.get("width", "")) for item in root.iter(f"{SVG}rect")]
    assert all(abs(width - hour * 0.75) < 0.2 for width in widths)


def test_names_that_are_markup_stay_text() -> None:
    territory = load(ROOT / "inventories" / "demo")
    hub = territory.syndicate.hubs["hub"].model_copy(update={"label": "<script>&"})
    syndicate = territory.syndicate.model_copy(update={"hubs": {"hub": hub}})
    odd = type(territory)(
        territory.name, syndicate, territory.communes, territory.layers, territory.public_keys
    )
    root = ElementTree.fromstring(night_picture(resolve(odd)))  # noqa: S314 - made here
    texts = [item.text for item in root.iter(f"{SVG}text")]
    assert "Nuit des sauvegardes vers <script>&" in texts
    assert not list(root.iter(f"{SVG}script"))

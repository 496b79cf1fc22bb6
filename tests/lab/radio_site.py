"""The demo with radios in a gateway."""

from __future__ import annotations

import shutil
from pathlib import Path

from mairie.inventory import load
from mairie.secrets.identity import find_identity
from mairie.secrets.logins import Logins
from mairie.secrets.vault import Vault

DEMO = Path(__file__).parents[2] / "inventories" / "demo"
COMMUNE, GATEWAY = "rurutu", "rurutu-mairie-gw"
CABLES = "wan: {satellite: eth0, 4g: eth2}, trunk: eth1}"
RADIOS = "{wlan0: {band: 2.4, channel: 6}, wlan1: {band: 5, channel: 36, width: 80, power: 15}}"
EQUIPMENT = "    equipment:\n      printer:"
METER = '{segment: things, mac: "02:00:00:00:05:00", label: Compteur, wifi: true}'
FLOWS = "flows:\n"
PEOPLE = "people:\n  ana: {name: Ana}\n"


def inventory(folder: Path) -> Path:
    """Copy the demo, and give a gateway radios, a device that comes by radio, and people."""
    copy = Path(shutil.copytree(DEMO, folder / "demo"))
    path = copy / "communes" / f"{COMMUNE}.yaml"
    text = path.read_text()
    for old, new in (
        (CABLES, f"{CABLES[:-1]}, radios: {RADIOS}}}"),
        (EQUIPMENT, EQUIPMENT.replace("printer:", f"meter: {METER}\n      printer:")),
        (FLOWS, f"{PEOPLE}{FLOWS}"),
    ):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    path.write_text(text)
    vault = Vault(copy, load(copy, secrets=False))
    assert Logins(vault).generate(lambda: find_identity(copy, demo=True))
    return copy

"""A town hall with two access points: the gateway's own radio, and a host in the courtyard."""

from __future__ import annotations

import shutil
from pathlib import Path

from mairie.inventory import load
from mairie.secrets.identity import find_identity
from mairie.secrets.logins import Logins
from mairie.secrets.vault import Vault

DEMO = Path(__file__).parents[2] / "inventories" / "demo"
COMMUNE, BOX, YARD = "rapa", "rapa-mairie-box", "rapa-mairie-cour"
HINA, POE = "hina.teriitahi", "poe.mana"
NO_CLASS = "    networks: {school: {lessons: false}}\n"
FILE = f"""\
insee: "98741"
name: Rapa
archipelago: australes
island: Rapa
timezone: Pacific/Tahiti
index: 41
uplinks:
  - {{kind: satellite, down: 10M, up: 2M, rtt_ms: 600}}
sites:
  mairie:
    label: Mairie de Ahuréi
    segments: [admin, agents, public, school, things]
    portal: {{on: false}}
{NO_CLASS}    hosts:
      box:
        roles: [gateway]
        wan: eth0
        trunk: eth1
        radios: {{wlan0: {{band: 2.4, channel: 6}}}}
      cour:
        roles: [ap]
        trunk: eth0
        radios: {{wlan1: {{band: 2.4, channel: 11}}}}
    equipment:
      meter: {{segment: things, mac: "02:00:00:00:05:01", wifi: true}}
people:
  {HINA}: {{name: Hina Teriitahi}}
  {POE}: {{name: Poe Mana, segment: school}}
"""


def inventory(folder: Path, text: str = FILE) -> Path:
    """Copy the demo, with another town hall in Rapa, and make its secrets."""
    copy = Path(shutil.copytree(DEMO, folder / "demo"))
    (copy / "communes" / f"{COMMUNE}.yaml").write_text(text)
    vault = Vault(copy, load(copy, secrets=False))
    identity = find_identity(copy, demo=True)
    vault.generate(lambda: identity)
    assert Logins(vault).generate(lambda: identity)
    return copy

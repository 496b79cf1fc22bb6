"""Rapa, written anew over the demo: one town hall with radios."""

from __future__ import annotations

import shutil
from pathlib import Path

DEMO = Path(__file__).parents[2] / "inventories" / "demo"
COMMUNE, BOX = "rapa", "rapa-mairie-box"
HINA, POE = "hina.teriitahi", "poe.mana"
HEAD = """\
insee: "98741"
name: Rapa
archipelago: australes
island: Rapa
timezone: Pacific/Tahiti
index: 41
uplinks:
  - {kind: satellite, down: 10M, up: 2M, rtt_ms: 600}
sites:
  mairie:
    label: Mairie de Ahuréi
    segments: [admin, agents, public, school, things]
    portal: {on: false}
"""
"""Its file up to the hosts of the site."""
PEOPLE = f"""\
people:
  {HINA}: {{name: Hina Teriitahi}}
  {POE}: {{name: Poe Mana, segment: school}}
"""


def gateway(radio: str) -> str:
    """Return the site's hosts: a gateway with a trunk and one radio, ``band: 2.4`` say."""
    return f"""\
    hosts:
      box:
        roles: [gateway]
        wan: eth0
        trunk: eth1
        radios: {{wlan0: {{{radio}}}}}
"""


def write(folder: Path, text: str) -> Path:
    """Copy the demo into a folder that is not there yet, with this file for Rapa; return the file.

    Secrets are the demo's: those of hosts that it has not are still to be made.
    """
    shutil.copytree(DEMO, folder)
    path = folder / "communes" / f"{COMMUNE}.yaml"
    path.write_text(text)
    return path

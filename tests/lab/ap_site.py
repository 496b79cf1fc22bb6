"""A town hall with two access points: the gateway's own radio, and a host in the courtyard."""

from __future__ import annotations

from pathlib import Path

from mairie.inventory import load
from mairie.secrets.identity import find_identity
from mairie.secrets.logins import Logins
from mairie.secrets.vault import Vault
from tests.lab.rapa import HEAD, PEOPLE, gateway, write

YARD = "rapa-mairie-cour"
NO_CLASS = "    networks: {school: {lessons: false}}\n"
FILE = f"""\
{HEAD}{NO_CLASS}{gateway("band: 2.4, channel: 6")}      cour:
        roles: [ap]
        trunk: eth0
        radios: {{wlan1: {{band: 2.4, channel: 11}}}}
    equipment:
      meter: {{segment: things, mac: "02:00:00:00:05:01", wifi: true}}
{PEOPLE}"""


def inventory(folder: Path, text: str = FILE) -> Path:
    """Copy the demo, with another town hall in Rapa, and make its secrets."""
    copy = folder / "demo"
    write(copy, text)
    vault = Vault(copy, load(copy, secrets=False))
    identity = find_identity(copy, demo=True)
    vault.generate(lambda: identity)
    assert Logins(vault).generate(lambda: identity)
    return copy

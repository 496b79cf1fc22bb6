"""The demo with telephony whose reception never closes, and groups of every kind."""

from __future__ import annotations

from pathlib import Path

from tests.lab import voip_inventory

ALL, WAITING = "202", "203"
"""Numbers of a group that rings together, and of a queue that is left soon."""
WAITING_SECONDS = 20
GROUPS = f"""\
    voirie:
      {{number: {ALL}, label: Voirie, members: [maire, direction], strategy: all, seconds: 10,
       otherwise: accueil}}
    guichet:
      {{number: {WAITING}, label: Guichet, members: [maire, direction], strategy: queue,
       seconds: {WAITING_SECONDS}, otherwise: secretariat}}
"""
HOURS = """\
    hours: [{days: [mon, tue, wed, thu, fri, sat, sun], start: "00:00", end: "24:00"}]
    holidays: false
"""


def write(folder: Path) -> Path:
    """Copy the demo with this telephony into a folder that is not there yet."""
    voip_inventory.write(folder)
    path = folder / "communes" / "rurutu.yaml"
    before, _, after = path.read_text().partition("    hours:\n")
    _, _, after = after.partition("  groups:\n")
    assert after
    path.write_text(f"{before}{HOURS}  groups:\n{GROUPS}{after}")
    return folder

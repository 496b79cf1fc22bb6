"""The demo with telephony, and Linphone on a tablet of the mayor of Rapa."""

from __future__ import annotations

from pathlib import Path

from tests.lab import voip_inventory

NAME, NUMBER = "tablette", "103"
PHONES = "phones:\n"
TABLET = (
    f"  {NAME}: {{site: mairie, number: {NUMBER}, model: linphone, label: Tablette du maire,\n"
    "    voicemail: true}\n"
)


def write(folder: Path) -> Path:
    """Copy the demo with this telephony into a folder that is not there yet."""
    voip_inventory.write(folder)
    path = folder / "communes" / "rapa.yaml"
    text = path.read_text()
    assert text.count(PHONES) == 1
    path.write_text(text.replace(PHONES, f"{PHONES}{TABLET}"))
    return folder

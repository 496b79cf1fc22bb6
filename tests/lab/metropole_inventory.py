"""The same telephones in metropolitan France: Rurutu's as those of a commune of Côte-d'Or."""

from __future__ import annotations

from pathlib import Path

from tests.lab import voip_inventory

CHANGED = (
    ('insee: "98744"', 'insee: "21500"'),
    ("name: Rurutu", "name: Pouillenay"),
    ("archipelago: australes\n", ""),
    ("island: Rurutu\n", ""),
    ("timezone: Pacific/Tahiti", "timezone: Europe/Paris"),
    # 03 53 01: numbers kept for fiction
    ("+68940930000", "+33353010018"),
    ("+68940930120", "+33353010019"),
    ("+68940930001", "+33353010020"),
    ('  blocked: ["8799XXXX"]\n', ""),
)


def write(folder: Path) -> Path:
    """Copy the demo with this telephony into a folder that is not there yet."""
    voip_inventory.write(folder)
    path = folder / "communes" / "rurutu.yaml"
    text = path.read_text()
    for old, new in CHANGED:
        assert old in text, old
        text = text.replace(old, new)
    path.write_text(text)
    return folder

"""What the program is told: who sends, where messages wait, whose faxes go where."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

SETTINGS = Path("/etc/mairie/messages.json")


@dataclass(frozen=True)
class FaxLine:
    """A number for faxes."""

    name: str
    number: str
    """As it is dialled here."""
    mail: str


@dataclass(frozen=True)
class Settings:
    """All of it."""

    sender: str
    label: str
    """Of the town hall, for people to read."""
    timezone: str
    """IANA name."""
    messages: Path
    """Folder of messages: one mail a file, ``*.eml``, as Asterisk writes it."""
    faxes: Path
    """Folder of faxes: ``<line>-<time>-<caller>-<number>.tif``."""
    lines: tuple[FaxLine, ...]
    port: int
    """Of this host's queue, on the loopback."""


def load(path: Path = SETTINGS) -> Settings:
    """Read the settings."""
    data = json.loads(path.read_text(encoding="utf-8"))
    return Settings(
        sender=data["sender"],
        label=data["label"],
        timezone=data["timezone"],
        messages=Path(data["messages"]),
        faxes=Path(data["faxes"]),
        lines=tuple(FaxLine(**line) for line in data["lines"]),
        port=data["port"],
    )

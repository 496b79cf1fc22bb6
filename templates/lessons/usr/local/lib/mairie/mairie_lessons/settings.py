"""What a deploy says of the lessons: ``/etc/mairie/lessons/lessons.json``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

SETTINGS = Path("/etc/mairie/lessons/lessons.json")
STATE = Path("/var/lib/mairie-lessons")
SOCKET = Path("/run/mairie-lessons/switch")
ACCOUNT = "mairie-lessons"
"""Of the page, which anybody in the segment can speak to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bss:
    """One network of a radio."""

    interface: str
    file: str
    """Its configuration, which hostapd reads when the lesson begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Radio:
    """A radio that carries networks for lessons."""

    name: str
    control: str
    """hostapd's global socket for it."""
    networks: tuple[Bss, ...]
    """In the order in which they are added."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weekly:
    """A lesson of every week, in local time."""

    days: tuple[str, ...]
    start: str
    end: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The page of the teachers."""

    commune: str
    site: str
    addresses: tuple[str, ...]
    """Of this gateway in the segments of the networks."""
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything the switch and its page need to know."""

    minutes: int
    longest: int
    schedule: tuple[Weekly, ...]
    radios: tuple[Radio, ...]
    page: Page
    follows: str
    """Address of the gateway that an access point follows; empty on the gateway."""


def load(path: Path = SETTINGS) -> Settings:
    """Read the settings.

    Raises:
        OSError: there are none.
        ValueError: they are not JSON.

    """
    data = json.loads(path.read_text(encoding="utf-8"))
    return Settings(
        minutes=data["minutes"],
        longest=data["longest"],
        schedule=tuple(
            Weekly(days=tuple(each["days"]), start=each["start"], end=each["end"])
            for each in data["schedule"]
        ),
        radios=tuple(
            Radio(
                name=each["name"],
                control=each["control"],
                networks=tuple(Bss(**network) for network in each["networks"]),
            )
            for each in data["radios"]
        ),
        page=Page(**{**data["page"], "addresses": tuple(data["page"]["addresses"])}),
        follows=data["follows"],
    )

"""What a deploy says of the phones: ``/etc/mairie/phones/phones.json``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

SETTINGS = Path("/etc/mairie/phones/phones.json")
FILES = Path("/etc/mairie/phones/files")
CERTIFICATE = Path("/etc/mairie/phones/certificate.pem")
KEY = Path("/etc/mairie/phones/key.pem")
STATE = Path("/var/lib/mairie-phones")
ACCOUNT = "mairie-phones"


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """A phone that sets itself up."""

    name: str
    number: str
    mac: str
    address: str
    """That DHCP gives to its MAC address."""
    file: str
    """Its own, which nobody else gets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A telephone that is a program: it has no address of its own, and is invited."""

    name: str
    number: str
    file: str
    prefixes: tuple[str, ...]
    """IPv4 networks in which it may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything the service needs to know."""

    address: str
    port: int
    phones: tuple[Phone, ...]
    shared: tuple[str, ...]
    """Names of files without a secret, for every phone, as often as it asks."""
    programs: tuple[Program, ...] = ()
    invitations: str = ""
    """What their addresses begin with, before the token."""
    files: Path = FILES

    @property
    def every(self) -> tuple[Phone | Program, ...]:
        """Phones, then programs."""
        return *self.phones, *self.programs


def load(path: Path = SETTINGS) -> Settings:
    """Read the settings.

    Raises:
        OSError: there are none.
        ValueError: they are not JSON.

    """
    data = json.loads(path.read_text(encoding="utf-8"))
    return Settings(
        address=data["address"],
        port=data["port"],
        phones=tuple(Phone(**each) for each in data["phones"]),
        shared=tuple(data["shared"]),
        invitations=data["invitations"],
        programs=tuple(
            Program(**{**each, "prefixes": tuple(each["prefixes"])}) for each in data["programs"]
        ),
    )

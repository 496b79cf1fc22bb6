"""A desk with files of the test, and a clock that goes when it is told to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pytest

from mairie_phones.clock import Moment
from mairie_phones.desk import Desk
from mairie_phones.settings import Phone, Program, Settings
from mairie_phones.store import Store

SECRET = b"account.1.password = never-in-a-log"
ONE = Phone(
    name="accueil", number="101", mac="00:15:65:00:00:01", address="127.0.0.1", file="1.cfg"
)
TWO = Phone(name="maire", number="103", mac="00:04:13:00:00:02", address="127.0.0.2", file="M2.htm")
TABLET = Program(
    name="tablette", number="105", file="linphone-tablette.xml", prefixes=("127.0.2.0/24",)
)
INSIDE, OUTSIDE = "127.0.2.7", "127.0.3.7"

BEGIN = Moment(datetime(2026, 11, 23, 7, 0).timestamp(), 1000.0, "boot")


@dataclass
class Clock:
    moment: Moment = BEGIN

    def __call__(self) -> Moment:
        return self.moment

    def go(self, seconds: float) -> None:
        now = self.moment
        self.moment = replace(now, wall=now.wall + seconds, passed=now.passed + seconds)


class World:
    """A folder of files, another of state."""

    def __init__(self, folder: Path) -> None:
        self.files, self.state, self.clock = folder / "files", folder / "state", Clock()
        for path in (self.files, self.state):
            path.mkdir()
        for phone in (ONE, TWO, TABLET):
            (self.files / phone.file).write_bytes(SECRET)
        (self.files / "directory.xml").write_bytes(b"<x/>")
        self.settings = Settings(
            address="127.0.0.1",
            port=0,
            phones=(ONE, TWO),
            shared=("directory.xml",),
            programs=(TABLET,),
            files=self.files,
        )
        self.store = Store(self.state)
        self.desk = self.again()

    def again(self) -> Desk:
        """Start the service anew."""
        return Desk(self.settings, self.store, self.clock)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)

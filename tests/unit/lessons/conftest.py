"""The switch with radios of the test, and clocks that go when they are told to."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest

from mairie_lessons.clock import Moment
from mairie_lessons.settings import Bss, Page, Radio, Settings, Weekly
from mairie_lessons.store import Store
from mairie_lessons.switch import Switch

MONDAY = datetime(2026, 11, 23, 7, 0).timestamp()
MINUTE = 60
PAGE = Page(commune="L'Île & Fils", site="École", addresses=("127.0.0.1",), port=0)
RADIO = Radio(
    name="wlan0",
    control="/run/mairie-hostapd/wlan0/global",
    networks=(Bss(interface="wlan0-1", file="/etc/wlan0-1.bss"),),
)


@dataclass
class FakeAir:
    """What hostapd would have."""

    on: bool = False
    wrong: dict[str, str] = field(default_factory=dict)

    def settle(self, on: bool) -> dict[str, str]:
        self.on = on
        return self.wrong


@dataclass
class Host:
    """One host: its clocks, its disk, its radios."""

    folder: Path
    air: FakeAir = field(default_factory=FakeAir)
    wall: float = MONDAY
    passed: float = 1000.0
    boot: str = "first"
    schedule: tuple[Weekly, ...] = ()
    written: float = 0.0

    def now(self) -> Moment:
        return Moment(self.wall, self.passed, self.boot)

    def wait(self, minutes: float) -> None:
        self.wall += minutes * MINUTE
        self.passed += minutes * MINUTE

    def restart(self) -> Switch:
        """Start the program again."""
        settings = Settings(
            minutes=60, longest=180, schedule=self.schedule, radios=(RADIO,), page=PAGE, follows=""
        )
        return Switch(settings, Store(self.folder), self.air, self.written, self.now)

    def reboot(self) -> Switch:
        """Start the host again, in no time."""
        self.passed, self.boot = 10.0, "second"
        return self.restart()

    @property
    def log(self) -> list[list[str]]:
        """Lines of the log without their times."""
        return [line.split("\t")[1:] for line in Store(self.folder).log().splitlines()]


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)

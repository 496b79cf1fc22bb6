"""The portal with a firewall of the test, and a clock that goes when it is told to."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from mairie_portal.desk import Desk
from mairie_portal.gate import Admitted, GateError
from mairie_portal.settings import Settings, Terms
from mairie_portal.store import Store

FRENCH = Terms(code="fr", language="Français", text="Règles :\n- la <loi>\n- le partage\n\nFin.")
TAHITIAN = Terms(code="ty", language="Reo Tahiti", text="Ia ora na.")
HOUR = 3600


SETTINGS = Settings(
    commune="L'Île & Fils",
    site="Mairie",
    interface="br-public",
    addresses=("127.0.0.1",),
    port=0,
    mode="click",
    seconds=4 * HOUR,
    data_bytes=1000,
    languages=(FRENCH, TAHITIAN),
)


@dataclass
class FakeGate:
    """What the kernel would have."""

    devices: dict[str, int] = field(default_factory=dict)
    used: dict[int, int] = field(default_factory=dict)
    seconds: dict[int, int] = field(default_factory=dict)
    broken: bool = False

    def admitted(self) -> Admitted:
        self._look()
        return Admitted(devices=dict(self.devices), used=dict(self.used))

    def admit(self, mac: str, number: int, seconds: int, data: int, used: int) -> None:
        self._look()
        assert 0 <= used <= data and seconds > 0
        self.devices[mac], self.used[number], self.seconds[number] = number, used, seconds

    def refuse(self, macs: list[str], numbers: list[int]) -> None:
        self._look()
        for mac in macs:
            self.devices.pop(mac, None)
        for number in numbers:
            self.used.pop(number, None)

    def _look(self) -> None:
        if self.broken:
            raise GateError("no table")


class World:
    """One portal."""

    def __init__(self, folder: Path) -> None:
        self.now = 1_000_000
        self.gate = FakeGate()
        self.store = Store(folder)
        self.desk = self.new_desk()

    def new_desk(self) -> Desk:
        """Start the service anew."""
        return Desk(SETTINGS, self.store, self.gate, lambda: self.now)

    def code(self, hours: int = 2) -> str:
        ((_, code),) = self.store.make_vouchers(1, hours * HOUR, self.now)
        return code


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.fixture
def settings() -> Settings:
    return SETTINGS

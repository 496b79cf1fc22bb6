"""The demo with radios in a gateway: who comes there by radio, and the machine that plays it."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from mairie.host.events import ControlResult
from mairie.inventory import load
from mairie.lab.air import Air
from mairie.lab.stations import Station, by_certificate, by_password, of_agent
from mairie.lab.trunk import Trunk
from mairie.push import HostOutcome
from mairie.secrets.identity import find_identity
from mairie.secrets.logins import Logins
from mairie.secrets.vault import Vault

DEMO = Path(__file__).parents[2] / "inventories" / "demo"
COMMUNE, GATEWAY = "rurutu", "rurutu-mairie-gw"
CABLES = "wan: {satellite: eth0, 4g: eth2}, trunk: eth1}"
RADIOS = "{wlan0: {band: 2.4, channel: 6}, wlan1: {band: 5, channel: 36, width: 80, power: 15}}"
EQUIPMENT = "    equipment:\n      printer:"
METER = '{segment: things, mac: "02:00:00:00:05:00", label: Compteur, wifi: true}'
FLOWS = "flows:\n"
PEOPLE = "people:\n  ana: {name: Ana}\n"
ANA, BEN = "ana", "ben"
BOTH = f"{PEOPLE}  {BEN}: {{name: Ben, methods: [certificate]}}\n"
"""One who logs in with a password, one with a certificate."""


def inventory(folder: Path, people: str = PEOPLE) -> Path:
    """Copy the demo, and give a gateway radios, a device that comes by radio, and people."""
    copy = Path(shutil.copytree(DEMO, folder / "demo"))
    path = copy / "communes" / f"{COMMUNE}.yaml"
    text = path.read_text()
    for old, new in (
        (CABLES, f"{CABLES[:-1]}, radios: {RADIOS}}}"),
        (EQUIPMENT, EQUIPMENT.replace("printer:", f"meter: {METER}\n      printer:")),
        (FLOWS, f"{people}{FLOWS}"),
    ):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    path.write_text(text)
    vault = Vault(copy, load(copy, secrets=False))
    assert Logins(vault).generate(lambda: find_identity(copy, demo=True))
    return copy


def quiet() -> Console:
    return Console(file=io.StringIO())


def agents(copy: Path, trunk: Trunk) -> tuple[Station, Station]:
    """Return the devices of the two who log in by name, each near a radio of its own."""
    logins, identity = Logins(Vault(copy, trunk.territory)), find_identity(copy, demo=True)
    wifi = trunk.plan.wifi
    assert wifi is not None
    (network,) = (each for each in wifi.radios[0].networks if each.name == "agents")
    authority = logins.authority(COMMUNE, identity).certificate
    password = by_password(logins.handover(COMMUNE, ANA, identity).password)
    own = logins.handover(COMMUNE, BEN, identity).certificate
    assert own is not None
    certificate, own_files = by_certificate(own)

    def station(login: str, near: str, method: tuple[str, ...], own: dict[str, str]) -> Station:
        settings, files = of_agent(network.ssid, login, authority, wifi.server_name, method)
        return Station(login, settings, "agents", {**files, **own}, near=near)

    return (
        station(ANA, "wlan0", password, {}),
        station(BEN, "wlan1", certificate, own_files),
    )


class Waves(Air):
    """Stations around a machine that another guest has booted and deploys."""

    def __init__(self, trunk: Trunk, stations: Iterable[str]) -> None:
        self.plan, self.machine, self.nodes = trunk.plan, trunk.machine, trunk.nodes
        self._stations = tuple(stations)

    def lay(self) -> None:
        """Give the gateway its radios, and each station one."""
        self.nodes.start(self._stations)
        self.radio_waves()


@dataclass
class Radio:
    """A machine with simulated radios, deployed twice."""

    trunk: Trunk
    waves: Waves
    stations: tuple[Station, ...]
    first: HostOutcome
    second: HostOutcome
    verified: HostOutcome

    def verify(self, *only: str) -> dict[tuple[str, str], str]:
        """Return what is not green; ``only`` restricts it to bricks."""
        results = self.trunk.verify(quiet(), *only)
        assert results
        return not_green(results)


def not_green(results: tuple[ControlResult, ...]) -> dict[tuple[str, str], str]:
    return {
        (item.id, item.subject): f"{item.outcome}: {item.message}"
        for item in results
        if item.outcome != "pass"
    }

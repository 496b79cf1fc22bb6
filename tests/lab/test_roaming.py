"""Devices that walk from the gateway's radio to an access point of mairie, in the QEMU machine."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from rich.console import Console

from mairie.inventory import load
from mairie.lab import leasing
from mairie.lab.air import Joined
from mairie.lab.hearing import Voice, Way, hear
from mairie.lab.roaming import Roaming, Walk
from mairie.lab.stations import Station, by_nothing, by_passphrase, by_password, of_agent
from mairie.plan.host import HostPlan, HostSecrets
from mairie.plan.resolve import resolve
from mairie.secrets.identity import find_identity
from mairie.secrets.logins import Logins
from mairie.secrets.vault import Vault
from tests.lab.ap_site import BOX, COMMUNE, HINA, POE, YARD, inventory

FAST = {"agent": "FT-EAP", "put-in-school": "FT-EAP", "pupil": "FT-SAE", "psk-pupil": "FT-PSK"}
"""Devices that know 802.11r, and how they log in where they go."""
OTHERS = {"old-agent": "WPA2-EAP-SHA256", "old-pupil": "SAE"}
"""Devices that do not, on the same networks."""
VISITOR, FAR_VISITOR = "visitor", "far-visitor"


@dataclass
class Seen:
    """One run, looked at by all tests."""

    air: Roaming
    stations: dict[str, Station]
    joined: dict[str, Joined]
    walks: dict[str, Walk]
    back: Walk
    by_visitor: dict[str, frozenset[Way]]


def quiet() -> Console:
    return Console(file=io.StringIO())


class Town:
    """The inventory, and who comes."""

    def __init__(self, folder: Path) -> None:
        territory = load(folder)
        self._vault = Vault(folder, territory)
        self._logins = Logins(self._vault)
        self._identity = find_identity(folder, demo=True)
        self.plans = resolve(territory)
        plan = self.plans[BOX].wifi
        assert plan is not None
        self._server = plan.server_name
        self.ssid = {network.name: network.ssid for network in plan.radios[0].networks}
        passphrase = self._logins.on_air(BOX, self._identity).passphrases["school"]
        school, public = self.ssid["school"], self.ssid["public"]

        def pupil(name: str, *, sae: bool, roams: bool) -> Station:
            settings = by_passphrase(school, passphrase, sae=sae, roams=roams)
            return Station(name, settings, "school")

        self.stations = {
            station.name: station
            for station in (
                self._agent("agent", HINA, "agents", roams=True),
                self._agent("old-agent", HINA, "agents", roams=False),
                self._agent("put-in-school", POE, "school", roams=True),
                pupil("pupil", sae=True, roams=True),
                pupil("psk-pupil", sae=False, roams=True),
                pupil("old-pupil", sae=True, roams=False),
                Station(VISITOR, by_nothing(public, owe=False), "public", near="wlan0"),
                Station(FAR_VISITOR, by_nothing(public, owe=False), "public", near="wlan1"),
            )
        }

    def with_secrets(self, host: str) -> tuple[HostPlan, HostSecrets]:
        return self.plans[host], self._vault.host_secrets(host, self._identity)

    def _agent(self, name: str, login: str, segment: str, *, roams: bool) -> Station:
        handover = self._logins.handover(COMMUNE, login, self._identity)
        authority = self._logins.authority(COMMUNE, self._identity).certificate
        lines = by_password(handover.password)
        settings, files = of_agent(
            self.ssid["agents"], login, authority, self._server, lines, roams=roams
        )
        return Station(name, settings, segment, files)

    def network_of(self, name: str) -> str:
        """Return the network that a station knows."""
        return self.ssid["agents" if name in ("agent", "old-agent", "put-in-school") else "school"]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    town = Town(inventory(tmp_path_factory.mktemp("roaming")))
    began = time.monotonic()

    def say(words: str) -> None:
        print(f"{time.monotonic() - began:5.0f} s  {words}", flush=True)

    gateway, point = town.with_secrets(BOX), town.with_secrets(YARD)
    with Roaming(gateway, point, list(town.stations), say) as air:
        say("Deploying the gateway")
        outcome = air.act("apply", quiet())
        assert outcome.status == "done", outcome.message
        say("Devices come to the gateway's radio, the only one on the air")
        walkers = [town.stations[name] for name in (*FAST, *OTHERS)]
        came = air.join(walkers)
        say("The access point is switched on")
        air.switch_on()
        walks = {}
        for name in (*FAST, *OTHERS):
            say(f"{name} walks")
            walks[name] = air.walk(name, town.network_of(name))
            say(f"  {words(walks[name])}")
        say("The agent walks back")
        back = air.walk("agent", town.ssid["agents"])
        say(f"  {words(back)}")
        say("Visitors come to both")
        came |= air.join([town.stations[VISITOR], town.stations[FAR_VISITOR]])
        voices = [
            Voice(name, town.stations[name].mac, came[name].lease)
            for name in (VISITOR, FAR_VISITOR)
        ]
        prefix = air.segment("public").prefix_ipv4
        heard = hear(air.nodes, voices[0], voices[1:], prefix)
        say("Looked")
        yield Seen(air, town.stations, came, walks, back, heard)


def words(walk: Walk) -> str:
    return (
        f"{walk.method}: {walk.gap * 1000:.0f} ms without an answer, "
        f"{walk.sent - walk.answered} of {walk.sent} lost"
    )


@pytest.mark.machine
@pytest.mark.air
@pytest.mark.timeout(3600)
class TestRoaming:
    def test_each_comes_in(self, seen: Seen) -> None:
        found = {name: each.verdict for name, each in seen.joined.items()}
        assert found == dict.fromkeys(seen.stations, "connected")

    def test_each_reaches_the_other_access_point(self, seen: Seen) -> None:
        for name, walk in (*seen.walks.items(), ("agent", seen.back)):
            assert walk.left != walk.reached, name
        assert seen.back.reached == seen.walks["agent"].left

    def test_who_knows_fast_transition_uses_it_and_others_come_too(self, seen: Seen) -> None:
        assert {name: walk.method for name, walk in seen.walks.items()} == {**FAST, **OTHERS}

    def test_address_and_session_stay(self, seen: Seen) -> None:
        kept = {
            name: (walk.address == seen.joined[name].lease.ipv4, walk.whole)
            for name, walk in seen.walks.items()
        }
        assert kept == dict.fromkeys(seen.walks, (True, True))
        assert (seen.back.address, seen.back.whole) == (seen.walks["agent"].address, True)

    def test_each_stays_in_its_segment(self, seen: Seen) -> None:
        landed = {
            name: leasing.is_of(each.lease, seen.air.segment(seen.stations[name].segment))
            for name, each in seen.joined.items()
        }
        assert landed == dict.fromkeys(landed, True)

    def test_no_log_in_was_needed_where_the_key_was_taken_along(self, seen: Seen) -> None:
        """The access point's own log: who went through EAP there, and who did not."""
        said = seen.air.said()
        for name in ("agent", "put-in-school"):
            assert f"STA {seen.stations[name].mac} IEEE 802.1X: authenticated" not in said
        assert f"STA {seen.stations['old-agent'].mac} IEEE 802.1X: authenticated" in said

    def test_visitors_of_two_access_points_do_not_meet(self, seen: Seen) -> None:
        assert seen.by_visitor == {FAR_VISITOR: frozenset()}

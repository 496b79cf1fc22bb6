"""Devices that walk from the gateway's radio to an access point of mairie, in the QEMU machine."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from mairie.lab import leasing
from mairie.lab.air import Joined
from mairie.lab.hearing import Voice, Way, hear
from mairie.lab.roaming import Roaming, Walk
from mairie.lab.stations import Station
from tests.lab.ap_site import YARD, inventory
from tests.lab.rapa import BOX, COMMUNE, HINA, POE
from tests.lab.telling import quiet, with_seconds
from tests.lab.town import Town

FAST = {"agent": "FT-EAP", "put-in-school": "FT-EAP", "pupil": "FT-SAE", "psk-pupil": "FT-PSK"}
"""Devices that know 802.11r, and how they log in where they go."""
OTHERS = {"old-agent": "WPA2-EAP-SHA256", "old-pupil": "SAE"}
"""Devices that do not, on the same networks."""
ALL_DAY = "overrides: {segments: {school: {hours: null}}}\n"
TRIES = 3
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


def open_on_sundays(copy: Path) -> Path:
    """Let pupils reach the internet at any hour: somebody may run this test at night."""
    path = copy / "syndicate.yaml"
    path.write_text(f"{path.read_text()}{ALL_DAY}")
    return copy


def devices(town: Town) -> dict[str, Station]:
    """Return who comes: name → device."""
    stations = (
        town.agent("agent", HINA, "agents", roams=True),
        town.agent("old-agent", HINA, "agents"),
        town.agent("put-in-school", POE, "school", roams=True),
        town.pupil("pupil", roams=True),
        town.pupil("psk-pupil", sae=False, roams=True),
        town.pupil("old-pupil"),
        town.visitor(VISITOR, near="wlan0"),
        town.visitor(FAR_VISITOR, near="wlan1"),
    )
    return {station.name: station for station in stations}


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    folder = open_on_sundays(inventory(tmp_path_factory.mktemp("roaming")))
    town = Town(folder, COMMUNE, BOX)
    stations = devices(town)
    say = with_seconds()
    gateway, point = town.with_secrets(BOX), town.with_secrets(YARD)
    with Roaming(gateway, point, list(stations), say) as air:
        say("Deploying the gateway")
        outcome = air.act("apply", quiet())
        assert outcome.status == "done", outcome.message
        say("Devices come to the gateway's radio, the only one on the air")
        walkers = [stations[name] for name in (*FAST, *OTHERS)]
        came = air.join(walkers)
        say("The access point is switched on")
        air.switch_on()
        walks = {}
        for name in (*FAST, *OTHERS):
            walks[name] = walked(air, name, town.ssid[network_of(name)], say)
        say("And back")
        back = walked(air, "agent", town.ssid["agents"], say)
        say("Visitors come to both")
        came |= air.join([stations[VISITOR], stations[FAR_VISITOR]])
        voices = [
            Voice(name, stations[name].mac, came[name].lease) for name in (VISITOR, FAR_VISITOR)
        ]
        prefix = air.segment("public").prefix_ipv4
        heard = hear(air.nodes, voices[0], voices[1:], prefix)
        say("Looked")
        yield Seen(air, stations, came, walks, back, heard)


def network_of(name: str) -> str:
    """Return the network that a device knows."""
    return "school" if name.endswith("pupil") else "agents"


def walked(air: Roaming, name: str, ssid: str, say: Callable[[str], None]) -> Walk:
    """Have a device walk until it is there.

    The first time, access points introduce themselves to each other before they hand over a key;
    without KVM that may take longer than a kernel waits for an answer, and the device stays.
    """
    for _ in range(TRIES):
        walk = air.walk(name, ssid)
        say(f"{name}: {words(walk)}")
        if walk.reached != walk.left:
            break
    return walk


def words(walk: Walk) -> str:
    if walk.reached == walk.left:
        return "stayed where it was"
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
        pattern = r"STA (\S+) IEEE 802.1X: authenticated - EAP type: (\d+)"
        through = dict(re.findall(pattern, seen.air.said()))
        found = {name: through.get(seen.stations[name].mac) for name in ("agent", "old-agent")}
        assert found == {"agent": "0", "old-agent": "25"}, "25 is PEAP, 0 none at all"

    def test_visitors_of_two_access_points_do_not_meet(self, seen: Seen) -> None:
        assert seen.by_visitor == {FAR_VISITOR: frozenset()}

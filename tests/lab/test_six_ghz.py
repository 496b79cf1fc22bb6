"""A gateway whose only radio is one of 6 GHz, in the QEMU machine: what is new comes in alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from mairie.host.events import ControlResult
from mairie.lab import leasing
from mairie.lab.air import Air, Joined
from tests.lab.ap_site import NO_CLASS, inventory
from tests.lab.rapa import BOX, COMMUNE, HEAD, HINA, PEOPLE, gateway
from tests.lab.telling import quiet, with_seconds
from tests.lab.town import Town

# France has rules for 6 GHz since 2021 (ARCEP 2021-2184); for Polynesia none are known here.
ELSEWHERE = HEAD.replace('insee: "98741"', 'insee: "05046"').replace("archipelago: australes\n", "")
FILE = f"""\
{ELSEWHERE}{NO_CLASS}{gateway("band: 6, channel: 37, width: 20")}{PEOPLE}"""


@dataclass
class Seen:
    """One run, looked at by all tests."""

    air: Air
    joined: dict[str, Joined]
    segments: dict[str, str]
    """Where each device belongs; nowhere when empty."""
    controls: tuple[ControlResult, ...]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    town = Town(inventory(tmp_path_factory.mktemp("six"), FILE), COMMUNE, BOX)
    stations = (
        town.agent("agent", HINA, "agents"),
        town.pupil("pupil"),
        town.pupil("old-pupil", "", sae=False),
        town.visitor("owe-visitor", owe=True),
        town.visitor("old-visitor", ""),
    )
    say = with_seconds()
    with Air(*town.with_secrets(BOX), [each.name for each in stations], say) as air:
        say("Deploying")
        outcome = air.act("apply", quiet())
        assert outcome.status == "done", outcome.message
        say("Every station looks for its network")
        came = air.join(stations)
        say("Verifying")
        controls = air.verify(quiet(), "wifi")
        say("Looked")
        yield Seen(air, came, {each.name: each.segment for each in stations}, controls)


@pytest.mark.machine
@pytest.mark.air
@pytest.mark.timeout(3600)
class TestSixGhz:
    def test_devices_of_wpa3_come_in_and_no_other(self, seen: Seen) -> None:
        found = {name: each.verdict == "connected" for name, each in seen.joined.items()}
        assert found == {name: bool(segment) for name, segment in seen.segments.items()}

    def test_frames_of_management_are_protected(self, seen: Seen) -> None:
        came = [each for name, each in seen.joined.items() if seen.segments[name]]
        assert {each.status["pmf"] for each in came} == {"2"}
        assert {int(each.status["freq"]) for each in came} <= set(range(5955, 6426))

    def test_each_is_in_its_segment(self, seen: Seen) -> None:
        landed = {
            name: leasing.is_of(seen.joined[name].lease, seen.air.segment(segment))
            for name, segment in seen.segments.items()
            if segment
        }
        assert landed == dict.fromkeys(landed, True)

    def test_controls_are_green(self, seen: Seen) -> None:
        assert seen.controls
        bad = [f"{each.id} {each.message}" for each in seen.controls if each.outcome != "pass"]
        assert bad == []

"""A whole gateway with radios in the QEMU machine: damage to what is on the air; a week alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mairie.lab import leasing
from mairie.lab.trunk import Trunk
from tests.lab import week
from tests.lab.batches import all_breaks, batches, words
from tests.lab.breaks import Break
from tests.lab.radio_site import (
    ANA,
    BEN,
    BOTH,
    COMMUNE,
    Radio,
    Waves,
    agents,
    inventory,
    not_green,
    quiet,
)

AIR = ("network", "wifi")
"""Bricks that radios and their bridges are of: the others are looked at before and after."""
CONNECTED = {ANA: "connected", BEN: "connected"}

pytestmark = [pytest.mark.machine, pytest.mark.trunk, pytest.mark.timeout(3600)]


def of_radios() -> list[Break]:
    """Return the damage to what is on the air."""
    return [item for item in all_breaks() if item.role == "radio"]


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Radio]:
    copy = inventory(tmp_path_factory.mktemp("radios"), BOTH)
    with Trunk(copy, print, communes=(COMMUNE,)) as trunk:
        waves = Waves(trunk, (ANA, BEN))
        waves.lay()
        first, second = trunk.act("apply", quiet()), trunk.act("apply", quiet())
        trunk.first_night()
        verified = trunk.act("verify", quiet())
        yield Radio(trunk, waves, agents(copy, trunk), first, second, verified)


class TestBreaks:
    def test_deploy_then_nothing_left_to_change(self, machine: Radio) -> None:
        assert machine.first.status == "done", machine.first.message
        assert any("on the air" in change.name for change in machine.first.changed)
        assert (machine.second.status, machine.second.changed) == ("done", ())

    def test_every_control_is_green_none_unknown(self, machine: Radio) -> None:
        assert machine.verified.status == "done", machine.verified.message
        assert not_green(machine.verified.results) == {}
        seen = {item.id for item in machine.verified.results}
        assert {item.control for item in of_radios()} <= seen

    @pytest.mark.parametrize("batch", batches(of_radios()), ids=lambda batch: batch[0].control)
    def test_damage_is_seen_and_repaired(self, machine: Radio, batch: tuple[Break, ...]) -> None:
        for item in batch:
            machine.trunk.machine.run(item.damage, timeout=240)
        try:
            after = machine.verify(*AIR)
        finally:
            for item in reversed(batch):
                if item.repair:
                    machine.trunk.machine.run(item.repair, timeout=240)
        expected = {name for item in batch for name in (item.control, *item.also)}
        assert {item.control for item in batch} <= {control for control, _ in after}, after
        unrelated = {key: said for key, said in after.items() if key[0] not in expected}
        assert not unrelated, words(batch)
        assert machine.trunk.act("apply", quiet(), *AIR).status == "done"

    def test_what_was_repaired_conforms(self, machine: Radio) -> None:
        assert machine.verify() == {}


class TestWeekAlone:
    """After the breaks: the clock does not go back."""

    def test_people_log_in_and_visitors_are_recorded(self, machine: Radio) -> None:
        before = machine.waves.join(machine.stations)
        assert {name: each.verdict for name, each in before.items()} == CONNECTED
        week.cut(machine)
        today = week.pass_a_week(machine)
        assert week.wait_for_clock(machine, synchronised=False)
        assert week.follows_itself(machine)

        after = machine.waves.join(machine.stations)
        assert {name: each.verdict for name, each in after.items()} == CONNECTED
        segment = machine.waves.segment("agents")
        assert all(leasing.is_of(each.lease, segment) for each in after.values())
        gateway = segment.ipv4.partition("/")[0]
        assert week.asked_for_time(machine, ANA, gateway)

        address = week.visit(machine)
        lines = week.records(machine, f"{today}")
        assert [each for each in lines if each["kind"] == "open" and address in each["source"]]
        assert {each["time"][:10] for each in lines} == {f"{today}"}
        moved = [each["by_s"] for each in week.records(machine) if each["kind"] == "clock-set"]
        assert moved[-1] == pytest.approx(week.DAYS * 86_400, abs=60)
        clocks = [each["synchronised"] for each in lines if each["kind"] == "clock"]
        assert clocks[-1] is False
        assert week.chain(machine)[0] == 0

    def test_with_the_link_the_time_is_right_again(self, machine: Radio) -> None:
        week.come_back(machine)
        assert week.follows_the_world(machine)
        assert week.wait_for_clock(machine, synchronised=True)
        assert week.chain(machine)[0] == 0
        after = machine.waves.join(machine.stations)
        assert {name: each.verdict for name, each in after.items()} == CONNECTED
        wanted = ("BAS-2", "WIF-", "REC-")
        results = machine.trunk.verify(quiet(), "base", "wifi", "records")
        results = tuple(item for item in results if item.id.startswith(wanted))
        assert {"BAS-23", "WIF-60", "REC-30"} <= {item.id for item in results}
        assert not_green(results) == {}

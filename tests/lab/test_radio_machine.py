"""A whole gateway with radios in the QEMU machine: damage to what is on the air."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mairie.lab.trunk import Trunk
from tests.lab.batches import all_breaks, batches, words
from tests.lab.breaks import Break
from tests.lab.radio_site import (
    COMMUNE,
    Radio,
    inventory,
    not_green,
    quiet,
)

AIR = ("network", "wifi")
"""Bricks that radios and their bridges are of: the others are looked at before and after."""

pytestmark = [pytest.mark.machine, pytest.mark.trunk, pytest.mark.timeout(3600)]


def of_radios() -> list[Break]:
    """Return the damage to what is on the air."""
    return [item for item in all_breaks() if item.role == "radio"]


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Radio]:
    with Trunk(inventory(tmp_path_factory.mktemp("radios")), print, communes=(COMMUNE,)) as trunk:
        trunk.machine.run("modprobe mac80211_hwsim radios=3")
        first, second = trunk.act("apply", quiet()), trunk.act("apply", quiet())
        trunk.first_night()
        yield Radio(trunk, first, second, trunk.act("verify", quiet()))


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

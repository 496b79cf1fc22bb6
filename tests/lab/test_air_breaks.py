"""Damage to what is on the air: a gateway of the demo with radios, in the QEMU machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from mairie.inventory import load
from mairie.lab.air import Air
from mairie.plan.resolve import resolve
from mairie.push import HostOutcome
from mairie.secrets.identity import find_identity
from mairie.secrets.vault import Vault
from tests.lab.batches import all_breaks, batches, words
from tests.lab.breaks import Break
from tests.lab.radio_site import GATEWAY, inventory
from tests.lab.telling import quiet

LOOKED_AT = ("wifi", "lessons")
"""Bricks of which damage to radios turns a control red."""

pytestmark = [pytest.mark.machine, pytest.mark.air, pytest.mark.timeout(3600)]


def of_radios() -> list[Break]:
    """Return the damage to what is on the air."""
    return [item for item in all_breaks() if item.role == "radio"]


@dataclass
class Machine:
    """A gateway with simulated radios, deployed twice."""

    air: Air
    first: HostOutcome
    second: HostOutcome

    def not_green(self) -> dict[tuple[str, str], str]:
        """Verify, and return what fails or is unknown."""
        results = self.air.verify(quiet(), *LOOKED_AT)
        assert {item.control for item in of_radios()} <= {item.id for item in results}
        return {
            (item.id, item.subject): f"{item.outcome}: {item.message}"
            for item in results
            if item.outcome != "pass"
        }


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    folder = inventory(tmp_path_factory.mktemp("radios"))
    territory = load(folder)
    secrets = Vault(folder, territory).host_secrets(GATEWAY, find_identity(folder, demo=True))
    with Air(resolve(territory)[GATEWAY], secrets, (), print) as air:
        yield Machine(air, air.act("apply", quiet()), air.act("apply", quiet()))


def test_deploy_then_nothing_left_to_change(machine: Machine) -> None:
    assert machine.first.status == "done", machine.first.message
    assert any("on the air" in change.name for change in machine.first.changed)
    assert (machine.second.status, machine.second.changed) == ("done", ())


def test_what_is_on_the_air_conforms(machine: Machine) -> None:
    assert machine.not_green() == {}


@pytest.mark.parametrize("batch", batches(of_radios()), ids=lambda batch: batch[0].control)
def test_damage_is_seen_and_repaired(machine: Machine, batch: tuple[Break, ...]) -> None:
    try:
        for item in batch:
            machine.air.machine.run(item.damage, timeout=240)
        after = machine.not_green()
    finally:
        for item in reversed(batch):
            if item.repair:
                machine.air.machine.run(item.repair, timeout=240)
        repaired = machine.air.act("apply", quiet())
    assert {item.control for item in batch} <= {control for control, _ in after}, after
    expected = {name for item in batch for name in (item.control, *item.also)}
    unrelated = {key: said for key, said in after.items() if key[0] not in expected}
    assert not unrelated, words(batch)
    assert repaired.status == "done", repaired.message


def test_what_was_repaired_conforms(machine: Machine) -> None:
    assert machine.not_green() == {}

"""Every control is proved: the host is damaged, that control turns red and no other does.

After the repair, only the bricks that were damaged are looked at; the look at the next damage says
that nothing else is left of it.
"""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from mairie.host.control import control_of
from mairie.host.events import ControlResult
from tests.lab.batches import HOST_OF_ROLE, all_breaks, bricks_of, cases, words
from tests.lab.breaks import Break
from tests.lab.conftest import DeployedDemo

pytestmark = [pytest.mark.lab, pytest.mark.timeout(1200)]

CONFORMANCE = Path(__file__).parents[1] / "conformance"
Key = tuple[str, str]


def _not_green(results: tuple[ControlResult, ...]) -> dict[Key, ControlResult]:
    return {(item.id, item.subject): item for item in results if item.outcome != "pass"}


@pytest.mark.parametrize(
    ("host", "number", "batch"),
    cases(),
    ids=lambda value: str(value) if isinstance(value, str | int) else "",
)
def test_damage_is_seen_and_repaired(
    deployed: DeployedDemo, host: str, number: int, batch: tuple[Break, ...]
) -> None:
    del number
    before = _not_green(deployed.healthy(host))
    try:
        for item in batch:
            deployed.run(host, item.damage)
        after = _not_green(deployed.verify(host))
        new = {key: result for key, result in after.items() if key not in before}
        red = {control for (control, _), result in new.items() if result.outcome == "fail"}
        unseen = {
            f"{item.control}: {item.note}": [
                result for (control, _), result in after.items() if control == item.control
            ]
            for item in batch
            if item.control not in red
        }
        expected = {control for item in batch for control in (item.control, *item.also)}
        unrelated = [
            f"{control} {subject}: {result.outcome}: {result.message}"
            for (control, subject), result in new.items()
            if control not in expected
        ]
        assert not unseen, f"not red: {unseen}"
        repaired = words(deployed.repaired.get(host, ()))
        assert not unrelated, (
            f"turned as well: {unrelated}\nafter: {words(batch)}\nor still red after: {repaired}"
        )
    finally:
        # Also after a failure: the next damage wants a host that is whole.
        for item in reversed(batch):
            if item.repair:
                deployed.session.lab.exec(host, ["sh", "-c", item.repair], timeout=120)
        outcome = deployed.act("apply", host)[host]
    assert outcome.status == "done", outcome.message
    left = _not_green(deployed.verify(host, *bricks_of(batch)))
    assert set(left) <= set(before), f"still red after: {words(batch)}"
    deployed.repaired[host] = batch


@pytest.mark.parametrize("host", sorted({host for host, _, _ in cases()}))
def test_all_is_green_after_the_last_repair(deployed: DeployedDemo, host: str) -> None:
    before = _not_green(deployed.healthy(host))
    after = _not_green(deployed.verify(host))
    assert set(after) <= set(before), f"still red after: {words(deployed.repaired.get(host, ()))}"


def test_every_control_has_a_break(deployed: DeployedDemo) -> None:
    seen = {result.id for outcome in deployed.act("verify").values() for result in outcome.results}
    proved = {item.control for item in all_breaks()}
    elsewhere = {
        item.control for item in all_breaks() if item.machine or item.role not in HOST_OF_ROLE
    }
    assert declared() - proved == set(), "controls that no damage proves"
    assert proved - declared() == set(), "damage to no control"
    assert declared() - seen <= elsewhere, "controls that no host of the demo needs"


def declared() -> set[str]:
    """Return the identifiers of every control there is."""
    names = [path.stem for path in CONFORMANCE.glob("test_*.py")]
    modules = [importlib.import_module(f"tests.conformance.{name}") for name in names]
    found = (control_of(value) for module in modules for value in vars(module).values())
    return {control.id for control in found if control is not None}

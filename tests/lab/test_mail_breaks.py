"""Mail by the ordinary bundle: deployed twice, verified, damaged, repaired.

Rurutu's telephone host alone, whose relay nobody plays; messages that arrive are in test_mail.py.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from rich.console import Console

from mairie.host.events import Action, Changed
from mairie.inventory import load
from mairie.lab import building, internet
from mairie.lab.session import Session
from mairie.lab.topology import Topology
from mairie.push import HostOutcome
from mairie.run import Run
from mairie.secrets.identity import find_identity
from mairie.secrets.telephony import Lines
from mairie.secrets.vault import Vault
from tests.lab import mail_inventory
from tests.lab.batches import batches, words
from tests.lab.breaks import Break, mail, voip

pytestmark = [pytest.mark.lab, pytest.mark.voice, pytest.mark.timeout(1800)]

SERVER = "rurutu-mairie-srv"
BRICKS = ("base", "network", "voip", "mail")
OF_OTHERS = {"VOI-21", "VOI-22", "VOI-23", "VOI-40"}
"""Red or unknown here: nobody plays an operator, or the hub."""
BREAKS = tuple(item for item in (*mail.BREAKS, *voip.BREAKS) if item.role == mail.ROLE)


@dataclass
class World:
    """The host, deployed twice."""

    session: Session
    changed_again: tuple[Changed, ...] = ()

    def act(self, action: Action, *only: str) -> HostOutcome:
        plans = {SERVER: self.session.plans[SERVER]}
        run = Run(plans, self.session.reach(), Console(file=io.StringIO()), "demo", 1)
        (found,) = run.act(action, only)
        assert found.status == "done", (found.message, found.failed)
        return found

    def not_green(self) -> dict[tuple[str, str], str]:
        results = self.act("verify", "voip", "mail").results
        assert {"MAI-01", "VOI-47"} <= {item.id for item in results}
        return {
            (item.id, item.subject): f"{item.outcome}: {item.message}"
            for item in results
            if item.outcome != "pass"
        }

    def run(self, script: str) -> str:
        return self.session.lab.check(SERVER, ["sh", "-c", script], timeout=180)


def inventory(folder: Path) -> Path:
    """Write the demo with messages by mail, and make its secrets."""
    mail_inventory.write(folder)
    territory, identity = load(folder, secrets=False), find_identity(folder, demo=True)
    lines = Lines(Vault(folder, territory))
    lines.generate(lambda: identity)
    for commune in territory.communes:
        lines.put(commune, "trunk-local", f"password-of-{commune}", identity)
    lines.put("rurutu", "mail-relay", "password-of-the-relay", identity)
    return folder


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = inventory(tmp_path_factory.mktemp("mail") / "demo")
    building.offer_asterisk(print)
    session = Session.of(folder, print, communes=("rurutu",), name="test-mail-brick")
    layout = session.layout
    nodes = (internet.NAME, SERVER)
    session.layout = Topology(
        tuple(node for node in layout.nodes if node.name in nodes), (), (SERVER,)
    )
    with session.lab as lab:
        lab.up(session.layout.nodes)
        internet.start(lab, session.plans)
        found = World(session)
        found.act("apply", *BRICKS)
        found.changed_again = found.act("apply", *BRICKS).changed
        yield found


def test_a_second_deploy_changes_nothing(world: World) -> None:
    assert world.changed_again == ()


def test_all_but_what_others_do_conforms(world: World) -> None:
    found = world.not_green()
    assert {control for control, _ in found} <= OF_OTHERS, found


@pytest.mark.parametrize("batch", batches(BREAKS), ids=lambda batch: batch[0].control)
def test_damage_is_seen_and_repaired(world: World, batch: tuple[Break, ...]) -> None:
    before = world.not_green()
    try:
        for item in batch:
            world.run(item.damage)
        after = {key: said for key, said in world.not_green().items() if key not in before}
    finally:
        for item in reversed(batch):
            if item.repair:
                world.run(item.repair)
        world.act("apply", "voip", "mail")
    red = {control for control, _ in after}
    assert {item.control for item in batch} <= red, (words(batch), after)
    assert red <= {name for item in batch for name in (item.control, *item.also)}, after
    assert set(world.not_green()) <= set(before)

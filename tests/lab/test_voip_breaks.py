"""Telephone systems by the ordinary bundle: deployed twice, verified, damaged, repaired.

The hub with its exchange, and Rurutu's town hall; operators and phones are in test_voip.py.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from rich.console import Console

from mairie.host.events import Action
from mairie.inventory import load
from mairie.lab import building, internet
from mairie.lab.session import Session
from mairie.lab.topology import Topology
from mairie.push import HostOutcome
from mairie.run import Run
from mairie.secrets.identity import find_identity
from mairie.secrets.signing import Signing
from mairie.secrets.telephony import Lines
from mairie.secrets.vault import Vault
from tests.lab import voip_inventory
from tests.lab.batches import batches, words
from tests.lab.breaks import Break, voip

pytestmark = [pytest.mark.lab, pytest.mark.voice, pytest.mark.timeout(1800)]

HUB, GATEWAY, SERVER = "hub", "rurutu-mairie-gw", "rurutu-mairie-srv"
HOSTS = (HUB, GATEWAY, SERVER)
HOST_OF_ROLE = {"telephones": SERVER, "exchange": HUB}
OF_OTHERS = {"VOI-21", "VOI-22", "VOI-23", "VOI-50"}
"""Red or unknown here: nobody plays an operator, and this hub serves no packages."""
CONNECTED = (
    "for _ in $(seq 60); do asterisk -rx 'pjsip show contacts' | grep -q '{}/.*Avail' && exit; "
    "sleep 2; done; exit 1"
)
"""Each end asks the other once a minute."""
BEFORE = ("base", "network", "vpn")
"""Bricks without which the others of the brick's host would have no way to each other."""


@dataclass
class World:
    """The three hosts, deployed twice."""

    session: Session
    second: dict[str, HostOutcome]

    def act(
        self, action: Action, *hosts: str, only: tuple[str, ...] = ()
    ) -> dict[str, HostOutcome]:
        plans = {name: self.session.plans[name] for name in hosts or HOSTS}
        run = Run(plans, self.session.reach(), Console(file=io.StringIO()), "demo", 2)
        found = {outcome.name: outcome for outcome in run.act(action, only)}
        for outcome in found.values():
            assert outcome.status == "done", (outcome.message, outcome.failed)
        return found

    def not_green(self, host: str) -> dict[tuple[str, str], str]:
        results = self.act("verify", host, only=("voip",))[host].results
        assert results
        return {
            (item.id, item.subject): f"{item.outcome}: {item.message}"
            for item in results
            if item.outcome != "pass"
        }

    def run(self, host: str, script: str) -> str:
        return self.session.lab.check(host, ["sh", "-c", script], timeout=180)


def inventory(folder: Path) -> Path:
    """Write the demo with telephones, and make their secrets."""
    voip_inventory.write(folder)
    territory, identity = load(folder, secrets=False), find_identity(folder, demo=True)
    vault = Vault(folder, territory)
    lines = Lines(vault)
    lines.generate(lambda: identity)
    Signing(vault).generate(lambda: identity)
    for commune in territory.communes:
        lines.put(commune, "trunk-local", f"password-of-{commune}", identity)
    return folder


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = inventory(tmp_path_factory.mktemp("voip") / "demo")
    building.offer_asterisk(print)
    session = Session.of(folder, print, communes=("rurutu",), name="test-voip-brick")
    layout = session.layout
    nodes = (internet.NAME, *HOSTS)
    session.layout = Topology(tuple(node for node in layout.nodes if node.name in nodes), (), HOSTS)
    with session.lab as lab:
        lab.up(session.layout.nodes)
        internet.start(lab, session.plans)
        found = World(session, {})
        found.act("apply", HUB, GATEWAY, only=BEFORE)
        found.act("apply", SERVER, HUB, only=(*BEFORE, "voip"))
        found.second = found.act("apply", SERVER, HUB, only=(*BEFORE, "voip"))
        found.run(SERVER, CONNECTED.format("hub"))
        found.run(HUB, CONNECTED.format("rurutu"))
        yield found


def test_a_second_deploy_changes_nothing(world: World) -> None:
    assert {name: outcome.changed for name, outcome in world.second.items()} == {
        HUB: (),
        SERVER: (),
    }


@pytest.mark.parametrize("host", [HUB, SERVER])
def test_all_but_what_others_do_conforms(world: World, host: str) -> None:
    red = {control for control, _ in world.not_green(host)}
    assert red == (OF_OTHERS if host == SERVER else {"VOI-50"})


@pytest.mark.parametrize(
    ("role", "batch"),
    [
        (role, batch)
        for role in HOST_OF_ROLE
        for batch in batches(
            item for item in voip.BREAKS if item.role == role and item.control not in OF_OTHERS
        )
    ],
    ids=lambda value: value if isinstance(value, str) else value[0].control,
)
def test_damage_is_seen_and_repaired(world: World, role: str, batch: tuple[Break, ...]) -> None:
    host = HOST_OF_ROLE[role]
    before = world.not_green(host)
    try:
        for item in batch:
            world.run(host, item.damage)
        after = {key: said for key, said in world.not_green(host).items() if key not in before}
    finally:
        for item in reversed(batch):
            if item.repair:
                world.run(host, item.repair)
        world.act("apply", host, only=("voip",))
    red = {control for control, _ in after}
    assert {item.control for item in batch} <= red, words(batch)
    assert red <= {name for item in batch for name in (item.control, *item.also)}, after
    assert set(world.not_green(host)) <= set(before)

"""The hub's packages by the ordinary bundle: published, deployed, fetched through the tunnel."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mairie.files.base import SOURCE
from mairie.files.voip import OLDEST
from mairie.inventory import load
from mairie.lab import internet
from mairie.lab.session import Session
from mairie.lab.topology import Topology
from mairie.secrets.identity import find_identity
from mairie.secrets.signing import Signing
from mairie.secrets.vault import Vault
from tests.lab.batches import all_breaks
from tests.lab.breaks import Break
from tests.lab.test_voip_breaks import BEFORE, GATEWAY, HOSTS, HUB, SERVER, World, inventory
from tests.lab.voip_inventory import OPERATOR

pytestmark = [pytest.mark.lab, pytest.mark.voice, pytest.mark.timeout(1800)]

BRICKS = (*BEFORE, "hub", "voip")
VERSION = "dpkg-query -W -f '${Version}' asterisk"
HOST_OF_ROLE = {"packages": HUB, "packages-telephones": SERVER}
BRICK_OF = {HUB: "hub", SERVER: "voip"}


def with_addresses(folder: Path) -> None:
    """Write operators by address: nobody answers for their names here."""
    for path in (folder / "communes").glob("*.yaml"):
        text = path.read_text().replace(f"secours.{OPERATOR}", "198.51.100.22")
        path.write_text(text.replace(f"host: {OPERATOR}", "host: 198.51.100.21"))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = inventory(tmp_path_factory.mktemp("packages") / "demo")
    with_addresses(folder)
    identity = find_identity(folder, demo=True)
    Signing(Vault(folder, load(folder))).generate(lambda: identity)
    session = Session.of(folder, print, communes=("rurutu",), name="test-packages-hub")
    nodes = (internet.NAME, *HOSTS)
    chosen = tuple(node for node in session.layout.nodes if node.name in nodes)
    session.layout = Topology(chosen, (), HOSTS)
    with session.lab:
        session.up()
        found = World(session, {})
        found.act("apply", HUB, only=BRICKS)
        found.act("apply", GATEWAY, only=BEFORE)
        found.act("apply", SERVER, only=BRICKS)
        found.second = found.act("apply", HUB, SERVER, only=BRICKS)
        yield found


def test_a_second_deploy_changes_nothing(world: World) -> None:
    assert {name: outcome.changed for name, outcome in world.second.items()} == {
        HUB: (),
        SERVER: (),
    }


def test_a_telephone_host_fetches_it_through_the_tunnel(world: World) -> None:
    alone = f"-o Dir::Etc::SourceList={SOURCE} -o Dir::Etc::SourceParts=/dev/null"
    told = world.run(SERVER, f"cd $(mktemp -d) && apt-get {alone} download asterisk 2>&1 && ls")
    assert "http://" in told
    assert "asterisk_" in told.splitlines()[-1]


@pytest.mark.parametrize("host", [HUB, SERVER])
def test_controls_are_green(world: World, host: str) -> None:
    seen = results(world, host)
    for control in ("BAS-31", "VOI-50", *(["HUB-06"] if host == HUB else [])):
        assert seen[control] == {"pass"}, control


def test_an_older_asterisk_is_upgraded(world: World) -> None:
    """It has not the modules that the configuration loads: a deploy does not wait for the night."""
    older = OLDEST.replace("~mairie", "~maire")
    world.run(
        SERVER,
        "cd $(mktemp -d) && apt-get -q download asterisk && dpkg-deb -R asterisk_*.deb tree && "
        f"sed -i 's/^Version: .*/Version: {older}/' tree/DEBIAN/control && "
        "dpkg-deb --root-owner-group -Znone -b tree older.deb && "
        "dpkg -i --force-downgrade older.deb",
    )
    assert world.run(SERVER, VERSION).strip() == older
    world.act("apply", SERVER, only=("voip",))
    assert world.run(SERVER, VERSION).strip() == OLDEST
    assert world.run(SERVER, "systemctl is-active asterisk").strip() == "active"
    assert results(world, SERVER)["VOI-51"] == {"pass"}
    assert world.act("apply", SERVER, only=("voip",))[SERVER].changed == ()


def results(world: World, host: str) -> dict[str, set[str]]:
    only = ("base", "hub", "voip") if host == HUB else ("base", "voip")
    found: dict[str, set[str]] = {}
    for item in world.act("verify", host, only=only)[host].results:
        found.setdefault(item.id, set()).add(item.outcome)
    return found


@pytest.mark.parametrize(
    "item",
    [each for each in all_breaks() if each.role in HOST_OF_ROLE],
    ids=lambda each: each.control,
)
def test_damage_is_seen_and_repaired(world: World, item: Break) -> None:
    host = HOST_OF_ROLE[item.role]
    world.run(host, item.damage)
    try:
        assert "fail" in results(world, host)[item.control]
    finally:
        if item.repair:
            world.run(host, item.repair)
        world.act("apply", host, only=(BRICK_OF[host],))
    assert results(world, host)[item.control] == {"pass"}

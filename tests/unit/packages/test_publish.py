"""``mairie package publish``: what is sent, to whom, and what is said when it cannot be."""

from __future__ import annotations

import io
import tarfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mairie.cli import hosts
from mairie.cli.package import command
from mairie.errors import MairieError
from mairie.files.hub import PACKAGES
from mairie.inventory import load
from mairie.lab import building
from mairie.lab.building import Built
from mairie.packages import publish as publishing
from mairie.packages.publish import publish
from mairie.packages.repository import INDEX, SIGNED
from mairie.secrets.identity import find_identity
from mairie.secrets.signing import Signing
from mairie.secrets.vault import Vault
from tests.lab.voip_inventory import write
from tests.unit.packages.debs import control, deb

NAME = "asterisk_22_amd64.deb"


@dataclass(frozen=True)
class Here:
    """A hub that is a folder of this machine."""

    folder: Path

    def argv(self, script: str, *arguments: str) -> list[str]:
        place = [str(self.folder) if each == PACKAGES else each for each in arguments]
        return ["sh", "-c", script, "mairie", *place]

    def unreachable(self, status: int, stderr: str) -> str:
        del status, stderr
        return ""


@dataclass
class World:
    folder: Path
    hub: Path
    asked: list[str] = field(default_factory=list)

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(command, ["publish", "-i", str(self.folder), *arguments])

    def key(self) -> World:
        vault = Vault(self.folder, load(self.folder))
        Signing(vault).generate(lambda: find_identity(self.folder, demo=True))
        return self


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    package = tmp_path / NAME
    package.write_bytes(deb(control("asterisk", "22")))
    monkeypatch.setattr(building, "ensure_asterisk", lambda _: Built(package, "22", 0))
    there = World(write(tmp_path / "demo"), tmp_path / "hub")

    def transport(_: object, plan: object) -> Here:
        there.asked.append(str(getattr(plan, "name", "")))
        return Here(there.hub)

    monkeypatch.setattr(hosts.Hosts, "transport", transport)
    return there


def test_hubs_that_need_packages_get_them(world: World) -> None:
    done = world.key().run()
    assert done.exception is None, done.exception
    assert done.output.splitlines()[0] == "hub offers asterisk 22"
    assert world.asked == ["hub"]
    assert sorted(path.name for path in (world.hub / "current").iterdir()) == sorted(
        [SIGNED, INDEX, NAME]
    )
    assert {oct(path.stat().st_mode)[-3:] for path in (world.hub / "current").iterdir()} == {"644"}


def test_without_a_key_the_command_that_makes_it_is_said(world: World) -> None:
    done = world.run()
    assert isinstance(done.exception, MairieError)
    assert 'make it with "mairie secrets generate"' in str(done.exception)
    assert not world.hub.exists()


def test_what_was_before_stays_until_the_new_is_whole(tmp_path: Path) -> None:
    hub = tmp_path / "hub"
    publish("hub", Here(hub), {"one": b"1" * 4096})
    first = (hub / "current").readlink()
    whole = publishing.archive({"one": b"2" * 4096})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(publishing, "archive", lambda _: whole[:2000])
        with pytest.raises(MairieError, match="hub did not take the packages: "):
            publish("hub", Here(hub), {})
    assert (hub / "current").readlink() == first
    publish("hub", Here(hub), {"two": b"2"})
    assert [path.name for path in (hub / "current").iterdir()] == ["two"]
    kept = {path.name for path in hub.iterdir()}
    assert kept == {".lock", "current", (hub / "current").readlink().name}


def test_the_archive_is_the_same_for_the_same_files() -> None:
    one, two = (
        publishing.archive(each) for each in ({"a": b"1", "b": b"2"}, {"b": b"2", "a": b"1"})
    )
    assert one == two
    with tarfile.open(fileobj=io.BytesIO(one)) as opened:
        assert [(entry.name, entry.mode, entry.mtime) for entry in opened] == [
            ("a", 0o644, 0),
            ("b", 0o644, 0),
        ]


def test_a_hub_that_cannot_be_reached_is_named(tmp_path: Path) -> None:
    @dataclass(frozen=True)
    class Away(Here):
        def unreachable(self, status: int, stderr: str) -> str:
            del status, stderr
            return "no route"

    with pytest.raises(MairieError, match="hub: no route"):
        publish("hub", Away(tmp_path), {"a": b"1"})

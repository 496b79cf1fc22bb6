"""The key of the packages: made once, where it is needed, and never given to a host."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pysequoia
import pytest
from click.testing import CliRunner

from mairie.cli.secrets import command
from mairie.errors import MairieError
from mairie.inventory import load
from mairie.inventory.problems import InventoryErrors
from mairie.secrets import files
from mairie.secrets.check import problems
from mairie.secrets.errors import SecretsError
from mairie.secrets.identity import Identity, find_identity
from mairie.secrets.signing import Signing, certificate_of
from mairie.secrets.telephony import Lines
from mairie.secrets.vault import Vault
from tests.lab.voip_inventory import write


@dataclass
class World:
    folder: Path
    identity: Identity

    @property
    def signing(self) -> Signing:
        return Signing(Vault(self.folder, load(self.folder)))

    @property
    def path(self) -> Path:
        return files.package_certificate_file(self.folder)

    def said(self, *, opened: bool) -> list[str]:
        found = problems(self.signing.vault, self.identity if opened else None)
        return [message for path, message in found if path == self.path]


@pytest.fixture
def world(tmp_path: Path) -> World:
    folder = write(tmp_path / "demo")
    return World(folder, find_identity(folder, demo=True))


def never() -> Identity:
    raise AssertionError("no identity should have been asked for")


def test_it_is_made_once_and_its_certificate_is_in_clear(world: World) -> None:
    assert world.signing.generate(lambda: world.identity) == ("made    demo: key of the packages",)
    assert world.signing.generate(never) == ()
    private = world.signing.private(world.identity)
    assert (
        world.path.read_text() == certificate_of(private) == load(world.folder).package_certificate
    )
    certificate = pysequoia.Cert.from_bytes(world.path.read_bytes())
    assert certificate.expiration is None
    assert "PRIVATE" not in repr(world.signing.vault.open("hub", world.identity))


def test_no_host_gets_it(world: World) -> None:
    world.signing.generate(lambda: world.identity)
    vault = world.signing.vault
    Lines(vault).generate(lambda: world.identity)
    Lines(vault).put("rurutu", "trunk-local", "s3cret", world.identity)
    private = world.signing.private(world.identity)
    for host in ("hub", "rurutu-mairie-srv"):
        assert private not in vault.host_secrets(host, world.identity).others.values()


def test_a_lost_certificate_is_written_again(world: World) -> None:
    world.signing.generate(lambda: world.identity)
    before = world.path.read_bytes()
    world.path.unlink()
    assert world.said(opened=False) == [
        'is missing: hosts cannot trust packages of the hub; make it with "mairie secrets generate"'
    ]
    world.signing.generate(lambda: world.identity)
    assert world.path.read_bytes() == before
    assert world.said(opened=True) == []


def test_a_certificate_of_another_key_is_told(world: World) -> None:
    world.signing.generate(lambda: world.identity)
    old = world.path.read_bytes()
    world.signing.rotate(world.identity)
    assert world.path.read_bytes() != old
    world.path.write_bytes(old)
    assert world.said(opened=False) == []
    assert "take both from one commit" in world.said(opened=True)[0]
    with pytest.raises(SecretsError, match="take both from one commit"):
        world.signing.private(world.identity)


def test_a_certificate_that_is_none_is_told_with_the_others(world: World) -> None:
    world.signing.generate(lambda: world.identity)
    world.path.write_text(world.path.read_text().replace("=", "<"))
    with pytest.raises(InventoryErrors, match="not an armoured OpenPGP certificate"):
        load(world.folder)


def test_without_telephones_there_is_none(tmp_path: Path) -> None:
    folder = write(tmp_path / "demo")
    territory = load(folder)
    communes = {
        name: commune.model_copy(update={"phones": {}, "telephony": None})
        for name, commune in territory.communes.items()
    }
    vault = Vault(folder, replace(territory, communes=communes))
    assert Signing(vault).generate(never) == ()
    with pytest.raises(SecretsError, match="no commune of demo has telephones"):
        Signing(vault).rotate(find_identity(folder, demo=True))


def test_commands_make_and_rotate_it(world: World) -> None:
    run = CliRunner()
    made = run.invoke(command, ["generate", "-i", str(world.folder)], catch_exceptions=False)
    assert "made    demo: key of the packages\n" in made.output
    old = world.path.read_bytes()
    turned = run.invoke(
        command, ["rotate", "hub", "--packages", "-i", str(world.folder)], catch_exceptions=False
    )
    assert "Publish: mairie package publish\n" in turned.output
    assert world.path.read_bytes() != old
    wrong = run.invoke(command, ["rotate", "rurutu", "--packages", "-i", str(world.folder)])
    assert isinstance(wrong.exception, MairieError)
    assert str(wrong.exception) == "the key of the packages is in the file of hub; name it"

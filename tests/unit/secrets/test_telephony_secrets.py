"""Secrets of telephone systems: who gets which, and what of it may be known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from cryptography import x509

from mairie.cli.secrets import command
from mairie.errors import MairieError
from mairie.inventory import load
from mairie.secrets import files
from mairie.secrets.check import problems
from mairie.secrets.errors import SecretsError
from mairie.secrets.identity import Identity, find_identity
from mairie.secrets.phone_certificates import AUTHORITY, CERTIFICATE, KEY, NAMES
from mairie.secrets.signing import Signing
from mairie.secrets.telephony import Lines
from mairie.secrets.vault import Vault
from tests.lab.voip_inventory import write

HOST = "rurutu-mairie-srv"
ADDRESS = "10.44.193.8"
PUT = '"mairie secrets put rurutu trunk-local"'


class World:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.vault = Vault(self.folder, load(self.folder))
        self.identity: Identity = find_identity(self.folder, demo=True)

    def generate(self) -> tuple[str, ...]:
        return Lines(self.vault).generate(lambda: self.identity)

    def put(
        self, commune: str = "rurutu", name: str = "trunk-local", value: str = "s3cr;et"
    ) -> None:
        Lines(self.vault).put(commune, name, value, self.identity)

    def others(self, host: str = HOST) -> dict[str, str]:
        return self.vault.host_secrets(host, self.identity).others

    def problems(self, *, opened: bool) -> list[str]:
        found = problems(self.vault, self.identity if opened else None)
        return [f"{path.name} {message}" for path, message in found]

    def with_rurutu(self, **changed: Any) -> World:
        there = object.__new__(World)
        there.folder, there.identity = self.folder, self.identity
        territory = self.vault.territory
        rurutu = territory.communes["rurutu"].model_copy(update=changed)
        communes = {**territory.communes, "rurutu": rurutu}
        there.vault = Vault(self.folder, replace(territory, communes=communes))
        return there


@pytest.fixture
def world(tmp_path: Path) -> World:
    found = World(write(tmp_path / "demo"))
    Signing(found.vault).generate(lambda: found.identity)
    return found


def test_phones_have_passwords_and_voicemails_codes(world: World) -> None:
    lines = world.generate()
    assert "made    rurutu: password of phone accueil" in lines
    assert "made    rurutu: code of voicemail accueil" in lines
    assert not [line for line in lines if "trunk" in line or "voicemail maire" in line]
    assert world.generate() == ()
    world.put()
    others = world.others()
    held = {name: value for name, value in others.items() if not name.startswith("backup")}
    phones = ("accueil", "atelier", "direction", "maire", "secretariat")
    voicemails = ("accueil", "secretariat")
    names = {*(f"sip-{name}" for name in phones), *(f"voicemail-{name}" for name in voicemails)}
    assert held.keys() == {*names, *NAMES, "trunk-local"}
    assert held["trunk-local"] == "s3cr;et"
    assert len(set(held.values())) == len(held)
    assert all(len(held[f"voicemail-{name}"]) == 6 for name in voicemails)
    assert all(held[f"voicemail-{name}"].isdecimal() for name in voicemails)
    assert not [name for name in world.others("rurutu-mairie-gw") if name.startswith("sip")]


def test_the_hub_gets_none_of_them(world: World) -> None:
    world.generate()
    world.put()
    names = {name.partition("-")[0] for name in world.others("hub")}
    assert names == {"backup"}


def test_what_is_missing_is_said_with_and_without_an_identity(world: World) -> None:
    for opened in (True, False):
        found = world.problems(opened=opened)
        assert (
            'rurutu.age holds no password of phone accueil; make it with "mairie secrets generate"'
            in found
        )
        assert (
            "rurutu.age holds no password of trunk local; write what the operator gave with "
            f"{PUT}" in found
        )
    with pytest.raises(SecretsError, match="no password of phone accueil"):
        world.others()
    world.generate()
    with pytest.raises(SecretsError, match="no password of trunk local"):
        world.others()
    world.put()
    world.put("rapa", value="x")
    assert world.problems(opened=True) == world.problems(opened=False) == []


def test_a_phone_that_goes_is_forgotten(world: World) -> None:
    world.generate()
    world.put()
    world.put("rapa", value="x")
    phones = dict(world.vault.territory.communes["rurutu"].phones)
    del phones["accueil"]
    later = world.with_rurutu(phones=phones)
    left = 'still holds password of phone accueil; take it away with "mairie secrets generate"'
    for opened in (True, False):
        assert f"rurutu.age {left}" in later.problems(opened=opened)
    assert later.generate() == (
        "forgot  rurutu: password of phone accueil",
        "forgot  rurutu: code of voicemail accueil",
    )
    assert later.problems(opened=True) == later.problems(opened=False) == []
    assert "sip-accueil" not in later.others()
    assert later.others()["trunk-local"] == "s3cr;et"


def test_without_telephony_nothing_is_kept(world: World) -> None:
    world.generate()
    without = world.with_rurutu(phones={}, telephony=None)
    without.generate()
    assert "rurutu" not in files.load_telephony(world.folder)
    with pytest.raises(SecretsError, match="rurutu has no telephone system"):
        without.put()


def test_rotation_changes_one_phone(world: World) -> None:
    world.generate()
    world.put()
    before = world.others()
    changed = Lines(world.vault).rotate("rurutu", "accueil", world.identity)
    assert changed == ("password of phone accueil", "code of voicemail accueil")
    after = world.others()
    different = {name for name, value in after.items() if value != before[name]}
    assert "sip-accueil" in different
    assert different <= {"sip-accueil", "voicemail-accueil"}
    with pytest.raises(SecretsError, match='did you mean "accueil"'):
        Lines(world.vault).rotate("rurutu", "acceuil", world.identity)


@pytest.mark.parametrize("value", ["", "two\nlines", "x" * 129])
def test_a_password_that_no_file_could_hold_is_refused(world: World, value: str) -> None:
    world.generate()
    with pytest.raises(SecretsError, match="nothing was changed"):
        world.put(value=value)
    assert "trunk-local" not in world.vault.open("rurutu", world.identity).telephony


def test_the_operator_by_address_has_no_password(world: World) -> None:
    with pytest.raises(SecretsError, match="no password given to rurutu"):
        world.put(name="trunk-secours")


def run(world: World, *arguments: str, text: str = "") -> str:
    result = CliRunner().invoke(command, [*arguments, "-i", str(world.folder)], input=text)
    if isinstance(result.exception, MairieError):
        return str(result.exception)
    assert result.exit_code == 0, result.output
    return result.output


def test_commands(world: World) -> None:
    assert "16 changes of telephones" in run(world, "generate")
    shown = run(world, "put", "rurutu", "trunk-local", text="s3cr;et\n")
    assert shown == "rurutu keeps trunk-local\nDeploy: mairie deploy rurutu\n"
    opened = Vault(world.folder, world.vault.territory).open("rurutu", world.identity)
    assert opened.telephony["trunk-local"] == "s3cr;et"
    assert run(world, "rotate", "rurutu", "--phone", "maire") == (
        "rurutu has another password of phone maire\nDeploy: mairie deploy rurutu\n"
        "Reopen: mairie phone open rurutu maire\n"
    )
    assert "only one thing" in run(world, "rotate", "rurutu", "--phone", "maire", "--server")


def test_nothing_is_in_clear(world: World) -> None:
    world.generate()
    world.put()
    secrets = set(world.vault.open("rurutu", world.identity).telephony.values())
    for path in (world.folder / "secrets").iterdir():
        text = path.read_bytes()
        assert not [value for value in secrets if value.encode() in text], path
    assert "s3cr" not in repr(world.vault.open("rurutu", world.identity))


def test_phones_have_a_server_whose_certificate_only_its_authority_signed(world: World) -> None:
    lines = world.generate()
    assert "made    rurutu: certificate of the phones' server" in lines
    world.put()
    others = world.others()
    authority = x509.load_pem_x509_certificate(others[AUTHORITY].encode())
    certificate = x509.load_pem_x509_certificate(others[CERTIFICATE].encode())
    certificate.verify_directly_issued_by(authority)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["srv.mairie.rurutu.demo.example"]
    assert [f"{each}" for each in names.get_values_for_type(x509.IPAddress)] == [ADDRESS]
    assert others[KEY].startswith("-----BEGIN PRIVATE KEY-----")
    # One of the three is no good without the others.
    content = world.vault.open("rurutu", world.identity)
    kept = {name: value for name, value in content.telephony.items() if name != KEY}
    world.vault.write("rurutu", content.with_telephony(kept))
    files.save_telephony(world.folder, {"rurutu": tuple(kept)})
    world.generate()
    assert world.others()[CERTIFICATE] != others[CERTIFICATE]
    assert world.others()["sip-accueil"] == others["sip-accueil"]

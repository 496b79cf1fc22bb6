"""The password of the mail relay: asked of who has something to send, given by a person."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from mairie.cli.secrets import command
from mairie.inventory import load
from mairie.secrets.check import problems
from mairie.secrets.identity import Identity, find_identity
from mairie.secrets.signing import Signing
from mairie.secrets.telephony import Lines
from mairie.secrets.vault import Vault
from tests.lab.mail_inventory import write

HOST = "rurutu-mairie-srv"
LACKS = (
    "rurutu.age holds no password of the mail relay; write what was given for it with "
    '"mairie secrets put rurutu mail-relay"'
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path / "demo")


def generated(folder: Path) -> tuple[Vault, Identity]:
    vault, identity = Vault(folder, load(folder)), find_identity(folder, demo=True)
    Lines(vault).generate(lambda: identity)
    Signing(vault).generate(lambda: identity)
    for commune in ("rurutu", "rapa"):
        Lines(vault).put(commune, "trunk-local", "given", identity)
    return vault, identity


def test_it_is_asked_for_and_reaches_the_one_host_that_sends(folder: Path) -> None:
    vault, identity = generated(folder)
    assert [f"{path.name} {text}" for path, text in problems(vault, identity)] == [LACKS]
    put = ["put", "rurutu", "mail-relay", "-i", str(folder)]
    done = CliRunner().invoke(command, put, input="of the relay\n")
    assert done.exit_code == 0, done.output
    assert "of the relay" not in done.output
    vault = Vault(folder, load(folder))
    assert problems(vault, identity) == ()
    assert vault.host_secrets(HOST, identity).others["mail-relay"] == "of the relay"
    for other in ("hub", "rurutu-mairie-gw", "rapa-mairie-box"):
        assert "mail-relay" not in vault.host_secrets(other, identity).others


def test_a_commune_that_sends_nothing_has_none(folder: Path) -> None:
    vault, identity = generated(folder)
    with pytest.raises(Exception, match=r"written trunk-<name> or mail-relay") as told:
        Lines(vault).put("rapa", "mail-relay", "x", identity)
    assert "trunk-local" in str(told.value)

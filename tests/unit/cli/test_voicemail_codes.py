"""``mairie secrets show --phone``: the code of one voicemail, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from mairie.inventory import load
from mairie.secrets.identity import find_identity
from mairie.secrets.telephony import Lines
from mairie.secrets.vault import Vault
from tests.lab.voip_inventory import write
from tests.unit.cli.demo import mairie

SHOW = ("secrets", "show", "rurutu", "--phone")


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    return write(tmp_path / "demo")


def test_one_code_is_printed_alone(inventory: Path) -> None:
    vault, identity = Vault(inventory, load(inventory)), find_identity(inventory, demo=True)
    Lines(vault).generate(lambda: identity)
    held = vault.open("rurutu", identity).telephony
    found = mairie(*SHOW, "accueil", "--yes", "-i", inventory)
    assert (found.code, found.stdout) == (0, f"{held['voicemail-accueil']}\n")


@pytest.mark.parametrize(
    ("phone", "yes", "sentence"),
    [
        ("accueil", ["--yes"], "accueil has no code yet; make it: mairie secrets generate"),
        ("maire", ["--yes"], "maire has no voicemail; write voicemail: true in its line"),
        ("acueil", ["--yes"], 'phone of rurutu "acueil"'),
        ("accueil", [], "secrets are only printed to a terminal"),
    ],
)
def test_what_is_not_there_is_a_sentence(
    inventory: Path, phone: str, yes: list[str], sentence: str
) -> None:
    found = mairie(*SHOW, phone, *yes, "-i", inventory)
    assert found.code != 0
    assert found.stdout == ""
    assert sentence in found.stderr

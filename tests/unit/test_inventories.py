"""The inventories that travel with the project hold together."""

from pathlib import Path

import pytest

from mairie.inventory.load import load
from mairie.secrets.check import problems
from mairie.secrets.identity import read_identity
from mairie.secrets.vault import Vault

INVENTORIES = Path(__file__).parents[2] / "inventories"
DEMO_IDENTITY = INVENTORIES / "demo" / "identity" / "demo-identity.txt"
NAMES = ("alesia", "demo", "polynesie")


@pytest.mark.parametrize("name", NAMES)
def test_secrets_open_and_belong_to_the_public_keys(name: str) -> None:
    folder = INVENTORIES / name
    vault = Vault(folder, load(folder))
    assert problems(vault, read_identity(DEMO_IDENTITY)) == ()
    assert vault.outdated() == ()


@pytest.mark.parametrize("name", NAMES)
def test_files_are_short_and_name_their_schema(name: str) -> None:
    for path in (INVENTORIES / name / "communes").iterdir():
        lines = path.read_text().splitlines()
        assert lines[0] == (
            "# yaml-language-server: $schema=../../../schemas/commune.schema.json"
        ), path
        assert len(lines) <= 40, path


def test_polynesie_is_complete() -> None:
    communes = load(INVENTORIES / "polynesie").communes.values()
    assert {one.insee for one in communes} == {str(code) for code in range(98711, 98759)}
    assert all(one.index == int(one.insee) - 98700 for one in communes)
    assert {one.archipelago for one in communes} == {
        "australes",
        "marquises",
        "sous-le-vent",
        "tuamotu-gambier",
        "vent",
    }
    zones = {one.name: one.timezone for one in communes}
    assert zones["Nuku-Hiva"] == "Pacific/Marquesas"
    assert zones["Gambier"] == "Pacific/Gambier"


def test_alesia_has_small_communes_on_slow_links() -> None:
    communes = load(INVENTORIES / "alesia").communes
    assert len(communes) == 24
    slow = [
        stem
        for stem, one in communes.items()
        if len(one.uplinks) == 1 and one.uplinks[0].up == 512_000
    ]
    assert len(slow) >= 5

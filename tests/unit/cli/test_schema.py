"""``mairie schema``: the committed schemas are those of the models."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.unit.cli.demo import INVENTORIES, mairie

SCHEMAS = INVENTORIES.parent / "schemas"
FILES = ("commune.schema.json", "syndicate.schema.json")


def test_the_committed_schemas_are_the_generated_ones(tmp_path: Path) -> None:
    outcome = mairie("schema", "-o", tmp_path / "schemas")
    assert outcome.code == 0
    assert outcome.stdout.splitlines() == [
        str(tmp_path / "schemas" / name) for name in sorted(FILES, reverse=True)
    ]
    for name in FILES:
        generated = (tmp_path / "schemas" / name).read_text()
        assert generated == (SCHEMAS / name).read_text(), 'run "mairie schema"'


def test_every_reference_inside_a_schema_leads_somewhere() -> None:
    for name in FILES:
        text = (SCHEMAS / name).read_text()
        known = json.loads(text)["$defs"]
        used = re.findall(r'"\$ref": "#/\$defs/(\w+)"', text)
        assert used
        assert set(used) <= set(known)


def test_known_words_are_proposed() -> None:
    commune = json.loads((SCHEMAS / "commune.schema.json").read_text())
    equipment = commune["$defs"]["Equipment"]["properties"]["segment"]
    assert "voice" in equipment["anyOf"][0]["enum"]
    services = commune["$defs"]["Flow"]["properties"]["services"]["items"]
    assert "https" in services["anyOf"][0]["enum"]
    assert "australes" in commune["properties"]["archipelago"]["anyOf"][0]["enum"]
    assert "description" in commune["properties"]["index"]


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    outcome = mairie("schema", "-o", tmp_path / "file" / "schemas")
    assert outcome.code == 2
    assert "cannot be written: not a directory" in outcome.stderr


@pytest.mark.parametrize("path", sorted(INVENTORIES.glob("**/*.yaml")), ids=str)
def test_inventory_files_name_their_schema(path: Path) -> None:
    if path.parent.name == "secrets":
        return
    first = path.read_text().splitlines()[0]
    match = re.fullmatch(r"# yaml-language-server: \$schema=(.*)", first)
    assert match is not None
    assert (path.parent / match[1]).resolve() in [SCHEMAS / name for name in FILES]

"""The syndicate's own ``group_data/`` over the reference: values, and the place of errors."""

from __future__ import annotations

from pathlib import Path

import pytest

from mairie.inventory import load, read
from mairie.inventory.explain import explain
from tests.unit.inventory.small import Inventory


@pytest.fixture
def own(tmp_path: Path) -> Inventory:
    """An inventory in a repository that has a group_data folder of its own."""
    inventory = Inventory(tmp_path / "inventories" / "essai")
    (tmp_path / "group_data").mkdir()
    return inventory


def layer(inventory: Inventory, name: str, text: str) -> Path:
    path = inventory.folder.parent.parent / "group_data" / name
    path.write_text(text, encoding="utf-8")
    return path


def test_own_values_come_over_the_reference(own: Inventory) -> None:
    layer(own, "all.py", 'journal = {"retention_days": 90}\n')
    layer(own, "rurutu.py", 'segments = {"voice": {"vlan": 31}}\n')
    layers = load(own.folder).layers
    assert layers["all"]["journal"] == {"max_use_mb": 500, "retention_days": 90}
    assert layers["rurutu"] == {"segments": {"voice": {"vlan": 31}}}


def test_helpers_and_private_names_are_not_data(own: Inventory) -> None:
    layer(
        own,
        "all.py",
        "from __future__ import annotations\nimport os\n_days = 90\n\n"
        "def twice(x: int) -> int:\n    return 2 * x\n\n"
        'journal = {"retention_days": twice(_days)}\n',
    )
    assert load(own.folder).layers["all"]["journal"]["retention_days"] == 180


BROKEN = (
    ("syntax", "all.py", "x = (\n", "1: Python syntax: '(' was never closed"),
    ("exception", "all.py", "\nx = 1 / 0\n", "2: ZeroDivisionError: division by zero"),
    ("exit", "all.py", "raise SystemExit(3)\n", "1: SystemExit: 3"),
    (
        "object",
        "all.py",
        "ntp = {1, 2}\n",
        "1: ntp: not plain data; write text, numbers, lists and dictionaries alone",
    ),
    ("unknown key", "all.py", "\n\ndsn = {}\n", '3: dsn: unknown key; did you mean "dns"?'),
    (
        "value",
        "australes.py",
        'segments = {\n    "voice": {\n        "vlan": 5000,\n    },\n}\n',
        "3: segments.voice.vlan: 5000 is out of range; allowed: 2 to 4094",
    ),
    (
        "computed value",
        "australes.py",
        'segments = {\n    "voice": dict(vlan=5000),\n}\n',
        "2: segments.voice.vlan: 5000 is out of range; allowed: 2 to 4094",
    ),
    (
        "missing key",
        "gateway.py",
        'segments = {"new": {"vlan": 5, "slot": 9}}\n',
        "1: segments.new.label: this key is required",
    ),
    (
        "VLAN of a segment that comes earlier",
        "australes.py",
        'segments = {\n    "admin": {"vlan": 30},\n}\n',
        '2: segments.admin.vlan: 30 is already "voice"; each segment has its own',
    ),
    (
        "removed schedule",
        "all.py",
        'schedules = {\n    "school-hours": None,\n}\n',
        "2: schedules.school-hours: removed here, but segments.school.hours still names it; "
        "remove or change that too",
    ),
    (
        "stem",
        "austral.py",
        "",
        ' unknown archipelago, island or role "austral"; did you mean "australes"?',
    ),
)


@pytest.mark.parametrize("case", BROKEN, ids=[case[0] for case in BROKEN])
def test_error_is_where_it_is_written(own: Inventory, case: tuple[str, str, str, str]) -> None:
    _, name, text, expected = case
    path = layer(own, name, text)
    assert own.errors() == [f"{path}:{expected}"]


def test_explain_names_the_file_and_line_of_each_layer(own: Inventory) -> None:
    mine = layer(own, "all.py", '\njournal = {"retention_days": 90}\n')
    island = layer(own, "rurutu.py", 'dns = {\n    "cache_size": 500,\n}\n')
    own.replace("syndicate.yaml", "demo: true\n", "demo: true\noverrides:\n  vpn_port: 4500\n")
    own.replace(
        "communes/rurutu.yaml",
        "sites:\n",
        "overrides:\n  upgrades:\n    hours: 2\nflows:\n  cam:\n"
        "    {from: agents, to: video, services: [https], reason: R}\nsites:\n",
    )
    places = {one.path: one for one in explain(read(own.folder), "rurutu-mairie-gw")}
    assert places["journal.retention_days"].where == f"{mine}:2"
    assert places["dns.cache_size"].where == f"{island}:2"
    assert places["vpn_port"].where == f"{own.folder}/syndicate.yaml:28"
    assert places["upgrades.hours"].where == f"{own.folder}/communes/rurutu.yaml:11"
    assert places["upgrades.hours"].value == 2
    assert places["flows.cam.to"].where == f"{own.folder}/communes/rurutu.yaml:14"
    assert "group_data/all.py:" in places["segments.agents.vlan"].where
    assert explain(read(own.folder), "hub")[0].path == "segments.admin.vlan"
    with pytest.raises(KeyError):
        explain(read(own.folder), "nobody")

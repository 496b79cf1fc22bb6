"""Restored files belong to the same names, whatever their numbers are here."""

from __future__ import annotations

import pytest

from mairie_backup.owners import Owner, changes, moved, numbers

PASSWD = ["root:x:0:0:root:/root:/bin/bash", "hina:x:1000:1000::/home/hina:/bin/bash", "", "bad"]


def test_numbers_of_accounts() -> None:
    assert numbers(PASSWD) == {"root": 0, "hina": 1000}


def test_only_names_that_are_here_with_another_number_move() -> None:
    saved = {"root": 0, "hina": 1000, "moana": 1001, "gone": 1002}
    assert moved(saved, {"root": 0, "hina": 1001, "moana": 1000, "new": 1002}) == {
        1000: 1001,
        1001: 1000,
    }


def node(path: str, uid: int, gid: int = 0) -> dict[str, object]:
    return {"path": path, "uid": uid, "gid": gid}


NODES: list[dict[str, object]] = [
    {"struct_type": "snapshot"},
    node("/srv", 0),
    node("/srv/a", 1000, 1000),
    node("/srv/b", 1001, 50),
    node("/srv/stays", 1000),
    node("/srv2/c", 1000),
]


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        ([], ["/srv/a", "/srv/b", "/srv2/c"]),
        (["/srv"], ["/srv/a", "/srv/b"]),
        (["/srv/b"], ["/srv/b"]),
        (["/"], ["/srv/a", "/srv/b", "/srv2/c"]),
    ],
)
def test_what_changes(paths: list[str], expected: list[str]) -> None:
    found = list(changes(NODES, {1000: 1001, 1001: 1000}, {50: 60}, paths, {"/srv/stays"}))
    assert [each.path for each in found] == expected


def test_the_folders_above_what_was_restored_too() -> None:
    """restic gives them the numbers of the snapshot: whoever had them could no longer enter."""
    nodes = [node("/var", 0), node("/var/spool/a", 1000), node("/var/spool/a/b", 1000)]
    found = changes(nodes, {1000: 1001}, {}, ["/var/spool/a/b"], [])
    assert [each.path for each in found] == ["/var/spool/a", "/var/spool/a/b"]


def test_numbers_that_trade_places_are_not_mixed() -> None:
    users = {1000: 1001, 1001: 1000}
    assert list(changes(NODES[2:4], users, {50: 60}, [], [])) == [
        Owner("/srv/a", (1000, 1000), (1001, 1000)),
        Owner("/srv/b", (1001, 50), (1000, 60)),
    ]

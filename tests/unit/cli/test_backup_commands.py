"""The commands about backups, on hosts that are scripts."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from mairie.cli.hosts import Hosts
from mairie.plan.host import HostPlan
from tests.unit.cli import demo
from tests.unit.cli.fake_host import FakeHost, fake_host

INVENTORY = demo.INVENTORIES / "demo"
SERVER, GATEWAY, SCHOOL = "rurutu-mairie-srv", "rurutu-mairie-gw", "rurutu-ecole-gw"
DONE = """echo '{"kind":"result","outcome":"done","text":"Fait.","sent_bytes":1500000,"files":3}'"""
FAR = (
    """echo '{"kind":"progress","what":"backup","done_bytes":5000,"total_bytes":10000,"files":2,"""
    """"seconds":1.5,"seconds_left":65}'"""
)
STATE = {
    "kind": "status",
    "run": {"outcome": "link-down", "text": "Le hub n'a pas répondu.", "ended": None},
    "success": {"at": "2026-11-20T08:00:00+00:00"},
    "nights_failed": 3,
    "drill": {"outcome": "done", "at": "2026-11-03T06:00:00+00:00", "text": "Bien."},
    "repository": "http://10.0.0.1:8000/x/",
    "window": {"start": "21:00", "minutes": 45},
}

World = Callable[[dict[str, str]], Path]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """Make hosts of scripts by name; ``""`` is one that does not answer."""

    def make(scripts: dict[str, str]) -> Path:
        def transport(_hosts: Hosts, plan: HostPlan) -> FakeHost:
            script = scripts[plan.name]
            folder = tmp_path / plan.name
            return fake_host(folder, script) if script else FakeHost(folder, "No route to host")

        monkeypatch.setattr(Hosts, "transport", transport)
        monkeypatch.setenv("COLUMNS", "300")
        return tmp_path

    return make


def asked(folder: Path, host: str) -> list[str]:
    return (folder / host / "asked").read_text().splitlines()


def test_backing_up_a_commune(world: World) -> None:
    folder = world(dict.fromkeys((SERVER, GATEWAY, SCHOOL), f"{FAR}\n{DONE}"))
    out = demo.mairie("backup", "now", "rurutu", "-i", INVENTORY, "--json", folder / "out.json")
    assert out.code == 0, out.stderr
    assert "3 hôtes : fait 3" in out.stdout
    assert "1,5 Mo" in out.stdout
    assert "5,0 ko sur 10,0 ko, encore 1 min 05 s" in out.stderr
    written = json.loads((folder / "out.json").read_bytes())
    assert written["command"] == "now"
    assert {each["host"] for each in written["hosts"]} == {SERVER, GATEWAY, SCHOOL}
    assert written["hosts"][0]["measures"]["sent_bytes"] == 1_500_000
    assert written["hosts"][0]["commune"] == "rurutu"
    assert asked(folder, SERVER) == ["now --json"]


def test_one_host_in_trouble_does_not_hide_the_others(world: World) -> None:
    world({SERVER: DONE, GATEWAY: "", SCHOOL: "exit 1"})
    out = demo.mairie("backup", "now", "rurutu", "-i", INVENTORY)
    assert out.code == 1
    for words in ("✓ fait", "⊘ injoignable", "✗ échec", "No route to host"):
        assert words in out.stdout


def test_links_alone_are_3(world: World) -> None:
    world({SERVER: DONE, GATEWAY: "", SCHOOL: DONE})
    assert demo.mairie("drill", "rurutu", "-i", INVENTORY).code == 3


@pytest.mark.parametrize(
    "verb", [("backup", "now"), ("backup", "status"), ("drill",), ("restore",)]
)
def test_a_hub_is_an_error_that_says_what_to_do(world: World, verb: tuple[str, ...]) -> None:
    world({})
    out = demo.mairie(*verb, "hub", "-i", INVENTORY)
    assert out.code == 2
    assert "hub is a hub: it keeps the backups of its communes" in out.stderr
    assert "mairie-store status" in out.stderr


def test_an_access_point_has_no_backup(world: World) -> None:
    world({})
    name = "venarey-les-laumes-mairie-hall"
    out = demo.mairie("backup", "now", name, "-i", demo.INVENTORIES / "alesia")
    assert out.code == 2
    assert f"{name} is an access point: it keeps nothing, so nothing of it is saved" in out.stderr


def test_everything_leaves_the_hub_out(world: World) -> None:
    hosts = (SERVER, GATEWAY, SCHOOL, "rapa-mairie-box")
    world(dict.fromkeys(hosts, DONE))
    out = demo.mairie("backup", "now", "--all", "-i", INVENTORY)
    assert out.code == 0, out.stderr
    assert "4 hôtes : fait 4" in out.stdout


def test_snapshots_newest_first(world: World) -> None:
    lines = [
        {
            "kind": "snapshot",
            "id": f"{number}" * 64,
            "time": f"2026-11-{number}T08:00:00+00:00",
            "paths": ["/etc", "/srv"],
            "files": 12,
            "bytes": 3_400_000_000,
        }
        for number in (18, 20, 19)
    ]
    world({SERVER: "\n".join(f"echo '{json.dumps(line)}'" for line in lines)})
    out = demo.mairie("backup", "list", SERVER, "-i", INVENTORY)
    assert out.code == 0, out.stderr
    assert "3,4 Go" in out.stdout
    places = [out.stdout.index(f"{day}/11/2026 22:00") for day in (19, 18, 17)]
    assert places == sorted(places)


def test_status_says_what_went_wrong(world: World) -> None:
    line = json.dumps(STATE).replace("'", "'\\''")
    world({SERVER: f"echo '{line}'"})
    out = demo.mairie("backup", "status", SERVER, "-i", INVENTORY)
    assert out.code == 0, out.stderr
    for words in (
        "⊘ lien coupé",
        "✗ 3",
        "19/11 22:00",
        "✓ fait 02/11 20:00",
        "Le hub n'a pas répondu.",
    ):
        assert words in out.stdout


def test_a_restore_goes_beside_without_a_question(world: World) -> None:
    folder = world({SERVER: DONE})
    out = demo.mairie("restore", SERVER, "--path", "/srv/a b", "-i", INVENTORY)
    assert out.code == 0, out.stderr
    assert asked(folder, SERVER) == [
        "restore --snapshot=latest --path=/srv/a b --overwrite=never --json"
    ]


LOOK = """
case "$*" in
*--dry-run*) echo '{"kind":"note","text":"sera remplacé : /srv/plan"}'
  echo '{"kind":"result","outcome":"done","text":"","overwritten":7}' ;;
*) echo '{"kind":"result","outcome":"done","text":"Restauré.","overwritten":7}' ;;
esac
"""


@pytest.mark.parametrize(("answer", "code", "runs"), [("y\n", 0, 2), ("n\n", 1, 1), ("", 130, 1)])
def test_in_place_says_what_is_lost_and_asks(
    world: World, answer: str, code: int, runs: int
) -> None:
    folder = world({SERVER: LOOK})
    out = demo.mairie("restore", SERVER, "--in-place", "-i", INVENTORY, answers=answer)
    assert out.code == code, out.stderr
    assert "sera remplacé : /srv/plan" in out.stderr
    assert "7 fichiers remplacés. Continuer ?" in out.stderr
    assert len(asked(folder, SERVER)) == runs
    if runs == 2:
        assert asked(folder, SERVER)[1] == (
            "restore --snapshot=latest --in-place --overwrite=if-changed --json"
        )


def test_nothing_to_lose_asks_nothing_and_overwrites_nothing(world: World) -> None:
    folder = world({SERVER: DONE})
    out = demo.mairie("restore", SERVER, "--to", "/srv/new", "-i", INVENTORY)
    assert out.code == 0, out.stderr
    assert asked(folder, SERVER) == [
        "restore --snapshot=latest --to=/srv/new --overwrite=if-changed --dry-run --json",
        "restore --snapshot=latest --to=/srv/new --overwrite=never --json",
    ]


def test_yes_asks_nothing(world: World) -> None:
    folder = world({SERVER: LOOK})
    out = demo.mairie("restore", SERVER, "--in-place", "--yes", "-i", INVENTORY)
    assert out.code == 0, out.stderr
    assert len(asked(folder, SERVER)) == 1


def test_a_look_that_fails_restores_nothing(world: World) -> None:
    folder = world({SERVER: """echo '{"kind":"result","outcome":"link-down","text":"Coupé."}'"""})
    out = demo.mairie("restore", SERVER, "--in-place", "-i", INVENTORY)
    assert out.code == 3
    assert "Coupé." in out.stdout
    assert len(asked(folder, SERVER)) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--to", "/a", "--in-place"], "--to and --in-place exclude each other"),
        (["--to", "here"], "here is no path on the host"),
        (["--path", "srv"], "srv is no path on the host"),
    ],
)
def test_wishes_that_make_no_sense(world: World, arguments: list[str], words: str) -> None:
    world({})
    out = demo.mairie("restore", SERVER, *arguments, "-i", INVENTORY)
    assert out.code == 2
    assert words in out.stderr


def test_a_restore_is_of_one_host(world: World) -> None:
    world({})
    out = demo.mairie("restore", "rurutu", "-i", INVENTORY)
    assert out.code == 2
    assert "rurutu has 3 hosts; name one" in out.stderr

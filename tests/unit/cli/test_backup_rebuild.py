"""Rebuilding a machine: what is refused, what is chosen, in which order things happen."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console

from mairie.backups.events import Snapshot
from mairie.cli.hosts import Hosts
from mairie.errors import MairieError
from mairie.host.events import Action, ControlResult
from mairie.inventory import load
from mairie.plan.host import HostPlan
from mairie.plan.resolve import resolve_host
from mairie.push import HostOutcome, Status
from mairie.rebuild import Rebuilding, choose, traces
from mairie.run import Reach, Run
from tests.unit.cli import demo
from tests.unit.cli.fake_host import FakeHost, fake_host

INVENTORY = demo.INVENTORIES / "demo"
SERVER = "rurutu-mairie-srv"
NOW = datetime(2026, 11, 22, 1, tzinfo=UTC)


def night(name: str, hours: float, paths: tuple[str, ...] = ("/srv",)) -> Snapshot:
    return Snapshot(id=name, time=NOW + timedelta(hours=hours), paths=paths)


NIGHTS = [night("aa11", -50), night("aa22", -2), night("bb33", -26), night("cc44", 0.5)]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [("", "aa22"), ("bb", "bb33"), ("cc44", "cc44"), ("aa", None), ("zz", None)],
)
def test_the_newest_of_the_lost_machine_is_chosen(wanted: str, found: str | None) -> None:
    chosen = choose(NIGHTS, wanted, NOW)
    assert (chosen.id if chosen else None) == found


def test_without_snapshots_there_is_nothing_to_choose() -> None:
    assert choose([], "", NOW) is None


@pytest.fixture(scope="module")
def plan() -> HostPlan:
    return resolve_host(load(INVENTORY), SERVER)


def with_folder(plan: HostPlan, folder: Path) -> HostPlan:
    assert plan.backup is not None
    return replace(plan, backup=replace(plan.backup, folders=("/etc", "/home", str(folder))))


def test_a_declared_folder_with_something_in_it_is_a_trace(plan: HostPlan, tmp_path: Path) -> None:
    host = fake_host(tmp_path / "host", "")
    data = tmp_path / "data of the mairie"
    mine = with_folder(plan, data)
    blank = traces(host, mine)
    data.mkdir()
    assert traces(host, mine) == blank
    (data / ".hidden").touch()
    assert traces(host, mine) == [*blank, str(data)]


def test_a_machine_that_does_not_answer_is_not_blank(plan: HostPlan, tmp_path: Path) -> None:
    with pytest.raises(MairieError, match="could not be looked at: cannot be reached") as error:
        traces(FakeHost(tmp_path, "No route to host"), plan)
    assert error.value.exit_code == 3


def test_the_key_of_the_new_machine_comes_first(tmp_path: Path) -> None:
    folder = demo.copy(tmp_path)
    (folder / "known_hosts").write_text("rurutu-mairie-gw ssh-ed25519 AAAA\n")
    out = demo.mairie("rebuild", SERVER, "-i", folder)
    assert out.code == 2
    assert f"mairie enrol {SERVER} --address" in out.stderr


def test_a_machine_that_is_not_blank_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = fake_host(tmp_path / "host", "")
    monkeypatch.setattr(Hosts, "transport", lambda *_: host)
    monkeypatch.setattr("mairie.cli.rebuild.traces", lambda *_: ["/srv"])
    monkeypatch.setattr(Run, "act", lambda *_: pytest.fail("it went on"))
    out = demo.mairie("rebuild", SERVER, "--local", "-i", INVENTORY)
    assert out.code == 2
    assert f"{SERVER} is not blank: /srv" in out.stderr
    assert "--yes" in out.stderr


def test_a_hub_is_not_rebuilt_from_its_own_store() -> None:
    out = demo.mairie("rebuild", "hub", "--local", "-i", INVENTORY)
    assert out.code == 2
    assert "hub is a hub" in out.stderr


HOST = """
case "$1" in
list) {list} ;;
restore) {restore} ;;
esac
echo '{{"kind":"result","outcome":"done","text":"Fait."}}'
"""
DOWN = """echo '{"kind":"result","outcome":"link-down","text":"Coupé."}'; exit 3"""
FAILED = """echo '{"kind":"result","outcome":"failed","text":"Non."}'; exit 1"""

Build = Callable[..., tuple[Rebuilding, Path]]


@pytest.fixture
def build(plan: HostPlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Build:
    def make(
        deploy: Status = "done",
        restore: str = ":",
        nights: bool = True,
        listing_fails: bool = False,
    ) -> tuple[Rebuilding, Path]:
        lines = [
            {"kind": "snapshot", "id": one.id, "time": one.time.isoformat(), "paths": paths}
            for one in NIGHTS[:3]
            for paths in [["/etc", "/home", "/srv/données", "/var/lib/mairie"]]
        ]
        listing = "; ".join(f"echo '{json.dumps(line)}'" for line in lines if nights) or ":"
        if listing_fails:
            listing = DOWN
        host = fake_host(tmp_path / "host", HOST.format(list=listing, restore=restore))

        def act(_run: Run, action: Action) -> list[HostOutcome]:
            with (tmp_path / "host" / "asked").open("a") as file:
                file.write(f"{action}\n")
            status: Status = deploy if action == "apply" else "done"
            control = ControlResult(
                id="BAK-01", title="t", host=plan.name, severity="high", outcome="pass"
            )
            results = (control,) if action == "verify" else ()
            return [HostOutcome(name=plan.name, action=action, status=status, results=results)]

        monkeypatch.setattr(Run, "act", act)
        reach = Reach(lambda _: pytest.fail("no secret is needed here"), lambda _: host)
        return Rebuilding(plan, reach, Console(file=io.StringIO())), tmp_path / "host" / "asked"

    return make


def test_a_rebuild_from_end_to_end(build: Build) -> None:
    rebuilding, asked = build()
    assert rebuilding.go()
    assert rebuilding.exit_code == 0
    assert rebuilding.snapshot is not None
    assert rebuilding.snapshot.id == "aa22"
    assert asked.read_text().splitlines() == [
        "apply",
        "list --json",
        "restore --snapshot aa22 --in-place --databases --overwrite if-changed "
        "--path /home --path /srv/données --path /var/lib/mairie/backup/dumps --json",
        "now --json",
        "drill --json",
        "verify",
    ]
    assert len(rebuilding.steps) == 6
    assert rebuilding.steps[-1].text == "1 vérifications conformes sur 1"


def test_a_deploy_that_fails_is_the_last_step(build: Build) -> None:
    rebuilding, asked = build(deploy="failed")
    assert not rebuilding.go()
    assert rebuilding.exit_code == 1
    assert asked.read_text() == "apply\n"


def test_a_restore_that_fails_leaves_no_backup_of_half_a_machine(build: Build) -> None:
    rebuilding, asked = build(restore=FAILED)
    assert not rebuilding.go()
    assert "now" not in asked.read_text()
    assert rebuilding.steps[-1].text == "Non."


def test_a_tunnel_may_take_its_time(
    build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mairie.rebuild.AGAIN_S", 0)
    rebuilding, asked = build()
    program = tmp_path / "host" / "mairie-backup"
    late = f'[ "$(grep -c list "{asked}")" -gt 2 ] || {{ {DOWN}; }}'
    program.write_text(program.read_text().replace("list)", f"list) {late};"))
    assert rebuilding.go()
    assert asked.read_text().splitlines().count("list --json") == 3


def test_a_tunnel_that_stays_down_ends_it(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mairie.rebuild.TUNNEL_S", 0)
    rebuilding, asked = build(listing_fails=True)
    assert not rebuilding.go()
    assert asked.read_text().splitlines() == ["apply", "list --json"]
    assert rebuilding.steps[-1].text == "Coupé."


def test_nothing_to_restore_is_said(build: Build) -> None:
    rebuilding, asked = build(nights=False)
    assert not rebuilding.go()
    assert "restore" not in asked.read_text()
    assert "sans données" in rebuilding.steps[-1].text

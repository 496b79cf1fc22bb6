"""``mairie show``: the plan for a person, as JSON, and where the reference was written."""

from __future__ import annotations

import json

import pytest

from mairie.inventory import load
from mairie.plan.codec import from_json
from mairie.plan.host import HostPlan
from mairie.plan.resolve import resolve
from tests.unit.cli.demo import INVENTORIES, mairie

DEMO = INVENTORIES / "demo"


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")


def test_json_is_the_plan() -> None:
    outcome = mairie("show", "rapa", "--json", "-i", DEMO)
    assert outcome.code == 0
    assert from_json(outcome.stdout, HostPlan) == resolve(load(DEMO))["rapa-mairie-box"]


@pytest.mark.parametrize("host", ["hub", "rapa-mairie-box", "rurutu-mairie-srv", "rurutu-ecole-gw"])
def test_every_kind_of_host_is_shown(host: str) -> None:
    outcome = mairie("show", host, "-i", DEMO)
    assert outcome.code == 0
    plan = resolve(load(DEMO))[host]
    assert outcome.stdout.splitlines()[0].split() == [host, plan.fqdn]
    for segment in plan.network.segments:
        assert segment.ipv4 in outcome.stdout
    for rule in plan.network.firewall.rules:
        assert rule.counter in outcome.stdout
    for peer in plan.vpn.peers if plan.vpn else ():
        assert peer.name in outcome.stdout


@pytest.mark.parametrize(
    ("host", "backup"),
    [
        ("hub", "keeps 4 hosts, maintenance at 06:00"),
        ("rurutu-mairie-srv", "at 02:14 for 45 minutes, local time, 1.2 Mbit/s at most"),
    ],
)
def test_when_a_host_saves_itself_is_shown(host: str, backup: str) -> None:
    outcome = mairie("show", host, "-i", DEMO)
    (line,) = [line for line in outcome.stdout.splitlines() if line.startswith("backup ")]
    assert line.split(maxsplit=1)[1].rstrip() == backup


@pytest.mark.parametrize(
    ("host", "lines"),
    [("rapa-mairie-box", ["log-ins    2 people, asked for by ap-hall"]), ("rurutu-mairie-gw", [])],
)
def test_who_may_log_in_is_counted(host: str, lines: list[str]) -> None:
    outcome = mairie("show", host, "-i", DEMO)
    shown = [line.rstrip() for line in outcome.stdout.splitlines() if line.startswith("log-ins")]
    assert shown == lines


def test_explain_says_file_and_line() -> None:
    outcome = mairie("show", "rurutu-mairie-gw", "--explain", "-i", DEMO)
    (flow,) = [
        line for line in outcome.stdout.splitlines() if line.startswith("flows.hall-camera.to")
    ]
    path, value, where = flow.split()
    assert value == "video"
    file, _, line = where.rpartition(":")
    assert file.endswith("communes/rurutu.yaml")
    written = (DEMO / "communes" / "rurutu.yaml").read_text().splitlines()[int(line) - 1]
    assert written.strip() == "to: video", path


def test_explain_as_json() -> None:
    outcome = mairie("show", "rapa", "--explain", "--json", "-i", DEMO)
    both = json.loads(outcome.stdout)
    assert both["plan"]["name"] == "rapa-mairie-box"
    assert {"path", "value", "where"} == set(both["reference"][0])


def test_unknown_host() -> None:
    outcome = mairie("show", "rappa", "-i", DEMO)
    assert outcome.code == 2
    assert outcome.stderr == 'unknown host, commune or hub "rappa"; did you mean "rapa"?\n'

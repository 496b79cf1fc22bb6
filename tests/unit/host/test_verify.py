"""The whole verify program, in a folder: outcomes are what they claim."""

from __future__ import annotations

import time

import pytest

from mairie.host import probe as probe_module
from mairie.host.events import ControlResult, Done, Order
from mairie.host.probe import Probe
from tests.unit.host.here import Ground
from tests.unit.host.plans import SECRET, a_plan

VERIFY = Order(action="verify")

HEAD = 'title="Titre", reason="Raison", severity="high", references=("R1",)'

CONTROLS = f"""
import time

@control("BASE-01", {HEAD})
def test_passes(plan, probe):
    assert probe("echo hello").stdout == "hello\\n"
    assert plan.name == "rapa-mairie-gw"

@control("BASE-11", {HEAD})
def test_shows(seen):
    seen += ["first", "second"]
    assert False, "shown"

@control("BASE-12", {HEAD})
def test_shows_no_more_than_it_saw(seen):
    seen.append("half")
    {{}}["missing"]

@control("BASE-02", {HEAD}, each=lambda plan: {{"one": 1, "two words": 2}})
def test_each(subject):
    assert subject == 1, f"{{subject}} is not 1"

@control("BASE-03", {HEAD})
def test_without_words():
    assert 1 == 2

@control("BASE-04", {HEAD})
def test_skipped():
    pytest.skip("needs a radio")

@control("BASE-05", {HEAD})
def test_crashes():
    {{}}["missing"]

@pytest.fixture
def broken():
    raise AssertionError("not the host's fault")

@control("BASE-06", {HEAD})
def test_cannot_be_prepared(broken):
    pass

@control("BASE-07", {HEAD}, applies=lambda plan: "hub" in plan.roles)
def test_for_hubs():
    assert False

@control("BASE-08", {HEAD}, each=lambda plan: plan.network.segments)
def test_for_no_segment(subject):
    assert False

@control("BASE-09", {HEAD})
def test_testinfra(host):
    assert host.file("/etc").is_directory
    assert host.run("exit 3").rc == 3

@control("BASE-10", {HEAD})
def test_leaks():
    assert False, "key is {SECRET}"

def test_undeclared():
    pass
"""


def results(ground: Ground, order: Order = VERIFY) -> dict[tuple[str, str], ControlResult]:
    events = ground.run(order)
    found = [event for event in events if isinstance(event, ControlResult)]
    last = events[-1]
    assert isinstance(last, Done)
    assert last.operations == len(found) == sum(last.outcomes.values())
    assert all(result.host == "rapa-mairie-gw" for result in found)
    return {(result.id, result.subject): result for result in found}


def test_outcomes(ground: Ground) -> None:
    ground.controls("base", CONTROLS)
    found = results(ground)
    assert {key: result.outcome for key, result in found.items()} == {
        ("BASE-01", ""): "pass",
        ("BASE-02", "one"): "pass",
        ("BASE-02", "two words"): "fail",
        ("BASE-03", ""): "fail",
        ("BASE-04", ""): "unknown",
        ("BASE-05", ""): "unknown",
        ("BASE-06", ""): "unknown",
        ("BASE-09", ""): "pass",
        ("BASE-10", ""): "fail",
        ("BASE-11", ""): "fail",
        ("BASE-12", ""): "unknown",
        ("test_undeclared", ""): "unknown",
    }
    assert found["BASE-01", ""].message == ""
    assert found["BASE-01", ""].references == ("R1",)
    assert found["BASE-02", "two words"].message == "2 is not 1"
    assert found["BASE-11", ""].seen == ("first", "second")
    assert found["BASE-12", ""].seen == found["BASE-01", ""].seen == ()
    assert found["BASE-03", ""].message.startswith("assert 1 == 2")
    assert found["BASE-04", ""].message == "skipped: needs a radio"
    assert found["BASE-05", ""].message == "KeyError: 'missing'"
    assert found["BASE-10", ""].message == "key is [secret]"


def test_nothing_that_could_not_look_is_green(ground: Ground) -> None:
    ground.plan = a_plan(bricks=("base", "network", "vpn", "hub"))
    ground.controls("base", "import no_such_module\n")
    ground.controls("network", "def helper(): pass\n")
    ground.controls("hub", f"@control('HUB-01', {HEAD})\ndef test_it(): pass\n")
    found = results(ground)
    assert found.pop(("HUB-01", "")).outcome == "pass"
    assert {result.outcome for result in found.values()} == {"unknown"}
    messages = {key[0]: result.message for key, result in found.items()}
    assert "No module named 'no_such_module'" in messages["base"]
    assert "no controls for the brick vpn" in messages["vpn"]


def test_a_file_without_controls_is_unknown(ground: Ground) -> None:
    ground.controls("base", "def helper(): pass\n")
    found = results(ground)
    assert [result.outcome for result in found.values()] == ["unknown"]


def test_the_controls_of_a_brick_may_be_in_several_files(ground: Ground) -> None:
    passes = f"@control('{{0}}', {HEAD})\ndef test_it(): pass\n"
    ground.controls("base", passes.format("BASE-01"))
    ground.controls("base_users", passes.format("BASE-02"))
    ground.controls("basement", passes.format("BASE-03"))
    assert set(results(ground)) == {("BASE-01", ""), ("BASE-02", "")}


def test_slow_commands_begin_before_the_first_control(ground: Ground) -> None:
    begun = f"""
def ahead(plan, probe):
    probe.start(["touch {ground.root}/begun", "sleep 0.2; echo slow"])
    raise OSError("no such file")

@control("BASE-01", {HEAD})
def test_begun(probe):
    assert probe("sleep 0.2; echo slow").stdout == "slow\\n"
    assert probe("ls {ground.root}/begun").ok
"""
    ground.controls("base", begun)
    assert {result.outcome for result in results(ground).values()} == {"pass"}


def test_late_controls_come_after_all_others(ground: Ground) -> None:
    two = f"""
@control("BASE-01", {HEAD}, late=True)
def test_waits():
    pass

@control("BASE-02", {HEAD})
def test_does_not_wait():
    pass
"""
    ground.controls("base", two)
    assert [key[0] for key in results(ground)] == ["BASE-02", "BASE-01"]


def test_a_command_that_does_not_end_is_killed_with_all_it_started(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(probe_module, "TIMEOUT_S", 0.3)
    started = time.monotonic()
    output = Probe()("echo begun; sleep 60 | cat")
    assert (output.rc, output.stdout) == (137, "begun\n")
    assert time.monotonic() - started < 30


def test_only_restricts_the_bricks(ground: Ground) -> None:
    ground.plan = a_plan(bricks=("base", "network"))
    passes = f"@control('{{0}}-01', {HEAD})\ndef test_it(): pass\n"
    ground.controls("base", passes.format("BASE"))
    ground.controls("network", passes.format("NET"))
    assert set(results(ground, Order(action="verify", only=("network",)))) == {("NET-01", "")}


def test_probe_runs_each_command_once(tmp_path: object) -> None:
    counter = f"{tmp_path}/count"
    probe = Probe()
    probe.start([f"echo x >> {counter}; cat {counter}", "echo out; echo err >&2; exit 3", "exit 0"])
    first = probe(f"echo x >> {counter}; cat {counter}")
    again = probe(f"echo x >> {counter}; cat {counter}")
    assert first == again
    assert first.lines == ["x"]
    failed = probe("echo out; echo err >&2; exit 3")
    assert (failed.rc, failed.ok, failed.stdout, failed.stderr) == (3, False, "out\n", "err\n")
    assert probe("exit 0").ok
    assert probe("echo \"it's\" 'quoted' \\$x").stdout == "it's quoted $x\n"

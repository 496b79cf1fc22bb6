"""The receiver and its client, talking over pipes on this machine."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import pytest

from mairie.archive import Archive, pack, unpack
from mairie.bundle import Bundle, make_bundle
from mairie.fleet import Job, exit_code, run_fleet
from mairie.host.events import (
    Action,
    Changed,
    ControlResult,
    Event,
    Operation,
    Order,
    Outcome,
)
from mairie.interruption import Interruption
from mairie.push import HostOutcome, Status, Target, push
from mairie.runtime import RuntimeBuildError, Runtimes
from mairie.transport import Docker, Local, Ssh
from tests.unit.host.here import RUNTIME, Ground, Here

APPLY = Order(action="apply", who="marie@poste")

ONE_FILE = 'managed_file(name="base: one", path=f"{ETC}/one", content="1", **OWN, brick="base")'
SLOW = """
managed_file(name="base: a", path=f"{ETC}/a", content="a", **OWN, brick="base")
server.shell(name="base: slow", commands=["sleep 3"])
managed_file(name="base: b", path=f"{ETC}/b", content="b", **OWN, brick="base")
"""


@pytest.fixture(autouse=True)
def runtime_is_our_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mairie.runtime.host_runtime", lambda _platform: RUNTIME)


def bundle_of(ground: Ground) -> Bundle:
    return make_bundle(ground.plan, ground.secrets, ground.fresh_assets())


@dataclass
class Asked:
    """Gives the runtime and remembers for which platforms."""

    platforms: list[str]

    def __call__(self, platform: str) -> Archive:
        self.platforms.append(platform)
        return RUNTIME


def giving(runtime: Archive) -> Callable[[str], Archive]:
    return lambda _platform: runtime


def here(ground: Ground) -> Target:
    return Target("rapa-mairie-gw", Here(ground.root))


def do(
    ground: Ground,
    order: Order = APPLY,
    *,
    runtime: Callable[[str], Archive] | None = None,
    known_runtimes: dict[str, str] | None = None,
    on_event: Callable[[Event], None] = lambda _: None,
    interruption: Interruption | None = None,
) -> tuple[HostOutcome, list[str]]:
    asked = Asked([])
    outcome = push(
        here(ground),
        bundle_of(ground),
        order,
        runtime=asked if runtime is None else runtime,
        known_runtimes={platform(): RUNTIME.digest} if known_runtimes is None else known_runtimes,
        on_event=on_event,
        interruption=interruption,
    )
    return outcome, asked.platforms


def platform() -> str:
    return f"{os.uname().machine}-{sys.version_info.major}.{sys.version_info.minor}"


def test_what_the_host_lacks_is_sent_once(ground: Ground) -> None:
    ground.script("base", ONE_FILE)
    first, asked = do(ground)
    assert (first.status, first.message) == ("done", "")
    assert asked == [platform()]
    assert [event.name for event in first.changed] == ["base: one", "services have been told"]
    second, asked = do(ground)
    assert second.status == "done"
    assert asked == []
    assert second.changed == ()
    assert second.operations == first.operations > 0


def test_nothing_is_compressed_for_a_host_that_has_it(ground: Ground) -> None:
    ground.script("base", ONE_FILE)
    do(ground)
    has = bundle_of(ground)

    def refuse() -> bytes:
        pytest.fail("compressed for nobody")

    again = replace(has, archive=Archive(has.archive.digest, refuse))
    outcome = push(
        here(ground), again, APPLY, runtime=Asked([]), known_runtimes={platform(): RUNTIME.digest}
    )
    assert (outcome.status, outcome.message) == ("done", "")


def test_old_bundles_and_runtimes_go_away(ground: Ground) -> None:
    for number in range(4):
        ground.script("base", ONE_FILE + f"  # {number}")
        ours = pack({**unpack(RUNTIME.data), "n": str(number).encode()})
        outcome, _ = do(ground, runtime=giving(ours), known_runtimes={platform(): ours.digest})
        assert outcome.status == "done", outcome
    assert len(list((ground.state / "bundle").iterdir())) == 1
    assert len(list((ground.state / "runtime").iterdir())) == 2
    assert (ground.state.stat().st_mode & 0o777) == 0o711


def test_a_damaged_part_is_refused(ground: Ground) -> None:
    ground.script("base", ONE_FILE)
    damaged = Archive.of(RUNTIME.digest, RUNTIME.data[:-40] + b"x" * 40)
    outcome, _ = do(ground, runtime=giving(damaged))
    assert outcome.status == "failed"
    assert "arrived damaged" in outcome.message
    assert ground.placed() == []


def test_no_runtime_for_the_host_is_a_sentence(ground: Ground) -> None:
    ground.script("base", ONE_FILE)

    def refuse(name: str) -> Archive:
        raise RuntimeBuildError(f"No runtime can be made for {name}.")

    outcome, _ = do(ground, runtime=refuse, known_runtimes={})
    assert outcome.status == "failed"
    assert outcome.message == f"No runtime can be made for {platform()}."
    assert ground.placed() == []


def test_events_and_logs(ground: Ground) -> None:
    ground.script("base", ONE_FILE)
    seen: list[Event] = []
    do(ground, on_event=seen.append)
    assert next(event.name for event in seen if isinstance(event, Changed)) == "base: one"
    (log,) = (ground.root / "log").glob("*-apply-*.jsonl")
    assert log.read_bytes().count(b"\n") == len(seen)
    assert (log.stat().st_mode & 0o777) == 0o600


def test_a_crash_on_the_host_is_a_failure_with_its_words(ground: Ground) -> None:
    ground.script("base", "import os; os._exit(7)")
    outcome, _ = do(ground)
    assert outcome.status == "failed"
    assert "ended early with status 7" in outcome.message


def test_verify_returns_results(ground: Ground) -> None:
    ground.controls(
        "base",
        "@control('BASE-01', title='t', reason='r', severity='low')\n"
        "def test_it(probe): assert probe('true').ok\n",
    )
    outcome, _ = do(ground, Order(action="verify"))
    assert outcome.status == "done"
    assert outcome.conforming
    assert [result.id for result in outcome.results] == ["BASE-01"]


def test_the_host_goes_on_when_its_client_dies(ground: Ground) -> None:
    ground.script("base", SLOW)
    interruption = Interruption()

    def watch(event: Event) -> None:
        if isinstance(event, Operation) and event.name == "base: slow":
            interruption.abandon.set()

    outcome, _ = do(ground, on_event=watch, interruption=interruption)
    assert outcome.status == "unreachable"
    assert "goes on doing" in outcome.message
    assert ground.placed() == ["a"]
    deadline = time.monotonic() + 30
    while ground.placed() != ["a", "b"] and time.monotonic() < deadline:
        time.sleep(0.1)
    assert ground.placed() == ["a", "b"]


def test_stop_is_passed_on(ground: Ground) -> None:
    ground.script("base", SLOW)
    interruption = Interruption()

    def watch(event: Event) -> None:
        if isinstance(event, Operation) and event.name == "base: slow":
            interruption.stop.set()

    outcome, _ = do(ground, on_event=watch, interruption=interruption)
    assert outcome.status == "stopped"
    assert "deploy again" in outcome.message
    assert ground.placed() == ["a", "b"]


def test_stop_ends_what_changes_nothing_at_once(ground: Ground) -> None:
    ground.controls(
        "base",
        "import time\n"
        "@control('BASE-01', title='t', reason='r', severity='low')\n"
        "def test_it(): pass\n"
        "@control('BASE-02', title='t', reason='r', severity='low')\n"
        "def test_slow(): time.sleep(60)\n",
    )
    interruption = Interruption()

    def watch(event: Event) -> None:
        if isinstance(event, ControlResult):
            interruption.stop.set()

    outcome, _ = do(ground, Order(action="verify"), on_event=watch, interruption=interruption)
    assert (outcome.status, outcome.message) == ("stopped", "Stopped on request.")
    assert not outcome.conforming or exit_code([outcome]) == 4
    assert outcome.duration_s < 50


def test_stop_before_the_start_touches_nothing(ground: Ground) -> None:
    ground.script("base", ONE_FILE)
    interruption = Interruption()
    interruption.stop.set()
    outcome, _ = do(ground, interruption=interruption)
    assert outcome.status == "untouched"
    assert ground.placed() == []


@dataclass(frozen=True)
class Says:
    """A transport to something that is not a host."""

    words: str

    def argv(self, script: str, *arguments: str) -> list[str]:
        del script, arguments
        return ["sh", "-c", self.words]

    def unreachable(self, status: int, stderr: str) -> str:
        return Ssh("host").unreachable(status, stderr)


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        ("exit 255", "unreachable", "host cannot be reached by ssh: ssh gave no reason"),
        (
            "echo ssh: connect to host x port 22: Connection timed out >&2; exit 255",
            "unreachable",
            "Connection timed out",
        ),
        ("echo Host key verification failed. >&2; exit 255", "unreachable", "mairie enrol"),
        ("echo sudo: a password is required >&2; exit 1", "failed", "a password is required"),
        ("echo welcome; echo '{\"mairie\": 1, \"platform\": \"x-1\", \"need\": []}'; echo huh",
         "failed", "not an event"),
        ("echo '{\"type\":\"failed\",\"message\":\"This host has no apt-get\"}'; exit 1",
         "failed", "This host has no apt-get"),
    ],
)  # fmt: skip
def test_trouble_in_words(ground: Ground, words: str, status: str, message: str) -> None:
    ground.script("base", ONE_FILE)
    target = Target("x", Says(words))
    outcome = push(target, bundle_of(ground), APPLY, runtime=Asked([]), known_runtimes={})
    assert outcome.status == status
    assert message in outcome.message


def test_fleet_isolates_hosts_and_keeps_their_order(tmp_path: Path, ground: Ground) -> None:
    ground.script("base", ONE_FILE)
    bundle = bundle_of(ground)

    def broken() -> Bundle:
        raise ValueError("no secrets")

    jobs = [
        Job(Target("gone", Says("exit 255")), lambda: bundle),
        Job(here(ground), lambda: bundle),
        Job(Target("broken", Here(tmp_path)), broken),
    ]
    events: list[str] = []
    ended: list[str] = []
    outcomes = run_fleet(
        jobs,
        [APPLY, APPLY],
        runtimes=Runtimes(),
        parallel=2,
        on_event=lambda name, _: events.append(name),
        on_done=lambda outcome: ended.append(outcome.name),
    )
    assert [(o.name, o.status) for o in outcomes] == [
        ("gone", "unreachable"),
        ("rapa-mairie-gw", "done"),
        ("broken", "failed"),
    ]
    assert "no secrets" in outcomes[2].message
    assert set(events) == {"rapa-mairie-gw"}
    assert sorted(ended[:2]) == ["broken", "gone"], "told as soon as each is finished"
    assert ended[2:] == ["rapa-mairie-gw"] * 2, "the next action of a host whose first is done"
    assert exit_code(outcomes) == 1


def test_ctrl_c_lets_hosts_finish_and_starts_no_other(ground: Ground) -> None:
    ground.script("base", SLOW)
    bundle = bundle_of(ground)
    jobs = [Job(here(ground), lambda: bundle), Job(Target("later", Says("")), lambda: bundle)]
    told: list[int] = []

    def watch(_name: str, event: Event) -> None:
        if isinstance(event, Operation) and event.name == "base: slow":
            os.kill(os.getpid(), signal.SIGINT)

    handler = signal.getsignal(signal.SIGINT)
    outcomes = run_fleet(
        jobs, [APPLY], runtimes=Runtimes(), parallel=1, on_event=watch, on_interrupt=told.append
    )
    assert [o.status for o in outcomes] == ["stopped", "untouched"], outcomes
    assert told == [1]
    assert ground.placed() == ["a", "b"]
    assert signal.getsignal(signal.SIGINT) is handler
    assert threading.active_count() < 20
    assert exit_code(outcomes) == 1


def outcome(
    status: Status, action: Action = "apply", verdict: Outcome | Literal[""] = ""
) -> HostOutcome:
    results = (
        (ControlResult(id="X-01", title="", host="h", outcome=verdict, severity="low"),)
        if verdict
        else ()
    )
    return HostOutcome(name="h", action=action, status=status, results=results)


def test_exit_codes() -> None:
    assert exit_code([outcome("done"), outcome("done", "preview")]) == 0
    assert exit_code([outcome("done"), outcome("unreachable")]) == 3
    assert exit_code([outcome("unreachable"), outcome("failed")]) == 1
    assert exit_code([outcome("stopped"), outcome("done")]) == 1
    assert exit_code([outcome("untouched")]) == 1
    assert exit_code([outcome("done", "verify", "pass")]) == 0
    verdicts: tuple[Outcome | Literal[""], ...] = ("fail", "unknown", "")
    for verdict in verdicts:
        assert exit_code([outcome("done", "verify", verdict)]) == 4
    assert exit_code([outcome("unreachable", "verify")]) == 4
    assert exit_code([outcome("done", "verify", "pass"), outcome("failed", "verify")]) == 4


def test_commands_of_transports() -> None:
    ssh = Ssh("gw", Path("/inv/known_hosts"), host_key_alias="rapa-mairie-gw", options=("-p", "22"))
    argv = ssh.argv('echo "$1" it\'s', "an 'argument'")
    assert argv[0] == "ssh"
    assert "StrictHostKeyChecking=yes" in argv
    assert "UserKnownHostsFile=/inv/known_hosts" in argv
    assert "HostKeyAlias=rapa-mairie-gw" in argv
    assert argv[-3:-1] == ["--", "gw"]
    assert Docker("c").argv("s", "a")[:6] == ["docker", "exec", "-i", "-u", "0", "c"]
    assert Local().argv("s", "a")[-5:] == ["sh", "-c", "s", "mairie", "a"]
    assert (
        Docker("c").unreachable(1, "Error: No such container: c\n").endswith("No such container: c")
    )
    assert Docker("c").unreachable(1, "boom") == ""

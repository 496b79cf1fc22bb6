"""What a host says about its backups, whole, garbled, cut, and interrupted."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from mairie.backups.ask import Answer, Ask, Outcome, Verb, ask
from mairie.backups.events import Event, Progress, decode
from mairie.backups.fleet import ask_all, exit_code
from mairie.interruption import Interruption
from tests.unit.cli.fake_host import FakeHost, fake_host

PROGRESS = (
    '{"kind":"progress","what":"backup","done_bytes":5,"total_bytes":10,"files":2,'
    '"seconds":1.5,"seconds_left":null}'
)
DONE = '{"kind":"result","outcome":"done","text":"Sauvegarde faite.","bytes_sent":42}'


def say(*lines: str) -> str:
    return "\n".join(f"echo '{line}'" for line in lines)


def asked(folder: Path, script: str, verb: Verb = "now", *arguments: str) -> Answer:
    return ask(Ask("rapa-mairie-box", fake_host(folder, script), verb, arguments))


def test_a_backup_that_goes_well(tmp_path: Path) -> None:
    events: list[Event] = []
    host = fake_host(tmp_path, say(PROGRESS, '{"kind":"note","text":"Bonjour"}', DONE))
    answer = ask(Ask("a", host, "now", ("--tag", "à la demande")), events.append)
    assert (answer.outcome, answer.text) == ("done", "Sauvegarde faite.")
    assert answer.measures == {"bytes_sent": 42}
    assert answer.notes == ("Bonjour",)
    assert events[0] == Progress(
        what="backup", done_bytes=5, total_bytes=10, files=2, seconds=1.5, seconds_left=None
    )
    assert (tmp_path / "asked").read_text() == "now --tag à la demande --json\n"


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(0, "done"), (1, "failed"), (3, "link-down"), (5, "incomplete"), (99, "failed")],
)
def test_the_worse_of_words_and_exit_status_counts(
    tmp_path: Path, status: int, outcome: str
) -> None:
    answer = asked(tmp_path, f"{say(DONE)}\nexit {status}")
    assert answer.outcome == outcome
    assert (str(status) in answer.text) == (status != 0)


@pytest.mark.parametrize("outcome", ["incomplete", "failed", "link-down"])
def test_outcomes_of_the_host(tmp_path: Path, outcome: str) -> None:
    answer = asked(
        tmp_path,
        say(f'{{"kind":"result","outcome":"{outcome}","text":"Parce que."}}') + "\nexit 1",
    )
    assert (answer.outcome, answer.text) == (outcome, "Parce que.")


@pytest.mark.parametrize(
    "line",
    [
        b"Welcome to Debian\n",
        b"",
        b"[1, 2]\n",
        b'"text"\n',
        b"\xff\xfe\n",
        b'{"kind":"progress","what":"backup","done_by',
        b'{"kind":"progress","what":"coffee","done_bytes":1,"total_bytes":2}\n',
        b'{"kind":"progress","what":"backup","done_bytes":"many","total_bytes":2}\n',
        b'{"kind":"result","outcome":"splendid"}\n',
        b'{"kind":["result"]}\n',
        b'{"kind":"newer than us"}\n',
        b'{"no":"kind"}\n',
        b"[" * 5000,
    ],
)
def test_what_means_nothing_is_no_event(line: bytes) -> None:
    assert decode(line) is None


def test_garbage_between_the_lines_is_passed_over(tmp_path: Path) -> None:
    answer = asked(tmp_path, say("motd", "{", PROGRESS, '{"kind":"later"}', DONE))
    assert answer.outcome == "done"


def test_output_that_stops_short_is_a_failure_with_the_last_words(tmp_path: Path) -> None:
    answer = asked(tmp_path, say(PROGRESS, '{"kind":"resu') + "\necho 'Killed by OOM' >&2; exit 9")
    assert answer.outcome == "failed"
    assert "code 9" in answer.text
    assert "Killed by OOM" in answer.text


def test_no_result_is_never_a_success(tmp_path: Path) -> None:
    answer = asked(tmp_path, say(PROGRESS, "some stray words"))
    assert answer.outcome == "failed"
    assert "some stray words" in answer.text


def test_a_list_needs_no_result(tmp_path: Path) -> None:
    line = '{"kind":"snapshot","id":"ab12","time":"2026-11-20T22:00:01.5-10:00","paths":["/etc"]}'
    answer = asked(tmp_path, say(line), "list")
    assert answer.outcome == "done"
    assert [(one.id, one.paths) for one in answer.snapshots] == [("ab12", ("/etc",))]


def test_a_status_is_kept_whole(tmp_path: Path) -> None:
    line = '{"kind":"status","repository":"http://10.0.0.1:8000/x/","nights_failed":2}'
    answer = asked(tmp_path, say(line), "status")
    assert answer.status == {"repository": "http://10.0.0.1:8000/x/", "nights_failed": 2}


def test_a_host_without_the_brick(tmp_path: Path) -> None:
    answer = ask(Ask("a", fake_host(tmp_path, "", name="something-else"), "now"))
    assert answer.outcome == "absent"
    assert "mairie deploy" in answer.text


def test_a_host_that_does_not_answer(tmp_path: Path) -> None:
    answer = ask(Ask("a", FakeHost(tmp_path, broken="Connection refused"), "now"))
    assert answer.outcome == "unreachable"
    assert answer.text == "cannot be reached by ssh: Connection refused"


def test_a_link_that_is_lost_leaves_the_host_at_work(tmp_path: Path) -> None:
    mark = tmp_path / "went on"
    script = f"{say(PROGRESS)}\nsleep 1\n{say(PROGRESS, DONE)}\necho whole >'{mark}'"
    host = fake_host(tmp_path, script)
    interruption = Interruption()

    def cut(event: Event) -> None:
        if isinstance(event, Progress):
            interruption.abandon.set()  # kills the local process: the host sees its pipes close

    answer = ask(Ask("a", host, "now"), cut, interruption)
    assert answer.outcome == "lost"
    assert "continue seul" in answer.text
    deadline = time.monotonic() + 10
    while not mark.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert mark.read_text() == "whole\n"


def test_the_first_interruption_stops_the_program_and_its_children(tmp_path: Path) -> None:
    mark = tmp_path / "child lived on"
    script = f"{say(PROGRESS)}\nsh -c 'sleep 2; touch \"{mark}\"' &\nwait"
    interruption = Interruption()
    host = fake_host(tmp_path, script)
    began = time.monotonic()
    answer = ask(Ask("a", host, "restore"), lambda _: interruption.stop.set(), interruption)
    assert answer.outcome == "stopped"
    assert "reprend où elle en était" in answer.text
    assert time.monotonic() - began < 2
    time.sleep(2)
    assert not mark.exists()


def test_a_host_that_had_finished_when_it_was_stopped_is_done(tmp_path: Path) -> None:
    interruption = Interruption()
    host = fake_host(tmp_path, f"trap '' TERM\n{say(PROGRESS)}\nsleep 0.5\n{say(DONE)}")
    answer = ask(Ask("a", host, "now"), lambda _: interruption.stop.set(), interruption)
    assert answer.outcome == "done"


def test_many_hosts_and_ctrl_c(tmp_path: Path) -> None:
    slow = f"{say(PROGRESS)}\nsleep 30"
    lanes = [
        [Ask("a", fake_host(tmp_path / "a", slow), "now")],
        [Ask(name, fake_host(tmp_path / name, say(DONE)), "now") for name in ("b", "c")],
        [Ask("d", fake_host(tmp_path / "d", say(DONE)), "now")],
    ]
    seen: list[str] = []
    counted: list[int] = []

    def on_event(host: str, event: Event) -> None:
        if host == "a" and isinstance(event, Progress):
            os.kill(os.getpid(), signal.SIGINT)

    answers = ask_all(
        lanes[:1],
        parallel=2,
        on_event=on_event,
        on_answer=lambda answer: seen.append(answer.host),
        on_interrupt=counted.append,
    )
    assert [answer.outcome for answer in answers] == ["stopped"]
    assert (seen, counted) == (["a"], [1])
    answers = ask_all(lanes[1:], parallel=2)
    assert [(one.host, one.outcome) for one in answers] == [
        ("b", "done"), ("c", "done"), ("d", "done")
    ]  # fmt: skip


def test_hosts_of_one_lane_wait_for_each_other(tmp_path: Path) -> None:
    busy = tmp_path / "busy"
    script = f"mkdir '{busy}' || exit 1\nsleep 0.3\nrmdir '{busy}'\n{say(DONE)}"
    lane = [Ask(name, fake_host(tmp_path / name, script), "now") for name in "abc"]
    assert {answer.outcome for answer in ask_all([lane], parallel=3)} == {"done"}


def test_nothing_begins_after_an_interruption(tmp_path: Path) -> None:
    slow = f"{say(PROGRESS)}\nsleep 30"
    lane = [Ask(name, fake_host(tmp_path / name, slow), "now") for name in "ab"]
    timer = threading.Timer(1, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    answers = ask_all([lane], parallel=1)
    timer.cancel()
    assert [answer.outcome for answer in answers] == ["stopped", "untouched"]
    assert not (tmp_path / "b" / "asked").exists()


def test_exit_codes() -> None:
    def code(*outcomes: Outcome) -> int:
        return exit_code(Answer(host="a", verb="now", outcome=each) for each in outcomes)

    assert code("done", "done") == 0
    assert code("done", "unreachable", "link-down", "lost") == 3
    asking: tuple[Outcome, ...] = ("failed", "incomplete", "stopped", "untouched", "absent")
    for outcome in asking:
        assert code("done", "unreachable", outcome) == 1

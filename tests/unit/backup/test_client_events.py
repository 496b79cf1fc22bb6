"""What a run says, to programs and to people."""

from __future__ import annotations

import io
import json

import pytest

from mairie_backup.events import Outcome, Reporter, StoppedError, duration, seconds_left, size


def lines(out: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_programs_get_one_object_per_line_and_the_exit_code() -> None:
    out = io.StringIO()
    reporter = Reporter(as_json=True, out=out)
    reporter.note("étape\nsuite")
    assert reporter.result("incomplete", "texte", snapshot="a1") == 5
    assert lines(out) == [
        {"kind": "note", "text": "étape\nsuite"},
        {"kind": "result", "outcome": "incomplete", "text": "texte", "snapshot": "a1"},
    ]


def test_progress_is_said_once_a_second_and_at_its_end() -> None:
    out = io.StringIO()
    now = [0.0]
    reporter = Reporter(as_json=True, out=out, clock=lambda: now[0])
    for tenth in range(25):
        now[0] = tenth / 10
        reporter.progress("backup", done=tenth, total=24, files=1, seconds=now[0], left=None)
    assert [each["done_bytes"] for each in lines(out)] == [0, 10, 20, 24]


@pytest.mark.parametrize(
    ("outcome", "mark", "code"),
    [("done", "<6>", 0), ("failed", "<3>", 1), ("link-down", "<4>", 3), ("incomplete", "<4>", 5)],
)
def test_the_journal_gets_priorities(outcome: Outcome, mark: str, code: int) -> None:
    out = io.StringIO()
    reporter = Reporter(as_json=False, out=out, in_journal=True)
    assert reporter.result(outcome, "une\ndeux") == code
    assert out.getvalue() == f"{mark}une\n{mark}deux\n"


class Closed(io.StringIO):
    def write(self, _: str) -> int:
        raise BrokenPipeError


def test_who_is_not_heard_stops_once_and_ends_in_good_order() -> None:
    reporter = Reporter(as_json=True, out=Closed())
    with pytest.raises(StoppedError):
        reporter.note("one")
    assert reporter.result("incomplete", "two") == 5


def test_time_left_follows_the_pace() -> None:
    assert seconds_left(25, 100, 10) == 30
    assert seconds_left(0, 100, 10) is None
    assert seconds_left(25, 0, 10) is None
    assert seconds_left(1, 1000, 10) is None
    assert seconds_left(1, 1000, 100) == 99_900
    assert seconds_left(120, 100, 10) == 0


def test_sizes_and_durations_as_french_readers_write_them() -> None:
    assert [size(n) for n in (0, 999, 1_500, 123_400, 2_340_000_000, 5e12)] == [
        "0 o", "999 o", "1,5 ko", "123 ko", "2,3 Go", "5,0 To",
    ]  # fmt: skip
    assert [duration(s) for s in (0.4, 59, 200, 7_500, 200_000)] == [
        "0 s", "59 s", "3 min 20 s", "2 h 5 min", "2 j",
    ]  # fmt: skip

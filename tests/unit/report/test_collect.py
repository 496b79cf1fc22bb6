"""From events to a host's report: every end a run can have."""

from __future__ import annotations

import pytest

from mairie.host.events import Changed, Done, Event, Failed, Operation, Outcome, Started, Warned
from mairie.report.collect import CUT, NO_WORD, SKIPPED, STOPPED, HostLog
from mairie.report.model import HostReport, HostStatus
from tests.unit.report import sample


def apply(*changed: str, done: Done | None = None) -> list[Event]:
    changes = [Changed(number=n, name=name) for n, name in enumerate(changed, 1)]
    end = done or Done(ok=True, operations=7, changed=len(changed), duration_s=2.0)
    return [Started(host="a", action="apply", bricks=("base",), operations=7), *changes, end]


def verify(*outcomes: Outcome, end: bool = True) -> list[Event]:
    results = [sample.control("a", f"NET-{n:02}", o) for n, o in enumerate(outcomes)]
    done: list[Event] = [Done(ok=True, duration_s=1.5)] if end else []
    return [Started(host="a", action="verify", bricks=("base",)), *results, *done]


def report(*events: Event) -> HostReport:
    log = HostLog("a", sample.place("rapa", "Rapa"), ("gateway",))
    for event in events:
        log(event)
    return log.report()


def test_deploy() -> None:
    host = report(*apply("x", "y"))
    assert (host.status, host.operations, host.duration_s) == ("changed", 7, 2.0)
    assert [c.name for c in host.changed] == ["x", "y"]
    assert host.changed_again is None
    assert report(*apply()).status == "unchanged"


def test_deploy_deploy_verify() -> None:
    host = report(*apply("x", "y"), *apply("y"), *verify("pass"))
    assert (host.status, len(host.changed), host.changed_again) == ("conforming", 2, 1)
    assert host.duration_s == 5.5
    assert host.operations == 7


@pytest.mark.parametrize(
    ("outcomes", "status"),
    [
        (("pass",), "conforming"),
        (("pass", "unknown"), "unknown"),
        (("fail", "unknown"), "not-conforming"),
        ((), "unknown"),
    ],
)
def test_verify(outcomes: tuple[Outcome, ...], status: HostStatus) -> None:
    assert report(*verify(*outcomes)).status == status


def test_a_verification_cut_short_is_unknown_whatever_it_saw() -> None:
    host = report(*verify("pass", "pass", end=False))
    assert host.status == "unknown"
    assert host.failed == Failed(message=CUT)
    assert report(*verify("fail", end=False)).status == "not-conforming"


def test_a_verification_that_could_not_run_is_unknown() -> None:
    started = Started(host="a", action="verify", bricks=())
    host = report(started, Failed(message="no pytest"), Done(ok=False))
    assert (host.status, host.failed) == ("unknown", Failed(message="no pytest"))


def test_failures_of_a_deploy() -> None:
    failed = Failed(message="no", operation="op", output="out")
    host = report(*apply("x", done=Done(ok=False))[:-1], failed, Done(ok=False))
    assert (host.status, host.failed) == ("failed", failed)
    cut = report(*apply("x")[:-1])
    assert (cut.status, cut.failed) == ("failed", Failed(message=CUT))
    silent = report(*apply(done=Done(ok=False)))
    assert (silent.status, silent.failed) == ("failed", Failed(message=NO_WORD))
    stopped = report(*apply("x", done=Done(ok=True, stopped=True)))
    assert (stopped.status, stopped.failed) == ("failed", Failed(message=STOPPED))


def test_a_failed_deploy_followed_by_a_good_verification_stays_failed() -> None:
    host = report(*apply(done=Done(ok=False)), *verify("pass"))
    assert (host.status, host.failed) == ("failed", Failed(message=NO_WORD))
    cut = report(*apply("x")[:-1], *verify("pass"))
    assert (cut.status, cut.failed) == ("failed", Failed(message=CUT))


def test_unreachable_and_untouched() -> None:
    log = HostLog("a", sample.place("rapa", "Rapa"))
    assert log.report().status == "untouched"
    log.unreachable("No route to host")
    assert log.report(duration_s=9.5) == HostReport(
        host="a",
        place=sample.place("rapa", "Rapa"),
        status="unreachable",
        failed=Failed(message="No route to host"),
        duration_s=9.5,
    )


def test_a_run_interrupted_between_two_actions_is_not_green() -> None:
    log = HostLog("a", sample.place("rapa", "Rapa"))
    log.skipped()
    assert log.report().status == "untouched"
    for event in apply("x"):
        log(event)
    log.skipped()
    host = log.report()
    assert (host.status, host.failed) == ("unknown", Failed(message=SKIPPED))


def test_warnings_once_and_operations_from_either_event() -> None:
    host = report(
        Started(host="a", action="preview", bricks=()),
        Operation(number=1, total=4, name="x"),
        Warned(message="w"),
        Warned(message="w"),
        Done(ok=True),
    )
    assert (host.warnings, host.operations, host.status) == (("w",), 4, "unchanged")

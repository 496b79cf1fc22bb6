"""A report cannot show green where something failed or was not looked at."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
import pytest

from mairie.host.events import ControlResult, Failed, Outcome
from mairie.report import view, words
from mairie.report.html import to_html
from mairie.report.junit import to_junit
from mairie.report.model import (
    HostReport,
    HostStatus,
    Kind,
    RunReport,
    brick_of,
    conformity,
    exit_code,
    statuses,
)
from tests.unit.report import sample

PLACE = sample.place("rapa", "Rapa")


def host(
    status: HostStatus,
    *,
    controls: tuple[ControlResult, ...] = (),
    failed: Failed | None = None,
) -> HostReport:
    return HostReport(host="a", place=PLACE, status=status, controls=controls, failed=failed)


@pytest.mark.parametrize("outcome", ["fail", "unknown"])
def test_conforming_needs_every_control_to_pass(outcome: Outcome) -> None:
    results = (sample.control("a"), sample.control("a", outcome=outcome))
    with pytest.raises(ValueError, match="cannot be conforming"):
        host("conforming", controls=results)


def test_conforming_needs_at_least_one_control() -> None:
    with pytest.raises(ValueError, match="cannot be conforming"):
        host("conforming")


def test_not_conforming_needs_a_failure() -> None:
    with pytest.raises(ValueError, match="no control failed"):
        host("not-conforming", controls=(sample.control("a", outcome="unknown"),))


@pytest.mark.parametrize("status", ["changed", "unchanged"])
def test_a_host_that_failed_is_never_good(status: HostStatus) -> None:
    with pytest.raises(ValueError, match="failed"):
        host(status, failed=Failed(message="no room left"))


@pytest.mark.parametrize(
    ("outcomes", "status"),
    [
        ((), "unknown"),
        (("pass", "pass"), "conforming"),
        (("pass", "unknown"), "unknown"),
        (("unknown", "fail", "pass"), "not-conforming"),
    ],
)
def test_conformity(outcomes: tuple[Outcome, ...], status: HostStatus) -> None:
    results = [sample.control("a", outcome=o) for o in outcomes]
    assert conformity(results) == status


def test_times_need_a_zone_and_an_order() -> None:
    run = sample.clean()
    with pytest.raises(ValueError, match="time zone"):
        msgspec.structs.replace(run, started=datetime(2026, 1, 1))
    with pytest.raises(ValueError, match="finish before"):
        msgspec.structs.replace(run, finished=run.started - timedelta(seconds=1))


def test_a_host_appears_once() -> None:
    run = sample.clean()
    with pytest.raises(ValueError, match="twice"):
        msgspec.structs.replace(run, hosts=(run.hosts[0], run.hosts[0]))


def test_statuses_are_counted_worst_first() -> None:
    assert list(statuses(sample.demo().hosts).items()) == [
        ("failed", 1),
        ("unreachable", 1),
        ("not-conforming", 1),
        ("unknown", 1),
        ("conforming", 1),
    ]


def test_exit_codes() -> None:
    demo, clean = sample.demo(), sample.clean()
    by_status = {h.status: h for h in demo.hosts}

    def code(kind: Kind, *names: HostStatus) -> int:
        hosts = tuple(by_status[n] for n in names)
        run: RunReport = msgspec.structs.replace(demo, kind=kind, hosts=hosts, matrix=None)
        return exit_code(run)

    assert exit_code(clean) == 0
    assert code("deploy", "failed", "unreachable") == 1
    assert code("deploy", "unreachable", "conforming") == 3
    assert code("demo", "not-conforming") == 4
    assert code("demo", "unknown") == 4
    assert code("verify", "unreachable") == 4
    assert code("deploy", "conforming") == 0
    assert code("verify") == 4, "a run that looked at no host proves nothing"


def test_a_second_deploy_that_changes_again_is_a_failure() -> None:
    first, second = sample.clean().hosts
    again = msgspec.structs.replace(second, changed_again=2)
    run = msgspec.structs.replace(sample.clean(), kind="demo", hosts=(first, again))
    assert exit_code(run) == 1
    assert view.troubled(run) == (again,)
    assert words.why(again) == "un second déploiement a encore changé 2 opérations"
    assert "mairie lab shell" in words.advice(again, "demo")
    assert to_junit(run).count(b"<failure") == 1
    assert "1 hôte demande une action" in to_html(run)


def test_a_flow_that_is_not_as_planned_counts() -> None:
    flows = sample.flows("Rapa", "lab", trouble=True)
    assert exit_code(msgspec.structs.replace(sample.clean(), matrix=())) == 4, "nothing was tried"
    for check in flows:
        run = msgspec.structs.replace(sample.clean(), matrix=(check,))
        assert exit_code(run) == (0 if check.outcome == "pass" else 4)
    assert {check.outcome for check in flows} == {"pass", "fail", "unknown"}


@pytest.mark.parametrize(
    ("name", "brick"),
    [
        ("VPN-03", "vpn"),
        ("NET-01", "network"),
        ("BASE-12", "base"),
        ("BAK-01", "backup"),
        ("DNS-1", "dns"),
        ("", ""),
    ],
)
def test_brick_of(name: str, brick: str) -> None:
    assert brick_of(name) == brick

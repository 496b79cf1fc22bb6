"""pytest plugin of a verification: makes checks from the plan and collects typed results."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from mairie.host.control import Control, control_of, subjects
from mairie.host.drift import Drift
from mairie.host.events import ControlResult, Outcome
from mairie.host.probe import Probe
from mairie.plan.host import HostPlan

MAX_MESSAGE = 2_000
_SEEN = pytest.StashKey[list[str]]()


class Conformance:
    """One verification of one host.

    Args:
        plan: of the host.
        report: called with every result as it comes.

    """

    def __init__(self, plan: HostPlan, report: Callable[[ControlResult], None]) -> None:
        self._plan = plan
        self._report = report
        self._probe = Probe()
        self._found: dict[Control, list[tuple[str, Any]]] = {}

    @pytest.fixture(scope="session")
    def plan(self) -> HostPlan:
        """Return the plan of this host."""
        return self._plan

    @pytest.fixture(scope="session")
    def probe(self) -> Probe:
        """Return what runs commands on this host."""
        return self._probe

    @pytest.fixture(scope="session")
    def drift(self) -> Drift:
        """Return what tells a file of the plan from the one on this host."""
        return Drift(self._plan)

    @pytest.fixture
    def subject(self, request: pytest.FixtureRequest) -> Any:
        """Return what this check is about, from the control's ``each``."""
        _, value = request.param
        return value

    @pytest.fixture
    def seen(self, request: pytest.FixtureRequest) -> list[str]:
        """Return the list to which a control adds what a report shows of it."""
        found: list[str] = request.node.stash.setdefault(_SEEN, [])
        return found

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Make one check per subject."""
        declared = control_of(metafunc.function)
        if declared is None or declared.each is None:
            return
        found = self._subjects(declared)
        if "subject" not in metafunc.fixturenames:
            raise RuntimeError(f"{metafunc.function.__name__} has each= but takes no `subject`")
        labels = [label for label, _ in found]
        metafunc.parametrize("subject", found, ids=labels, indirect=True)

    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Leave out controls that this host does not need; those that wait for long come last."""
        kept: list[pytest.Item] = []
        left: list[pytest.Item] = []
        for item in items:
            declared = control_of(getattr(item, "function", None))
            needed = declared is None or self._subjects(declared)
            (kept if needed else left).append(item)
        items[:] = sorted(kept, key=_is_late)
        config.hook.pytest_deselected(items=left)

    def _subjects(self, declared: Control) -> list[tuple[str, Any]]:
        if declared not in self._found:
            self._found[declared] = subjects(declared, self._plan)
        return self._found[declared]

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Turn a file that cannot be loaded into an unknown result."""
        if report.failed:
            stem = report.nodeid.rpartition("test_")[2].partition(".")[0] or "controls"
            self.unknown(stem, f"controls of {stem} could not be loaded: {_last(report)}")

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Let each file of controls begin its slow commands, before the first control looks."""
        for module in dict.fromkeys(getattr(item, "module", None) for item in session.items):
            ahead = getattr(module, "ahead", None)
            # What could not begin here, a control asks itself, and says why it cannot.
            with suppress(Exception):
                if ahead is not None:
                    ahead(self._plan, self._probe)

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
        """Turn the outcome of a check into a result: once, at its end or at its first trouble."""
        outcome = yield
        report: pytest.TestReport = outcome.get_result()
        if report.when == "teardown" and report.passed:
            return
        if report.when == "setup" and report.passed:
            return
        declared = control_of(getattr(item, "function", None))
        if declared is None:
            self.unknown(item.name, f"{item.nodeid} is not declared with @control")
            return
        self._report(self._result(declared, item, call, report))

    def _result(
        self,
        declared: Control,
        item: pytest.Item,
        call: pytest.CallInfo[None],
        report: pytest.TestReport,
    ) -> ControlResult:
        kind: Outcome = "pass"
        message = ""
        error = call.excinfo.value if call.excinfo is not None else None
        if error is not None:
            is_fail = report.when == "call" and isinstance(
                error, AssertionError | pytest.fail.Exception
            )
            kind = "fail" if is_fail else "unknown"
            message = _own_words(str(error)) if is_fail else f"{_word(error)}: {error}"
        callspec = getattr(item, "callspec", None)
        subject = callspec.params.get("subject", ("",))[0] if callspec is not None else ""
        shown = item.stash.get(_SEEN, [])
        return ControlResult(
            id=declared.id,
            title=declared.title,
            host=self._plan.name,
            subject=subject,
            outcome=kind,
            message=message[:MAX_MESSAGE],
            duration_s=round(report.duration, 4),
            severity=declared.severity,
            references=declared.references,
            reason=declared.reason,
            seen=() if kind == "unknown" else tuple(shown),
        )

    def unknown(self, id_: str, message: str) -> None:
        """Report that something could not be looked at."""
        self._report(
            ControlResult(
                id=id_,
                title="Contrôle impossible",
                host=self._plan.name,
                outcome="unknown",
                severity="high",
                message=message[:MAX_MESSAGE],
            )
        )


def _is_late(item: pytest.Item) -> bool:
    declared = control_of(getattr(item, "function", None))
    return declared is not None and declared.late


def _word(error: BaseException) -> str:
    return "skipped" if isinstance(error, pytest.skip.Exception) else type(error).__name__


def _own_words(message: str) -> str:
    """Return what the check says, without pytest's account of the expression after it."""
    said, _, _ = message.partition("\nassert ")
    return said


def _last(report: pytest.CollectReport) -> str:
    lines = [line for line in str(report.longrepr).splitlines() if line.strip()]
    return lines[-1].removeprefix("E").strip() if lines else "no reason given"

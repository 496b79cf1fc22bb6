"""A run arranged for reading: results gathered by control, what needs a person first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

from mairie.host.events import ControlResult, Outcome, Severity
from mairie.report.matrix import worst
from mairie.report.model import WORST_FIRST, HostReport, RunReport, brick_of
from mairie.report.words import SEVERITY_ORDER


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """One control with all its results on one host, or on the whole fleet."""

    id: str
    title: str
    reason: str
    severity: Severity
    references: tuple[str, ...]
    results: tuple[ControlResult, ...]

    @property
    def brick(self) -> str:
        """Return the brick it belongs to."""
        return brick_of(self.id)

    @property
    def outcome(self) -> Outcome:
        """Return the worst outcome of its results."""
        return cast(Outcome, worst(result.outcome for result in self.results))

    @property
    def bad(self) -> tuple[ControlResult, ...]:
        """Return the results that are not a pass, fails first."""
        bad = (result for result in self.results if result.outcome != "pass")
        return tuple(sorted(bad, key=lambda result: result.outcome != "fail"))

    @property
    def hosts(self) -> tuple[str, ...]:
        """Return the hosts on which it does not pass."""
        return tuple(dict.fromkeys(result.host for result in self.bad))

    def count(self, outcome: Outcome) -> int:
        """Return how many results have this outcome."""
        return sum(result.outcome == outcome for result in self.results)


def controls(results: Iterable[ControlResult]) -> tuple[Control, ...]:
    """Gather results by control id, in order of appearance."""
    gathered: dict[str, list[ControlResult]] = {}
    for result in results:
        gathered.setdefault(result.id, []).append(result)
    return tuple(
        Control(
            id=name,
            title=group[0].title,
            reason=group[0].reason,
            severity=group[0].severity,
            references=group[0].references,
            results=tuple(group),
        )
        for name, group in gathered.items()
    )


def failing(results: Iterable[ControlResult]) -> tuple[Control, ...]:
    """Return the controls that do not pass: fails before unknowns, then by severity, then id."""
    bad = (control for control in controls(results) if control.outcome != "pass")
    return tuple(
        sorted(
            bad,
            key=lambda c: (c.outcome != "fail", SEVERITY_ORDER.index(c.severity), c.id),
        )
    )


def troubled(report: RunReport) -> tuple[HostReport, ...]:
    """Return the hosts that need a person, worst first, else in the order of the run."""
    bad = (host for host in report.hosts if not host.settled)
    return tuple(sorted(bad, key=lambda host: WORST_FIRST.index(host.status)))


def all_results(report: RunReport) -> tuple[ControlResult, ...]:
    """Return the results of every host."""
    return tuple(result for host in report.hosts for result in host.controls)


def totals(results: Iterable[ControlResult]) -> dict[Outcome, int]:
    """Count results by outcome; all three are always there."""
    seen = [result.outcome for result in results]
    return {
        "pass": seen.count("pass"),
        "fail": seen.count("fail"),
        "unknown": seen.count("unknown"),
    }

"""What happened in one run, as plain data: the input of every report.

The types of events are those a host sends; nothing is declared twice. A value that would show
green where something failed or could not be looked at cannot be built.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

import msgspec

from mairie.host.events import Changed, ControlResult, Failed, Outcome
from mairie.plan.host import Place

Kind = Literal["deploy", "verify", "demo", "preview"]
HostStatus = Literal[
    "conforming",
    "not-conforming",
    "unknown",
    "changed",
    "unchanged",
    "failed",
    "unreachable",
    "untouched",
]
"""``untouched``: the run was interrupted before this host began. In a preview, ``changed`` means
that a deploy would change it."""

Verdict = Literal["allowed", "refused"]
Family = Literal["ipv4", "ipv6"]

WORST_FIRST: tuple[HostStatus, ...] = (
    "failed",
    "unreachable",
    "not-conforming",
    "unknown",
    "untouched",
    "changed",
    "unchanged",
    "conforming",
)
GOOD: frozenset[HostStatus] = frozenset({"conforming", "changed", "unchanged"})
"""What asks nothing of anybody, unless a second deploy changed something again."""


class HostReport(msgspec.Struct, frozen=True, kw_only=True):
    """One host in one run."""

    host: str
    place: Place
    roles: tuple[str, ...] = ()
    status: HostStatus
    operations: int = 0
    """How many operations the host had to run."""
    changed: tuple[Changed, ...] = ()
    changed_again: int | None = None
    """Changes made by a second deploy right after the first; None when there was none."""
    failed: Failed | None = None
    """The operation that stopped the host, or why it could not be reached."""
    warnings: tuple[str, ...] = ()
    controls: tuple[ControlResult, ...] = ()
    duration_s: float = 0.0

    def __post_init__(self) -> None:
        """Refuse a status that its own content contradicts.

        Raises:
            ValueError: the status says more than what was seen.

        """
        if self.status == "conforming" and conformity(self.controls) != "conforming":
            raise ValueError(
                f"{self.host}: cannot be conforming unless controls ran and every one passed."
            )
        if self.status == "not-conforming" and not self.count("fail"):
            raise ValueError(f"{self.host}: not conforming, but no control failed.")
        if self.failed is not None and self.status in GOOD:
            raise ValueError(f"{self.host}: failed ({self.failed.message}) but {self.status}.")

    @property
    def settled(self) -> bool:
        """Whether nothing about this host asks for a person."""
        return self.status in GOOD and not self.changed_again

    def count(self, outcome: Outcome) -> int:
        """Return how many results have this outcome."""
        return sum(result.outcome == outcome for result in self.controls)


class FlowCheck(msgspec.Struct, frozen=True, kw_only=True):
    """One pair tried with real packets and compared with the plan's flows."""

    host: str
    """Who sent the packets: a client or a host."""
    site: str
    """Where it stands, for people: ``Rurutu · mairie``."""
    source: str
    """Zone: segment, ``hub``, ``technicians`` …"""
    destination: str
    """Zone, with the site or commune when it is not the sender's: ``agents (Rurutu · école)``."""
    family: Family
    service: str
    """``tcp/443``, ``udp/53``, ``icmp``."""
    expected: Verdict
    observed: Verdict | Literal["unknown"]
    flow: str = ""
    """Name of the flow that allows it; empty when none does."""
    message: str = ""
    """What was seen, when it is not what was expected."""

    @property
    def outcome(self) -> Outcome:
        """Return pass, fail or unknown; what could not be tried is never a pass."""
        if self.observed == "unknown":
            return "unknown"
        return "pass" if self.observed == self.expected else "fail"


class RunReport(msgspec.Struct, frozen=True, kw_only=True):
    """One run over one territory."""

    territory: str
    label: str = ""
    """Name of the syndicate, for the title; the territory's when empty."""
    kind: Kind
    started: datetime
    finished: datetime
    """Both with a time zone."""
    hosts: tuple[HostReport, ...]
    matrix: tuple[FlowCheck, ...] | None = None
    """None when no packets were sent to try flows."""

    def __post_init__(self) -> None:
        """Refuse what no report could show truthfully.

        Raises:
            ValueError: a time without a zone, an end before its start, or a host named twice.

        """
        if self.started.tzinfo is None or self.finished.tzinfo is None:
            raise ValueError("The times of a run need a time zone.")
        if self.finished < self.started:
            raise ValueError("A run cannot finish before it started.")
        names = [host.host for host in self.hosts]
        if len(names) != len(set(names)):
            raise ValueError("A host appears twice in one report.")

    @property
    def duration_s(self) -> float:
        """Seconds from start to end."""
        return (self.finished - self.started).total_seconds()


def conformity(controls: Iterable[ControlResult]) -> HostStatus:
    """Return what results say of a host: fails outweigh unknowns; no result at all is unknown."""
    outcomes = {result.outcome for result in controls}
    if "fail" in outcomes:
        return "not-conforming"
    return "conforming" if outcomes == {"pass"} else "unknown"


def statuses(hosts: Iterable[HostReport]) -> dict[HostStatus, int]:
    """Count hosts by status, worst first, without those that do not occur."""
    seen = [host.status for host in hosts]
    return {status: seen.count(status) for status in WORST_FIRST if status in seen}


def exit_code(report: RunReport) -> int:
    """Return 0 when nothing asks for a person, else the code of the worst thing that happened.

    1: a host failed, was not begun, or changed again in a second deploy; 3: a host could not be
    reached; 4: something does not conform or could not be looked at. A verification has no 1 or 3:
    what it could not look at is unknown, hence 4.
    """
    seen = {host.status for host in report.hosts}
    tried = report.matrix
    bad_flow = tried is not None and (not tried or any(c.outcome != "pass" for c in tried))
    again = any(host.changed_again for host in report.hosts)
    wrong = bool(seen - GOOD) or again or bad_flow or not report.hosts
    if not wrong:
        return 0
    if report.kind != "verify":
        if again or seen & {"failed", "untouched"}:
            return 1
        if "unreachable" in seen:
            return 3
    return 4


BRICKS = ("base", "network", "vpn", "hub", "wifi", "portal", "records", "voip", "mail", "backup")
OTHER_STEMS = {"bak": "backup"}
"""Stems of controls that no brick's name begins with."""


def brick_of(control_id: str) -> str:
    """Return the brick a control belongs to: ``NET-04`` → ``network``, ``BAK-01`` → ``backup``.

    One of no known brick is its own stem, in lower case.
    """
    stem = control_id.partition("-")[0].lower()
    if stem in OTHER_STEMS:
        return OTHER_STEMS[stem]
    return next((brick for brick in BRICKS if stem and brick.startswith(stem)), stem)

"""A run as JUnit XML, for CI: one suite per host, one case per check.

A control that fails is a ``failure``; one that could not look, like a host that could not be
reached, is an ``error``: no CI shows either as green. The shape is that of Jenkins' junit-10.xsd.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC
from xml.etree import ElementTree as ET

from mairie.host.events import Outcome
from mairie.report.matrix import grids
from mairie.report.model import FlowCheck, HostReport, Kind, RunReport, brick_of
from mairie.report.words import FAMILIES, STATUSES, VERDICTS, advice, clean, why

_ELEMENT = {"fail": "failure", "unknown": "error"}


def to_junit(report: RunReport) -> bytes:
    """Return the document, UTF-8 with its XML declaration."""
    root = ET.Element("testsuites", name=clean(f"mairie {report.kind} {report.territory}"))
    stamp = report.started.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    for host in report.hosts:
        suite = _suite(host.host, stamp)
        _host_cases(suite, host, report.kind)
        _close(suite, root, host.duration_s)
    for grid in grids(report.matrix or ()):
        suite = _suite(f"flux {grid.site}", stamp)
        for check in grid.checks:
            _flow_case(suite, check)
        _close(suite, root, 0.0)
    for key in ("tests", "failures", "errors"):
        root.set(key, str(sum(int(suite.get(key, "0")) for suite in root)))
    root.set("time", f"{report.duration_s:.3f}")
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def _host_cases(suite: ET.Element, host: HostReport, kind: Kind) -> None:
    name, bad = clean(host.host), not host.settled
    if kind != "verify" or host.failed is not None or not host.controls:
        case = _case(suite, f"{name}.{kind}", kind, host.duration_s)
        outcome: Outcome = "pass"
        if host.status == "failed" or host.changed_again:
            outcome = "fail"
        elif host.failed is not None or (bad and not host.controls):
            outcome = "unknown"
        output = host.failed.output if host.failed else ""
        _say(
            case,
            outcome,
            why(host) or STATUSES[host.status],
            host.status,
            output,
            advice(host, kind),
        )
    for result in host.controls:
        title = f"{result.id} {result.title}" + (f" [{result.subject}]" if result.subject else "")
        case = _case(suite, f"{name}.{brick_of(result.id)}", title, result.duration_s)
        references = " ; ".join(result.references)
        _say(case, result.outcome, result.message, result.severity, result.reason, references)


def _flow_case(suite: ET.Element, check: FlowCheck) -> None:
    family = FAMILIES[check.family]
    name = f"{check.source} → {check.destination} {check.service} {family}"
    case = _case(suite, f"flux.{check.site}", name, 0.0)
    seen = f"attendu : {VERDICTS[check.expected]}, vu : {VERDICTS[check.observed]}"
    _say(case, check.outcome, seen, "flow", check.message, f"depuis {check.host}")


def _suite(name: str, stamp: str) -> ET.Element:
    return ET.Element("testsuite", name=clean(name), timestamp=stamp)


def _case(suite: ET.Element, classname: str, name: str, seconds: float) -> ET.Element:
    return ET.SubElement(
        suite, "testcase", classname=clean(classname), name=clean(name), time=f"{seconds:.3f}"
    )


def _say(case: ET.Element, outcome: Outcome, message: str, kind: str, *details: str) -> None:
    if outcome == "pass":
        return
    element = ET.SubElement(case, _ELEMENT[outcome], message=clean(message), type=kind)
    element.text = clean("\n".join(text for text in (message, *details) if text))


def _close(suite: ET.Element, root: ET.Element, seconds: float) -> None:
    """Set the counts once the cases are there; an empty suite is left out."""
    if len(suite) == 0:
        return
    suite.set("tests", str(len(suite)))
    suite.set("failures", str(_having(suite, "failure")))
    suite.set("errors", str(_having(suite, "error")))
    suite.set("time", f"{seconds:.3f}")
    root.append(suite)


def _having(cases: Iterable[ET.Element], tag: str) -> int:
    return sum(case.find(tag) is not None for case in cases)

"""JUnit: the shape CI servers read; failures and errors where they belong."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import msgspec
import pytest

from mairie.host.events import Failed
from mairie.report.junit import to_junit
from mairie.report.model import RunReport
from tests.unit.report import sample

# What Jenkins' junit-10.xsd allows: element → attributes, children.
SHAPE: dict[str, tuple[set[str], set[str]]] = {
    "testsuites": ({"name", "time", "tests", "failures", "errors"}, {"testsuite"}),
    "testsuite": ({"name", "tests", "failures", "errors", "time", "timestamp"}, {"testcase"}),
    "testcase": ({"name", "classname", "time"}, {"failure", "error"}),
    "failure": ({"message", "type"}, set()),
    "error": ({"message", "type"}, set()),
}


def conforms(element: ET.Element) -> None:
    attributes, children = SHAPE[element.tag]
    assert set(element.attrib) == attributes, element.tag
    for child in element:
        assert child.tag in children
        conforms(child)


def parse(run: RunReport) -> ET.Element:
    root = ET.fromstring(to_junit(run))  # noqa: S314 our own output
    conforms(root)
    return root


@pytest.mark.parametrize("run", [sample.demo(), sample.clean(), sample.fleet(4, 10)])
def test_shape_and_counts(run: RunReport) -> None:
    root = parse(run)
    cases = root.findall(".//testcase")
    assert root.get("tests") == str(len(cases))
    assert root.get("failures") == str(len(root.findall(".//failure")))
    assert root.get("errors") == str(len(root.findall(".//error")))
    for suite in root:
        assert suite.get("tests") == str(len(suite))
        assert suite.get("errors") == str(len(suite.findall("testcase/error")))


def test_fail_is_a_failure_and_unknown_an_error() -> None:
    root = parse(sample.demo())
    failures = {f.get("type"): f for f in root.findall(".//failure")}
    assert set(failures) == {"failed", "high", "flow"}
    assert "Bad SSH2 KexAlgorithms" in (failures["failed"].text or "")
    assert failures["high"].get("message", "").startswith("fd00:0:0:2c01::12 a répondu")
    errors = sorted(e.get("type", "") for e in root.findall(".//error"))
    assert errors == ["flow", "flow", "high", "low", "unreachable"]


def test_a_clean_run_has_neither() -> None:
    root = parse(sample.clean())
    assert (root.get("failures"), root.get("errors")) == ("0", "0")


def test_every_bad_host_has_a_failure_or_an_error() -> None:
    for kind in ("deploy", "verify", "demo", "preview"):
        for host in sample.demo().hosts[1:]:
            run = msgspec.structs.replace(sample.demo(), kind=kind, hosts=(host,), matrix=None)
            root = parse(run)
            assert root.findall(".//failure") + root.findall(".//error"), (kind, host.host)


def test_hostile_text_stays_text() -> None:
    base = sample.demo().hosts[2]
    failed = Failed(message=sample.HOSTILE, operation="<op>", output=sample.HOSTILE * 2)
    host = msgspec.structs.replace(base, failed=failed)
    root = parse(msgspec.structs.replace(sample.demo(), hosts=(host,), matrix=None))
    text = root.findtext(".//failure", "")
    assert "</script><img src=x onerror=alert(1)>\"'&{{ 7*7 }}" in text
    assert "\x1b" not in text
    assert "\x00" not in text

"""JSON: back to the same value, the same bytes, and a sentence for what is not a report."""

from __future__ import annotations

import json

import pytest

from mairie.report.json import SCHEMA, ReportError, from_json, to_json
from mairie.report.model import RunReport
from tests.unit.report import sample


@pytest.mark.parametrize("run", [sample.demo(), sample.clean(), sample.fleet(3, 9)])
def test_round_trip(run: RunReport) -> None:
    data = to_json(run)
    assert from_json(data) == run
    assert to_json(from_json(data)) == data


def test_schema_is_stable() -> None:
    document = json.loads(to_json(sample.demo()))
    assert document["schema"] == SCHEMA == "mairie-report/1"
    report = document["report"]
    assert list(report) == [
        "territory", "label", "kind", "started", "finished", "hosts", "matrix",
    ]  # fmt: skip
    assert list(report["hosts"][0]) == [
        "host", "place", "roles", "status", "operations", "changed", "changed_again", "failed",
        "warnings", "controls", "duration_s",
    ]  # fmt: skip
    assert list(report["matrix"][0]) == [
        "host", "site", "source", "destination", "family", "service", "expected", "observed",
        "flow", "message",
    ]  # fmt: skip
    assert report["started"] == "2026-11-21T20:33:00Z"


def test_what_is_not_a_report_is_refused_in_a_sentence() -> None:
    with pytest.raises(ReportError, match=r"^This is not a report: .*\.$"):
        from_json(b"{")
    with pytest.raises(ReportError, match=r"'mairie-report/9' is not known.*'mairie-report/1'"):
        from_json(b'{"schema": "mairie-report/9"}')
    with pytest.raises(ReportError, match=r"damaged.*report"):
        from_json(b'{"schema": "mairie-report/1"}')


def test_a_file_cannot_claim_green_either() -> None:
    data = to_json(sample.demo()).replace(b'"status": "not-conforming"', b'"status": "conforming"')
    with pytest.raises(ReportError, match="cannot be conforming"):
        from_json(data)

"""A run as one self-contained HTML page in French: no external resource, readable without scripts.

Everything a host said is escaped by Jinja2; beyond that, a content security policy allows only
the page's own style and script, by their hashes.
"""

from __future__ import annotations

import base64
import hashlib

import jinja2
from markupsafe import Markup

from mairie.paths import assets
from mairie.report import matrix, view, words
from mairie.report.emergencies import emergency_tables
from mairie.report.model import BRICKS, RunReport, statuses


def to_html(report: RunReport) -> str:
    """Return the page."""
    folder = assets().templates / "report"
    style = (folder / "report.css").read_text(encoding="utf-8")
    script = (folder / "report.js").read_text(encoding="utf-8")
    policy = (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"duration": words.duration, "when": words.when}
    environment.globals |= {"w": words, "controls": view.controls, "failing_of": view.failing}
    results = view.all_results(report)
    checks = report.matrix or ()
    catalogue = sorted(view.controls(results), key=lambda control: control.id)
    return environment.get_template("report.html.j2").render(
        report=report,
        policy=policy,
        style=Markup(style),  # noqa: S704 our own file
        script=Markup(script),  # noqa: S704 our own file
        statuses=statuses(report.hosts),
        totals=view.totals(results),
        flow_fails=sum(check.outcome == "fail" for check in checks),
        flow_unknowns=sum(check.outcome == "unknown" for check in checks),
        untried=report.matrix == (),
        troubled=view.troubled(report),
        failing=view.failing(results),
        catalogue=catalogue,
        severities=[s for s in words.SEVERITY_ORDER if any(c.severity == s for c in catalogue)],
        bricks=_in_order({control.brick for control in catalogue}),
        emergencies=emergency_tables(report.hosts),
        grids=None if report.matrix is None else matrix.grids(report.matrix),
    )


def _in_order(bricks: set[str]) -> list[str]:
    known = [brick for brick in BRICKS if brick in bricks]
    return known + sorted(bricks.difference(BRICKS))


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

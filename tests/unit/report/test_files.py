"""The files of a run."""

from __future__ import annotations

from pathlib import Path

from mairie.report.files import write
from mairie.report.html import to_html
from mairie.report.json import from_json
from mairie.report.junit import to_junit
from tests.unit.report import sample


def test_three_files_replaced_whole(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    write(sample.fleet(5, 10), folder)
    json, junit, html = write(sample.demo(), folder)
    assert from_json(json.read_bytes()) == sample.demo()
    assert junit.read_bytes() == to_junit(sample.demo())
    assert html.read_text(encoding="utf-8") == to_html(sample.demo())
    assert sorted(folder.iterdir()) == sorted([json, junit, html])

"""The three files of a run, side by side in one folder."""

from __future__ import annotations

import os
from pathlib import Path

from mairie.report.html import to_html
from mairie.report.json import to_json
from mairie.report.junit import to_junit
from mairie.report.model import RunReport

JSON, JUNIT, HTML = "report.json", "report.xml", "report.html"


def write(report: RunReport, folder: Path) -> tuple[Path, Path, Path]:
    """Write JSON, JUnit XML and HTML, replacing earlier ones whole; return their paths.

    The folder is made when missing.

    Raises:
        OSError: the folder cannot be made or written.

    """
    folder.mkdir(parents=True, exist_ok=True)
    contents = {
        JSON: to_json(report),
        JUNIT: to_junit(report),
        HTML: to_html(report).encode(),
    }
    for name, content in contents.items():
        # A reader that reloads while we write sees the old file or the new one, never half of one.
        fresh = folder / f".{name}.{os.getpid()}"
        fresh.write_bytes(content)
        fresh.replace(folder / name)
    return folder / JSON, folder / JUNIT, folder / HTML

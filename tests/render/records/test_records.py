"""What brick records renders for the demo: one recorder, and nothing without visitors."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from mairie.files import LIBRARY
from mairie.files.records import FOLDER, LOG, SETTINGS, UNITS
from mairie.plan.host import HostPlan
from mairie.render import RenderedFile, render
from tests.render.conftest import secrets_of

Files = dict[str, RenderedFile]
Rendered = Callable[[str, str], Files]
BOX = "rapa-mairie-box"


def test_whole_output(compare: Callable[..., None]) -> None:
    compare("records", BOX)


@pytest.mark.parametrize("host", ["hub", "rurutu-ecole-gw", "rurutu-mairie-srv"])
def test_a_host_without_visitors_gets_nothing(rendered: Rendered, host: str) -> None:
    assert rendered("records", host) == {}


def test_the_program_is_whole(rendered: Rendered) -> None:
    names = {path.rpartition("/")[2] for path in rendered("records", BOX) if LIBRARY in path}
    assert {"__init__.py", "__main__.py", "recorder.py", "keep.py", "seal.py"} <= names


def test_both_units_write_in_two_folders_alone(rendered: Rendered) -> None:
    files = rendered("records", BOX)
    for path, file in files.items():
        if path.startswith(UNITS) and path.endswith(".service"):
            (line,) = [
                line for line in file.text.splitlines() if line.startswith("ReadWritePaths=")
            ]
            allowed = {FOLDER, LOG, "-/run/chrony"}
            assert set(line.removeprefix("ReadWritePaths=").split()) == allowed


def test_the_duration_is_the_plans(demo: dict[str, HostPlan]) -> None:
    plan = demo[BOX]
    assert plan.records is not None
    (period,) = plan.records.periods
    shorter = replace(plan.records, periods=(replace(period, end="2027-12-31", days=90),))
    other = replace(plan, records=shorter)
    files = {file.path: file for file in render(other, secrets_of(other), "records")}
    (written,) = json.loads(files[SETTINGS].text)["periods"]
    assert (written["start"], written["end"], written["days"]) == ("2021-10-21", "2027-12-31", 90)

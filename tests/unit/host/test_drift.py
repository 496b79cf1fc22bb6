"""What a placed file differs in is said in words."""

from __future__ import annotations

import os
from grp import getgrgid
from pathlib import Path
from pwd import getpwuid

import pytest

from mairie.host.drift import Drift, difference
from mairie.plan.host import HostPlan
from mairie.render import RenderedFile, render
from tests.render.conftest import demo_plans, secrets_of


@pytest.fixture
def wanted(tmp_path: Path) -> RenderedFile:
    """Return a file of the plan, placed as it should be."""
    path = tmp_path / "chrony.conf"
    path.write_text("pool ntp.example\n")
    path.chmod(0o640)
    return RenderedFile(
        path=str(path),
        text="pool ntp.example\n",
        mode="640",
        owner=getpwuid(os.getuid()).pw_name,
        group=getgrgid(os.getgid()).gr_name,
        secret=False,
        check=None,
    )


def test_a_file_as_the_plan_has_it(wanted: RenderedFile) -> None:
    assert difference(wanted) == ""


def test_a_file_that_is_not_there(wanted: RenderedFile) -> None:
    Path(wanted.path).unlink()
    assert difference(wanted) == f"{wanted.path} manque"


def test_a_link_in_its_place(wanted: RenderedFile, tmp_path: Path) -> None:
    other = Path(wanted.path).rename(tmp_path / "other.conf")
    Path(wanted.path).symlink_to(other)
    assert difference(wanted) == f"{wanted.path} est un lien vers {other}"


def test_another_content(wanted: RenderedFile) -> None:
    with Path(wanted.path).open("a") as file:
        file.write("# local\n")
    assert difference(wanted) == f"{wanted.path} : son contenu a changé"


def test_other_rights(wanted: RenderedFile) -> None:
    Path(wanted.path).chmod(0o4755)
    who = f"{wanted.owner}:{wanted.group}"
    assert difference(wanted) == f"{wanted.path} : droits 4755 {who}, attendus 640 {who}"


@pytest.fixture(scope="module")
def plan() -> HostPlan:
    """Return a plan of a server of the demo."""
    return demo_plans()["rurutu-mairie-srv"]


def test_files_with_a_secret_are_left_out(plan: HostPlan) -> None:
    drift = Drift(plan)
    rendered = render(plan, secrets_of(plan), "backup")
    secret = [file.path for file in rendered if file.secret]
    assert secret
    assert set(drift.files("backup")) == {file.path for file in rendered} - set(secret)
    with pytest.raises(KeyError):
        drift("backup", secret[0])

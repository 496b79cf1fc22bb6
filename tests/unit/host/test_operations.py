"""A file comes on standard input and is whole when it takes its place, or leaves the old one."""

from __future__ import annotations

import getpass
import grp
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from mairie.host.operations import install_script

NEW = b"new \xc3\xa9\n\nlast line without an end"


def place(path: Path, sent: bytes, check: Sequence[str] | None = None) -> tuple[int, str]:
    """Place NEW of which ``sent`` arrives; return the exit status and what was said.

    Like pyinfra, falls over a script that ends before it has read everything.
    """
    script = install_script(
        str(path),
        len(NEW),
        mode="640",
        owner=getpass.getuser(),
        group=grp.getgrgid(os.getgid()).gr_name,
        check=check,
        secret=False,
        mark="",
    )
    pipe = subprocess.PIPE
    with subprocess.Popen(["sh", "-c", script], stdin=pipe, stderr=pipe) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdin.write(sent)
        process.stdin.close()
        said = process.stderr.read().decode()
    return process.returncode, said


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a file that is there already, under a name that a shell would take apart."""
    path = tmp_path / "a folder" / "it's $HOME"
    path.parent.mkdir()
    path.write_text("old")
    return path


@pytest.mark.parametrize("sent", [NEW, NEW + b"\n"], ids=["as it is", "with pyinfra's newline"])
def test_the_bytes_are_those_of_the_content(path: Path, sent: bytes) -> None:
    assert place(path, sent) == (0, "")
    assert path.read_bytes() == NEW
    assert path.stat().st_mode & 0o7777 == 0o640
    assert list(path.parent.iterdir()) == [path]


def test_a_folder_is_made_for_a_new_file(tmp_path: Path) -> None:
    assert place(tmp_path / "one" / "two" / "file", NEW) == (0, "")
    assert (tmp_path / "one" / "two").stat().st_mode & 0o777 == 0o755


def test_a_link_that_is_cut_leaves_the_old_file(path: Path) -> None:
    status, said = place(path, NEW[:-1])
    assert status == 1
    assert "was not replaced: not all of it arrived" in said
    assert path.read_text() == "old"
    assert list(path.parent.iterdir()) == [path]


def test_what_its_program_refuses_leaves_the_old_file(path: Path) -> None:
    status, said = place(path, NEW, ["grep", "-q", "nothing of the kind", "{}"])
    assert status == 1
    assert "was not replaced: grep refused it" in said
    assert path.read_text() == "old"
    assert list(path.parent.iterdir()) == [path]


def test_no_folder_for_it_is_said_and_all_of_stdin_is_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    status, said = place(tmp_path / "file" / "new", NEW * 10_000)
    assert status == 1
    assert "no folder for it" in said

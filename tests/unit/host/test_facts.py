"""What a host is asked about bricks."""

from __future__ import annotations

import subprocess
from pathlib import Path

from mairie.host.facts import HeldBricks, PlacedFiles
from mairie.host.state import FILES, HOLDS


def held(folder: Path) -> tuple[str, ...]:
    command = HeldBricks().command().replace(f"{HOLDS}", f"{folder}")
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
    return HeldBricks().process(done.stdout.splitlines())


def test_a_brick_is_held_while_its_program_says_so(tmp_path: Path) -> None:
    for name, status in (("records", 0), ("over", 1), ("not-a-program", 0)):
        (tmp_path / name).write_text(f"#!/bin/sh\nexit {status}\n")
        (tmp_path / name).chmod(0o644 if name == "not-a-program" else 0o755)
    assert held(tmp_path) == ("records",)


def placed(folder: Path) -> dict[str, tuple[str, ...]]:
    command = PlacedFiles().command().replace(f"{FILES}", f"{folder}")
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
    return PlacedFiles().process(done.stdout.splitlines())


def test_files_of_all_bricks_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "base").write_text("/etc/one\n/etc/a:b c\n")
    (tmp_path / "hub").write_text("\n")
    assert placed(tmp_path) == {"base": ("/etc/one", "/etc/a:b c"), "hub": ()}


def test_one_brick_is_told_by_its_name_too(tmp_path: Path) -> None:
    (tmp_path / "base").write_text("/etc/one\n")
    assert placed(tmp_path) == {"base": ("/etc/one",)}
    assert placed(tmp_path / "nowhere") == {}


def test_nothing_is_held_where_no_brick_says_so(tmp_path: Path) -> None:
    assert held(tmp_path) == ()
    assert held(tmp_path / "nowhere") == ()

"""What a host is asked about bricks."""

from __future__ import annotations

import subprocess
from pathlib import Path

from mairie.host.facts import HeldBricks
from mairie.host.state import HOLDS


def held(folder: Path) -> tuple[str, ...]:
    command = HeldBricks().command().replace(f"{HOLDS}", f"{folder}")
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
    return HeldBricks().process(done.stdout.splitlines())


def test_a_brick_is_held_while_its_program_says_so(tmp_path: Path) -> None:
    for name, status in (("records", 0), ("over", 1), ("not-a-program", 0)):
        (tmp_path / name).write_text(f"#!/bin/sh\nexit {status}\n")
        (tmp_path / name).chmod(0o644 if name == "not-a-program" else 0o755)
    assert held(tmp_path) == ("records",)


def test_nothing_is_held_where_no_brick_says_so(tmp_path: Path) -> None:
    assert held(tmp_path) == ()
    assert held(tmp_path / "nowhere") == ()

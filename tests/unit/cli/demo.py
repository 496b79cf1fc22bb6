"""The demo inventory in a folder that a test may change, and the command run on it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner

from mairie.cli.main import main

INVENTORIES = Path(__file__).parents[3] / "inventories"


@dataclass(frozen=True)
class Outcome:
    code: int
    stdout: str
    stderr: str


def copy(parent: Path, name: str = "demo") -> Path:
    """Copy an inventory, the demo's published identity included."""
    folder = parent / name
    shutil.copytree(INVENTORIES / name, folder)
    return folder


def mairie(*arguments: str | Path, answers: str | None = None) -> Outcome:
    result = CliRunner().invoke(main, [str(word) for word in arguments], input=answers)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Outcome(result.exit_code, result.stdout, result.stderr)

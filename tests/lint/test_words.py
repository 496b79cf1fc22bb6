"""What may stand in no file of the project."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
FORBIDDEN = {
    "an unfinished note": re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X)\b"),
    "the host of a package registry": re.compile(
        r"https?://(?:deb|security|ftp|pypi|files|registry|index)\.[a-z]"
    ),
}
BINARY = {".png", ".age", ".ico", ".woff2"}


def _tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    paths = [ROOT / name for name in listed.stdout.split("\0") if name]
    return [path for path in paths if path.suffix not in BINARY and path.is_file()]


def test_nothing_unfinished_and_no_registry() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {what}"
        for path in _tracked()
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1)
        for what, pattern in FORBIDDEN.items()
        if pattern.search(line)
    ]
    assert not found, "\n".join(found)

"""What a long test tells whoever watches it (pytest -s), and what it keeps to itself."""

from __future__ import annotations

import io
import time
from collections.abc import Callable

from rich.console import Console


def with_seconds() -> Callable[[str], None]:
    """Return what prints a sentence after the seconds since now."""
    began = time.monotonic()

    def say(words: str) -> None:
        print(f"{time.monotonic() - began:5.0f} s  {words}", flush=True)

    return say


def quiet() -> Console:
    """Return a console that nobody reads."""
    return Console(file=io.StringIO())

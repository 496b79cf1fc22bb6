"""One thing that is wrong in the inventory, and all of them together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mairie.errors import MairieError

_SHOWN = 8


@dataclass(frozen=True, order=True)
class Problem:
    """Where and what; prints as a compiler does: ``file:line: path: message``."""

    file: str
    """As the person can open it: the inventory folder as given, then the path inside."""
    line: int
    """From 1; 0 when the whole file is meant (it does not exist, it cannot be read)."""
    path: str
    """Keys joined by dots, ``sites.mairie.hosts.gw.roles``; empty for the whole document."""
    message: str
    """What is wrong; what is allowed."""

    def __str__(self) -> str:
        """Return the line that the command prints."""
        place = f"{self.file}:{self.line}" if self.line else self.file
        return ": ".join(part for part in (place, self.path, self.message) if part)


class InventoryErrors(MairieError):  # noqa: N818 - it is several of them
    """Every problem of every file of one inventory, sorted by file and line."""

    def __init__(self, errors: Iterable[Problem]) -> None:
        self.errors: tuple[Problem, ...] = tuple(sorted(set(errors)))
        super().__init__("\n".join(str(problem) for problem in self.errors))


def listing(values: Iterable[object], limit: int = _SHOWN) -> str:
    """Join values for a sentence: ``45, 49, 50 …`` when there are more than ``limit``."""
    shown: list[str] = []
    for value in values:
        if len(shown) == limit:
            return ", ".join(shown) + " …"
        shown.append(str(value))
    return ", ".join(shown) or "none"


def suggestion(word: str, known: Iterable[str]) -> str | None:
    """Return the known word nearest to a mistyped one, or None when none is near."""
    import difflib  # noqa: PLC0415 - only when something is wrong

    folded = {name.casefold(): name for name in known}
    near = difflib.get_close_matches(word.casefold(), folded, n=1, cutoff=0.6)
    return folded[near[0]] if near else None


def unknown(what: str, word: str, known: Iterable[str]) -> str:
    """Return ``unknown island "Ruruto"; did you mean "Rurutu"?`` or the list of what is allowed."""
    names = list(known)
    near = suggestion(word, names)
    hint = f'did you mean "{near}"?' if near else f"allowed: {listing(names, 20)}"
    return f'unknown {what} "{word}"; {hint}'

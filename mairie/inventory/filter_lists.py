"""``filter/<name>.txt``: domains that some segments are not told, one a line.

Two folders: the shipped one, and the territory's ``filter/``, whose lists take the place of shipped
ones of the same name. No gateway fetches a list: it travels with the plan.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

from mairie.inventory.problems import Problem
from mairie.inventory.yaml_nodes import Document, read_text
from mairie.model.base import Domain, Name
from mairie.paths import assets

FOLDER: Final = "filter"
MAX_DOMAINS: Final = 20_000
"""In one list: it travels to every gateway with each deploy."""
_FILE: Final = re.compile(r"([a-z0-9-]+)\.txt")
_DOMAIN: Final = TypeAdapter[str](Domain)
_NAME: Final = TypeAdapter[str](Name)


def filter_lists(folder: Path, problems: list[Problem]) -> Mapping[str, tuple[str, ...]]:
    """Read the lists of an inventory; what is wrong goes to ``problems``.

    Args:
        folder: of the inventory.
        problems: gets one for each thing that is wrong.

    Returns:
        domains by name of their list, sorted, each once.

    """
    return {
        **_read(assets().group_data / FOLDER, problems),
        **_read(folder / FOLDER, problems),
    }


def _read(folder: Path, problems: list[Problem]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.name.startswith("."):
            continue
        match = _FILE.fullmatch(path.name)
        if match is None or not _fits(_NAME, match[1]):
            message = "is not read; lists are named <name>.txt in lower case, such as jeux.txt"
            problems.append(Problem(str(path), 0, "", message))
            continue
        document = Document(str(path))
        text = read_text(path, document)
        problems.extend(document.problems)
        if text is None:
            continue
        domains = list(_domains(text))
        wrong = [(line, word) for line, word in domains if not _fits(_DOMAIN, word)]
        for line, word in wrong:
            message = f'"{word}" is no domain; write one a line, such as jeux.example'
            problems.append(Problem(str(path), line, "", message))
        if len(domains) > MAX_DOMAINS:
            message = (
                f"has {len(domains)} domains; at most {MAX_DOMAINS}, since each deploy sends it"
            )
            problems.append(Problem(str(path), 1, "", message))
        if not wrong:
            found[match[1]] = tuple(sorted({word for _, word in domains}))
    return found


def _domains(text: str) -> Iterator[tuple[int, str]]:
    """Yield line number and domain of each line that has one, in lower case, without comments."""
    for number, line in enumerate(text.splitlines(), 1):
        word = line.partition("#")[0].strip().lower().rstrip(".")
        if word:
            yield number, word


def _fits(kind: TypeAdapter[str], word: str) -> bool:
    try:
        kind.validate_python(word)
    except ValidationError:
        return False
    return True

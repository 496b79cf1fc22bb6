"""``portal/terms.<language>.txt``: what visitors read, in plain text that a town hall edits.

Three folders, each over the one before: the shipped one, the territory's ``portal/``, and a
commune's ``portal/<commune>/``. One with French terms says everything itself; one without adds
languages: two languages never say different things because one of them was forgotten.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from mairie.inventory.problems import Problem, unknown
from mairie.inventory.yaml_nodes import Document, read_text
from mairie.model.territory import Terms
from mairie.paths import assets

FOLDER: Final = "portal"
FIRST: Final = "fr"
MAX_BYTES: Final = 20_000
"""It is sent to every gateway and read on telephones."""
MAX_NAME: Final = 40
_FILE: Final = re.compile(r"terms\.([a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*)\.txt")

Found = dict[str, tuple[Path, Terms]]
"""By code of the language."""


def terms_of(
    folder: Path, communes: Iterable[str], problems: list[Problem]
) -> Mapping[str, tuple[Terms, ...]]:
    """Read the terms of an inventory; what is wrong goes to ``problems``.

    Args:
        folder: of the inventory.
        communes: stems of the files there are.
        problems: gets one for each thing that is wrong.

    Returns:
        terms by commune, for those that have a folder; under ``""`` those of everybody else.

    """
    shipped = _read(assets().group_data / FOLDER, problems)
    general = _over(shipped, _read(folder / FOLDER, problems), problems)
    found = {"": _terms(general)}
    known = tuple(communes)
    for place in _folders(folder / FOLDER):
        if place.name not in known:
            message = unknown("commune", place.name, known)
            problems.append(Problem(str(place), 0, "", message))
            continue
        found[place.name] = _terms(_over(general, _read(place, problems), problems))
    return found


def _terms(found: Found) -> tuple[Terms, ...]:
    return tuple(sorted(terms for _, terms in found.values()))


def _folders(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from sorted(place for place in folder.iterdir() if place.is_dir())


def _over(wider: Found, own: Found, problems: list[Problem]) -> Found:
    if FIRST in own:
        return own
    for code in sorted(own.keys() & wider.keys()):
        path, terms = own[code]
        message = (
            f"changes the terms in {terms.language} alone, and there are no French ones beside "
            f"them; write terms.{FIRST}.txt too"
        )
        problems.append(Problem(str(path), 1, "", message))
    return {**wider, **own}


def _read(folder: Path, problems: list[Problem]) -> Found:
    found: Found = {}
    if not folder.is_dir():
        return found
    for path in sorted(folder.iterdir()):
        if path.is_dir() or path.name.startswith("."):
            continue
        match = _FILE.fullmatch(path.name)
        if match is None:
            message = "is not read; terms are named terms.<language>.txt, such as terms.ty.txt"
            problems.append(Problem(str(path), 0, "", message))
            continue
        document = Document(str(path))
        text = read_text(path, document)
        problems.extend(document.problems)
        if text is None:
            continue
        wrong = list(_wrong(text))
        problems.extend(Problem(str(path), line, "", message) for line, message in wrong)
        if not wrong:
            name, _, rest = text.replace("\r\n", "\n").partition("\n")
            found[match[1]] = path, Terms(match[1], name.strip(), rest.strip())
    return found


def _wrong(text: str) -> Iterator[tuple[int, str]]:
    """Yield line and sentence of what makes a text unfit."""
    name, _, rest = text.partition("\n")
    if not text.strip():
        yield 1, "is empty; write the language's own name, an empty line, then the terms"
        return
    if not name.strip() or len(name.strip()) > MAX_NAME:
        yield 1, f"the first line is the language's own name, {MAX_NAME} characters at most"
    elif not rest.strip():
        yield 1, "the language's name is there, the terms are not; write them below it"
    if len(text.encode()) > MAX_BYTES:
        yield 1, f"is larger than {MAX_BYTES // 1000} kB; nobody reads so much on a telephone"
    for number, line in enumerate(text.splitlines(), 1):
        bad = next((char for char in line if unicodedata.category(char) == "Cc"), None)
        if bad is not None and bad != "\t":
            yield number, f"character U+{ord(bad):04X} is not allowed in a text"

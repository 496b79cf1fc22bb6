"""Files of one folder of the inventory that other files of it refer to by name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

from mairie.inventory.problems import Problem
from mairie.model.base import Name

_NAME: Final = TypeAdapter[str](Name)


def named_files(
    folder: Path, ending: str, example: str, problems: list[Problem]
) -> Iterator[tuple[str, Path]]:
    """Yield name and path of each file, by name; what has no name goes to ``problems``.

    Args:
        folder: where they are, named after what they are; need not exist.
        ending: of their names, without the dot.
        example: a name that is one.
        problems: gets one for each file that is not read.

    """
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.name.startswith("."):
            continue
        match = re.fullmatch(rf"([a-z0-9-]+)\.{ending}", path.name)
        if match is not None and _is_name(match[1]):
            yield match[1], path
            continue
        message = (
            f"is not read; {folder.name} are named <name>.{ending} in lower case, such as "
            f"{example}.{ending}"
        )
        problems.append(Problem(str(path), 0, "", message))


def _is_name(word: str) -> bool:
    try:
        _NAME.validate_python(word)
    except ValidationError:
        return False
    return True

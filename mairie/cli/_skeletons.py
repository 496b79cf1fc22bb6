"""Files that mairie writes once for a person to go on with."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

_PLAIN = re.compile(r"[^\W\d_][\w'’.()-]*( [\w'’.()-]+)*")
_RESERVED = frozenset(("true", "false", "null", "yes", "no", "on", "off"))


def render(name: str, values: Mapping[str, Any]) -> str:
    """Return the text of one skeleton."""
    environment = Environment(  # noqa: S701 - YAML and Markdown, not HTML
        loader=PackageLoader("mairie.cli", "skeletons"),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["text"] = yaml_text
    return environment.get_template(name).render(values)


def yaml_text(text: str) -> str:
    """Return text as a YAML scalar, in quotes where YAML would read something else."""
    if _PLAIN.fullmatch(text) and text.casefold() not in _RESERVED:
        return text
    return json.dumps(text, ensure_ascii=False)

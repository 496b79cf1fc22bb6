"""``secrets/public.yaml``: the public keys that the plan needs, in clear."""

from __future__ import annotations

import re
from typing import get_args

from pydantic import StringConstraints

from mairie.inventory.problems import Problem, listing
from mairie.inventory.yaml_nodes import Document
from mairie.model.base import WireGuardKey
from mairie.model.territory import PublicKeys

_KEY = re.compile(
    next(
        str(note.pattern) for note in get_args(WireGuardKey) if isinstance(note, StringConstraints)
    )
)
_FIELDS = ("current", "next")
_MACHINE = 'this file is written by "mairie secrets generate"'


def public_keys(document: Document, problems: list[Problem]) -> dict[str, PublicKeys]:
    """Return the keys by host name; what is wrong is added to ``problems``."""
    if document.data is None:
        return {}
    if not isinstance(document.data, dict):
        problems.append(document.problem((), f"not host names with their keys; {_MACHINE}"))
        return {}
    found: dict[str, PublicKeys] = {}
    for host, entry in document.data.items():
        if not isinstance(entry, dict) or "current" not in entry:
            message = f'no key "current" here; {_MACHINE}'
            problems.append(document.problem((host,), message))
            continue
        keys: dict[str, str] = {}
        for name, value in entry.items():
            if name not in _FIELDS:
                message = f"unknown key; allowed: {listing(_FIELDS)}"
            elif not isinstance(value, str) or not _KEY.fullmatch(value):
                message = f"not a WireGuard public key; {_MACHINE}"
            else:
                keys[name] = value
                continue
            problems.append(document.problem((host, name), message))
        if "current" in keys:
            found[host] = PublicKeys(keys["current"], keys.get("next"))
    return found

"""Telephones that are programs: the segments in which they may be exist, and are for colleagues."""

from __future__ import annotations

from collections.abc import Iterator

from mairie.inventory.problems import listing
from mairie.inventory.yaml_nodes import Key
from mairie.model.commune import Commune
from mairie.model.reference import Reference
from mairie.model.telephony import PROGRAMS


def softphone_problems(commune: Commune, reference: Reference) -> Iterator[tuple[Key, str]]:
    """Yield what is wrong with the segments of programs, at the first phone that is one.

    Args:
        commune: with its phones.
        reference: of its telephone host.

    """
    first = next((name for name, each in commune.phones.items() if each.model in PROGRAMS), None)
    if first is None:
        return
    segments = reference.segments
    able = [name for name, segment in segments.items() if not segment.isolated]
    for name in reference.telephony.program_segments:
        if name in able:
            continue
        what = "is for strangers" if name in segments else "is no segment"
        message = f'"{name}" in telephony.program_segments {what}'
        yield ("phones", first, "model"), f"{message}; programs may be in: {listing(able, 20)}"

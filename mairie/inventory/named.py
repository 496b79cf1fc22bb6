"""Communes that a person names."""

from __future__ import annotations

from mairie.errors import MairieError
from mairie.model.territory import Territory


def check_named(territory: Territory, *communes: str) -> None:
    """Refuse names that no commune has.

    Args:
        territory: where they should be.
        communes: stems of their files.

    Raises:
        MairieError: with all that are unknown, and those that there are.

    """
    unknown = [name for name in communes if name not in territory.communes]
    if unknown:
        raise MairieError(
            f"no commune is named {', '.join(unknown)}; there are: {', '.join(territory.communes)}"
        )

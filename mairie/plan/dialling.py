"""What is dialled: patterns, short codes between communes, the numbering plan of a territory."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from mairie.model.numbering import PhoneTerritory, ReferenceTelephony

_LETTERS = {"X": "[0-9]", "Z": "[1-9]", "N": "[2-9]", ".": "[0-9]+", "!": "[0-9]*"}


@lru_cache
def _expression(pattern: str) -> re.Pattern[str]:
    parts = re.findall(r"\[[0-9-]+\]|.", pattern)
    return re.compile("".join(_LETTERS.get(part, part) for part in parts))


def fits(pattern: str, number: str) -> bool:
    """Tell whether dialled digits fit a pattern in Asterisk's notation, without the underscore."""
    return _expression(pattern).fullmatch(number) is not None


def short_code(index: int, digits: int) -> str:
    """Return the short code of a commune: its index, which is never reused. ``044``."""
    return f"{index:0{digits}d}"


def shadows(number: str, emergency: Iterable[str]) -> str | None:
    """Return the emergency number that cannot be told from a number while it is dialled, or None.

    Equal, or one the beginning of the other: a phone that sends digit by digit would call one for
    the other.
    """
    found = (each for each in emergency if each.startswith(number) or number.startswith(each))
    return next(found, None)


def territory_of(insee: str, telephony: ReferenceTelephony) -> PhoneTerritory | None:
    """Return the row of a commune: the longest beginning of its code; None where none fits."""
    found = [
        (len(prefix), name)
        for name, row in telephony.territories.items()
        for prefix in row.insee
        if insee.startswith(prefix)
    ]
    return telephony.territories[max(found)[1]] if found else None


def calling_code(country: str) -> str:
    """Return the country calling code of a numbering plan: ``689`` for ``PF``."""
    from phonenumbers import country_code_for_region  # noqa: PLC0415 - only where there are phones

    return str(country_code_for_region(country))

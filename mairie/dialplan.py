"""What the dial plan is made of, worked out before it is written: templates need no logic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mairie.plan.parts.voip import (
    Extension,
    NumberClass,
    Reception,
    Right,
    Trunk,
    VoipPlan,
)

RIGHTS: tuple[Right, ...] = ("inside", "national", "international")
"""From the least to the most."""
NATIONAL_PREFIX: Mapping[str, str] = {"33": "0"}
"""What is dialled before a national number, by country code; nothing elsewhere (ITU-T E.164)."""
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
UNSAFE = frozenset(',;()^"<>$\\[]{}|&=!?\n')
"""Characters that mean something in the dial plan or in a SIP header."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exit:
    """A way out for calls to emergency numbers."""

    name: str
    label: str
    channels: int
    caller: str
    """Variable with the caller's number as this operator writes numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassContext:
    """Numbers of one price, for phones that may call them or not."""

    name: str
    allowed: bool
    number_class: NumberClass


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """Where calls to one outside number arrive."""

    number: str
    """E.164."""
    target: str
    """Context, extension and priority, as Goto has them."""


def trunk_prefix(country_code: str) -> str:
    """Return what is dialled before a national number in a country; empty where nothing is."""
    return NATIONAL_PREFIX.get(country_code, "")


def national(number: str, country_code: str) -> str:
    """Return an outside number as it is dialled in its country; one of another, with ``00``."""
    digits = number.removeprefix("+")
    if digits.startswith(country_code):
        return trunk_prefix(country_code) + digits.removeprefix(country_code)
    return f"00{digits}"


def spoken(label: str) -> str:
    """Return a label that may stand in the dial plan and in SIP headers; letters keep accents."""
    kept = "".join(" " if character in UNSAFE else character for character in label)
    return " ".join(kept.split())


def emergency_exits(voip: VoipPlan) -> tuple[Exit, ...]:
    """Return the trunks by which emergency calls try to get out: the local ones first."""
    ordered = sorted(voip.trunks, key=lambda trunk: not trunk.local)
    return tuple(
        Exit(
            name=trunk.name,
            label=trunk.label,
            channels=trunk.channels,
            caller="EMERGENCY_E164" if trunk.dial_format == "e164" else "EMERGENCY_NATIONAL",
        )
        for trunk in ordered
    )


def emergency_callers(extension: Extension, voip: VoipPlan) -> dict[str, str]:
    """Return what a phone's emergency calls show, by variable: see Exit."""
    number = extension.emergency_caller
    return {"EMERGENCY_E164": number, "EMERGENCY_NATIONAL": national(number, voip.country_code)}


def open_spans(reception: Reception) -> tuple[tuple[int, int], ...]:
    """Return the opening hours as numbers ``dhhmm``, Monday 1: first open, and first closed again.

    GotoIfTime would count the minute at the end as open, and is exact to two minutes only.
    """
    return tuple(
        (_moment(day, span.start), _moment(day, span.end))
        for span in reception.hours
        for day in span.days
    )


def _moment(day: str, time: str) -> int:
    return int(f"{DAYS.index(day) + 1}{time.replace(':', '')}")


def ordinary_channels(trunk: Trunk) -> int:
    """Return how many ordinary calls a trunk takes: one channel is kept, where there are two."""
    return max(1, trunk.channels - 1)


def class_contexts(voip: VoipPlan) -> dict[Right, tuple[ClassContext, ...]]:
    """Return what phones of each right meet when they dial out: every class, in order.

    The first pattern that fits counts. A class that a phone may not call stands in its place too,
    as a refusal: a later, wider pattern must not let it through.
    """
    found: dict[Right, tuple[ClassContext, ...]] = {}
    for position, right in enumerate(RIGHTS):
        known = []
        for each in voip.classes:
            allowed = not each.blocked and RIGHTS.index(each.right) <= position
            allowed = allowed and right != "inside"
            prefix = "out" if allowed else "refused"
            known.append(
                ClassContext(name=f"{prefix}-{each.name}", allowed=allowed, number_class=each)
            )
        found[right] = tuple(known)
    return found


def incoming_numbers(voip: VoipPlan) -> tuple[Incoming, ...]:
    """Return where each number that a trunk delivers arrives.

    A number for faxes takes them. A number that exactly one phone shows rings that phone; every
    other one the reception and, where there is none, the first phone that shows it, or the first
    of all.
    """
    numbers = dict.fromkeys(number for trunk in voip.trunks for number in trunk.numbers)
    found = []
    for number in numbers:
        fax = next((each for each in voip.faxes if each.number == number), None)
        if fax is not None:
            found.append(Incoming(number=number, target=f"fax,{fax.name},1"))
            continue
        showing = [each for each in voip.extensions if each.outgoing == number]
        if len(showing) == 1 or (showing and voip.reception is None):
            target = f"inside,{showing[0].number},1"
        elif voip.reception is not None:
            target = "reception,s,1"
        elif voip.extensions:
            target = f"inside,{voip.extensions[0].number},1"
        else:
            continue
        found.append(Incoming(number=number, target=target))
    return tuple(found)

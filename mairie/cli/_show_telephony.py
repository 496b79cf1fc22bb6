"""A telephone system as tables for a person."""

from __future__ import annotations

from collections.abc import Iterator

from mairie.plan.host import HostPlan
from mairie.plan.parts.voip import NumberClass, OpenSpan, VoipPlan

Table = tuple[str, tuple[str, ...], list[tuple[str, ...]]]
"""Title, columns, rows."""


def summary(plan: HostPlan) -> str:
    """Return one line on the telephone system of a host; empty without one."""
    if plan.exchange is not None:
        codes = ", ".join(f"{item.label} *{item.code}" for item in plan.exchange.communes)
        return f"connects {codes}"
    if plan.voip is None:
        return ""
    phones = len(plan.voip.extensions)
    return (
        f"{phones} {'phone' if phones == 1 else 'phones'}, short code *{plan.voip.code}, outside "
        f"calls up to {_money(plan.voip.spending.daily_cents, plan.voip)} a day"
    )


def tables(voip: VoipPlan) -> Iterator[Table]:
    """Yield what a telephone system has: phones, numbers, ways out, rules."""
    yield (
        "Phones",
        ("number", "name", "label", "building", "may call", "shows", "in an emergency"),
        [
            (
                item.number,
                item.name,
                item.label,
                item.building,
                item.right,
                item.outgoing,
                item.emergency_caller,
            )
            for item in sorted(voip.extensions, key=lambda item: item.number)
        ],
    )
    yield "Reception and groups", ("number", "name", "phones", "how", "then"), list(_groups(voip))
    if voip.reception is not None:
        days: list[tuple[str, ...]] = [(item.date, item.label) for item in voip.reception.closed]
        yield "Reception is closed", ("date", "why"), days
    yield (
        "Ways out, the preferred one first",
        ("name", "operator", "host", "calls", "numbers"),
        [
            (
                item.name,
                item.label,
                f"{item.host}:{item.port} {item.transport}{', SRTP' if item.srtp else ''}"
                f"{', own authority' if item.authority else ''}",
                str(item.channels),
                ", ".join(item.numbers),
            )
            for item in voip.trunks
        ],
    )
    yield (
        "Emergency numbers, before every other rule",
        ("number", "who answers", "source", "checked"),
        [
            (item.number, item.label, item.source, item.checked or "to be checked")
            for item in voip.emergency
        ],
    )
    yield (
        "Outside numbers, the first that fits",
        ("dialled", "name", "who may", "a minute at most"),
        [(item.pattern, item.name, _who(item), _price(item, voip)) for item in voip.classes],
    )
    yield (
        "Other communes",
        ("dialled", "commune"),
        [(f"*{item.code}…", item.label) for item in voip.neighbours],
    )


def _groups(voip: VoipPlan) -> Iterator[tuple[str, ...]]:
    if voip.reception is not None:
        hours = "; ".join(_span(item) for item in voip.reception.hours)
        yield (
            voip.reception.number,
            "reception",
            ", ".join(voip.reception.members),
            f"{voip.reception.seconds} s; {hours}",
            f"voicemail of {voip.reception.voicemail}",
        )
    for item in voip.groups:
        yield (
            item.number,
            item.name,
            ", ".join(item.members),
            f"{item.strategy}, {item.seconds} s",
            f"voicemail of {item.otherwise}" if item.otherwise else "a spoken word",
        )


def _span(span: OpenSpan) -> str:
    return f"{' '.join(span.days)} {span.start} to {span.end}"


def _who(item: NumberClass) -> str:
    return "nobody" if item.blocked else f"{item.right} and more"


def _price(item: NumberClass, voip: VoipPlan) -> str:
    return "" if item.blocked else _money(item.cents_per_minute, voip)


def _money(cents: int, voip: VoipPlan) -> str:
    return f"{cents / 100:g} {voip.spending.currency}"

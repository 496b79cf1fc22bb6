"""Opening hours of a reception: each within one day, none over another; closures once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from mairie.inventory.yaml_nodes import Key
from mairie.model.reference import Schedule
from mairie.model.telephony import Reception


def hours_problems(reception: Reception) -> Iterator[tuple[Key, str]]:
    """Yield what is wrong with the hours and the closures of a reception."""
    for number, span in enumerate(reception.hours):
        path: Key = ("hours", number)
        # As text: 24:00 comes after every other time, 07:30 before 12:00.
        if span.end <= span.start:
            message = f"{span.end} is not after {span.start}"
            yield (*path, "end"), f"{message}; opening hours begin and end on one day"
            continue
        for place, day in enumerate(span.days):
            if day in span.days[:place]:
                yield (*path, "days", place), f'"{day}" is written twice; remove one'
        for other in reception.hours[:number]:
            days = [day for day in span.days if day in other.days]
            if days and span.start < other.end and other.start < span.end:
                message = f"{_said(span)} is on {days[0]} over {_said(other)}"
                yield path, f"{message}; write one span for both"
    known: set[date] = set()
    for number, closure in enumerate(reception.closures):
        if closure.date in known:
            yield ("closures", number, "date"), f"{closure.date} is written twice; remove one"
        known.add(closure.date)


def _said(span: Schedule) -> str:
    return f"{span.start} to {span.end}"

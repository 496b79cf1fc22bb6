"""When a reception is open: its hours, without public holidays and the commune's closures."""

from __future__ import annotations

from collections.abc import Iterable

from mairie.model.numbering import PublicHolidays
from mairie.model.telephony import Reception
from mairie.plan.parts.voip import ClosedDay, OpenSpan


def spans(reception: Reception) -> tuple[OpenSpan, ...]:
    """Return the opening hours as they are written."""
    return tuple(
        OpenSpan(days=item.days, start=item.start, end=item.end) for item in reception.hours
    )


def closed_days(
    reception: Reception, calendar: PublicHolidays, years: Iterable[int]
) -> tuple[ClosedDay, ...]:
    """Return the days without reception in order, the commune's own word over the holiday's."""
    found = public_holidays(calendar, years) if reception.holidays else {}
    found |= {f"{item.date}": item.label for item in reception.closures}
    return tuple(ClosedDay(date=day, label=label) for day, label in sorted(found.items()))


def public_holidays(calendar: PublicHolidays, years: Iterable[int]) -> dict[str, str]:
    """Return the public holidays of some years by date (ISO 8601), in French."""
    from holidays import country_holidays  # noqa: PLC0415 - slow, and only where there are phones

    known = country_holidays(
        calendar.country, subdiv=calendar.subdivision, years=tuple(years), language="fr"
    )
    return {f"{day}": label for day, label in known.items()}

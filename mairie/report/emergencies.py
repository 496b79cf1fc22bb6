"""Where emergency calls go, as the telephone systems themselves answered to control VOI-20."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from mairie.host.events import ControlResult, Outcome
from mairie.report.model import HostReport

CONTROL = "VOI-20"
"""Its subjects are ``<phone> → <number>``; what it has seen are the ways out, in order."""
BETWEEN = " → "


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Numbers whose calls from one phone go the same way."""

    phone: str
    numbers: tuple[str, ...]
    ways: tuple[str, ...]
    """Operators in order, each with the number that it is shown; nothing where none was seen."""
    outcome: Outcome
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyTable:
    """Every phone of one commune with every emergency number."""

    commune: str
    host: str
    rows: tuple[Row, ...]
    numbers: int
    """Emergency numbers; each is asked for every phone."""

    @property
    def phones(self) -> int:
        """Return how many phones were asked about."""
        return len({row.phone for row in self.rows})


def emergency_tables(hosts: Iterable[HostReport]) -> tuple[EmergencyTable, ...]:
    """Return one table for each telephone host that was verified, in the order of the run."""
    return tuple(
        EmergencyTable(
            commune=host.place.commune_label,
            host=host.host,
            rows=tuple(_rows(results)),
            numbers=len({_number(result) for result in results}),
        )
        for host in hosts
        if (results := [result for result in host.controls if result.id == CONTROL])
    )


def _rows(results: Iterable[ControlResult]) -> Iterator[Row]:
    for phone, of_phone in groupby(results, _phone):
        alike: dict[tuple[tuple[str, ...], Outcome, str], list[str]] = {}
        for result in of_phone:
            key = (result.seen, result.outcome, result.message)
            alike.setdefault(key, []).append(_number(result))
        for (ways, outcome, message), numbers in alike.items():
            yield Row(
                phone=phone,
                numbers=tuple(numbers),
                ways=ways,
                outcome=outcome,
                message=message,
            )


def _phone(result: ControlResult) -> str:
    return result.subject.rpartition(BETWEEN)[0]


def _number(result: ControlResult) -> str:
    return result.subject.rpartition(BETWEEN)[2]

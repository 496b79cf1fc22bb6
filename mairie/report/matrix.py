"""Who reaches whom: flow checks gathered into one grid per site, sources by destinations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from mairie.host.events import Outcome
from mairie.report.model import FlowCheck
from mairie.report.words import VERDICTS, number

_SIGNS = {"fail": "✗", "unknown": "?", "none": "–"} | dict.fromkeys(
    ("allowed", "refused", "mixed"), "✓"
)
_WORST: tuple[Outcome, ...] = ("fail", "unknown", "pass")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """All checks from one source to one destination; none when the pair was not tried."""

    destination: str
    checks: tuple[FlowCheck, ...]

    @property
    def outcome(self) -> Outcome | None:
        """Return the worst outcome of its checks: fail, then unknown, then pass."""
        return worst(check.outcome for check in self.checks)

    @property
    def tone(self) -> str:
        """Return ``fail``, ``unknown``, ``allowed``, ``mixed``, ``refused`` or ``none``."""
        if self.outcome != "pass":
            return self.outcome or "none"
        verdicts = {check.observed for check in self.checks}
        return "mixed" if len(verdicts) > 1 else next(iter(verdicts))

    @property
    def sign(self) -> str:
        """Return the sign that goes with the words."""
        return _SIGNS[self.tone]

    @property
    def words(self) -> str:
        """Return the cell in words, with counts where not all its checks say the same."""
        if not self.checks:
            return "non essayé"
        if self.outcome == "fail":
            wrong = [check for check in self.checks if check.outcome == "fail"]
            verdicts = {check.observed for check in wrong}
            word = " et ".join(VERDICTS[v] for v in ("allowed", "refused") if v in verdicts)
            return f"{word} à tort{_ratio(wrong, self.checks)}"
        if self.outcome == "unknown":
            unknown = [check for check in self.checks if check.outcome == "unknown"]
            return f"inconnu{_ratio(unknown, self.checks)}"
        if self.tone == "mixed":
            allowed = sum(check.observed == "allowed" for check in self.checks)
            refused = len(self.checks) - allowed
            return f"{number(allowed, 'autorisé', 'autorisés')}, " + number(
                refused, "refusé", "refusés"
            )
        return VERDICTS[self.tone]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One source with a cell per destination, in the order of the grid's columns."""

    source: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """The matrix of one site."""

    site: str
    destinations: tuple[str, ...]
    rows: tuple[Row, ...]
    checks: tuple[FlowCheck, ...]

    @property
    def bad(self) -> int:
        """Return how many checks are not a pass."""
        return sum(check.outcome != "pass" for check in self.checks)

    def count(self, outcome: Outcome) -> int:
        """Return how many checks of this site have this outcome."""
        return sum(check.outcome == outcome for check in self.checks)


def grids(checks: Sequence[FlowCheck]) -> tuple[Grid, ...]:
    """Gather checks by site; sites and sources keep their order of appearance.

    Destinations that are also sources come first, in the same order, so that a diagonal shows.
    """
    order = {site: place for place, site in enumerate(dict.fromkeys(c.site for c in checks))}
    by_site = groupby(sorted(checks, key=lambda c: order[c.site]), key=lambda c: c.site)
    return tuple(_grid(site, tuple(group)) for site, group in by_site)


def worst(outcomes: Iterable[Outcome]) -> Outcome | None:
    """Return fail before unknown before pass; None when there is nothing."""
    seen = set(outcomes)
    return next((outcome for outcome in _WORST if outcome in seen), None)


def _grid(site: str, checks: tuple[FlowCheck, ...]) -> Grid:
    sources = tuple(dict.fromkeys(check.source for check in checks))
    reached = dict.fromkeys(check.destination for check in checks)
    inside = [source for source in sources if source in reached]
    destinations = (*inside, *(name for name in reached if name not in inside))
    pairs: dict[tuple[str, str], list[FlowCheck]] = {}
    for check in checks:
        pairs.setdefault((check.source, check.destination), []).append(check)
    rows = tuple(
        Row(
            source=source,
            cells=tuple(
                Cell(destination=destination, checks=tuple(pairs.get((source, destination), ())))
                for destination in destinations
            ),
        )
        for source in sources
    )
    return Grid(site=site, destinations=destinations, rows=rows, checks=checks)


def _ratio(part: Sequence[FlowCheck], whole: Sequence[FlowCheck]) -> str:
    return f" ({len(part)} sur {len(whole)})" if len(whole) > 1 else ""

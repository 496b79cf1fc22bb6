"""The night of a territory as a picture: who sends to each hub when, and how many at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby

from mairie.plan.host import HostPlan
from mairie.plan.night import DAY_MINUTES, Season, Sending, clock, loads, seasons

WIDTH = 960
LEFT = 210
"""Room for names."""
RIGHT = 20
TOP = 54
ROW = 11
GROUP = 17
"""Height of an archipelago's heading."""
GRAPH = 110
"""Height of the count below the rows."""
GAP = 24
"""Between the rows and the count, and below it."""

COLOURS = ("#2f6db5", "#b5562f", "#2f8f6b", "#8a4fa8", "#a8862c", "#4a7d8c")
"""By archipelago, in turn; each is also named, so that nothing depends on colour alone."""

STYLE = """\
svg { background: #fff; color: #1c2733 }
text { font: 9px system-ui, sans-serif; fill: currentColor }
.title { font-size: 14px; font-weight: 600 }
.group { font-size: 11px; font-weight: 600 }
.grid { stroke: currentColor; stroke-opacity: .15 }
.count { fill: #2f6db5; fill-opacity: .35; stroke: #2f6db5 }
.limit { stroke: #c0392b; stroke-dasharray: 5 3 }
@media (prefers-color-scheme: dark) { svg { background: #14191f; color: #dde4ea } }
"""


@dataclass(frozen=True)
class _Hub:
    """One hub's part of the picture."""

    plan: HostPlan
    hosts: tuple[HostPlan, ...]
    """Grouped by archipelago."""
    sendings: dict[str, Sending]
    season: Season
    start: int
    """First minute drawn, of the UTC day; a whole hour of the hub."""
    hours: int
    limit: int | None

    @property
    def groups(self) -> list[tuple[str, list[HostPlan]]]:
        """Hosts by archipelago."""
        return [(name, list(hosts)) for name, hosts in groupby(self.hosts, _archipelago)]

    def x(self, utc_minute: int) -> float:
        """Return where a minute stands."""
        since = (utc_minute - self.start) % DAY_MINUTES
        return round(LEFT + since * (WIDTH - LEFT - RIGHT) / (self.hours * 60), 1)


def night_picture(plans: Mapping[str, HostPlan], limits: Mapping[str, int] | None = None) -> str:
    """Return an SVG: one row for each host, hours of the hub, and below the hosts at once.

    Where clocks change during the year, the rows are those of its first season and the greatest
    number is that of every season.

    Args:
        plans: of a whole territory, by name.
        limits: hosts that each hub lets send at once, drawn as a line.

    """
    parts: list[str] = []
    y = 0
    for hub in _hubs(plans, limits or {}):
        drawn, height = _draw(hub, y)
        parts += drawn
        y += height
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" '
        f'width="{WIDTH}" height="{y}" role="img">'
    )
    return "\n".join((head, f"<style>\n{STYLE}</style>", *parts, "</svg>\n"))


def sendings(plans: Iterable[HostPlan]) -> list[Sending]:
    """Return the window of each host that backs itself up."""
    return [
        Sending(plan.name, f"{plan.place.commune}-{plan.place.site}", plan.timezone, window)
        for plan in plans
        if plan.backup is not None
        for window in (plan.backup.window,)
    ]


def _archipelago(plan: HostPlan) -> str:
    return plan.place.archipelago or plan.territory


def _hubs(plans: Mapping[str, HostPlan], limits: Mapping[str, int]) -> Iterator[_Hub]:
    for name, plan in plans.items():
        if plan.store is None or not plan.store.hosts:
            continue
        kept = [plans[host.name] for host in plan.store.hosts]
        order = list(dict.fromkeys(_archipelago(host) for host in kept))
        kept.sort(key=lambda host: order.index(_archipelago(host)))
        all_sendings = {sending.host: sending for sending in sendings(kept)}
        known = seasons({plan.timezone, *(host.timezone for host in kept)})
        start, hours = _span(list(all_sendings.values()), known[0], plan.timezone)
        yield _Hub(plan, tuple(kept), all_sendings, known[0], start, hours, limits.get(name))


def _span(sent: Sequence[Sending], season: Season, timezone: str) -> tuple[int, int]:
    """Return the first minute to draw and the hours: what lies outside the longest quiet time."""
    busy = sorted({minute for sending in sent for minute in season.minutes(sending)})
    following = [*busy[1:], busy[0] + DAY_MINUTES]
    quiet, first = max(
        (after - minute, after % DAY_MINUTES) for minute, after in zip(busy, following, strict=True)
    )
    early = (first + season.offsets[timezone]) % 60
    length = DAY_MINUTES - quiet + 1 + early
    return (first - early) % DAY_MINUTES, -(-length // 60)


def _draw(hub: _Hub, top: int) -> tuple[list[str], int]:
    """Return the elements of one hub and their height."""
    rows_top = top + TOP
    rows = len(hub.hosts) * ROW + len(hub.groups) * GROUP
    bottom = rows_top + rows + GAP + GRAPH
    label, zone = escape(hub.plan.place.commune_label), escape(hub.plan.timezone)
    peak = _peak(hub)
    parts = [
        f'<text class="title" x="10" y="{top + 20}">Nuit des sauvegardes vers {label}</text>',
        f'<text x="10" y="{top + 34}">{len(hub.hosts)} hôtes, heures de {zone} ; '
        f"{peak} ensemble au plus{_allowed(hub)}</text>",
    ]
    for hour in range(hub.hours + 1):
        minute = hub.start + hour * 60
        x = round(LEFT + hour * (WIDTH - LEFT - RIGHT) / hub.hours, 1)
        parts.append(
            f'<path class="grid" d="M{x} {rows_top}V{bottom}"/>'
            f'<text x="{x}" y="{rows_top - 3}" text-anchor="middle">'
            f"{hub.season.local(minute, hub.plan.timezone)}</text>"
        )
    y = rows_top
    for number, (group, hosts) in enumerate(hub.groups):
        y += GROUP
        parts.append(f'<text class="group" x="10" y="{y - 4}">{escape(group)}</text>')
        for host in hosts:
            parts.append(_row(hub, host, y, COLOURS[number % len(COLOURS)]))
            y += ROW
    parts += _graph(hub, bottom, peak)
    return parts, bottom + GAP - top


def _allowed(hub: _Hub) -> str:
    return "" if hub.limit is None else f", {hub.limit} admis"


def _peak(hub: _Hub) -> int:
    sent = list(hub.sendings.values())
    return max(max(loads(sent, season)) for season in seasons({item.timezone for item in sent}))


def _row(hub: _Hub, host: HostPlan, y: int, colour: str) -> str:
    sending = hub.sendings[host.name]
    minutes = hub.season.minutes(sending)
    x = hub.x(minutes[0])
    width = round(len(minutes) * (WIDTH - LEFT - RIGHT) / (hub.hours * 60), 1)
    local = sending.window.start
    end = clock(minutes[-1] + 1 + hub.season.offsets[sending.timezone])
    return (
        f'<text x="18" y="{y + ROW - 3}">{escape(host.name)}</text>'
        f'<rect x="{x}" y="{y + 1}" width="{width}" height="{ROW - 3}" rx="2" fill="{colour}">'
        f"<title>{escape(host.name)} : {local} à {end}, heure locale</title></rect>"
    )


def _graph(hub: _Hub, bottom: int, peak: int) -> list[str]:
    """Return the steps of the hosts at once, and the number that is allowed."""
    counts = loads(list(hub.sendings.values()), hub.season)
    highest = max(peak, hub.limit or 0)

    def height(count: int) -> float:
        return round(bottom - count * (GRAPH - 10) / highest, 1)

    path = [f"M{LEFT} {bottom}"]
    before = 0
    for minute in range(hub.hours * 60):
        count = counts[(hub.start + minute) % DAY_MINUTES]
        if count != before:
            path.append(f"H{hub.x(hub.start + minute)}V{height(count)}")
            before = count
    path.append(f"H{WIDTH - RIGHT}V{bottom}Z")
    parts = [
        f'<text x="18" y="{bottom - 3}">Hôtes ensemble</text>',
        f'<path class="count" d="{"".join(path)}"/>',
        f'<text x="{LEFT - 4}" y="{height(peak) + 3}" text-anchor="end">{peak}</text>',
    ]
    if hub.limit is not None:
        y = height(hub.limit)
        parts.append(f'<path class="limit" d="M{LEFT} {y}H{WIDTH - RIGHT}"/>')
        if hub.limit != peak:
            parts.append(f'<text x="{WIDTH - RIGHT}" y="{y - 3}" text-anchor="end">')
            parts[-1] += f"{hub.limit} admis</text>"
    return parts

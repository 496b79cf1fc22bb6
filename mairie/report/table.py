"""A run in a terminal: a line per host, totals, then what went wrong, why, and what to do."""

from __future__ import annotations

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from mairie.host.events import Outcome
from mairie.report import words
from mairie.report.matrix import grids
from mairie.report.model import HostReport, HostStatus, RunReport, statuses
from mairie.report.view import Control, all_results, failing, totals, troubled

STYLES: dict[HostStatus, str] = {
    "conforming": "green",
    "not-conforming": "bold red",
    "unknown": "bold yellow",
    "changed": "cyan",
    "unchanged": "",
    "failed": "bold red",
    "unreachable": "bold yellow",
    "untouched": "dim",
}
OUTCOME_STYLES = {"pass": "green", "fail": "bold red", "unknown": "bold yellow"}
MOST_CHANGES = 8
"""Names of changes shown per host after a deploy; a preview shows them all."""
ROOM_FOR_REMARKS = 120
"""Columns of the terminal from which remarks stand beside their host; below the table always."""
MOST_LINES = 20
"""Last lines of a failing command shown; the other formats have them all."""


def print_report(report: RunReport, console: Console) -> None:
    """Print the run; without a terminal, plain text with no escape sequence."""
    console.print(_fleet(report, remarks=console.width >= ROOM_FOR_REMARKS))
    console.print(_totals(report))
    _changes(report, console)
    for host in troubled(report):
        _trouble(host, report, console)
    bad = failing(all_results(report))
    if bad:
        _heading(console, "Contrôles en écart")
    for control in bad:
        _control(control, console)
    _flows(report, console)


def _fleet(report: RunReport, *, remarks: bool) -> Table:
    table = Table(
        title=Text(f"{words.KINDS[report.kind]} · {words.clean(report.label or report.territory)}"),
        title_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
    )
    # Its name says the commune; folded in the middle it says nothing.
    table.add_column("Hôte", no_wrap=True)
    table.add_column("État", no_wrap=True)
    verified = any(host.controls for host in report.hosts)
    if verified:
        for outcome in ("pass", "fail", "unknown"):
            table.add_column(words.SIGNS[outcome], justify="right", no_wrap=True)
    if report.kind != "verify":
        table.add_column("Chang.", justify="right", no_wrap=True)
    table.add_column("Durée", justify="right", no_wrap=True)
    if remarks:
        table.add_column("Remarque", overflow="fold")
    for host in report.hosts:
        cells = [_text(host.host), _status(host, report)]
        if verified:
            cells += [_count(host, outcome) for outcome in ("pass", "fail", "unknown")]
        if report.kind != "verify":
            again = "" if host.changed_again is None else f" puis {host.changed_again}"
            cells.append(Text(f"{len(host.changed)}{again}"))
        cells.append(Text(words.duration(host.duration_s)))
        if remarks:
            cells.append(_text(words.why(host)))
        table.add_row(*cells)
    return table


def _status(host: HostReport, report: RunReport) -> Text:
    sign, word = words.STATUS_SIGNS[host.status], words.status_word(host.status, report.kind)
    return Text(f"{sign} {word}", STYLES[host.status])


def _count(host: HostReport, outcome: Outcome) -> Text:
    count = host.count(outcome)
    return Text(str(count) if count else "", OUTCOME_STYLES[outcome])


def _totals(report: RunReport) -> Text:
    line = Text(f"{words.number(len(report.hosts), 'hôte', 'hôtes')} : ")
    parts = [
        Text(f"{words.status_word(status, report.kind)} {count}", STYLES[status])
        for status, count in statuses(report.hosts).items()
    ]
    line.append_text(Text(", ").join(parts))
    counts = totals(all_results(report))
    if sum(counts.values()):
        line.append("\nvérifications : ")
        seen = [
            Text(f"{words.OUTCOMES[outcome]} {count}", OUTCOME_STYLES[outcome] if count else "")
            for outcome, count in counts.items()
        ]
        line.append_text(Text(", ").join(seen))
    return line.append(f"\ndurée : {words.duration(report.duration_s)}")


def _changes(report: RunReport, console: Console) -> None:
    preview = report.kind == "preview"
    changed = [host for host in report.hosts if host.changed]
    if changed:
        _heading(console, "Ce qui changerait" if preview else "Ce qui a changé")
    for host in changed:
        console.print(_text(host.host, "bold"))
        shown = host.changed if preview else host.changed[:MOST_CHANGES]
        for change in shown:
            _indented(console, change.name, 2)
            for line in change.details:
                _indented(console, line, 4, "dim")
            if change.diff:
                _indented(console, change.diff, 4)
        if len(shown) < len(host.changed):
            _indented(console, f"… et {len(host.changed) - len(shown)} autres", 2, "dim")


def _trouble(host: HostReport, report: RunReport, console: Console) -> None:
    console.print()
    sign = words.STATUS_SIGNS[host.status]
    head = f"{sign} {host.host} : {words.STATUSES[host.status]}"
    console.print(_text(head, STYLES[host.status]))
    _indented(console, words.why(host), 2)
    if host.failed is not None and host.failed.output:
        lines = host.failed.output.strip().splitlines()[-MOST_LINES:]
        _indented(console, "\n".join(lines), 4, "dim")
    for warning in host.warnings:
        _indented(console, f"attention : {warning}", 2)
    _indented(console, f"Que faire : {words.advice(host, report.kind)}", 2)


def _control(control: Control, console: Console) -> None:
    head = (
        f"{words.SIGNS[control.outcome]} {control.id} {control.title} "
        f"({words.OUTCOMES[control.outcome]}, gravité {words.SEVERITIES[control.severity]})"
    )
    console.print(_text(head, OUTCOME_STYLES[control.outcome]))
    for result in control.bad:
        subject = f" [{result.subject}]" if result.subject else ""
        word = words.OUTCOMES[result.outcome]
        _indented(console, f"{result.host}{subject} : {word} : {result.message}".rstrip(" :"), 2)
    if control.reason:
        _indented(console, f"Pourquoi : {control.reason}", 2)
    if control.references:
        _indented(console, f"Références : {' ; '.join(control.references)}", 2, "dim")


def _flows(report: RunReport, console: Console) -> None:
    if report.matrix is None:
        return
    _heading(console, "Qui atteint qui")
    if not report.matrix:
        console.print(Text("? aucune paire n'a été essayée", OUTCOME_STYLES["unknown"]))
    for grid in grids(report.matrix):
        passed = grid.count("pass")
        sign, style = ("✓", "green") if not grid.bad else ("✗", "bold red")
        if grid.bad and not grid.count("fail"):
            sign, style = "?", "bold yellow"
        head = f"{sign} {grid.site} : {passed} essais comme prévu sur {len(grid.checks)}"
        console.print(_text(head, style))
        for check in grid.checks:
            if check.outcome == "pass":
                continue
            line = (
                f"{words.SIGNS[check.outcome]} {check.source} → {check.destination} "
                f"{check.service} {words.FAMILIES[check.family]} : {words.flow_word(check)}"
                + (f" ({check.message})" if check.message else "")
            )
            _indented(console, line, 2, OUTCOME_STYLES[check.outcome])


def _heading(console: Console, title: str) -> None:
    console.print()
    console.print(Text(title, "bold underline"))


def _indented(console: Console, text: str, left: int, style: str = "") -> None:
    if text:
        console.print(Padding(_text(text, style), (0, 0, 0, left), expand=False))


def _text(text: str, style: str = "") -> Text:
    return Text(words.clean(text), style, overflow="fold")

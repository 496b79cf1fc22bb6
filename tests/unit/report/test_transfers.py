"""Progress and answers about backups: live on a terminal, plain lines elsewhere."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from mairie.backups.ask import Answer
from mairie.backups.events import Note, Progress
from mairie.report import words
from mairie.report.answers import outcome_word
from mairie.report.transfers import TransferProgress
from tests.unit.host.plans import a_plan

PLAN = a_plan(timezone="Pacific/Tahiti")


def far(done: int, total: int = 10_000_000, left: float | None = 90) -> Progress:
    return Progress(
        what="restore", done_bytes=done, total_bytes=total, files=1, seconds=1, seconds_left=left
    )


def run(*, terminal: bool, step_s: float = 0) -> str:
    stream = io.StringIO()
    console = Console(file=stream, width=120, force_terminal=terminal, _environ={})
    now = iter(range(1000))
    with TransferProgress(1, console, clock=lambda: next(now) * step_s) as progress:
        progress.event("srv", Note(text="Bonjour \x1b[31m[bold]rouge"))
        for done in (0, 1_000_000, 2_000_000):
            progress.event("srv", far(done))
        progress.event("srv", far(3_000_000, total=0, left=None))
        progress.answer(
            Answer(host="srv", verb="restore", outcome="done", text="Restauré.", duration_s=61)
        )
    return stream.getvalue()


def test_plain_lines() -> None:
    assert run(terminal=False).splitlines() == [
        "srv : Bonjour [bold]rouge",
        "srv : restauration, 0 o sur 10,0 Mo, encore 1 min 30 s",
        "srv : ✓ fait (1/1, 1 min 01 s) Restauré.",
    ]


def test_a_log_hears_of_a_long_transfer_once_a_minute() -> None:
    lines = run(terminal=False, step_s=31).splitlines()
    assert "srv : restauration, 2,0 Mo sur 10,0 Mo, encore 1 min 30 s" in lines
    assert "srv : restauration, 1,0 Mo sur 10,0 Mo, encore 1 min 30 s" not in lines


def test_a_terminal_shows_bars() -> None:
    shown = run(terminal=True)
    assert "\x1b[" in shown
    assert "Restauré." in shown


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 o"),
        (999, "999 o"),
        (1000, "1,0 ko"),
        (1_549_999, "1,5 Mo"),
        (99_960_000, "100 Mo"),
        (999_600_000, "1,0 Go"),
        (20_000_000_000, "20,0 Go"),
        (5e15, "5000 To"),
    ],
)
def test_sizes(count: float, text: str) -> None:
    assert words.size(count) == text


@pytest.mark.parametrize(
    ("part", "text"),
    [
        ({}, "– jamais"),
        ({"outcome": "running"}, "… en cours, ou coupé"),
        ({"outcome": "splendid"}, "? inconnu"),
        ({"outcome": "failed", "ended": "2026-11-20T08:00:00+00:00"}, "✗ échec 19/11 22:00"),
        ({"outcome": "done", "at": "no time"}, "✓ fait"),
    ],
)
def test_how_a_run_ended(part: dict[str, object], text: str) -> None:
    assert outcome_word(part, PLAN).plain.startswith(text)

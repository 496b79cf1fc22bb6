"""Figures for the person at the terminal, and in the page of figures."""

from __future__ import annotations

import re
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench.figures import Conditions, Figure

COLUMNS = ("what", "budget", "measured", "verdict", "beside")
STYLES = {"within": "green", "over": "bold red", "failed": "bold red", "changed something": "red"}


def show(figures: list[Figure], where: Conditions, console: Console) -> None:
    """Print the figures of one part."""
    table = Table(title=figures[0].part, caption=where.sentence(), caption_justify="left")
    for column in COLUMNS:
        table.add_column(column, overflow="fold")
    for figure in figures:
        style = STYLES.get(figure.verdict, "")
        table.add_row(
            figure.what, figure.budget, figure.measured,
            f"[{style}]{figure.verdict}[/]" if style else figure.verdict, figure.beside,
        )  # fmt: skip
    console.print(table)


def markdown(figures: list[Figure], where: Conditions) -> str:
    """Return the figures of one part as a table of the page."""
    rows = [COLUMNS, tuple("---" for _ in COLUMNS)] + [
        (figure.what, figure.budget, figure.measured, figure.verdict, figure.beside)
        for figure in figures
    ]
    lines = ["| " + " | ".join(_cell(text) for text in row) + " |" for row in rows]
    return "\n".join([*lines, "", f"Taken {where.sentence()}."])


def write(page: Path, figures: list[Figure], where: Conditions) -> None:
    """Put the figures of one part in its place on the page.

    Raises:
        ValueError: the page has no place for them.

    """
    part = figures[0].part
    place = re.compile(rf"(<!-- figures: {part} -->\n).*?(<!-- /figures -->)", re.DOTALL)
    text, found = place.subn(
        lambda match: f"{match[1]}\n{markdown(figures, where)}\n\n{match[2]}", page.read_text()
    )
    if not found:
        raise ValueError(f"{page} has no lines <!-- figures: {part} --> and <!-- /figures -->")
    page.write_text(text)


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())

"""The steps of a rebuilding, for people."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from mairie.rebuild import Rebuilding, Step
from mairie.report import words


def print_step(step: Step, console: Console) -> None:
    """Print a step that is over, while the next one begins."""
    sign, style = ("✓", "green") if step.ok else ("✗", "bold red")
    line = f"{sign} {step.title} ({words.duration(step.seconds)}) {step.text}".rstrip()
    console.print(Text(words.clean(words.first_line(line)), style), soft_wrap=True)


def print_steps(rebuilding: Rebuilding, out: Console) -> None:
    """Print each step with its time, and the whole."""
    table = Table(title=Text(f"Reconstruction de {rebuilding.plan.name}"), title_justify="left")
    table.add_column("Étape")
    table.add_column("Durée", justify="right", no_wrap=True)
    table.add_column("Remarque", overflow="fold")
    for step in rebuilding.steps:
        sign, style = ("✓", "green") if step.ok else ("✗", "bold red")
        remark = Text(words.clean(words.first_line(step.text)), overflow="fold")
        table.add_row(Text(f"{sign} {step.title}", style), words.duration(step.seconds), remark)
    whole = sum(step.seconds for step in rebuilding.steps)
    table.add_section()
    table.add_row("En tout", words.duration(whole), "")
    out.print(table)

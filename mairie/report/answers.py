"""What hosts answered about their backups: tables for people, JSON for programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mairie.backups.ask import Answer, Outcome, Verb
from mairie.plan.host import HostPlan
from mairie.report import words

TITLES: dict[Verb, str] = {
    "now": "Sauvegarde",
    "drill": "Exercice de restauration",
    "restore": "Restauration",
    "list": "Instantanés",
    "status": "État des sauvegardes",
}
OUTCOMES: dict[Outcome, str] = {
    "done": "fait",
    "incomplete": "incomplet",
    "failed": "échec",
    "link-down": "lien coupé",
    "unreachable": "injoignable",
    "lost": "perdu de vue",
    "stopped": "arrêté",
    "untouched": "non commencé",
    "absent": "non déployé",
}
WHOLE = frozenset({"Hôte", "État", "Instantané", "Date", "Dernier passage"})
"""Columns that are never folded."""
SIGNS: dict[Outcome, str] = {
    "done": "✓",
    "incomplete": "◐",
    "failed": "✗",
    "link-down": "⊘",
    "unreachable": "⊘",
    "lost": "⊘",
    "stopped": "–",
    "untouched": "–",
    "absent": "✗",
}
STYLES: dict[Outcome, str] = {
    "done": "green",
    "incomplete": "bold yellow",
    "failed": "bold red",
    "link-down": "bold yellow",
    "unreachable": "bold yellow",
    "lost": "bold yellow",
    "stopped": "bold yellow",
    "untouched": "dim",
    "absent": "bold red",
}


def print_answers(
    answers: Sequence[Answer], plans: Mapping[str, HostPlan], verb: Verb, console: Console
) -> None:
    """Print one line per host: how it went, and what was counted."""
    table = _table(TITLES[verb], "Hôte", "Commune", "État")
    counted = [name for name in MEASURES if any(name in answer.measures for answer in answers)]
    for name in counted:
        table.add_column(MEASURES[name][0], justify="right", no_wrap=True)
    table.add_column("Durée", justify="right", no_wrap=True)
    for answer in answers:
        table.add_row(
            _text(answer.host),
            _text(plans[answer.host].place.commune_label),
            state(answer),
            *(_measure(name, answer.measures.get(name)) for name in counted),
            words.duration(answer.duration_s),
        )
    console.print(table)
    _remarks(answers, console)
    console.print(totals(answers))


def totals(answers: Sequence[Answer]) -> Text:
    """Return ``3 hôtes : fait 2, échec 1``."""
    seen = [answer.outcome for answer in answers]
    parts = [
        Text(f"{OUTCOMES[outcome]} {seen.count(outcome)}", STYLES[outcome])
        for outcome in OUTCOMES
        if outcome in seen
    ]
    line = Text(f"{words.number(len(answers), 'hôte', 'hôtes')} : ")
    return line.append_text(Text(", ").join(parts))


def state(answer: Answer) -> Text:
    """Return sign and word of an outcome; neither depends on colour."""
    return Text(f"{SIGNS[answer.outcome]} {OUTCOMES[answer.outcome]}", STYLES[answer.outcome])


MEASURES: dict[str, tuple[str, Callable[[float], str]]] = {
    "sent_bytes": ("Envoyé", words.size),
    "written_bytes": ("Écrit", words.size),
    "overwritten": ("Remplacés", lambda count: f"{count:.0f}"),
    "kept": ("Laissés", lambda count: f"{count:.0f}"),
    "total_bytes": ("Données", words.size),
    "files": ("Fichiers", lambda count: f"{count:.0f}"),
}
"""What a result may count, in the order of the columns; others stay in the JSON."""


def _measure(name: str, value: Any) -> str:
    if not isinstance(value, int | float):
        return ""
    return MEASURES[name][1](float(value))


def _table(title: str, *columns: str) -> Table:
    table = Table(title=Text(title), title_justify="left")
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=column in WHOLE)
    return table


def _text(text: str) -> Text:
    return Text(words.clean(text), overflow="fold")


def print_snapshots(
    answers: Sequence[Answer], plans: Mapping[str, HostPlan], console: Console
) -> None:
    """Print the nights that each host has in its repository, newest first."""
    for answer in answers:
        place = plans[answer.host].place
        title = f"{answer.host} · {place.commune_label}"
        if answer.outcome != "done":
            console.print(_text(title), state(answer), _text(answer.text))
            continue
        table = _table(title, "Instantané", "Date", "Fichiers", "Taille", "Dossiers")
        for one in sorted(answer.snapshots, key=lambda each: each.time, reverse=True):
            table.add_row(
                _text(one.id[:8]),
                _local(one.time, plans[answer.host]),
                "" if one.files is None else str(one.files),
                "" if one.bytes is None else words.size(one.bytes),
                _text(" ".join(one.paths)),
            )
        console.print(table)
    console.print(totals(answers))


def print_statuses(
    answers: Sequence[Answer], plans: Mapping[str, HostPlan], console: Console
) -> None:
    """Print what each host remembers of its nights."""
    table = _table(
        TITLES["status"],
        "Hôte", "Plage", "Dernier passage", "Réussite", "Manquées", "Exercice",
    )  # fmt: skip
    for answer in answers:
        plan = plans[answer.host]
        facts = answer.status or {}
        run, drill = _part(facts, "run"), _part(facts, "drill")
        heard = answer.outcome == "done"
        table.add_row(
            _text(answer.host),
            _window(plan),
            outcome_word(run, plan) if heard else state(answer),
            _text(_when(_part(facts, "success"), "at", plan)),
            _nights(facts, plan),
            outcome_word(drill, plan) if heard else "",
        )
    console.print(table)
    _remarks(answers, console)
    for answer in answers:
        run = _part(answer.status or {}, "run")
        if run.get("text") and run.get("outcome") != "done":
            console.print(_text(f"{answer.host} : {run['text']}"))
    console.print(totals(answers))


def outcome_word(part: Mapping[str, Any], plan: HostPlan) -> Text:
    """Return how a run or a drill ended, with its time; a dash when there was none."""
    if not part:
        return Text("– jamais", "dim")
    outcome = part.get("outcome")
    if outcome == "running":
        return Text("… en cours, ou coupé")
    if outcome not in OUTCOMES:
        return Text("? inconnu", "bold yellow")
    at = _when(part, "at", plan) or _when(part, "ended", plan)
    return Text(f"{SIGNS[outcome]} {OUTCOMES[outcome]} {at}".rstrip(), STYLES[outcome])


def to_json(
    answers: Sequence[Answer], plans: Mapping[str, HostPlan], verb: Verb, started: datetime
) -> bytes:
    """Return everything that was answered.

    Keys: ``command``, ``started``, ``finished`` and ``hosts``: the fields of ``Answer`` with
    ``commune`` and ``site``.
    """
    hosts = [
        {
            **msgspec.to_builtins(answer),
            "commune": plans[answer.host].place.commune,
            "site": plans[answer.host].place.site,
        }
        for answer in answers
    ]
    whole = {
        "command": verb,
        "started": started,
        "finished": datetime.now(UTC),
        "hosts": hosts,
    }
    return msgspec.json.format(msgspec.json.encode(whole), indent=1) + b"\n"


def _part(facts: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = facts.get(name)
    return part if isinstance(part, Mapping) else {}


def _when(part: Mapping[str, Any], key: str, plan: HostPlan) -> str:
    try:
        moment = datetime.fromisoformat(str(part.get(key) or ""))
    except ValueError:
        return ""
    # Without its year: what is that old shows in the nights missed.
    return f"{moment.astimezone(ZoneInfo(plan.timezone)):%d/%m %H:%M}"


def _local(moment: datetime, plan: HostPlan) -> str:
    """Return a time on the clocks of the town hall."""
    return f"{moment.astimezone(ZoneInfo(plan.timezone)):%d/%m/%Y %H:%M}"


def _remarks(answers: Sequence[Answer], console: Console) -> None:
    """Print what was said about each host in trouble, or about the only one."""
    for answer in answers:
        if answer.text and (answer.outcome != "done" or len(answers) == 1):
            console.print(_text(f"{SIGNS[answer.outcome]} {answer.host} : {answer.text}"))


def _window(plan: HostPlan) -> str:
    if plan.backup is None:
        return ""
    return plan.backup.window.start


def _nights(facts: Mapping[str, Any], plan: HostPlan) -> Text:
    missed = facts.get("nights_failed")
    if not isinstance(missed, int):
        return Text("?")
    alert = plan.backup is not None and missed >= plan.backup.alert_nights
    return Text(f"✗ {missed}" if alert else str(missed), "bold red" if alert else "")

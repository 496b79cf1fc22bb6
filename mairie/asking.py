"""Ask hosts about their backups with progress on the console: what commands and the lab call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from rich.console import Console

from mairie.backups.ask import Answer, Ask, Verb
from mairie.backups.fleet import Lane, ask_all
from mairie.plan.host import HostPlan
from mairie.report.transfers import TransferProgress
from mairie.transport import Transport

HEAVY: frozenset[Verb] = frozenset({"now", "drill"})
"""What fills an uplink: one host of a site at a time."""


def ask_hosts(
    plans: Mapping[str, HostPlan],
    transport: Callable[[str], Transport],
    verb: Verb,
    arguments: Sequence[str] = (),
    *,
    console: Console,
    parallel: int = 1,
) -> list[Answer]:
    """Ask each host; return the answers in the order of the plans. Main thread only.

    Args:
        plans: by full host name; each has a brick ``backup``.
        transport: the way to a host.
        verb: what to ask.
        arguments: more arguments for ``mairie-backup``.
        console: where progress goes.
        parallel: how many sites at the same time.

    """

    def announce(at_work: int) -> None:
        console.print(
            f"Interruption : {at_work} hôtes s'arrêtent, aucun autre ne commence ; "
            "interrompre encore pour les laisser continuer seuls.",
            style="bold yellow",
        )

    questions = [Ask(name, transport(name), verb, tuple(arguments)) for name in plans]
    with TransferProgress(len(questions), console) as progress:
        answers = ask_all(
            _lanes(questions, plans) if verb in HEAVY else [[one] for one in questions],
            parallel=parallel,
            on_event=progress.event,
            on_answer=progress.answer,
            on_interrupt=announce,
        )
    by_host = {answer.host: answer for answer in answers}
    return [by_host[name] for name in plans]


def _lanes(questions: Sequence[Ask], plans: Mapping[str, HostPlan]) -> list[Lane]:
    """Return one lane per site: its hosts share an uplink."""
    lanes: dict[tuple[str, str], list[Ask]] = {}
    for question in questions:
        place = plans[question.host].place
        lanes.setdefault((place.commune, place.site), []).append(question)
    return list(lanes.values())

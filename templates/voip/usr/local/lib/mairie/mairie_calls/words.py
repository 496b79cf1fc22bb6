"""Calls as a person reads them, in French."""

from __future__ import annotations

from collections.abc import Mapping

from mairie_calls.live import Call
from mairie_calls.records import Record

ENDINGS = {
    "ANSWERED": "répondu",
    "NO ANSWER": "sans réponse",
    "BUSY": "occupé",
    "FAILED": "échec",
    "CONGESTION": "lignes saturées",
    "nobody": "sans réponse",
    "waited": "sans réponse",
    "message": "messagerie",
    "failed": "échec",
    "refused": "refusé",
    "spent": "plafond du jour atteint",
}
KINDS = {"emergency": "URGENCE", "group": "groupe", "commune": "autre commune"}


def duration(seconds: int) -> str:
    """Return minutes and seconds: ``1:05``."""
    return f"{seconds // 60}:{seconds % 60:02d}"


def place(number: str, names: Mapping[str, str]) -> str:
    """Return a number with its name, when it has one here."""
    name = names.get(number, "")
    return f"{number} {name}".strip() or "inconnu"


def kind(what: str) -> str:
    """Return what a call was; of one that was refused, the class of the number."""
    what = what.removeprefix("refused-").removeprefix("spent-")
    return KINDS.get(what, what)


def now(calls: list[Call], names: Mapping[str, str]) -> list[str]:
    """Return a line for each call that goes on."""
    lines = []
    for call in calls:
        ends = [place(end, names) for end in call.ends]
        if len(ends) == 1:
            ends.append(place(call.numbers[0], names))
        state = duration(call.seconds) if call.answered else "sonne"
        lines.append("\t".join((state, " — ".join(ends))))
    return lines or ["personne n'est au téléphone"]


def before(records: list[Record], names: Mapping[str, str]) -> list[str]:
    """Return a line for each call that ended."""
    return [
        "\t".join(
            (
                record.begin[:16],
                place(record.phone or record.caller, names),
                place(record.called, names),
                duration(record.seconds) if record.ending == "ANSWERED" else "-",
                ENDINGS.get(record.ending, record.ending),
                kind(record.what),
            )
        ).rstrip("\t")
        for record in records
    ] or ["aucun appel n'est noté"]

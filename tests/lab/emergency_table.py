"""The emergency calls that were made in the lab, as a page: every phone, number and condition."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby

HEAD = """\
# Emergency calls, seen

```
./dev test -m voice tests/lab/test_voip.py -k emergencies --emergencies docs/emergencies.md
```

Every phone of two communes dialled every emergency number, by softphones and against two operators
made of other Asterisks. A call counts when the operator has it, from the right customer, with the
right caller's number, and had none like it before; the table says after how many seconds. Rights
change nothing: `inside` may call nobody else outside. What each telephone host of yours answers
about its own phones is in the page of `mairie verify` ([report.md](report.md#emergencies)).

| | |
| --- | --- |
| channels taken | those of every operator: the one kept for emergencies, by another emergency |
| hub cut | a phone whose site has no telephone host reaches it through the hub: it calls nobody |
| main operator cut | the first call waits up to 16 s, until that operator is found silent |
"""


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls of one phone to every emergency number, under one condition."""

    condition: str
    phone: str
    """Of commune and key: ``rurutu accueil``."""
    right: str
    way: tuple[str, str] | None
    """Operator that must get the calls and number that it must be shown; None: there is no way."""
    why: str
    """Why there is no way."""
    took_s: Mapping[str, float | None]
    """By number, seconds until the operator had the call; None: it never had."""


def page(calls: Iterable[Calls]) -> str:
    """Return the page, a table for each commune."""
    parts = [HEAD]
    known = sorted(calls, key=_commune)
    for commune, of_commune in groupby(known, _commune):
        listed = list(of_commune)
        numbers = tuple(dict.fromkeys(number for each in listed for number in each.took_s))
        head = ["phone", "right", "condition", "reaches", "as", *numbers]
        parts.append(f"\n## {commune.capitalize()}\n\n{_row(head)}{_row(['---'] * len(head))}")
        order = tuple(dict.fromkeys(each.phone for each in listed))
        parts += (
            _row(_cells(each, numbers))
            for each in sorted(listed, key=lambda each: order.index(each.phone))
        )
    return "".join(parts)


def _cells(calls: Calls, numbers: tuple[str, ...]) -> list[str]:
    name = calls.phone.partition(" ")[2]
    first = [name, calls.right, calls.condition]
    if calls.way is None:
        return [*first, f"nobody: {calls.why}", "", *("" for _ in numbers)]
    return [*first, *calls.way, *(_seconds(calls.took_s.get(number)) for number in numbers)]


def _seconds(took_s: float | None) -> str:
    return "**never**" if took_s is None else f"{took_s:.1f} s"


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |\n"


def _commune(calls: Calls) -> str:
    return calls.phone.partition(" ")[0]

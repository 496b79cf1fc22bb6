"""What was tried against a telephone host in the last day, for controls and for letters.

Of the standard library alone: hosts have this file beside the program that writes letters.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

_REFUSED = {
    "ChallengeResponseFailed": "mauvais mot de passe",
    "InvalidPassword": "mauvais mot de passe",
    "InvalidAccountID": "poste inconnu",
    "FailedACL": "hors de son réseau",
}
_EVENT = re.compile(r'^\[([^]]+)\] SECURITY\[\d+\] [^ ]+ SecurityEvent="(\w+)"(.*)$')
_FIELD = re.compile(r',(\w+)="((?:[^"\\]|\\.)*)"')
_MOST_NAMED = 3
_REFUSED_CALLS = ("refused-", "spent-")


Refusals = dict[str, Counter[tuple[str, str]]]
"""Address → reason and number of the phone → how often."""


def refused_log_ins(logs: Iterable[Path], since: datetime, own: frozenset[str]) -> Refusals:
    """Return who was refused, and how often.

    Args:
        logs: security logs of Asterisk; one that was not written to since then is not read.
        since: aware moment.
        own: addresses of this host, whose own questions do not count.

    Returns:
        by address, as packets bear it: in UDP it may be forged.

    """
    found: Refusals = {}
    for line in _lines(logs, since):
        match = _EVENT.match(line)
        if match is None or match[2] not in _REFUSED or _moment(match[1]) < since:
            continue
        fields = dict(_FIELD.findall(match[3]))
        source = fields.get("RemoteAddress", "").split("/")
        address = source[2] if len(source) > 2 else "?"
        if address in own:
            continue
        account = re.sub(r"[^\w.+*-]", "?", fields.get("AccountID", ""))[:20]
        found.setdefault(address, Counter())[_REFUSED[match[2]], account] += 1
    return found


def what(address: str, refusals: Refusals) -> str:
    """Return why an address was refused most often, and as which phones."""
    counts = refusals[address]
    reasons = Counter[str]()
    for (reason, _), count in counts.items():
        reasons[reason] += count
    most = reasons.most_common(1)[0][0]
    accounts = [account for (reason, account), _ in counts.most_common() if reason == most]
    more = " …" if len(accounts) > _MOST_NAMED else ""
    return f"{most} {', '.join(accounts[:_MOST_NAMED])}{more}"


def refused_calls(
    records: Iterable[Path], since: datetime, kinds: tuple[str, ...] = _REFUSED_CALLS
) -> Counter[str]:
    """Return how often each phone called what it may not, or beyond the day's cap.

    Args:
        records: files of call records; one that was not written to since then is not read.
        since: aware moment.
        kinds: how what it was begins: ``refused-`` by its right, ``spent-`` by the cap.

    """
    found: Counter[str] = Counter()
    for row in csv.reader(_lines(records, since)):
        if len(row) < 9 or not row[8].startswith(kinds):
            continue
        if datetime.fromisoformat(row[0]).replace(tzinfo=since.tzinfo) >= since:
            found[row[2] or row[3]] += 1
    return found


def flooders(listed: Mapping[str, Any]) -> dict[str, int]:
    """Return address → packets refused, from ``nft --json list set``."""
    sets = [item["set"] for item in listed["nftables"] if "set" in item]
    elements = [element["elem"] for each in sets for element in each.get("elem", ())]
    return {each["val"]: each["counter"]["packets"] for each in elements}


def worst(counts: Mapping[str, int], words: Mapping[str, str] | None = None) -> str:
    """Return the largest counts in words: ``10.44.3.60 (237), 10.44.3.61 (4) …``."""
    first = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    named = [
        f"{name} ({count}{', ' + words[name] if words else ''})"
        for name, count in first[:_MOST_NAMED]
    ]
    return ", ".join(named) + (" …" if len(first) > _MOST_NAMED else "")


def _lines(paths: Iterable[Path], since: datetime) -> Iterator[str]:
    for path in paths:
        if path.stat().st_mtime >= since.timestamp():
            with path.open(errors="replace") as file:
                yield from file


def _moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S%z")

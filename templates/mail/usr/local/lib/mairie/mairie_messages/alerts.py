"""Tells by mail that somebody attacks the telephone system, or that its money is spent.

Counts what the controls of the brick voip count, with the same code; once a day at most for each
kind. What the queue does not take now, the next run tells.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mairie_messages import settings as mail_settings
from mairie_messages.letter import QueueError, hand_over, letter

if TYPE_CHECKING:
    from mairie import attempts as tried
else:
    from mairie_messages import tried  # the same file, placed beside this one

SETTINGS = Path("/etc/mairie/alerts.json")
STATE = Path("/var/lib/mairie-alerts")
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Alert:
    """What has to be told."""

    kind: str
    subject: str
    found: str
    todo: str


def main() -> int:
    """Look once, tell what is new; return 1 when something could not be looked at, or told."""
    told = json.loads(SETTINGS.read_text(encoding="utf-8"))
    now = datetime.now().astimezone()
    failed = 0
    for look in (_passwords, _floods, _calls):
        try:
            for alert in look(told, now - DAY):
                tell(alert, told["commune"], STATE, now)
        except QueueError as error:
            print(f"the queue takes nothing: {error}", file=sys.stderr)
            return 1
        except (OSError, LookupError, ValueError, subprocess.SubprocessError) as error:
            # What cannot be looked at must not keep the rest from being told.
            print(f"{look.__name__} could not be looked at, or told: {error!r}", file=sys.stderr)
            failed = 1
    return failed


def tell(alert: Alert, commune: str, state: Path, now: datetime) -> None:
    """Hand a letter to the queue, if none of its kind was in the last day.

    Raises:
        QueueError: the queue takes nothing now.

    """
    mark = state / alert.kind
    # A mark of tomorrow is of a clock that was wrong.
    if mark.exists() and timedelta() <= now - _time_of(mark) < DAY:
        return
    settings = mail_settings.load()
    text = (
        f"{alert.found}\n\nQue faire : {alert.todo}\n\n"
        "Ce message part une fois par jour au plus. Pour voir où on en est : mairie verify, "
        "contrôles VOI-42 à VOI-45.\n"
    )
    subject = f"Téléphones de {commune} : {alert.subject}"
    hand_over(settings, letter(settings, settings.sender, subject, text))
    mark.touch()


def _time_of(mark: Path) -> datetime:
    return datetime.fromtimestamp(mark.stat().st_mtime).astimezone()


def _passwords(told: dict[str, Any], since: datetime) -> Iterator[Alert]:
    logs = _files(told["logs"], told["security"])
    found = tried.refused_log_ins(logs, since, frozenset(told["own"]))
    counts = {address: reasons.total() for address, reasons in found.items()}
    held = _said(["journalctl", "-q", "--no-pager", "-o", "cat", "--since=-24h", "-t", told["tag"]])
    if sum(counts.values()) > told["alert"] or held:
        words = {address: tried.what(address, found) for address in found}
        lines = [f"{sum(counts.values())} connexions de téléphones ont été refusées en un jour."]
        lines += [f"D'où : {tried.worst(counts, words)}."] if counts else []
        lines += [f"Tenu à l'écart : {line}" for line in held.splitlines()[-3:]]
        yield Alert(
            "passwords",
            "quelqu'un devine des mots de passe, ou un poste a le mauvais",
            "\n".join(lines),
            "chercher l'appareil à cette adresse dans les baux DHCP et le débrancher ; si c'est "
            "un poste, changer son mot de passe.",
        )


def _floods(told: dict[str, Any], _since: datetime) -> Iterator[Alert]:
    found: dict[str, int] = {}
    for name, ending in told["sets"].items():
        shown = _said(["nft", "--json", "list", "set", "inet", "mairie", name])
        for address, packets in tried.flooders(json.loads(shown)).items():
            found[f"{address}{ending}"] = packets
    over = {address: packets for address, packets in found.items() if packets > told["burst"]}
    if over:
        yield Alert(
            "flood",
            "le standard est inondé",
            f"Messages jetés par le pare-feu, par adresse : {tried.worst(over)}.",
            "chercher l'appareil à cette adresse, ou dans ce réseau, et le débrancher. Une adresse "
            "peut être empruntée : le commutateur dit par quel port.",
        )


def _calls(told: dict[str, Any], since: datetime) -> Iterator[Alert]:
    records = _files(told["records"], "calls")
    refused = tried.refused_calls(records, since, ("refused-",))
    if refused.total() > told["alert"]:
        yield Alert(
            "calls",
            "un poste insiste vers des numéros interdits",
            f"{refused.total()} appels refusés en un jour, postes {tried.worst(refused)}.",
            "demander à qui s'en sert, puis changer le mot de passe du poste.",
        )
    spent = tried.refused_calls(records, since, ("spent-",))
    if spent:
        yield Alert(
            "cap",
            "le plafond de dépense du jour est atteint",
            f"{spent.total()} appels payants refusés, postes {tried.worst(spent)}. Les urgences et "
            "les appels gratuits passent.",
            "regarder qui a appelé (mairie calls) ; si c'est normal, relever spending dans le "
            "fichier de la commune.",
        )


def _files(folder: str, beginning: str) -> list[Path]:
    """Return files by the beginning of their names; glob() would find none where it may not look.

    Raises:
        OSError: the folder cannot be read.

    """
    return sorted(path for path in Path(folder).iterdir() if path.name.startswith(beginning))


def _said(command: list[str]) -> str:
    asked = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return asked.stdout


if __name__ == "__main__":
    sys.exit(main())

"""Controls of brick records: what is recorded of visitors, who can read it, and when it goes.

Numbers: ANSSI, Guide d'hygiène informatique 2.0 (2017), 42 measures; CPCE: code des postes et des
communications électroniques. No message shows an address.
"""

import json
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from mairie.files import TemplateFile
from mairie.files.backup import CLIENT_SETTINGS
from mairie.files.records import COMMAND, FOLDER, LOG, SERVICE, STATE, TIMER, files
from mairie.host.control import control
from mairie.host.drift import Drift
from mairie.host.looks.unit import changed_since_start, is_active
from mairie.host.probe import CannotLookError, Probe, said
from mairie.plan.host import HostPlan
from mairie.plan.parts.records import RecordsPlan

CHECK = f"{COMMAND} check"
FRESH_S = 60
"""The recorder says every few seconds how it is."""
SETTLED_S = 10
"""What began less than this ago may not be on the disk yet."""
LOOKED_AT = 200
"""Open connections that are compared with the records."""


def keeps(plan: HostPlan) -> bool:
    """Whether this host has visitors."""
    return plan.records is not None


def records_of(plan: HostPlan) -> RecordsPlan:
    """Return the plan of a gateway that has visitors."""
    assert plan.records is not None
    return plan.records


def ahead(plan: HostPlan, probe: Probe) -> None:
    """Begin what reads every day of a year."""
    probe.start([CHECK] if keeps(plan) else [])


def state() -> dict[str, Any]:
    """Return what the recorder says of itself."""
    try:
        found: dict[str, Any] = json.loads(Path(STATE).read_text())
    except FileNotFoundError:
        raise CannotLookError("l'enregistreur n'a encore rien dit") from None
    return found


# Service ------------------------------------------------------------------------------------------


@control(
    "REC-01",
    title="L'enregistreur et l'effacement sont en service, maintenant et au démarrage",
    reason="Un jour sans registre ne se rattrape pas ; un registre jamais effacé est une faute.",
    severity="critical",
    references=("CPCE L34-1",),
    each=lambda plan: (SERVICE, TIMER) if plan.records else (),
)
def test_in_service(subject: str, probe: Probe) -> None:
    enabled = probe(f"systemctl is-enabled {subject}").stdout.strip()
    active = probe(is_active(subject)).stdout.strip()
    assert (enabled, active) == ("enabled", "active"), f"{enabled or 'absent'}, {active}"


@control(
    "REC-02",
    title="Les fichiers de l'enregistreur sont ceux du plan",
    reason="Une retouche à la main change ce qui est enregistré, ou combien de temps.",
    severity="high",
    references=("ANSSI hygiène 16",),
    each=lambda plan: {file.path: file for file in files(plan)},
)
def test_file(subject: TemplateFile, drift: Drift) -> None:
    found = drift("records", subject.path)
    assert not found, found


@control(
    "REC-03",
    title="L'enregistreur tourne avec ses fichiers d'aujourd'hui",
    reason="Il les lit à son démarrage : une durée ou un réseau changés ne compteraient pas.",
    severity="medium",
    references=("ANSSI hygiène 6",),
    applies=keeps,
)
def test_has_read_them(probe: Probe, plan: HostPlan) -> None:
    late = changed_since_start(probe, SERVICE, (file.path for file in files(plan)))
    assert not late, f"changés depuis son démarrage : {', '.join(late)}"


# What is recorded ---------------------------------------------------------------------------------


@control(
    "REC-10",
    title="Chaque connexion ouverte des visiteurs est au registre, et aucune autre",
    reason="Une connexion absente, et c'est la mairie qui répond de ce qu'un visiteur a fait.",
    severity="critical",
    references=("CPCE L34-1", "décret 2021-1362 art. 5"),
    each=lambda plan: ("visiteurs", "autres") if plan.records else (),
)
def test_recorded(subject: str, probe: Probe, plan: HostPlan) -> None:
    records = records_of(plan)
    if subject == "visiteurs":
        listed = "conntrack -L --src-nat -o id --orig-src "
        for prefix in (records.prefix_ipv4, records.prefix_ipv6):
            # First who is connected, then what was written of them.
            absent = _absent(_ids(said(probe(f"{listed}{prefix} 2>/dev/null"))))
            assert not absent, f"{len(absent)} connexions ouvertes ne sont pas au registre"
        return
    others = [
        item.prefix_ipv4.rpartition(".")[0]
        for item in plan.network.segments
        if item.segment != records.segment
    ]
    written = _newest_days()
    found = [prefix for prefix in others if f'"source":"{prefix}.' in written]
    assert not found, f"des réseaux qui ne sont pas publics y sont : {', '.join(found)}"


def _absent(numbers: list[str]) -> list[str]:
    """Return which connections are not written down, given the time that it takes."""
    patience = time.monotonic() + SETTLED_S
    while numbers:
        written = _newest_days()
        numbers = [number for number in numbers if f'"id":"{number}"' not in written]
        if time.monotonic() > patience:
            break
        time.sleep(SETTLED_S / 10)
    return numbers


def _newest_days() -> str:
    """Return what was written yesterday, when its day is still open, and today."""
    days = [datetime.now(UTC).date() - timedelta(days=ago) for ago in (1, 0)]
    newest = [path for day in days if (path := Path(FOLDER) / f"{day}.jsonl").exists()]
    return "".join(path.read_text(errors="replace") for path in newest)


def _ids(listed: str) -> list[str]:
    """Return the kernel's numbers of connections in what ``conntrack -L`` says.

    It lists some of the gateway's own as translated that are not: dnsmasq's ping of an address
    before it gives it away. Their answers go where they came from.
    """
    translated = []
    for line in listed.splitlines():
        words = line.split()
        source, *_ = [word for word in words if word.startswith("src=")]
        *_, answered = [word for word in words if word.startswith("dst=")]
        if source.removeprefix("src=") != answered.removeprefix("dst="):
            translated.append(words[-1].removeprefix("id="))
    return translated[:LOOKED_AT]


@control(
    "REC-11",
    title="Rien ne manque au registre depuis minuit, ou depuis le démarrage de l'enregistreur",
    reason="Un flot de connexions, un disque plein : ce qui n'a pas été écrit ne sera jamais là.",
    severity="high",
    references=("CPCE L34-1", "ANSSI hygiène 36"),
    applies=keeps,
)
def test_nothing_missing() -> None:
    found = state()
    age = datetime.now(UTC) - datetime.fromisoformat(found["time"].replace("Z", "+00:00"))
    assert age < timedelta(seconds=FRESH_S), f"l'enregistreur se tait depuis {age}"
    words = {
        "lost": "fois où le noyau n'a pas pu tout dire",
        "omitted": "lignes sans place : la limite du jour, ou d'un appareil, est atteinte",
        "refused": "lignes que le disque a refusées",
    }
    missing = [f"{found[name]} {text}" for name, text in words.items() if found[name]]
    assert not missing, " ; ".join(missing)


# Who can read it ----------------------------------------------------------------------------------


@control(
    "REC-20",
    title="Root seul lit le registre",
    reason="Qui s'est connecté d'où n'est que pour l'autorité qui le demande par écrit.",
    severity="critical",
    references=("RGPD art. 32", "ANSSI hygiène 8"),
    each=lambda plan: (FOLDER, LOG) if plan.records else (),
)
def test_private(subject: str) -> None:
    folder = Path(subject)
    found = [
        f"{path} ({path.stat().st_mode & 0o777:o})"
        for path in (folder, *sorted(folder.iterdir()))
        if path.stat().st_mode & 0o077 or path.stat().st_uid
    ]
    assert not found, ", ".join(found[:5])


@control(
    "REC-21",
    title="Le registre n'est dans aucune sauvegarde",
    reason="Une copie qui vit plus longtemps que le registre garde ce que la loi fait effacer.",
    severity="high",
    references=("CPCE L34-1", "RGPD art. 5-1-e"),
    applies=keeps,
)
def test_not_saved() -> None:
    settings = json.loads(Path(CLIENT_SETTINGS).read_text())
    inside = [path for path in settings["folders"] if f"{path}/".startswith(f"{FOLDER}/")]
    assert FOLDER in settings["excludes"], f"{FOLDER} n'est pas exclu"
    assert not inside, f"sauvegardé : {', '.join(inside)}"


# What becomes of it -------------------------------------------------------------------------------


@control(
    "REC-30",
    title="Les jours clos et les réquisitions sont ce qui a été écrit",
    reason="Un registre que quelqu'un a pu retoucher ne prouve plus rien.",
    severity="critical",
    references=("ANSSI hygiène 36",),
    applies=keeps,
)
def test_intact(probe: Probe) -> None:
    done = probe(CHECK)
    if done.rc not in (0, 4):
        raise CannotLookError(done.stderr.strip()[-300:])
    assert done.ok, " ; ".join(done.lines[:5])


@control(
    "REC-31",
    title="Aucun jour n'est gardé au-delà de sa durée",
    reason="La loi dit combien de temps ; le lendemain, c'est une conservation illégale.",
    severity="critical",
    references=("CPCE L34-1", "RGPD art. 5-1-e"),
    applies=keeps,
)
def test_erased(plan: HostPlan) -> None:
    today = datetime.now(UTC).date()
    late = [
        path.name
        for path in sorted(Path(FOLDER).glob("????-??-??.jsonl*"))
        # The timer has the whole of the first day: it runs in its first half hour.
        if (today - (day := date.fromisoformat(path.name[:10]))).days > kept(plan, day) + 1
    ]
    assert not late, f"{len(late)} jours de trop, dont {late[0]}"


def kept(plan: HostPlan, day: date) -> int:
    """Return for how long a day is kept by the law of that day."""
    periods = records_of(plan).periods
    text = f"{day}"
    return max(
        (item.days for item in periods if item.start <= text <= (item.end or text)), default=0
    )

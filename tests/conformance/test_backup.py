"""Controls of brick backup: what a host sends every night, and what its hub keeps of it.

Numbers: ANSSI, Guide d'hygiène informatique 2.0 (2017), 42 measures; ANSSI-BP-028 2.0 (2022).
Passwords and credentials are read in this process only: no command line holds one, no message
shows one. What a host may do to its copies is asked of the real server, with names that no
repository holds: nothing is changed by asking.
"""

import base64
import hashlib
import http.client
import ipaddress
import json
import os
import re
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from mairie.files import TemplateFile
from mairie.files.backup import (
    BACKUP,
    CACHE,
    CANARY,
    CLIENT_STATE,
    CLIENT_TIMERS,
    CREDENTIAL,
    ENGINE_PACKAGES,
    HOOKS,
    KEYS,
    PASSWORD,
    REPOSITORIES,
    SOCKETS,
    STATE,
    STORE_STATE,
    STORE_TIMERS,
    STORE_USER,
    environment,
    files,
    htpasswd,
    instance,
    key,
)
from mairie.host.control import control
from mairie.host.probe import Output, Probe
from mairie.plan.host import BackupPlan, Database, HostPlan, HostSecrets, StoredHost, StorePlan
from mairie.render import render

AHEAD = timedelta(hours=1)
"""A copy from further in the future was not dated by a right clock."""
UPKEEP = timedelta(hours=36)
"""Between two upkeeps of the store: a day, and what a long one may take."""
SETTLED = timedelta(hours=1)
"""Four rounds of a quarter of an hour."""
NOBODYS = "0" * 64
"""Name of no file: restic names files after the SHA-256 of what they hold."""
SHARED = ("/etc", "/home", "/root", "/run", "/srv", "/tmp", "/var/tmp")
"""Where a copy of a secret could be left."""
PATIENCE_S = 20
LIST = f"timeout 45 {BACKUP} list --json"
AT_ONCE = 12
"""Questions to a store at the same time: over a satellite each takes more than a second."""
INSIDE = ("data", "index", "keys", "snapshots")
"""What a repository holds that nobody may delete."""
TOOLS = {"postgresql": "pg_dump", "mariadb": "mariadb-dump", "sqlite": "sqlite3"}


class CannotLookError(Exception):
    """The control could not see: its outcome is unknown."""


def said(output: Output) -> str:
    """Return stdout of a command that had to succeed.

    Raises:
        CannotLookError: it failed.

    """
    if not output.ok:
        raise CannotLookError(f"« {output.command} » : {output.stderr.strip()[-300:]}")
    return output.stdout


def backup_of(plan: HostPlan) -> BackupPlan:
    """Return the plan of a host that saves itself."""
    assert plan.backup is not None
    return plan.backup


def store_of(plan: HostPlan) -> StorePlan:
    """Return the plan of a hub."""
    assert plan.store is not None
    return plan.store


def saves(plan: HostPlan) -> bool:
    """Whether this host saves itself."""
    return plan.backup is not None


def keeps(plan: HostPlan) -> bool:
    """Whether this host keeps the copies of others."""
    return plan.store is not None


def kept(plan: HostPlan) -> tuple[StoredHost, ...]:
    """Return the hosts whose copies are kept here."""
    return plan.store.hosts if plan.store else ()


def shown(probe: Probe, unit: str, *names: str) -> dict[str, str]:
    """Return properties of a unit."""
    wanted = " ".join(f"-p {name}" for name in names)
    lines = said(probe(f"systemctl show {unit} {wanted}")).splitlines()
    return dict(line.partition("=")[::2] for line in lines)


def moment(text: str) -> datetime:
    """Return a time as restic or the programs write it; their nanoseconds are cut."""
    return datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text))


def ago(span: timedelta) -> str:
    """Return a span for people."""
    hours = span.total_seconds() / 3600
    return f"{hours:.0f} h" if abs(hours) < 72 else f"{hours / 24:.0f} jours"


@pytest.fixture(scope="session", autouse=True)
def slow_commands(plan: HostPlan, probe: Probe) -> None:
    """Ask everything at once: what waits for a link waits once."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        asked = [pool.submit(remember, question) for question in questions(plan)]
        if saves(plan):
            probe.load([LIST, canary_of(plan)])
        probe.load([opens(host) for host in kept(plan)] + [room(host) for host in kept(plan)])
        for each in asked:
            each.result()


# What a host needs to save itself -----------------------------------------------------------------


def tools(plan: HostPlan) -> tuple[str, ...]:
    """Return the programs a backup calls."""
    if plan.backup is None:
        return ()
    engines = {database.engine for database in plan.backup.databases}
    return ("restic", *(TOOLS[engine] for engine in sorted(engines)))


@control(
    "BAK-01",
    title="Les outils de la sauvegarde sont installés",
    reason="Sans eux, la nuit ne sauve rien.",
    severity="critical",
    references=("ANSSI hygiène 37",),
    each=tools,
)
def test_tools(subject: str, probe: Probe) -> None:
    packages = {TOOLS[engine]: names for engine, names in ENGINE_PACKAGES.items()}
    wanted = packages.get(subject, (subject,))
    assert probe(f"command -v {subject}").ok, f"{subject} manque (paquet {wanted[0]})"


@control(
    "BAK-02",
    title="La sauvegarde et son exercice partent seuls, maintenant et après un démarrage",
    reason="Une sauvegarde qu'il faut lancer à la main finit par ne plus être lancée.",
    severity="critical",
    references=("ANSSI hygiène 37",),
    each=lambda plan: CLIENT_TIMERS if plan.backup else (),
)
def test_timers(subject: str, probe: Probe) -> None:
    found = tuple(
        probe(f"systemctl {verb} {subject}").stdout.strip() for verb in ("is-active", "is-enabled")
    )
    assert found == ("active", "enabled"), f"{subject} : {' '.join(found)}"


@control(
    "BAK-03",
    title="La prochaine sauvegarde est à l'heure du plan",
    reason="Chaque hôte a sa plage : deux à la fois étoufferaient un lien ou le concentrateur.",
    severity="high",
    references=("ANSSI hygiène 37",),
    applies=saves,
)
def test_next_night(probe: Probe, plan: HostPlan) -> None:
    wanted = backup_of(plan).window.start
    found = next_time(probe, plan, "mairie-backup.timer")
    assert f"{found:%H:%M}" == wanted, f"prochaine à {found:%H:%M}, le plan dit {wanted}"


@control(
    "BAK-03",
    title="La prochaine sauvegarde est à l'heure du plan",
    reason="Chaque hôte a sa plage : deux à la fois étoufferaient un lien ou le concentrateur.",
    severity="high",
    references=("ANSSI hygiène 37",),
    each=lambda plan: ("exercice",) if plan.backup else (),
)
def test_next_drill(subject: str, probe: Probe, plan: HostPlan) -> None:
    drill = backup_of(plan).drill
    found = next_time(probe, plan, "mairie-drill.timer")
    wanted = f"{drill.day:02} {drill.at}"
    assert f"{found:%d %H:%M}" == wanted, f"{subject} le {found:%d %H:%M}, le plan dit {wanted}"


def next_time(probe: Probe, plan: HostPlan, timer: str) -> datetime:
    """Return when a timer elapses next, in the host's time zone."""
    listed = json.loads(said(probe(f"systemctl list-timers --all --output=json {timer}")))
    times = [item["next"] for item in listed if item["unit"] == timer and item["next"]]
    assert times, f"{timer} n'a pas de prochaine échéance"
    return datetime.fromtimestamp(times[0] / 1e6, ZoneInfo(plan.timezone))


@control(
    "BAK-04",
    title="Une nuit passée sans courant est rattrapée",
    reason="Les coupures des îles tombent aussi la nuit.",
    severity="medium",
    references=("ANSSI hygiène 37",),
    each=lambda plan: CLIENT_TIMERS if plan.backup else (),
)
def test_catches_up(subject: str, probe: Probe) -> None:
    found = shown(probe, subject, "Persistent")["Persistent"]
    assert found == "yes", f"{subject} : Persistent={found}"


@control(
    "BAK-05",
    title="La sauvegarde ne prend que sa part de la machine",
    reason="Elle ne doit ni ralentir la téléphonie ni faire tuer un service par manque de mémoire.",
    severity="medium",
    references=("ANSSI-BP-028 R65",),
    each=lambda plan: ("mairie-backup.service", "mairie-drill.service") if plan.backup else (),
)
def test_limits(subject: str, probe: Probe, plan: HostPlan) -> None:
    backup = backup_of(plan)
    found = shown(probe, subject, "CPUQuotaPerSecUSec", "MemoryMax", "IOWeight", "Nice")
    wanted = {
        "CPUQuotaPerSecUSec": f"{backup.cpu_percent * 10}ms",
        "MemoryMax": str(backup.memory_bytes),
        "IOWeight": "20",
        "Nice": "10",
    }
    if backup.cpu_percent % 100 == 0:
        wanted["CPUQuotaPerSecUSec"] = f"{backup.cpu_percent // 100}s"
    assert found == wanted, f"{found}, le plan dit {wanted}"


@dataclass(frozen=True)
class Guarded:
    """A file or folder and the rights it must have."""

    name: str
    rights: str
    """As ``stat -c '%a %U:%G'`` says them."""


def guarded(plan: HostPlan) -> tuple[Guarded, ...]:
    """Return what holds secrets or copies of data, on either end."""
    found: list[Guarded] = []
    if plan.backup is not None:
        found += [Guarded(path, "600 root:root") for path in (PASSWORD, CREDENTIAL)]
        found += [Guarded(path, "700 root:root") for path in (CLIENT_STATE, CACHE)]
    if plan.store is not None:
        found += [
            Guarded(KEYS, "700 root:root"),
            Guarded(f"{KEYS}/store-password", "600 root:root"),
        ]
    for host in kept(plan):
        found += [
            Guarded(key(host), "600 root:root"),
            Guarded(htpasswd(host), f"640 root:{STORE_USER}"),
            Guarded(f"{REPOSITORIES}/{host.name}", f"700 {STORE_USER}:{STORE_USER}"),
        ]
    return tuple(found)


@control(
    "BAK-06",
    title="Mots de passe, identifiants et copies ne sont lisibles que par qui doit",
    reason="Qui lit le mot de passe lit toutes les sauvegardes, donc toutes les données.",
    severity="critical",
    references=("ANSSI hygiène 11", "ANSSI-BP-028 R50"),
    each=guarded,
)
def test_modes(subject: Guarded, probe: Probe) -> None:
    output = probe(f"stat -c '%a %U:%G' {subject.name}")
    assert output.ok, f"{subject.name} manque"
    found = output.stdout.strip()
    assert found == subject.rights, f"droits {found}, attendus {subject.rights}"


@control(
    "BAK-07",
    title="Seul root dépose un programme à lancer avant la sauvegarde",
    reason="Ces programmes tournent avec tous les droits, chaque nuit.",
    severity="critical",
    references=("ANSSI hygiène 9", "ANSSI-BP-028 R50"),
    applies=saves,
)
def test_hooks(probe: Probe) -> None:
    assert Path(HOOKS).is_dir(), f"{HOOKS} manque"
    found = said(probe(f"find {HOOKS} '(' -not -user root -o -perm /022 ')' -print")).split()
    assert not found, f"modifiable par d'autres : {', '.join(found)}"


def secret_values(plan: HostPlan) -> list[bytes]:
    """Return the passwords and credentials on this disk.

    Raises:
        CannotLookError: one cannot be read.

    """
    found = []
    try:
        if plan.backup is not None:
            found += [Path(PASSWORD).read_text().strip(), credential()[1]]
        if plan.store is not None:
            found += [path.read_text().strip() for path in sorted(Path(KEYS).iterdir())]
    except OSError as error:
        raise CannotLookError(f"{error.filename} : {error.strerror}") from error
    return [value.encode() for value in found if value]


def credential() -> tuple[str, str]:
    """Return the user and the password of this host at its hub.

    Raises:
        CannotLookError: the file is not whole.

    """
    lines = Path(CREDENTIAL).read_text().splitlines()
    values = dict(line.split("=", 1) for line in lines if "=" in line)
    try:
        return values["RESTIC_REST_USERNAME"], values["RESTIC_REST_PASSWORD"]
    except KeyError as error:
        raise CannotLookError(f"{error} manque dans {CREDENTIAL}") from error


@control(
    "BAK-08",
    title="Aucun secret de sauvegarde n'apparaît dans la liste des processus",
    reason="Les arguments d'un programme se lisent par tous les comptes.",
    severity="critical",
    references=("ANSSI hygiène 11",),
    applies=lambda plan: saves(plan) or keeps(plan),
)
def test_no_secret_in_processes(plan: HostPlan) -> None:
    hidden = secret_values(plan)
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes()
        except OSError:  # it ended meanwhile
            continue
        name = words.split(b"\0")[0].decode(errors="replace")
        assert not any(value in words for value in hidden), f"dans les arguments de {name}"


@control(
    "BAK-09",
    title="Aucune copie lisible d'un secret de sauvegarde ne traîne",
    reason="Une copie oubliée ouvre toutes les nuits passées et à venir.",
    severity="high",
    references=("ANSSI hygiène 11", "ANSSI-BP-028 R50"),
    applies=lambda plan: saves(plan) or keeps(plan),
)
def test_no_copy(probe: Probe, plan: HostPlan) -> None:
    hidden = secret_values(plan)
    listed = probe(
        f"find {' '.join(SHARED)} -xdev -type f -size -64k -perm /044 -print0 2>/dev/null"
    )
    for name in filter(None, listed.stdout.split("\0")):
        try:
            text = Path(name).read_bytes()
        except OSError:
            continue
        assert not any(value in text for value in hidden), f"dans {name}"


# What reached the hub -----------------------------------------------------------------------------


def answers(probe: Probe) -> list[dict[str, Any]]:
    """Return what ``mairie-backup list`` said, one object per line."""
    return [json.loads(line) for line in probe(LIST).lines if line.startswith("{")]


def newest(probe: Probe) -> dict[str, Any]:
    """Return the newest copy the hub holds of this host.

    Raises:
        CannotLookError: the hub did not say.

    """
    found = answers(probe)
    if not found or found[-1].get("outcome") != "done":
        raise CannotLookError("le concentrateur n'a pas donné la liste des sauvegardes")
    copies = [item for item in found if item["kind"] == "snapshot"]
    assert copies, "le concentrateur n'a aucune sauvegarde de cet hôte"
    return max(copies, key=lambda item: moment(item["time"]))


@control(
    "BAK-10",
    title="Le dépôt de cet hôte répond et s'ouvre avec son mot de passe",
    reason="Un dépôt qu'on n'ouvre plus ne rendra rien.",
    severity="critical",
    references=("ANSSI hygiène 37",),
    applies=saves,
)
def test_repository_opens(probe: Probe, plan: HostPlan) -> None:
    found = answers(probe)
    assert found, f"{BACKUP} n'a rien dit : {probe(LIST).stderr.strip()[-300:]}"
    last = found[-1]
    if last.get("outcome") == "link-down" and in_upkeep(plan):
        raise CannotLookError("le dépôt est en entretien sur le concentrateur")
    assert last.get("outcome") == "done", str(last.get("text", ""))


def in_upkeep(plan: HostPlan) -> bool:
    """Whether the hub answers, and not for this host: its door is closed some minutes a day."""
    try:
        return answer(known_at_hub(plan)) >= 500
    except CannotLookError:
        return False


@control(
    "BAK-11",
    title="Le concentrateur a une sauvegarde récente de cet hôte",
    reason="Tout ce qui date d'après la dernière sauvegarde serait perdu.",
    severity="critical",
    references=("ANSSI hygiène 37",),
    applies=saves,
)
def test_fresh(probe: Probe, plan: HostPlan) -> None:
    age = datetime.now(UTC) - moment(newest(probe)["time"])
    limit = timedelta(days=backup_of(plan).alert_nights)
    assert age > -AHEAD, f"elle est datée de {ago(-age)} dans l'avenir"
    assert age <= limit, f"elle a {ago(age)}, au plus {ago(limit)}"


def state(name: str) -> Any:
    """Return a part of what this host knows of its own backups.

    Raises:
        CannotLookError: the file is not whole.

    """
    try:
        return json.loads(Path(STATE).read_text()).get(name)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise CannotLookError(f"{STATE} ne se lit pas : {error}") from error


@control(
    "BAK-12",
    title="La dernière sauvegarde est complète",
    reason="Une sauvegarde partielle se découvre sinon le jour où l'on restaure.",
    severity="high",
    references=("ANSSI hygiène 37", "ANSSI hygiène 36"),
    applies=saves,
)
def test_last_run(plan: HostPlan) -> None:
    run = state("run")
    assert run is not None, "cet hôte n'a jamais essayé de se sauvegarder"
    lost = int(state("nights_failed") or 0)
    limit = backup_of(plan).alert_nights
    assert lost < limit, f"{lost} nuits de suite sans sauvegarde : {run.get('text')}"
    if run.get("ended") is None:
        age = datetime.now(UTC) - moment(run["started"])
        assert age < timedelta(hours=12), f"commencée il y a {ago(age)}, jamais finie"
        return  # it runs now: what the night before left is judged by the other controls
    warnings = " ; ".join(run.get("warnings", ()))
    assert run["outcome"] == "done", f"{run['outcome']} : {run.get('text')} {warnings}".strip()


@control(
    "BAK-13",
    title="Le témoin de la dernière sauvegarde est celui de sa nuit",
    reason="Une sauvegarde peut se terminer sans erreur et ne rien contenir d'utile.",
    severity="critical",
    references=("ANSSI hygiène 37",),
    applies=saves,
)
def test_canary(probe: Probe, plan: HostPlan) -> None:
    copy = newest(probe)
    output = probe(canary_of(plan))
    assert output.ok, f"le témoin ne se restaure pas : {output.stderr.strip()[-300:]}"
    try:
        canary = json.loads(output.stdout)
        written = moment(canary["date"])
    except (ValueError, KeyError) as error:
        raise AssertionError("le témoin est illisible") from error
    assert canary["host"] == plan.name, f"il vient de {canary['host']}"
    age = moment(copy["time"]) - written
    assert abs(age) < timedelta(days=1), f"il a {ago(age)} de plus que la sauvegarde"


def canary_of(plan: HostPlan) -> str:
    """Return the command that takes the canary out of the newest copy; it names no secret."""
    return (
        f"set -a; . {CREDENTIAL}; RESTIC_PASSWORD_FILE={PASSWORD}; "
        f"RESTIC_REPOSITORY=rest:{backup_of(plan).repository}; exec timeout 45 "
        f"restic --cache-dir {CACHE} dump --no-lock --host {plan.name} latest {CANARY}"
    )


@control(
    "BAK-14",
    title="Les dossiers du plan sont dans la dernière sauvegarde",
    reason="Un dossier oublié ne manque que le jour où il faut le rendre.",
    severity="critical",
    references=("ANSSI hygiène 37",),
    each=lambda plan: plan.backup.folders if plan.backup else (),
)
def test_folders(subject: str, probe: Probe) -> None:
    if not Path(subject).exists():
        return  # nothing to save there
    paths = newest(probe)["paths"]
    held = any(subject == path or subject.startswith(f"{path.rstrip('/')}/") for path in paths)
    assert held, f"{subject} n'y est pas"


@control(
    "BAK-15",
    title="Cet hôte a prouvé récemment qu'il se restaure",
    reason="Une sauvegarde jamais restaurée n'est qu'un espoir.",
    severity="critical",
    references=("ANSSI hygiène 37",),
    applies=saves,
)
def test_drill(plan: HostPlan) -> None:
    last = state("drill")
    assert last is not None, "aucun exercice n'a encore eu lieu"
    success = state("drill_success")
    assert success is not None, f"aucun exercice n'a réussi : {last.get('text')}"
    limit = timedelta(days=backup_of(plan).drill.max_age_days)
    age = datetime.now(UTC) - moment(success["at"])
    assert age <= limit, f"le dernier exercice réussi a {ago(age)}, au plus {ago(limit)}"
    # A link that is down for an hour is no failed proof; the age above counts those.
    assert last["outcome"] != "failed", f"le dernier exercice a échoué : {last.get('text')}"


@control(
    "BAK-16",
    title="La copie de chaque base se recharge dans son moteur",
    reason="Un fichier de copie peut exister et ne pas se recharger.",
    severity="critical",
    references=("ANSSI hygiène 37",),
    each=lambda plan: plan.backup.databases if plan.backup else (),
)
def test_databases(subject: Database) -> None:
    proof = state("drill")
    if proof is None or "databases" not in proof:
        raise CannotLookError("aucun exercice n'est allé jusqu'aux bases")
    loaded = proof["databases"].get(subject.name)
    assert loaded is not None, f"elle ne s'est pas rechargée : {proof.get('text')}"
    copied = (state("run") or {}).get("databases", {}).get(subject.name, {})
    assert not copied.get("error"), f"la dernière copie a échoué : {copied['error']}"


@control(
    "BAK-17",
    title="La mémoire locale du dépôt est en place",
    reason="Sans elle, chaque nuit relirait l'index entier par le lien.",
    severity="medium",
    references=("ANSSI hygiène 37",),
    applies=saves,
)
def test_cache() -> None:
    found = [path for path in Path(CACHE).glob("*") if re.fullmatch("[0-9a-f]{64}", path.name)]
    assert found, f"{CACHE} ne connaît aucun dépôt"
    assert any((path / "index").is_dir() for path in found), f"{CACHE} n'a aucun index"


# What a host may do to its copies -----------------------------------------------------------------


@dataclass(frozen=True)
class Question:
    """One request to a store."""

    address: str
    method: str
    path: str
    user: str = ""
    password: str = field(default="", repr=False)


_remembered: dict[Question, int | str] = {}
"""Answers so far: a status, or why there was none."""


def remember(question: Question) -> None:
    """Ask a store, once in a verification."""
    if question not in _remembered:
        _remembered[question] = _put(question)


def _put(question: Question) -> int | str:
    headers = {}
    if question.user:
        pair = base64.b64encode(f"{question.user}:{question.password}".encode()).decode()
        headers["Authorization"] = f"Basic {pair}"
    connection = http.client.HTTPConnection(question.address, timeout=PATIENCE_S)
    try:
        connection.request(question.method, question.path, headers=headers)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return f"{question.address} ne répond pas : {error}"
    finally:
        connection.close()


def answer(question: Question) -> int:
    """Return the status a store answers with.

    Raises:
        CannotLookError: it does not answer.

    """
    remember(question)
    found = _remembered[question]
    if isinstance(found, str):
        raise CannotLookError(found)
    return found


def questions(plan: HostPlan) -> list[Question]:
    """Return all that is asked of a store from this host; nothing when it has no credential."""
    found = [strange(plan, host, user) for host in kept(plan) for user in strangers(plan, host)]
    if plan.backup is not None:
        with suppress(CannotLookError, OSError):
            found += [
                known_at_hub(plan),
                *(deletion(plan, folder) for folder in INSIDE),
                *(own(plan, "GET", path) for path in beside(plan)),
            ]
    return found


def own(plan: HostPlan, method: str, path: str) -> Question:
    """Return a request with this host's own credential."""
    user, password = credential()
    return Question(backup_of(plan).server, method, path, user, password)


def known_at_hub(plan: HostPlan) -> Question:
    """Return the request that every host may make."""
    return own(plan, "HEAD", f"/{plan.name}/config")


def deletion(plan: HostPlan, folder: str) -> Question:
    """Return the request to delete what does not exist."""
    return own(plan, "DELETE", f"/{plan.name}/{folder}/{NOBODYS}")


def beside(plan: HostPlan) -> tuple[str, ...]:
    """Return paths outside this host's own repository."""
    return ("/", "/../", f"/{plan.name}/..%2f", "/config") if plan.backup else ()


@control(
    "BAK-20",
    title="Cet hôte ne peut rien effacer de ses sauvegardes",
    reason="Qui prend la main sur l'hôte détruirait sinon ses sauvegardes avec le reste.",
    severity="critical",
    references=("ANSSI hygiène 37",),
    each=lambda plan: INSIDE if plan.backup else (),
)
def test_append_only(subject: str, plan: HostPlan) -> None:
    known = answer(known_at_hub(plan))
    if known != 200:
        raise CannotLookError(f"le concentrateur ne reconnaît pas cet hôte ({known})")
    found = answer(deletion(plan, subject))
    assert found in (401, 403, 405), f"effacer dans {subject} : réponse {found}, attendu un refus"


@control(
    "BAK-21",
    title="L'identifiant de cet hôte n'ouvre que son dépôt",
    reason="Une commune ne lit pas les sauvegardes d'une autre.",
    severity="critical",
    references=("ANSSI hygiène 37", "ANSSI hygiène 9"),
    each=beside,
)
def test_only_its_own(subject: str, plan: HostPlan) -> None:
    found = answer(own(plan, "GET", subject))
    assert found in (400, 401, 403, 404), f"{subject} : réponse {found}, attendu un refus"


@control(
    "BAK-22",
    title="Les sauvegardes ne quittent pas le VPN en clair",
    reason="Noms, tailles et heures se liraient sur le chemin, et l'identifiant se volerait.",
    severity="critical",
    references=("ANSSI hygiène 18", "ANSSI hygiène 37"),
    applies=saves,
)
def test_inside_the_vpn(probe: Probe, plan: HostPlan) -> None:
    address = backup_of(plan).server.rpartition(":")[0]
    (route,) = json.loads(said(probe(f"ip -j -4 route get {address}")))
    if plan.vpn is None:
        # A server behind its gateway: on the site's own network until there.
        gateways = {item.gateway_ipv4 for item in plan.network.segments}
        assert route.get("gateway") in gateways, f"vers {address} par {route.get('gateway')}"
        return
    inside = [prefix for peer in plan.vpn.peers for prefix in peer.allowed_ipv4]
    held = any(ipaddress.ip_address(address) in ipaddress.ip_network(item) for item in inside)
    assert held, f"{address} n'est pas une adresse du VPN"
    found = route.get("dev")
    assert found == plan.vpn.interface, f"vers {address} par {found}, hors du tunnel"


# What the hub keeps -------------------------------------------------------------------------------


@control(
    "BAK-30",
    title="La porte du dépôt est en service, maintenant et au démarrage",
    reason="Sans elle, aucune commune ne se sauvegarde.",
    severity="critical",
    references=("ANSSI hygiène 37",),
    each=lambda plan: ("is-active", "is-enabled") if plan.store else (),
)
def test_nginx(subject: str, probe: Probe) -> None:
    word = probe(f"systemctl {subject} nginx.service").stdout.strip()
    assert word == subject.removeprefix("is-"), f"nginx.service : {word or 'absent'}"


@control(
    "BAK-31",
    title="La porte du dépôt n'écoute que dans le tunnel",
    reason="Ouverte sur Internet, elle serait attaquée par le monde entier.",
    severity="critical",
    references=("ANSSI-BP-028 R80", "ANSSI hygiène 22"),
    applies=keeps,
)
def test_listens(probe: Probe, plan: HostPlan) -> None:
    store = store_of(plan)
    lines = said(probe("ss -Hltnp")).splitlines()
    found = {line.split()[3] for line in lines if '"nginx"' in line or "restic-rest" in line}
    wanted = {f"{store.address}:{store.port}"}
    assert found == wanted, f"écoute sur {', '.join(sorted(found)) or 'rien'}"


@control(
    "BAK-32",
    title="nginx attend le tunnel et se relève seul",
    reason="Démarré avant le tunnel, il n'aurait pas d'adresse où écouter et resterait arrêté.",
    severity="high",
    references=("systemd.service(5)",),
    applies=keeps,
)
def test_nginx_restart(probe: Probe, plan: HostPlan) -> None:
    found = shown(probe, "nginx.service", "Restart", "After")
    assert found["Restart"] == "on-failure", f"Restart={found['Restart']}"
    assert plan.vpn is not None
    assert f"wg-quick@{plan.vpn.interface}.service" in found["After"].split(), "avant le tunnel"


@control(
    "BAK-33",
    title="Chaque hôte a sa porte ouverte au dépôt",
    reason="Une porte fermée, et cet hôte seul n'est plus sauvegardé.",
    severity="critical",
    references=("ANSSI hygiène 37",),
    each=kept,
)
def test_doors(subject: StoredHost, probe: Probe) -> None:
    unit = f"{instance(subject)}.socket"
    if probe("systemctl is-active mairie-store-maintain.service").stdout.strip() == "activating":
        raise CannotLookError("l'entretien est en cours : il ferme chaque porte un moment")
    found = tuple(
        probe(f"systemctl {verb} {unit}").stdout.strip() for verb in ("is-active", "is-enabled")
    )
    assert found == ("active", "enabled"), f"{unit} : {' '.join(found)}"
    listed = said(probe("ss -Hlx")).split()
    assert f"{SOCKETS}/{subject.name}.sock" in listed, "aucune socket n'écoute"


@control(
    "BAK-34",
    title="Aucun autre serveur de sauvegardes ne tourne",
    reason="Celui de Debian servirait tous les dépôts à qui en connaît un.",
    severity="high",
    references=("ANSSI-BP-028 R62",),
    applies=keeps,
)
def test_no_other_server(probe: Probe, plan: HostPlan) -> None:
    words = [
        probe(f"systemctl {verb} restic-rest-server.service").stdout.strip()
        for verb in ("is-active", "is-enabled")
    ]
    assert words[0] not in ("active", "activating"), "celui de Debian est en service"
    assert words[1] != "enabled", "celui de Debian démarrerait avec la machine"
    listed = said(
        probe("systemctl list-units --plain --no-legend --state=active 'mairie-store@*.socket'")
    )
    known = {f"{instance(host)}.socket" for host in kept(plan)}
    extra = {line.split()[0] for line in listed.splitlines() if line.strip()} - known
    assert not extra, f"portes en trop : {', '.join(sorted(extra))}"


def strangers(plan: HostPlan, host: StoredHost) -> tuple[str, ...]:
    """Return who knocks at a host's door without its credential: nobody, itself, others."""
    others = [other.name for other in kept(plan) if other.name != host.name]
    return ("", host.name, *others[:3])


def strange(plan: HostPlan, host: StoredHost, user: str) -> Question:
    """Return a request without a good credential; it also wakes an instance that sleeps."""
    store = store_of(plan)
    address = f"{store.address}:{store.port}"
    return Question(address, "GET", f"/{host.name}/config", user, "-" if user else "")


def running(probe: Probe, host: StoredHost) -> int:
    """Return the process of a host's instance.

    Raises:
        CannotLookError: it does not run.

    """
    pid = int(shown(probe, f"{instance(host)}.service", "MainPID")["MainPID"] or 0)
    if not pid:
        raise CannotLookError(f"{instance(host)}.service ne tourne pas")
    return pid


@control(
    "BAK-35",
    title="Chaque porte refuse qui n'a pas l'identifiant de son hôte",
    reason="Une commune ne lit pas les sauvegardes d'une autre, ni personne d'autre.",
    severity="critical",
    references=("ANSSI hygiène 37", "ANSSI hygiène 9"),
    each=kept,
)
def test_refuses_strangers(subject: StoredHost, plan: HostPlan) -> None:
    for user in strangers(plan, subject):
        found = answer(strange(plan, subject, user))
        if found >= 500:
            raise CannotLookError(f"la porte de {subject.name} ne répond pas ({found})")
        assert found in (401, 403), f"« {user} » : réponse {found}, attendu un refus"
    lines = Path(htpasswd(subject)).read_text().splitlines()
    known = [line.partition(":")[0] for line in lines if line.strip()]
    assert known == [subject.name], f"identifiants admis : {', '.join(known)}"


@control(
    "BAK-36",
    title="Chaque instance n'accepte que des ajouts",
    reason="C'est ce qui met les sauvegardes hors de portée d'un hôte pris en main.",
    severity="critical",
    references=("ANSSI hygiène 37",),
    each=kept,
)
def test_appends(subject: StoredHost, probe: Probe) -> None:
    words = arguments(running(probe, subject))
    assert "--append-only" in words, "elle tourne sans --append-only"
    unit = shown(probe, f"{instance(subject)}.service", "ExecStart")["ExecStart"]
    assert "--append-only" in unit, "elle repartirait sans --append-only"
    assert "--no-auth" not in words, "elle ne demande aucun identifiant"


def arguments(pid: int) -> list[str]:
    """Return the words of a process's command line.

    Raises:
        CannotLookError: it has ended.

    """
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
    except OSError as error:
        raise CannotLookError(f"processus {pid} : {error.strerror}") from error


def namespace(process: str) -> Path:
    """Return the name of the network a process is in."""
    return Path(f"/proc/{process}/ns/net").readlink()


@control(
    "BAK-37",
    title="Chaque instance ne voit que le dépôt de son hôte",
    reason="Une faille de ce programme ne doit livrer ni les voisins ni les clés.",
    severity="critical",
    references=("ANSSI-BP-028 R64", "ANSSI-BP-028 R65"),
    each=kept,
)
def test_sandbox(subject: StoredHost, probe: Probe) -> None:
    pid = running(probe, subject)
    root = Path(f"/proc/{pid}/root")
    try:
        seen = sorted(path.name for path in (root / REPOSITORIES.lstrip("/")).iterdir())
        keys = (root / KEYS.lstrip("/")).exists()
        network = namespace(str(pid)) == namespace("self")
    except OSError as error:
        raise CannotLookError(f"processus {pid} : {error}") from error
    assert seen == [subject.name], f"elle voit {', '.join(seen) or 'rien'}"
    assert not keys, "elle voit le dossier des clés"
    assert not network, "elle a accès au réseau"
    owner = said(probe(f"ps -o user:32= -p {pid}")).strip()
    assert owner == STORE_USER, f"elle tourne sous {owner}"
    privileges = shown(probe, f"{instance(subject)}.service", "NoNewPrivileges")
    assert privileges["NoNewPrivileges"] == "yes", "elle pourrait gagner des droits"


@control(
    "BAK-38",
    title="Le quota de chaque hôte est en vigueur",
    reason="Un hôte pris en main remplirait sinon le disque de tous.",
    severity="high",
    references=("ANSSI hygiène 37",),
    each=kept,
)
def test_quota(subject: StoredHost, probe: Probe) -> None:
    words = arguments(running(probe, subject))
    index = words.index("--max-size") if "--max-size" in words else -1
    assert index >= 0, "elle tourne sans quota"
    found = words[index + 1]
    assert found == str(subject.quota_bytes), f"{found} octets, le plan dit {subject.quota_bytes}"
    written = Path(environment(subject)).read_text()
    assert f"QUOTA_BYTES={subject.quota_bytes}\n" in written, "elle repartirait avec un autre"


def room(host: StoredHost) -> str:
    """Return the command that says how many bytes a repository takes."""
    return f"du -s -B1 --apparent-size {REPOSITORIES}/{host.name}"


@control(
    "BAK-39",
    title="Le quota de chaque hôte n'est pas près d'être atteint",
    reason="À cent pour cent, ses sauvegardes sont refusées.",
    severity="high",
    references=("ANSSI hygiène 37",),
    each=kept,
)
def test_room(subject: StoredHost, probe: Probe, plan: HostPlan) -> None:
    used = int(said(probe(room(subject))).split()[0])
    share = used * 100 // subject.quota_bytes
    limit = store_of(plan).warn_percent
    assert share < limit, f"{share} % du quota, alerte à {limit} %"


@control(
    "BAK-40",
    title="Le disque des sauvegardes a de la place",
    reason="Plein, il refuse toutes les communes la même nuit.",
    severity="critical",
    references=("ANSSI hygiène 37",),
    applies=keeps,
)
def test_disk(plan: HostPlan) -> None:
    numbers = os.statvfs(REPOSITORIES)
    free = numbers.f_bavail * 100 // max(1, numbers.f_blocks)
    limit = store_of(plan).free_percent
    assert free >= limit, f"{free} % de libre, alerte sous {limit} %"


def opens(host: StoredHost) -> str:
    """Return the command that opens a repository with the hub's own password."""
    return (
        f"RESTIC_PASSWORD_FILE={KEYS}/store-password "
        f"exec timeout 45 restic -q -r {REPOSITORIES}/{host.name} --no-lock --no-cache cat config"
    )


@control(
    "BAK-41",
    title="Le concentrateur ouvre chaque dépôt avec sa propre clé",
    reason="Il contrôle, trie et rend les sauvegardes même quand l'hôte n'existe plus.",
    severity="critical",
    references=("ANSSI hygiène 37",),
    each=kept,
)
def test_hub_opens(subject: StoredHost, probe: Probe) -> None:
    assert Path(f"{REPOSITORIES}/{subject.name}/config").is_file(), "le dépôt n'existe pas"
    output = probe(opens(subject))
    assert output.ok, output.stderr.strip()[-300:]


def known(host: StoredHost) -> dict[str, Any]:
    """Return what the hub knows of a repository.

    Raises:
        CannotLookError: the file is not whole.

    """
    path = Path(f"{STORE_STATE}/{host.name}.json")
    try:
        found: dict[str, Any] = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise CannotLookError(f"{path} ne se lit pas : {error}") from error
    return found


def age(host: StoredHost) -> timedelta:
    """Return how long a repository has existed: what was never due cannot be late.

    Raises:
        CannotLookError: there is none.

    """
    try:
        made = Path(f"{REPOSITORIES}/{host.name}/config").stat().st_mtime
    except OSError as error:
        raise CannotLookError(f"pas de dépôt : {error.strerror}") from error
    return timedelta(seconds=time.time() - made)


def late(host: StoredHost, when: str | None, limit: timedelta) -> str:
    """Return how late something is, in words; empty when it is not."""
    if when:
        since = datetime.now(UTC) - moment(when)
        return f"il y a {ago(since)}, au plus {ago(limit)}" if since > limit else ""
    return "" if age(host) <= limit else f"jamais, le dépôt a {ago(age(host))}"


@control(
    "BAK-42",
    title="Une sauvegarde de chaque hôte est arrivée récemment",
    reason="Un hôte muet ne dit pas lui-même qu'il ne se sauvegarde plus.",
    severity="high",
    references=("ANSSI hygiène 37", "ANSSI hygiène 36"),
    each=kept,
)
def test_arrivals(subject: StoredHost) -> None:
    folder = Path(f"{REPOSITORIES}/{subject.name}/snapshots")
    # When it arrived, by this disk: nothing here believes the date a host gives.
    times = [path.stat().st_mtime for path in folder.glob("*")]
    last = datetime.fromtimestamp(max(times), UTC).isoformat() if times else None
    trouble = late(subject, last, timedelta(days=subject.alert_nights))
    assert not trouble, f"dernière arrivée : {trouble}"


@control(
    "BAK-43",
    title="Tout ce qui est gardé a été relu depuis moins d'un mois, et est intact",
    reason="Un disque perd des données sans le dire.",
    severity="critical",
    references=("ANSSI hygiène 37",),
    each=kept,
)
def test_integrity(subject: StoredHost, plan: HostPlan) -> None:
    found = known(subject)
    assert found["check"]["outcome"] != "damaged", found["check"]["text"]
    slices = store_of(plan).check_slices
    # A slice a day: the whole once in that many days, and a few days of grace.
    limit = timedelta(days=slices + 3)
    for number in range(1, slices + 1):
        trouble = late(subject, found["slices"].get(str(number), {}).get("at"), limit)
        assert not trouble, f"tranche {number} relue {trouble}"


@control(
    "BAK-44",
    title="Aucune sauvegarde suspecte ne bloque le tri",
    reason="Dates fausses, rétrécissement ou rafale : c'est ainsi que se voit un rançongiciel.",
    severity="critical",
    references=("ANSSI hygiène 37", "ANSSI hygiène 36"),
    each=kept,
)
def test_guard(subject: StoredHost) -> None:
    guard = known(subject)["guard"]
    reasons = " ".join(reason["text"] for reason in guard["reasons"][:3])
    assert guard["verdict"] != "held", f"retenu : {reasons}"


@control(
    "BAK-45",
    title="L'entretien de chaque dépôt a eu lieu : garde, durées de conservation, tri",
    reason="Sans tri, le quota s'épuise ; au-delà des durées, des données sont gardées à tort.",
    severity="high",
    references=("ANSSI hygiène 37", "RGPD article 5.1.e"),
    each=kept,
)
def test_upkeep(subject: StoredHost) -> None:
    last = known(subject)["last_maintenance"]
    trouble = late(subject, last["ended"] if last else None, UPKEEP)
    assert not trouble, f"dernier entretien : {trouble}"
    if last is not None:
        assert last["outcome"] in ("done", "held"), f"{last['outcome']} : {last['text']}"


@control(
    "BAK-46",
    title="L'entretien du dépôt part seul, à l'heure du plan et après un démarrage",
    reason="Ce qu'il faut lancer à la main finit par ne plus l'être.",
    severity="high",
    references=("ANSSI hygiène 37",),
    each=lambda plan: STORE_TIMERS if plan.store else (),
)
def test_store_timers(subject: str, probe: Probe, plan: HostPlan) -> None:
    found = tuple(
        probe(f"systemctl {verb} {subject}").stdout.strip() for verb in ("is-active", "is-enabled")
    )
    assert found == ("active", "enabled"), f"{subject} : {' '.join(found)}"
    if subject == "mairie-store-maintain.timer":
        wanted = store_of(plan).maintenance_at
        at = next_time(probe, plan, subject)
        assert f"{at:%H:%M}" == wanted, f"prochain à {at:%H:%M}, le plan dit {wanted}"


@control(
    "BAK-47",
    title="La tournée du dépôt passe chaque quart d'heure",
    reason="Elle rouvre une porte restée fermée et rend utile un envoi interrompu.",
    severity="medium",
    references=("ANSSI hygiène 37",),
    each=kept,
)
def test_settled(subject: StoredHost, probe: Probe) -> None:
    result = shown(probe, "mairie-store-settle.service", "Result")["Result"]
    assert result == "success", f"dernière tournée : {result}"
    trouble = late(subject, known(subject)["updated"], SETTLED)
    assert not trouble, f"dernière tournée : {trouble}"


@control(
    "BAK-48",
    title="Les fichiers de la sauvegarde sont ceux du déploiement",
    reason="Un changement fait à la main n'est ni relu, ni répété, ni gardé.",
    severity="medium",
    references=("ANSSI hygiène 16",),
    each=lambda plan: [file for file in files(plan) if not file.secret],
)
def test_no_drift(subject: TemplateFile, plan: HostPlan, probe: Probe) -> None:
    wanted = placed(plan)[subject.path]
    path = Path(subject.path)
    assert path.is_file(), "il manque"
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    assert found == hashlib.sha256(wanted.encode()).hexdigest(), "son contenu a changé"
    rights = said(probe(f"stat -c '%a %U:%G' {subject.path}")).strip()
    expected = f"{subject.mode} {subject.owner}:{subject.group}"
    assert rights == expected, f"droits {rights}, attendus {expected}"


def placed(plan: HostPlan) -> dict[str, str]:
    """Return the texts of the files without secrets; the others get words instead."""
    names = ["backup-password", "backup-credential", "backup-store-password"]
    names += [f"{name}:{host.name}" for host in kept(plan) for name in names[:2]]
    words = HostSecrets(others=dict.fromkeys(names, "-"))
    return {file.path: file.text for file in render(plan, words, "backup")}

"""Controls of brick backup: what a host sends every night, and what it may do to its copies.

What its hub keeps is in test_backup_store.py.

Numbers: ANSSI, Guide d'hygiène informatique 2.0 (2017), 42 measures; ANSSI-BP-028 2.0 (2022).
Passwords and credentials are read in this process only: no command line holds one, no message
shows one. What a host may do to its copies is asked of the real server, with names that no
repository holds: nothing is changed by asking.
"""

import ipaddress
import json
import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

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
    STATE,
    STORE_USER,
    files,
    htpasswd,
    key,
)
from mairie.host.control import control
from mairie.host.drift import Drift
from mairie.host.looks import http_status
from mairie.host.looks.http_status import Question, answer
from mairie.host.looks.times import ago, moment
from mairie.host.looks.unit import next_time, properties
from mairie.host.probe import CannotLookError, Probe, said
from mairie.plan.host import HostPlan
from mairie.plan.parts.backup import BackupPlan, Database

AHEAD = timedelta(hours=1)
"""A copy from further in the future was not dated by a right clock."""
NOBODYS = "0" * 64
"""Name of no file: restic names files after the SHA-256 of what they hold."""
SHARED = ("/etc", "/home", "/root", "/run", "/srv", "/tmp", "/var/tmp")
"""Where a copy of a secret could be left."""
LIST = f"timeout 45 {BACKUP} list --json"
"""Questions to a store at the same time: over a satellite each takes more than a second."""
INSIDE = ("data", "index", "keys", "snapshots")
"""What a repository holds that nobody may delete."""
TOOLS = {"postgresql": "pg_dump", "mariadb": "mariadb-dump", "sqlite": "sqlite3"}


def backup_of(plan: HostPlan) -> BackupPlan:
    """Return the plan of a host that saves itself."""
    assert plan.backup is not None
    return plan.backup


def saves(plan: HostPlan) -> bool:
    """Whether this host saves itself."""
    return plan.backup is not None


def ahead(plan: HostPlan, probe: Probe) -> None:
    """Ask everything at once: what waits for a link waits once."""
    http_status.start(questions(plan))
    probe.start([LIST, canary_of(plan)] if saves(plan) else [])


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
    assert found is not None, "mairie-backup.timer n'a pas de prochaine échéance"
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
    assert found is not None, "mairie-drill.timer n'a pas de prochaine échéance"
    wanted = f"{drill.day:02} {drill.at}"
    assert f"{found:%d %H:%M}" == wanted, f"{subject} le {found:%d %H:%M}, le plan dit {wanted}"


@control(
    "BAK-04",
    title="Une nuit passée sans courant est rattrapée",
    reason="Les coupures des îles tombent aussi la nuit.",
    severity="medium",
    references=("ANSSI hygiène 37",),
    each=lambda plan: CLIENT_TIMERS if plan.backup else (),
)
def test_catches_up(subject: str, probe: Probe) -> None:
    found = properties(probe, subject, "Persistent")["Persistent"]
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
    found = properties(probe, subject, "CPUQuotaPerSecUSec", "MemoryMax", "IOWeight", "Nice")
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
    for host in plan.store.hosts if plan.store else ():
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


@control(
    "BAK-18",
    title="La seconde copie, sur le disque de l'hôte, est récente quand ce disque est là",
    reason="Un lien coupé une semaine, et ce disque est la seule copie des derniers jours.",
    severity="medium",
    references=("ANSSI hygiène 37",),
    applies=lambda plan: plan.backup is not None and bool(plan.backup.local_target),
)
def test_second_copy(plan: HostPlan) -> None:
    disk = backup_of(plan).local_target
    if not os.path.ismount(disk):
        raise CannotLookError(f"le disque {disk} n'est pas là")
    copied = (state("run") or {}).get("local") or {}
    assert copied.get("outcome") != "failed", copied.get("text")
    success = state("local_success")
    assert success is not None, f"rien n'a encore été copié sur {disk}"
    age = datetime.now(UTC) - moment(success["at"])
    limit = timedelta(days=backup_of(plan).alert_nights)
    assert age <= limit, f"elle a {ago(age)}, au plus {ago(limit)}"
    held = Path(disk) / plan.name / "snapshots" / success["snapshot"]
    assert held.is_file(), f"{disk} n'a plus la copie du {success['at']}"


# What a host may do to its copies -----------------------------------------------------------------


def questions(plan: HostPlan) -> list[Question]:
    """Return all that is asked of a store from this host; nothing when it has no credential."""
    if plan.backup is None:
        return []
    try:
        return [
            known_at_hub(plan),
            *(deletion(plan, folder) for folder in INSIDE),
            *(own(plan, "GET", path) for path in beside(plan)),
        ]
    except (CannotLookError, OSError):
        return []


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


@control(
    "BAK-48",
    title="Les fichiers de la sauvegarde sont ceux du déploiement",
    reason="Un changement fait à la main n'est ni relu, ni répété, ni gardé.",
    severity="medium",
    references=("ANSSI hygiène 16",),
    each=lambda plan: [file for file in files(plan) if not file.secret],
)
def test_no_drift(subject: TemplateFile, drift: Drift) -> None:
    found = drift("backup", subject.path)
    assert not found, found

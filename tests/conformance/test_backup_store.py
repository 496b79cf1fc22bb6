"""Controls of brick backup on a hub: the copies of its communes, kept, checked and guarded.

Numbers: ANSSI, Guide d'hygiène informatique 2.0 (2017), 42 measures; ANSSI-BP-028 2.0 (2022).
"""

import json
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from mairie.files.backup import (
    KEYS,
    REPOSITORIES,
    SOCKETS,
    STORE_STATE,
    STORE_TIMERS,
    STORE_USER,
    environment,
    htpasswd,
    instance,
)
from mairie.host.control import control
from mairie.host.looks import http_status
from mairie.host.looks.http_status import Question, answer
from mairie.host.looks.times import ago, moment
from mairie.host.looks.unit import next_time, properties
from mairie.host.probe import CannotLookError, Probe, said
from mairie.plan.host import HostPlan
from mairie.plan.parts.backup import StoredHost, StorePlan

UPKEEP = timedelta(hours=36)
"""Between two upkeeps of the store: a day, and what a long one may take."""
SETTLED = timedelta(hours=1)
"""Four rounds of a quarter of an hour."""
"""Questions to the doors of hosts at the same time."""


def store_of(plan: HostPlan) -> StorePlan:
    """Return the plan of a hub."""
    assert plan.store is not None
    return plan.store


def keeps(plan: HostPlan) -> bool:
    """Whether this host keeps the copies of others."""
    return plan.store is not None


def kept(plan: HostPlan) -> tuple[StoredHost, ...]:
    """Return the hosts whose copies are kept here."""
    return plan.store.hosts if plan.store else ()


def ahead(plan: HostPlan, probe: Probe) -> None:
    """Ask everything at once: a repository takes a second or two to open."""
    knocks = [strange(plan, host, user) for host in kept(plan) for user in strangers(plan, host)]
    http_status.start(knocks)
    probe.start([opens(host) for host in kept(plan)] + [room(host) for host in kept(plan)])


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
    title="La porte du dépôt, et celle des paquets, n'écoutent que dans le tunnel",
    reason="Ouverte sur Internet, elle serait attaquée par le monde entier.",
    severity="critical",
    references=("ANSSI-BP-028 R80", "ANSSI hygiène 22"),
    applies=keeps,
)
def test_listens(probe: Probe, plan: HostPlan) -> None:
    store = store_of(plan)
    lines = said(probe("ss -Hltnp")).splitlines()
    found = {line.split()[3] for line in lines if '"nginx"' in line or "restic-rest" in line}
    wanted = {f"{at.address}:{at.port}" for at in (store, plan.packages) if at is not None}
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
    found = properties(probe, "nginx.service", "Restart", "After")
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
    pid = int(properties(probe, f"{instance(host)}.service", "MainPID")["MainPID"] or 0)
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
    unit = properties(probe, f"{instance(subject)}.service", "ExecStart")["ExecStart"]
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
    privileges = properties(probe, f"{instance(subject)}.service", "NoNewPrivileges")
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
        assert at is not None, f"{subject} n'a pas de prochaine échéance"
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
    result = properties(probe, "mairie-store-settle.service", "Result")["Result"]
    assert result == "success", f"dernière tournée : {result}"
    trouble = late(subject, known(subject)["updated"], SETTLED)
    assert not trouble, f"dernière tournée : {trouble}"

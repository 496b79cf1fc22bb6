"""Controls of brick lessons: classrooms' networks are off the air, unless there is a lesson.

Numbers: ANSSI, Guide d'hygiène informatique 2.0 (2017), 42 measures; ANSSI-BP-028 2.0 (2022).
"""

import json
from pathlib import Path

from mairie.files import LIBRARY, TemplateFile
from mairie.files.lessons import (
    ACCOUNT,
    CODE,
    LOG,
    PAGE_SERVICE,
    PROGRAM,
    SERVICE,
    STATE,
    files,
    radios,
    services,
)
from mairie.host.control import control
from mairie.host.drift import Drift
from mairie.host.looks.air import INTERFACES, on_air
from mairie.host.looks.sockets import sockets
from mairie.host.looks.unit import changed_since_start, rights
from mairie.host.probe import CannotLookError, Probe, said
from mairie.plan.host import HostPlan
from mairie.plan.parts.lessons import LessonsPlan
from mairie.plan.parts.wifi import Network

NET_BIND_SERVICE = 1 << 10
"""Of linux/capability.h."""
STATUS = f"{PROGRAM} status"
LESSON = Path(f"{STATE}/lesson.json")
MINUTE = 60


def lessons_of(plan: HostPlan) -> LessonsPlan:
    """Return the lessons of a gateway."""
    assert plan.lessons is not None
    return plan.lessons


def has_lessons(plan: HostPlan) -> bool:
    """Whether this host has networks for lessons."""
    return plan.lessons is not None


def has_page(plan: HostPlan) -> bool:
    """Whether the teachers' page is on this host."""
    return plan.lessons is not None and bool(plan.lessons.page_addresses)


def ahead(plan: HostPlan, probe: Probe) -> None:
    """Begin the commands that controls read."""
    probe.start([INTERFACES, STATUS] if has_lessons(plan) else [])


@control(
    "LES-01",
    title="L'interrupteur du Wi-Fi des classes est en service, maintenant et au démarrage",
    reason="Sans lui, rien ne s'allume pour une leçon, et rien ne s'éteint de soi-même.",
    severity="high",
    references=("Loi 2015-136, art. 7",),
    each=lambda plan: {
        f"{service} {asked}": (service, asked)
        for service in (services(plan.lessons) if plan.lessons else ())
        for asked in ("is-active", "is-enabled")
    },
)
def test_service(subject: tuple[str, str], probe: Probe) -> None:
    service, asked = subject
    word = probe(f"systemctl {asked} {service}").stdout.strip()
    assert word == asked.removeprefix("is-"), f"{service} : {word or 'absent'}"


@control(
    "LES-02",
    title="Les fichiers de l'interrupteur sont ceux du plan",
    reason="Une retouche à la main disparaît au prochain déploiement, ou survit sans être connue.",
    severity="medium",
    references=("ANSSI hygiène 16",),
    each=lambda plan: {file.path: file for file in files(plan) if not file.secret},
)
def test_file(subject: TemplateFile, drift: Drift) -> None:
    found = drift("lessons", subject.path)
    assert not found, found


@control(
    "LES-03",
    title="L'interrupteur tourne avec ses fichiers d'aujourd'hui",
    reason="Il les lit à son démarrage : d'anciens horaires resteraient en vigueur.",
    severity="medium",
    references=("ANSSI hygiène 6",),
    each=lambda plan: services(plan.lessons) if plan.lessons else (),
)
def test_has_read_them(subject: str, probe: Probe, plan: HostPlan) -> None:
    late = changed_since_start(probe, subject, (file.path for file in files(plan)))
    assert not late, f"changés depuis son démarrage : {', '.join(late)}"


@control(
    "LES-04",
    title="L'interrupteur n'a aucun droit du noyau",
    reason="Il parle à hostapd et à rien d'autre : une faille ne doit pas donner la passerelle.",
    severity="high",
    references=("ANSSI hygiène 29", "ANSSI-BP-028 R63"),
    applies=has_lessons,
)
def test_rights(probe: Probe) -> None:
    found = rights(probe, SERVICE)
    assert not found.capabilities, f"droits du noyau : {found.capabilities:#x}"
    assert not found.may_gain, "pourrait obtenir d'autres droits"


@control(
    "LES-05",
    title="La page exposée aux élèves n'a qu'un droit, et ne connaît pas le code",
    reason="Chacun peut lui parler : elle ne doit ni allumer d'elle-même, ni lire de secret.",
    severity="high",
    references=("ANSSI hygiène 29", "ANSSI-BP-028 R63"),
    applies=has_page,
)
def test_page_rights(probe: Probe) -> None:
    found = rights(probe, PAGE_SERVICE)
    user = said(probe(f"id -u {ACCOUNT}")).strip()
    assert found.users == {user}, f"tourne sous le compte {', '.join(sorted(found.users))}"
    extra = found.capabilities & ~NET_BIND_SERVICE
    assert not extra, f"droits du noyau en trop : {extra:#x}"
    assert not found.may_gain, "pourrait obtenir d'autres droits"
    mode = said(probe(f"stat -c '%a %U:%G' {CODE}")).strip()
    assert mode == "600 root:root", f"{CODE} : droits {mode}"


@control(
    "LES-06",
    title="La page des enseignants répond dans leur segment, et là seulement",
    reason="Sans elle, l'enseignant appelle la mairie ; ailleurs, elle n'a rien à faire.",
    severity="medium",
    references=("ANSSI hygiène 19", "ANSSI-BP-028 R62"),
    applies=has_page,
)
def test_page(probe: Probe, plan: HostPlan) -> None:
    lessons = lessons_of(plan)
    own = {f"[{each}]" if ":" in each else each for each in lessons.page_addresses}
    found = {item.local for item in sockets(probe) if item.port == lessons.page_port}
    visitors = plan.portal
    portal = {f"{visitors.ipv4}:80", f"[{visitors.ipv6}]:80"} if visitors else set()
    wanted = {f"{each}:{lessons.page_port}" for each in own}
    assert found - portal == wanted, f"écoute sur {', '.join(sorted(found)) or 'rien'}"
    script = (
        "import sys,urllib.request;sys.stdout.write("
        "urllib.request.build_opener(urllib.request.ProxyHandler({})).open("
        f"'http://{lessons.page_addresses[0]}/',timeout=8).read().decode())"
    )
    output = probe(f'python3 -I -c "{script}"')
    assert output.ok, f"aucune page : {(output.stderr.strip().splitlines() or ['rien'])[-1]}"
    assert "<h1>Wi-Fi de la classe</h1>" in output.stdout, "une autre page répond"


@control(
    "LES-07",
    title="La passerelle dit à ce point d'accès s'il y a une leçon",
    reason="Sans elle, il n'allume rien, et n'éteint qu'à l'heure qu'il connaît.",
    severity="high",
    references=("Loi 2015-136, art. 7",),
    applies=lambda plan: plan.lessons is not None and bool(plan.lessons.follows),
)
def test_gateway_tells(probe: Probe, plan: HostPlan) -> None:
    script = "import sys;from mairie_lessons.gateway import told;print(told(sys.argv[1]))"
    asked = f"PYTHONPATH={LIBRARY} python3 -P -c '{script}' {lessons_of(plan).follows}"
    answer = said(probe(asked)).strip()
    assert answer.isdecimal(), f"{lessons_of(plan).follows} ne le dit pas"


@control(
    "LES-10",
    title="Hors d'une leçon, aucun réseau des classes n'est à l'antenne ; pendant, tous y sont",
    reason="La loi veut les accès sans fil des classes éteints quand ils ne servent pas.",
    severity="high",
    references=("Loi 2015-136, art. 7",),
    each=lambda plan: {
        network.interface: network for radio in radios(plan) for network in radio.for_lessons
    },
)
def test_on_air(subject: Network, probe: Probe) -> None:
    # Without an answer there is no lesson: LES-01 says so.
    lesson = probe(STATUS).stdout.startswith("allumé")
    found = on_air(probe).get(subject.interface)
    there = found is not None and found.kind == "AP"
    if lesson:
        assert there, f"« {subject.ssid} » n'est pas à l'antenne pendant la leçon"
    else:
        assert not there, f"« {subject.ssid} » est à l'antenne sans leçon"


@control(
    "LES-11",
    title="Chaque leçon finit d'elle-même, dans la durée permise",
    reason="Un réseau allumé sans fin est un réseau que personne n'éteindra.",
    severity="high",
    references=("Loi 2015-136, art. 7",),
    applies=has_lessons,
)
def test_ends(plan: HostPlan) -> None:
    try:
        lesson = json.loads(LESSON.read_text())["lesson"]
    except FileNotFoundError:
        return
    except (OSError, ValueError, KeyError) as error:
        raise CannotLookError(f"{LESSON} : {error}") from error
    longest = lessons_of(plan).longest
    minutes = lesson["seconds"] / MINUTE if lesson else 0
    assert minutes <= longest, f"leçon de {minutes:.0f} min, {longest} au plus"


@control(
    "LES-20",
    title="Le registre n'est lisible que par l'administrateur, et il est tenu",
    reason="Il dit qui a allumé et quand ; sans lui, nul ne répond de ce qui était à l'antenne.",
    severity="medium",
    references=("Loi 2015-136, art. 7", "RGPD art. 32", "ANSSI-BP-028 R50"),
    each=lambda plan: {STATE: "700", LOG: "600"} if plan.lessons else {},
)
def test_modes(subject: str, probe: Probe) -> None:
    path = STATE if subject == "700" else LOG
    output = probe(f"stat -c '%a %U:%G' {path}")
    if path == LOG and not output.ok and not LESSON.exists():
        return  # nothing was ever switched
    assert output.ok, f"{path} manque"
    found, wanted = output.stdout.strip(), f"{subject} root:{ACCOUNT}"
    assert found == wanted, f"droits {found}, attendus {wanted}"

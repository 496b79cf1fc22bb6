"""Controls of brick lessons: classrooms' networks are off the air, unless there is a lesson.

Numbers: ANSSI, Guide d'hygiène informatique 2.0 (2017), 42 measures; ANSSI-BP-028 2.0 (2022).
"""

import json
from pathlib import Path

from mairie.files import TemplateFile
from mairie.files.lessons import LOG, PROGRAM, SERVICE, STATE, files, radios
from mairie.host.control import control
from mairie.host.drift import Drift
from mairie.host.looks.air import INTERFACES, on_air
from mairie.host.looks.unit import changed_since_start, properties
from mairie.host.probe import CannotLookError, Probe
from mairie.plan.host import HostPlan, LessonsPlan, Network

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


def ahead(plan: HostPlan, probe: Probe) -> None:
    """Begin the commands that controls read."""
    probe.start([INTERFACES, STATUS] if has_lessons(plan) else [])


@control(
    "LES-01",
    title="L'interrupteur du Wi-Fi des classes est en service, maintenant et au démarrage",
    reason="Sans lui, rien ne s'allume pour une leçon, et rien ne s'éteint de soi-même.",
    severity="high",
    references=("Loi 2015-136, art. 7",),
    each=lambda plan: ("is-active", "is-enabled") if plan.lessons else (),
)
def test_service(subject: str, probe: Probe) -> None:
    word = probe(f"systemctl {subject} {SERVICE}").stdout.strip()
    assert word == subject.removeprefix("is-"), f"{SERVICE} : {word or 'absent'}"


@control(
    "LES-02",
    title="Les fichiers de l'interrupteur sont ceux du plan",
    reason="Une retouche à la main disparaît au prochain déploiement, ou survit sans être connue.",
    severity="medium",
    references=("ANSSI hygiène 16",),
    each=lambda plan: {file.path: file for file in files(plan)},
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
    applies=has_lessons,
)
def test_has_read_them(probe: Probe, plan: HostPlan) -> None:
    late = changed_since_start(probe, SERVICE, (file.path for file in files(plan)))
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
    shown = properties(probe, SERVICE, "MainPID", "NoNewPrivileges")
    if shown["MainPID"] == "0":
        raise CannotLookError(f"{SERVICE} n'est pas en service")
    status = Path(f"/proc/{shown['MainPID']}/status").read_text()
    told = dict(line.partition(":")[::2] for line in status.splitlines())
    assert not int(told["CapBnd"], 16), f"droits du noyau : {told['CapBnd'].strip()}"
    assert shown["NoNewPrivileges"] == "yes", "pourrait obtenir d'autres droits"


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
    found, wanted = output.stdout.strip(), f"{subject} root:root"
    assert found == wanted, f"droits {found}, attendus {wanted}"

"""Controls of brick ``base``: journal, kernel, limits."""

import json
import re
from pathlib import Path

from mairie.host.control import control
from mairie.host.probe import CannotLookError, Probe, said
from mairie.plan.host import HostPlan
from mairie.plan.parts.base import BlockedModule, Sysctl, User


def in_container(probe: Probe) -> bool:
    """Whether the kernel and the clock belong to another machine."""
    return probe("systemd-detect-virt --container --quiet").ok


def users(plan: HostPlan) -> tuple[User, ...]:
    """Return the technicians who have an account."""
    return plan.base.users


def ahead(plan: HostPlan, probe: Probe) -> None:
    """Begin the commands that take longest."""
    names = [user.name for user in users(plan)]
    probe.start(
        [
            *(f"runuser -l {name} -c umask" for name in names),
            *(f"runuser -l {name} -c 'ulimit -Hc'" for name in names),
            *(modprobe(module.name) for module in plan.base.blocked_modules),
        ]
    )


# Journal ------------------------------------------------------------------------------------------


def journald(probe: Probe) -> dict[str, str]:
    """Return the settings of journald, the last word on each."""
    text = said(probe("systemd-analyze cat-config systemd/journald.conf"))
    pairs = (line.partition("=")[::2] for line in text.splitlines() if re.match(r"[A-Z]\w*=", line))
    return dict(pairs)


def journald_pid(probe: Probe) -> str:
    """Return the process that writes the journal."""
    return said(probe("systemctl show --property=MainPID --value systemd-journald.service")).strip()


@control(
    "BAS-40",
    title="Le journal survit à un redémarrage",
    reason="Après un incident, on commence souvent par redémarrer.",
    severity="high",
    references=("ANSSI hygiène 36", "ANSSI-BP-028 R71"),
)
def test_journal_is_kept(probe: Probe) -> None:
    active = probe("systemctl is-active systemd-journald.service").stdout.strip()
    assert active == "active", f"systemd-journald est {active}"
    open_files = said(probe(f"ls -l /proc/{journald_pid(probe)}/fd"))
    assert " /var/log/journal/" in open_files, "il s'écrit en mémoire, pas dans /var/log/journal"
    storage = journald(probe).get("Storage")
    assert storage == "persistent", f"au redémarrage il serait « {storage} »"


@control(
    "BAS-41",
    title="Le journal ne remplit pas le disque",
    reason="Un disque plein arrête les services.",
    severity="medium",
    references=("ANSSI-BP-028 R71",),
)
def test_journal_is_bounded(probe: Probe, plan: HostPlan) -> None:
    wanted = plan.base.journal_max_bytes
    asked = journald(probe).get("SystemMaxUse", "rien")
    assert asked == str(wanted), f"limite demandée : {asked}, prévue : {wanted} octets"
    # journald's own words when it starts: systemd's catalog, "Disk space used by the journal".
    command = (
        "journalctl MESSAGE_ID=ec387f577b844b8fa948f33cad9a75e6 JOURNAL_NAME='System Journal' "
        f"_PID={journald_pid(probe)} -n 1 -o json --no-pager"
    )
    text = said(probe(command)).strip()
    if text:
        limit = int(json.loads(text)["MAX_USE"])
        assert limit == wanted, f"limite en vigueur : {limit} octets, prévue : {wanted}"
    used = int(said(probe("du -sb /var/log/journal")).split()[0])
    assert used < wanted * 1.1, f"il occupe {used} octets, pour une limite de {wanted}"


@control(
    "BAS-42",
    title="Le journal est gardé le temps prévu",
    reason="Une intrusion se découvre des mois plus tard.",
    severity="medium",
    references=("ANSSI hygiène 36",),
)
def test_journal_retention(probe: Probe, plan: HostPlan) -> None:
    found = journald(probe).get("MaxRetentionSec", "sans limite")
    wanted = f"{plan.base.journal_retention_days}day"
    assert found == wanted, f"durée {found}, prévue {wanted}"


# Kernel -------------------------------------------------------------------------------------------

HARDENING = (
    "ANSSI-BP-028 R9",
    "ANSSI-BP-028 R11",
    "ANSSI-BP-028 R12",
    "ANSSI-BP-028 R13",
    "ANSSI-BP-028 R14",
)


@control(
    "BAS-50",
    title="Le noyau a les réglages de la référence",
    reason="Ils ferment des voies d'attaque connues.",
    severity="medium",
    references=HARDENING,
    each=lambda plan: plan.base.sysctl,
)
def test_kernel_parameter(subject: Sysctl, probe: Probe) -> None:
    path = Path("/proc/sys") / subject.key.replace(".", "/")
    found = " ".join(path.read_text().split()) if path.exists() else "absent"
    if found != subject.value and in_container(probe) and not probe(f"test -w {path}").ok:
        raise CannotLookError(f"vaut {found} ; dans un conteneur, c'est la machine qui en décide")
    assert found == subject.value, f"vaut {found}, attendu {subject.value} ({subject.rule})"


def persisted(probe: Probe) -> dict[str, str]:
    """Return the value that each kernel parameter gets at the next start."""
    text = said(probe("systemd-analyze cat-config sysctl.d"))
    lines = (line.partition("=") for line in text.splitlines() if not line.startswith(("#", ";")))
    return {key.strip(" -").replace("/", "."): value.strip() for key, _, value in lines if value}


@control(
    "BAS-51",
    title="Le noyau retrouvera ses réglages au redémarrage",
    reason="Un réglage fait à la main disparaît à la première coupure de courant.",
    severity="medium",
    references=HARDENING,
    each=lambda plan: plan.base.sysctl,
)
def test_kernel_parameter_at_start(subject: Sysctl, probe: Probe) -> None:
    found = persisted(probe).get(subject.key, "rien")
    assert found == subject.value, f"au démarrage {found}, attendu {subject.value} ({subject.rule})"


def modprobe(name: str) -> str:
    """Return the command that says what loading a module would do, loaded already or not."""
    return f"modprobe --show-depends {name}"


@control(
    "BAS-52",
    title="Les modules inutiles du noyau ne peuvent se charger",
    reason="Un protocole que personne n'emploie n'est surveillé par personne.",
    severity="medium",
    references=("ANSSI-BP-028 R62",),
    each=lambda plan: plan.base.blocked_modules,
)
def test_module_is_blocked(subject: BlockedModule, probe: Probe) -> None:
    done = probe(modprobe(subject.name))
    # Modules that it depends on come first; the last line is what would become of itself.
    assert done.stdout.strip().rpartition("\n")[2].strip() == "install /bin/false", (
        f"il se chargerait : {done.stdout.strip() or done.stderr.strip()} ({subject.rule})"
    )


@control(
    "BAS-53",
    title="Aucun module inutile du noyau n'est chargé",
    reason="L'interdire ne décharge pas ce qui l'est déjà.",
    severity="medium",
    references=("ANSSI-BP-028 R62",),
    each=lambda plan: plan.base.blocked_modules,
)
def test_module_is_absent(subject: BlockedModule, probe: Probe) -> None:
    table = Path("/proc/modules")
    # A kernel without loadable modules has no such file.
    loaded = {line.split()[0] for line in table.read_text().splitlines()} if table.exists() else ()
    if subject.name.replace("-", "_") not in loaded:
        return
    if in_container(probe):
        raise CannotLookError("chargé par la machine qui porte ce conteneur")
    raise AssertionError("il est chargé : redémarrer la machine")


@control(
    "BAS-54",
    title="La mémoire d'un programme n'est jamais écrite sur le disque",
    reason="Elle contient des clés.",
    severity="medium",
    references=("ANSSI-BP-028 R14",),
    each=lambda plan: {
        "services": "systemctl show --property=DefaultLimitCORE --value",
        **{user.name: f"runuser -l {user.name} -c 'ulimit -Hc'" for user in users(plan)},
    },
)
def test_no_core_dump(subject: str, probe: Probe) -> None:
    found = said(probe(subject)).strip()
    assert found == "0", f"taille permise : {found}"


@control(
    "BAS-55",
    title="Ce qu'une personne écrit n'est lu que par elle",
    reason="Un fichier de travail peut contenir un secret.",
    severity="low",
    references=("ANSSI-BP-028 R36",),
    each=users,
)
def test_umask(subject: User, probe: Probe) -> None:
    found = said(probe(f"runuser -l {subject.name} -c umask")).strip()
    assert found == "0077", f"umask vaut {found}"

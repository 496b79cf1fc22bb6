"""Controls of brick ``base``: names, files, services.

Numbers: ANSSI, Guide d'hygiène informatique 2.0 (2017), 42 measures; ANSSI-BP-028 2.0 (2022).
"""

from pathlib import Path

from mairie.files import TemplateFile
from mairie.files.base import files
from mairie.host.control import control
from mairie.host.drift import Drift
from mairie.host.probe import Probe, said
from mairie.plan.host import HostPlan
from mairie.plan.parts.base import User


def in_container(probe: Probe) -> bool:
    """Whether the kernel and the clock belong to another machine."""
    return probe("systemd-detect-virt --container --quiet").ok


def users(plan: HostPlan) -> tuple[User, ...]:
    """Return the technicians who have an account."""
    return plan.base.users


def ahead(_plan: HostPlan, probe: Probe) -> None:
    """Begin the commands that take longest."""
    probe.start(
        [
            WALK,
        ]
    )


# Names --------------------------------------------------------------------------------------------


@control(
    "BAS-01",
    title="La machine porte son nom",
    reason="Journaux, supervision et techniciens désignent la machine par ce nom.",
    severity="medium",
    references=("ANSSI hygiène 4",),
)
def test_host_name(probe: Probe, plan: HostPlan) -> None:
    name = said(probe("hostname")).strip()
    assert name == plan.name, f"elle se nomme {name}, le plan dit {plan.name}"
    full = said(probe("hostname --fqdn")).strip()
    assert full == plan.fqdn, f"son nom complet est {full}, le plan dit {plan.fqdn}"


@control(
    "BAS-02",
    title="L'heure locale est celle de la commune",
    reason="Horaires d'école, fenêtres de mise à jour et journaux se lisent en heure locale.",
    severity="medium",
    references=("ANSSI hygiène 36",),
)
def test_time_zone(probe: Probe, plan: HostPlan) -> None:
    ours = said(probe("date --date=@1700000000 +'%F %T %z'")).strip()
    wanted = said(probe(f"TZ={plan.timezone} date --date=@1700000000 +'%F %T %z'")).strip()
    assert ours == wanted, f"le même instant se lit {ours} au lieu de {wanted} ({plan.timezone})"
    zone = str(Path("/etc/localtime").resolve()).removeprefix("/usr/share/zoneinfo/")
    assert zone == plan.timezone, f"le fuseau est {zone}, le plan dit {plan.timezone}"


# Files --------------------------------------------------------------------------------------------

WALK = (
    "find / -xdev "
    r"'(' -path /proc -o -path /sys -o -path /var/lib/docker ')' -prune -o "
    r"'(' -type d -perm -0002 ! -perm -1000 -printf 'open %p\n' ')' , "
    r"'(' '(' -nouser -o -nogroup ')' -printf 'nobody %p\n' ')' , "
    r"'(' -type f -perm /6000 -printf 'setuid %p\n' ')'"
)


def walked(probe: Probe, kind: str) -> list[str]:
    """Return paths of one kind from one walk over the root file system."""
    lines = said(probe(WALK)).splitlines()
    return [path for word, _, path in (line.partition(" ") for line in lines) if word == kind]


@control(
    "BAS-60",
    title="Aucun réglage n'est modifiable par tous",
    reason="Qui écrit dans /etc commande la machine.",
    severity="high",
    references=("ANSSI hygiène 9", "ANSSI-BP-028 R50"),
)
def test_etc_is_closed(probe: Probe) -> None:
    found = said(probe("find /etc -xdev ! -type l -perm -0002")).split()
    assert not found, f"modifiables par tous : {', '.join(found)}"


@control(
    "BAS-61",
    title="Un dossier ouvert à tous protège les fichiers de chacun",
    reason="Sans ce bit, chacun peut effacer ou remplacer les fichiers d'un autre.",
    severity="medium",
    references=("ANSSI-BP-028 R54",),
    late=True,
)
def test_sticky(probe: Probe) -> None:
    found = walked(probe, "open")
    assert not found, f"dossiers : {', '.join(found)}"


@control(
    "BAS-62",
    title="Chaque fichier a un propriétaire connu",
    reason="Le prochain compte créé en hériterait.",
    severity="medium",
    references=("ANSSI-BP-028 R53",),
    late=True,
)
def test_owned(probe: Probe) -> None:
    found = walked(probe, "nobody")
    assert not found, f"sans propriétaire : {', '.join(found[:20])}"


@control(
    "BAS-63",
    title="Un programme qui donne des droits vient d'un paquet de Debian",
    reason="Un programme setuid ajouté à la main donne root à qui le trouve.",
    severity="high",
    references=("ANSSI-BP-028 R56",),
    late=True,
)
def test_setuid(probe: Probe) -> None:
    found = walked(probe, "setuid")
    known = probe(f"dpkg-query --search {' '.join(found)}").stdout.splitlines()
    packaged = {line.partition(": ")[2] for line in known}
    strange = sorted(set(found) - packaged)
    assert not strange, f"d'origine inconnue : {', '.join(strange)}"


SENSITIVE = {
    "/etc/passwd": "644 root:root",
    "/etc/group": "644 root:root",
    "/etc/shadow": "640 root:shadow",
    "/etc/gshadow": "640 root:shadow",
    "/etc/sudoers": "440 root:root",
    "/etc/ssh/ssh_host_ed25519_key": "600 root:root",
    "/etc/chrony/chrony.keys": "640 root:_chrony",
    "/var/lib/mairie": "711 root:root",
    "/var/log/mairie": "700 root:root",
}


@control(
    "BAS-64",
    title="Les fichiers sensibles ne sont lus que par qui le doit",
    reason="Ils contiennent mots de passe, clés ou règles d'accès.",
    severity="high",
    references=("ANSSI hygiène 9", "ANSSI-BP-028 R50"),
    each=lambda _: {path: (path, wanted) for path, wanted in SENSITIVE.items()},
)
def test_sensitive_file(subject: tuple[str, str], probe: Probe) -> None:
    path, wanted = subject
    found = said(probe(f"stat -c '%a %U:%G' {path}")).strip()
    assert found == wanted, f"droits {found}, attendus {wanted}"


@control(
    "BAS-65",
    title="Les fichiers gérés sont ceux du déploiement",
    reason="Un changement fait à la main n'est ni relu, ni répété, ni gardé.",
    severity="medium",
    references=("ANSSI hygiène 16",),
    each=files,
)
def test_no_drift(subject: TemplateFile, drift: Drift) -> None:
    found = drift("base", subject.path)
    assert not found, found


# Services -----------------------------------------------------------------------------------------


@control(
    "BAS-70",
    title="Aucun service n'est en échec",
    reason="Un service tombé sans bruit manque le jour où il sert.",
    severity="high",
    references=("ANSSI hygiène 36",),
)
def test_no_failed_unit(probe: Probe) -> None:
    listed = said(probe("systemctl list-units --failed --plain --no-legend"))
    names = [line.split()[0] for line in listed.splitlines()]
    assert not names, f"en échec : {', '.join(names)}"


def installed(probe: Probe) -> set[str]:
    """Return the names of installed packages."""
    query = "dpkg-query --show --showformat='${Package} ${db:Status-Want} ${db:Status-Status}\\n'"
    rows = (line.split() for line in said(probe(query)).splitlines())
    return {name for name, _, status in rows if status not in {"not-installed", "config-files"}}


@control(
    "BAS-71",
    title="Les paquets nécessaires sont installés",
    reason="Sans eux, la machine ne tient pas son rôle.",
    severity="high",
    references=("ANSSI hygiène 14",),
    each=lambda plan: plan.base.packages_present,
)
def test_package_present(subject: str, probe: Probe) -> None:
    assert subject in installed(probe), "il n'est pas installé"


@control(
    "BAS-72",
    title="Les paquets qui n'ont rien à faire ici sont absents",
    reason="Chaque service inutile est une entrée de plus.",
    severity="medium",
    references=("ANSSI-BP-028 R58", "ANSSI-BP-028 R62"),
    each=lambda plan: plan.base.packages_absent,
)
def test_package_absent(subject: str, probe: Probe) -> None:
    assert subject not in installed(probe), "il est installé"


@control(
    "BAS-73",
    title="Il reste de la place sur les disques",
    reason="Un disque plein arrête journaux, sauvegardes et services.",
    severity="high",
    references=("ANSSI hygiène 36",),
    each=lambda _: ["/", "/var", "/var/log", "/srv"],
)
def test_disk_space(subject: str, probe: Probe) -> None:
    fields = said(probe(f"df --output=pcent,ipcent {subject}")).split()[-2:]
    space, inodes = (int(field.rstrip("%")) if field != "-" else 0 for field in fields)
    assert space < 90, f"rempli à {space} %"
    assert inodes < 90, f"fichiers : {inodes} % du nombre possible"

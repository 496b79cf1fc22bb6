"""Controls of brick phones: each phone gets its own file, once, and nobody else does.

Numbers: ANSSI, Guide d'hygiène informatique 2.0 (2017), 42 measures; ANSSI-BP-028 2.0 (2022).
"""

import re
from html import unescape
from pathlib import Path

from mairie.files import TemplateFile
from mairie.files.phones import (
    ACCOUNT,
    AUTHORITY,
    FILES,
    FOLDER,
    LOG,
    SERVICE,
    STATE,
    files,
    path_of,
)
from mairie.host.control import control
from mairie.host.drift import Drift
from mairie.host.looks.sockets import sockets
from mairie.host.looks.unit import changed_since_start, rights
from mairie.host.probe import CannotLookError, Probe, said
from mairie.plan.host import HostPlan
from mairie.plan.parts.phones import DeskPhone, PhonesPlan, Program

NET_BIND_SERVICE = 1 << 10
"""Of linux/capability.h."""
JOURNAL = f"journalctl -q -o cat -u {SERVICE} --since -30d"
PASSWORD = re.compile(
    r"^account\.1\.password = (?P<yealink>.+)$"
    r"|<user_pass\b[^>]*>(?P<snom>[^<]+)</user_pass>"
    r"|<P34>(?P<grandstream>[^<]+)</P34>"
    r"|<entry name=\"ha1\"[^>]*>(?P<linphone>[^<]+)</entry>",
    re.MULTILINE,
)


def phones_of(plan: HostPlan) -> PhonesPlan:
    """Return the plan of a host that sets phones up."""
    assert plan.phones is not None
    return plan.phones


def sets_up(plan: HostPlan) -> bool:
    """Whether this host sets phones up."""
    return plan.phones is not None


def ahead(plan: HostPlan, probe: Probe) -> None:
    """Begin the command that is slow."""
    probe.start([JOURNAL] if sets_up(plan) else [])


def every(plan: HostPlan) -> tuple[DeskPhone | Program, ...]:
    """Return all that fetch a file here."""
    return (*plan.phones.phones, *plan.phones.programs) if plan.phones else ()


def asked(probe: Probe, phones: PhonesPlan, name: str, *, clear: bool) -> str:
    """Return the status with which the service answers this host, which is no phone.

    Raises:
        AssertionError: it does not answer, or does not show the certificate that phones know.

    """
    here = f"'{phones.address}',{phones.port},timeout=8"
    link = f"http.client.HTTPConnection({here})"
    if not clear:
        known = f"ssl.create_default_context(cafile='{FILES}/{AUTHORITY}')"
        link = f"http.client.HTTPSConnection({here},context={known})"
    script = (
        f"import http.client,ssl;link={link};"
        f"link.request('GET','/{name}',headers={{'User-Agent':'Linphone'}});"
        "print(link.getresponse().status)"
    )
    answer = probe(f'python3 -I -c "{script}"')
    why = (answer.stderr.strip().splitlines() or ["rien"])[-1]
    assert answer.ok, f"ne répond pas comme prévu : {why}"
    return answer.stdout.strip()


def secret_of(phone: DeskPhone | Program) -> str:
    """Return the password in a phone's file, or what stands for it.

    Raises:
        CannotLookError: there is none.

    """
    try:
        found = PASSWORD.search(Path(path_of(phone)).read_text(encoding="utf-8"))
    except OSError as error:
        raise CannotLookError(f"{path_of(phone)} : {error.strerror}") from error
    if found is None:
        raise CannotLookError(f"{path_of(phone)} : sans mot de passe")
    return unescape(next(each for each in found.groups() if each))


def modes(plan: HostPlan) -> dict[str, str]:
    """Return the rights of what holds a password, or says who got one."""
    if plan.phones is None:
        return {}
    return {
        **dict.fromkeys((FOLDER, FILES), f"750 root:{ACCOUNT}"),
        **{
            file.path: f"{file.mode} {file.owner}:{file.group}"
            for file in files(plan)
            if file.secret
        },
        STATE: f"700 {ACCOUNT}:{ACCOUNT}",
    }


def log_lines() -> list[list[str]]:
    """Return the log, oldest line first: when, what, then words."""
    paths = (Path(f"{LOG}.1"), Path(LOG))
    texts = [path.read_text(encoding="utf-8") for path in paths if path.exists()]
    return [line.split("\t") for text in texts for line in text.splitlines()]


@control(
    "PHO-01",
    title="Ce qui règle les postes est en service, maintenant et au démarrage",
    reason="Sans lui, un poste neuf ou remplacé reste muet.",
    severity="medium",
    references=("ANSSI hygiène 20",),
    each=lambda plan: ("is-active", "is-enabled") if plan.phones else (),
)
def test_service(subject: str, probe: Probe) -> None:
    word = probe(f"systemctl {subject} {SERVICE}").stdout.strip()
    assert word == subject.removeprefix("is-"), f"{SERVICE} : {word or 'absent'}"


@control(
    "PHO-02",
    title="Il ne répond qu'à l'adresse prévue",
    reason="Une adresse de plus, et des mots de passe sont offerts à d'autres réseaux.",
    severity="high",
    references=("ANSSI hygiène 19", "ANSSI-BP-028 R62"),
    applies=sets_up,
)
def test_listens(probe: Probe, plan: HostPlan) -> None:
    phones = phones_of(plan)
    found = {item.local for item in sockets(probe) if item.port == phones.port}
    wanted = {f"{phones.address}:{phones.port}"}
    assert found == wanted, f"écoute sur {', '.join(sorted(found)) or 'rien'}"


@control(
    "PHO-03",
    title="Les fichiers de réglage des postes sont ceux du plan",
    reason="Une retouche à la main disparaît au prochain déploiement, ou survit sans être connue.",
    severity="medium",
    references=("ANSSI hygiène 16",),
    each=lambda plan: {file.path: file for file in files(plan) if not file.secret},
)
def test_file(subject: TemplateFile, drift: Drift) -> None:
    found = drift("phones", subject.path)
    assert not found, found


@control(
    "PHO-04",
    title="Il tourne avec ses fichiers d'aujourd'hui",
    reason="Il les lit à son démarrage : un poste retiré garderait son droit.",
    severity="medium",
    references=("ANSSI hygiène 6",),
    applies=sets_up,
)
def test_has_read_them(probe: Probe, plan: HostPlan) -> None:
    read = [file.path for file in files(plan) if not file.path.startswith(f"{FILES}/")]
    late = changed_since_start(probe, SERVICE, read)
    assert not late, f"changés depuis son démarrage : {', '.join(late)}"


@control(
    "PHO-05",
    title="Le programme exposé aux postes n'a qu'un droit",
    reason="Une faille dans ce programme ne doit pas donner l'autocommutateur.",
    severity="high",
    references=("ANSSI hygiène 29", "ANSSI-BP-028 R63"),
    applies=sets_up,
)
def test_rights(probe: Probe) -> None:
    found = rights(probe, SERVICE)
    user = said(probe(f"id -u {ACCOUNT}")).strip()
    assert found.users == {user}, f"tourne sous le compte {', '.join(sorted(found.users))}"
    extra = found.capabilities & ~NET_BIND_SERVICE
    assert not extra, f"droits du noyau en trop : {extra:#x}"
    assert not found.may_gain, "pourrait obtenir d'autres droits"


@control(
    "PHO-10",
    title="Les fichiers des postes ne sont lisibles que par l'administrateur et ce service",
    reason="Chacun contient le mot de passe d'un poste.",
    severity="high",
    references=("ANSSI hygiène 11", "ANSSI-BP-028 R50"),
    each=lambda plan: {path: (path, wanted) for path, wanted in modes(plan).items()},
)
def test_modes(subject: tuple[str, str], probe: Probe) -> None:
    path, wanted = subject
    shown = probe(f"stat -c '%a %U:%G' {path}")
    assert shown.ok, f"{path} manque"
    found = shown.stdout.strip()
    assert found == wanted, f"droits {found}, attendus {wanted}"


@control(
    "PHO-11",
    title="Qui n'est pas un poste n'obtient aucun fichier, et reconnaît le serveur",
    reason="Le fichier d'un poste permet d'appeler à ses frais.",
    severity="critical",
    references=("ANSSI hygiène 19", "ANSSI hygiène 21"),
    applies=sets_up,
)
def test_strangers_are_refused(probe: Probe, plan: HostPlan) -> None:
    name, wanted = every(plan)[0].file, "403" if phones_of(plan).phones else "404"
    status = asked(probe, phones_of(plan), name, clear=False)
    assert status == wanted, f"réponse {status} à qui n'est pas un poste"


@control(
    "PHO-12",
    title="Aucun fichier n'a été remis sans droit : deux fois, ou sans invitation",
    reason="Un second demandeur sous l'adresse d'un poste aurait son mot de passe.",
    severity="high",
    references=("ANSSI hygiène 11",),
    each=every,
)
def test_once(subject: DeskPhone | Program) -> None:
    may, twice = isinstance(subject, DeskPhone), ""
    for line in log_lines():
        when, what, *words = (*line, "")
        if what in ("ouvert", "invité") and words[0] == subject.name:
            may = True
        elif what == "fermé" and words[0] == subject.name:
            may = may and isinstance(subject, DeskPhone)
        elif what == "remis" and words[0] == subject.name and subject.file in words:
            twice, may = twice if may else when, False
    assert not twice, f"{subject.file} remis une fois de trop le {twice}"


@control(
    "PHO-13",
    title="Aucun journal ne contient le mot de passe d'un poste",
    reason="Un journal se lit, se copie et s'envoie plus facilement qu'un secret.",
    severity="high",
    references=("ANSSI hygiène 36", "ANSSI-BP-028 R50"),
    each=every,
)
def test_no_password(subject: DeskPhone | Program, probe: Probe) -> None:
    secret = secret_of(subject)
    kept = "\n".join("\t".join(line) for line in log_lines())
    assert secret not in kept, f"{LOG} contient le mot de passe de {subject.name}"
    assert secret not in said(probe(JOURNAL)), "le journal du système le contient"


@control(
    "PHO-14",
    title="En clair, rien n'est remis à qui n'apporte pas d'invitation",
    reason="Linphone lit son réglage en clair : cette porte ne doit rien donner d'autre.",
    severity="high",
    references=("ANSSI hygiène 19", "ANSSI hygiène 21"),
    each=lambda plan: (AUTHORITY, f"s/{'0' * 24}") if plan.phones else (),
)
def test_nothing_in_the_clear(subject: str, probe: Probe, plan: HostPlan) -> None:
    status = asked(probe, phones_of(plan), subject, clear=True)
    assert status == "403", f"réponse {status}, sans invitation et en clair"

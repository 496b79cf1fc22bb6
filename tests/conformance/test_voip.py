"""Controls of brick voip: who may telephone, that emergencies go first, that nobody else calls.

Numbers: ANSSI, Guide d'hygiène informatique 2.0 (2017), 42 measures; ANSSI-BP-028 2.0 (2022);
ANSSI, Recommandations de sécurisation d'une architecture de téléphonie sur IP (DAT-NT-021, 2014);
CPCE: Code des postes et des communications électroniques.
Passwords are read in this process only: no command line holds one, no message shows one.
"""

import base64
import filecmp
import re
import socket
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from mairie.dialplan import emergency_callers, emergency_exits
from mairie.files import TemplateFile
from mairie.files import voip as table
from mairie.files.voip import configuration_files, files
from mairie.host.control import control
from mairie.host.drift import Drift
from mairie.host.looks import apt, sip, tls
from mairie.host.looks.asterisk import asked, faults_at_start, names, told
from mairie.host.looks.emergencies import RULES, building_of, ways
from mairie.host.looks.links import links
from mairie.host.looks.sockets import sockets
from mairie.host.looks.unit import changed_since_start, program_replaced, rights
from mairie.host.probe import CannotLookError, Probe, said
from mairie.plan.host import HostPlan
from mairie.plan.parts.voip import (
    SIP_PORT,
    SIPS_PORT,
    VOICEMAIL,
    ExchangePlan,
    Extension,
    Trunk,
    VoipPlan,
)

AHEAD = timedelta(days=60)
PROGRAM = "asterisk"
NO_MODULES = "module show"
OWN_QUESTIONS = range(32768, 61000)
"""Linux gives such a port to a socket that asks others, here for names."""
MAIL_SHOWN = 32
"""Characters of an address that Asterisk shows."""
BUILT_IN = re.compile(r"^(\S+\.so)\s", re.MULTILINE)


def voip_of(plan: HostPlan) -> VoipPlan:
    """Return the plan of a commune's telephone host."""
    assert plan.voip is not None
    return plan.voip


def telephones(plan: HostPlan) -> bool:
    """Whether this host has the telephone system of a commune."""
    return plan.voip is not None


def answers(plan: HostPlan) -> bool:
    """Whether Asterisk runs on this host."""
    return plan.voip is not None or plan.exchange is not None


def at(plan: HostPlan) -> VoipPlan | ExchangePlan:
    """Return what Asterisk does on this host."""
    found = plan.voip or plan.exchange
    assert found is not None
    return found


def ahead(plan: HostPlan, probe: Probe) -> None:
    """Begin the questions that several controls ask."""
    questions = ["pjsip list endpoints", "pjsip list contacts", NO_MODULES]
    if plan.voip is not None:
        questions += [RULES, *(building_of(each.number) for each in plan.voip.extensions)]
    probe.start([asked(question) for question in questions] if answers(plan) else [])


# Service ------------------------------------------------------------------------------------------


@control(
    "VOI-01",
    title="Le standard téléphonique est en service, maintenant et au démarrage",
    reason="Sans lui, aucun téléphone ne sonne, pas même pour un appel d'urgence.",
    severity="critical",
    references=("ANSSI hygiène 20",),
    each=lambda plan: ("is-active", "is-enabled") if answers(plan) else (),
)
def test_service(subject: str, probe: Probe) -> None:
    word = probe(f"systemctl {subject} {table.SERVICE}").stdout.strip()
    assert word == subject.removeprefix("is-"), f"{table.SERVICE} : {word or 'absent'}"


@control(
    "VOI-02",
    title="Il n'écoute que sur ses propres adresses et ports",
    reason="Une adresse de plus, et d'autres réseaux peuvent essayer des mots de passe.",
    severity="high",
    references=("ANSSI hygiène 19", "ANSSI-BP-028 R62", "ANSSI DAT-NT-021 R7"),
    applies=answers,
)
def test_listens(probe: Probe, plan: HostPlan) -> None:
    sound = range(at(plan).rtp_first, at(plan).rtp_last + 1)
    own = [item for item in sockets(probe) if item.program == PROGRAM]
    found = {
        (item.protocol, item.local)
        for item in own
        if not (item.protocol == "udp" and (item.port in sound or item.port in OWN_QUESTIONS))
    }
    wanted = table.listens(plan)
    extra, absent = sorted(found - wanted), sorted(wanted - found)
    assert not extra, f"écoute aussi sur {extra}"
    assert not absent, f"n'écoute pas sur {absent}"


@control(
    "VOI-03",
    title="Les fichiers de la téléphonie sont ceux du plan",
    reason="Une retouche à la main disparaît au prochain déploiement, ou survit sans être connue.",
    severity="medium",
    references=("ANSSI hygiène 16",),
    each=lambda plan: {file.path: file for file in files(plan) if not file.secret},
)
def test_file(subject: TemplateFile, drift: Drift) -> None:
    found = drift("voip", subject.path)
    assert not found, found


def same(live: Path, tried: Path) -> bool:
    """Whether Asterisk reads what was placed, or what stands in it in base64."""
    if tried.suffix == table.ENCODED:
        return live.read_bytes() == base64.b64decode(tried.read_bytes())
    return filecmp.cmp(live, tried, shallow=False)


@control(
    "VOI-04",
    title="Asterisk lit la configuration qu'il a lui-même vérifiée, et rien d'autre",
    reason="Un fichier de plus ou changé à la main peut ouvrir un passage vers l'extérieur.",
    severity="high",
    references=("ANSSI hygiène 16",),
    applies=answers,
)
def test_live(plan: HostPlan) -> None:
    wanted = {table.live_of(file.path): file.path for file in configuration_files(plan)}
    found = {str(path) for path in Path(table.LIVE).iterdir()}
    extra, absent = sorted(found - set(wanted)), sorted(set(wanted) - found)
    assert not extra, f"en trop : {extra}"
    assert not absent, f"manque : {absent}"
    other = [
        live
        for live, tried in wanted.items()
        if not (Path(tried).exists() and same(Path(live), Path(tried)))
    ]
    assert not other, f"pas le fichier vérifié : {other}"


@control(
    "VOI-05",
    title="Il démarre sans avertissement",
    reason="Un avertissement au démarrage est un réglage qui n'a pas l'effet voulu.",
    severity="medium",
    references=("ANSSI hygiène 16",),
    applies=answers,
)
def test_start() -> None:
    faults = faults_at_start(Path(table.MESSAGES), table.OUTSIDE)
    assert not faults, f"{len(faults)} au démarrage, dont : {faults[0]}"


@control(
    "VOI-06",
    title="Il tourne avec ses adresses et ses modules d'aujourd'hui",
    reason="Il ne les lit qu'au démarrage : l'ancien réglage resterait en vigueur.",
    severity="medium",
    references=("ANSSI hygiène 6",),
    applies=answers,
)
def test_has_read_them(probe: Probe, plan: HostPlan) -> None:
    paths = [f"{table.LIVE}/{name}" for name in table.RESTART]
    paths += [file.path for file in table.tls_files(plan)]
    late = changed_since_start(probe, table.SERVICE, paths)
    if late:  # it starts again by itself, inside the same unit, once nobody is on the telephone
        shown = told(probe, "core show uptime seconds")
        seconds = re.search(r"System uptime: (\d+)", shown)
        if seconds is None:
            raise CannotLookError("Asterisk ne dit pas depuis quand il tourne")
        started = datetime.now(UTC).timestamp() - int(seconds[1])
        late = [path for path in late if Path(path).stat().st_mtime > started + 2]
    assert not late, f"changés depuis son démarrage : {', '.join(late)}"


@control(
    "VOI-07",
    title="Il n'a que les modules du plan",
    reason="Chaque module de plus est une porte de plus : commandes, fichiers, autres protocoles.",
    severity="high",
    references=("ANSSI hygiène 14", "ANSSI-BP-028 R62"),
    applies=answers,
)
def test_modules(probe: Probe, plan: HostPlan) -> None:
    found = set(BUILT_IN.findall(told(probe, NO_MODULES)))
    wanted = {f"{name}.so" for name in table.loaded(plan)}
    extra, absent = sorted(found - wanted), sorted(wanted - found)
    assert not extra, f"en trop : {', '.join(extra)}"
    assert not absent, f"manque : {', '.join(absent)}"


@control(
    "VOI-08",
    title="Ni console à distance ni page d'administration",
    reason="Elles passent des appels et changent des droits sans téléphone ni trace.",
    severity="high",
    references=("ANSSI hygiène 14", "ANSSI DAT-NT-021 R10"),
    each=lambda plan: (
        {"HTTP": "http show status", "AMI": "manager show settings"} if answers(plan) else {}
    ),
)
def test_no_remote_control(subject: str, probe: Probe) -> None:
    shown = told(probe, subject)
    off = "Server Disabled" in shown or re.search(r"Manager \(AMI\):\s+No\b", shown)
    assert off, "est ouvert"


@control(
    "VOI-09",
    title="Il tourne sous son propre compte, sans droits du noyau",
    reason="Il parle à l'extérieur : il ne doit ni lire les secrets des autres, ni rien changer.",
    severity="high",
    references=("ANSSI hygiène 29", "ANSSI-BP-028 R63"),
    applies=answers,
)
def test_rights(probe: Probe) -> None:
    found = rights(probe, table.SERVICE)
    user = said(probe(f"id -u {table.ACCOUNT}")).strip()
    assert found.users == {user}, f"tourne sous le compte {', '.join(sorted(found.users))}"
    assert not found.capabilities, f"droits du noyau : {found.capabilities:#x}"
    assert not found.may_gain, "pourrait obtenir d'autres droits"


# Who may call -------------------------------------------------------------------------------------


def endpoints(plan: HostPlan) -> set[str]:
    """Return the names of everybody whom Asterisk knows."""
    if plan.exchange is not None and plan.voip is None:
        return {each.commune for each in plan.exchange.communes}
    voip = voip_of(plan)
    ways = {f"{kind}-{trunk.name}" for trunk in voip.trunks for kind in ("trunk", "emergency")}
    hub = {"hub"} if voip.hub else set()
    return {each.number for each in voip.extensions} | ways | hub


def places(plan: HostPlan) -> set[str]:
    """Return the names of all places where somebody can be reached."""
    return {name for name in endpoints(plan) if not name.startswith("emergency-")}


@control(
    "VOI-10",
    title="Seuls les postes et opérateurs du plan sont connus",
    reason="Un compte de plus, ou un compte pour tous, et d'autres téléphonent à nos frais.",
    severity="critical",
    references=("ANSSI hygiène 11", "ANSSI DAT-NT-021 R15"),
    each=lambda plan: (
        {
            "endpoints": ("endpoints", "Endpoint", endpoints(plan)),
            "aors": ("aors", "Aor", places(plan)),
        }
        if answers(plan)
        else {}
    ),
)
def test_known(subject: tuple[str, str, set[str]], probe: Probe) -> None:
    kind, word, wanted = subject
    found = names(probe, kind, word)
    extra, absent = sorted(found - wanted), sorted(wanted - found)
    assert not extra, f"en trop : {', '.join(extra)}"
    assert not absent, f"manque : {', '.join(absent)}"


@control(
    "VOI-11",
    title="Un appel d'un inconnu est refusé",
    reason="Un appel sans compte qui passe est la fraude la plus simple, et la plus chère.",
    severity="critical",
    references=("ANSSI DAT-NT-021 R15",),
    applies=answers,
)
def test_no_guests(probe: Probe, plan: HostPlan) -> None:
    voip = at(plan)
    called = plan.voip.extensions[0].number if plan.voip and plan.voip.extensions else "15"
    source = next((own for own in own_addresses(probe) if own != voip.ipv4), voip.ipv4)
    status = sip.invite_status(voip.ipv4, SIP_PORT, called, source=source)
    if status is None:
        raise CannotLookError("aucune réponse en SIP")
    assert status in (401, 403, 407), f"réponse {status} à un inconnu qui appelle {called}"


def own_addresses(probe: Probe) -> list[str]:
    """Return the IPv4 addresses of this host, its loopback apart."""
    return [
        item["local"]
        for link in links(probe).values()
        for item in link.get("addr_info", ())
        if item["family"] == "inet" and not item["local"].startswith("127.")
    ]


@control(
    "VOI-12",
    title="Un mot de passe ne sert que depuis le réseau des téléphones",
    reason="Un mot de passe volé ne doit rien valoir ailleurs.",
    severity="high",
    references=("ANSSI hygiène 19", "ANSSI DAT-NT-021 R15"),
    each=lambda plan: plan.voip.extensions if plan.voip else (),
)
def test_only_from_its_network(subject: Extension, plan: HostPlan) -> None:
    voip = voip_of(plan)
    known = _password(subject.number)
    status = sip.who_is_registered(voip.ipv4, SIP_PORT, subject.number, known, source=voip.ipv4)
    if status is None:
        raise CannotLookError("aucune réponse en SIP")
    assert status != 200, f"{subject.number} est accepté depuis {voip.ipv4}"


@control(
    "VOI-13",
    title="Un mauvais mot de passe est refusé",
    reason="Sinon n'importe quel appareil devient le téléphone du maire.",
    severity="critical",
    references=("ANSSI hygiène 10", "ANSSI DAT-NT-021 R15"),
    each=lambda plan: plan.voip.extensions if plan.voip else (),
)
def test_wrong_password(subject: Extension, plan: HostPlan) -> None:
    voip = voip_of(plan)
    for wrong in ("", "wrong", subject.number):
        status = sip.who_is_registered(voip.ipv4, SIP_PORT, subject.number, wrong)
        if status is None:
            raise CannotLookError("aucune réponse en SIP")
        assert status in (401, 403), f"réponse {status} à un mauvais mot de passe"


def _password(number: str) -> str:
    """Return the password of a phone, as Asterisk knows it.

    Raises:
        CannotLookError: it has none.

    """
    text = Path(f"{table.LIVE}/pjsip_secrets.conf").read_text()
    found = re.search(
        rf"^\[{number}\]\ntype = auth\n(?:\w+ = .*\n)*?password = (.+)$", text, re.MULTILINE
    )
    if found is None:
        raise CannotLookError(f"{number} n'a pas de mot de passe")
    return found[1]


@control(
    "VOI-14",
    title="Il ne répond pas en IPv6",
    reason="Qui a une adresse en a tout un préfixe : aucun frein ne tiendrait contre lui.",
    severity="high",
    references=("ANSSI hygiène 19",),
    applies=answers,
)
def test_not_in_ipv6(plan: HostPlan) -> None:
    own = at(plan).ipv6
    status = sip.invite_status(own, SIP_PORT, "15")
    assert status is None, f"réponse {status} à un appel vers [{own}]"
    for port in (SIP_PORT, SIPS_PORT):
        try:
            socket.create_connection((own, port), sip.PATIENCE_S).close()
        except ConnectionRefusedError:
            continue
        raise AssertionError(f"[{own}]:{port} accepte une connexion")


# Emergencies --------------------------------------------------------------------------------------


def emergency_calls(plan: HostPlan) -> dict[str, tuple[Extension, str]]:
    """Return phone and number of each emergency call that can be made."""
    if plan.voip is None:
        return {}
    return {
        f"{phone.number} {phone.label} → {number.number}": (phone, number.number)
        for phone in plan.voip.extensions
        for number in plan.voip.emergency
    }


@control(
    "VOI-20",
    title="Chaque numéro d'urgence passe avant toute autre règle, par les sorties du plan",
    reason="Un appel au secours ne dépend ni d'un droit, ni d'une heure ; il dit quel bâtiment.",
    severity="critical",
    references=("CPCE D98-8", "ITU-T E.161.1"),
    each=emergency_calls,
)
def test_emergency_first(
    subject: tuple[Extension, str], probe: Probe, plan: HostPlan, seen: list[str]
) -> None:
    phone, number = subject
    shown = told(probe, f"dialplan show {number}@phone-{phone.right}")
    first = re.search(r"^\[ (?:Included context|Context) '([^']+)'", shown, re.MULTILINE)
    assert first, f"{number} ne mène nulle part"
    assert first[1] == "urgences", f"{number} est pris par « {first[1]} »"
    rule = rf"'{number}' =>\s+1\. Gosub\(emergency,s,1\(\$\{{EXTEN\}}\)\)"
    assert re.search(rule, shown), f"{number} ne mène pas aux secours"
    found = ways(probe, phone.number)
    labels = {trunk.name: trunk.label for trunk in voip_of(plan).trunks}
    seen += [f"{labels.get(way.trunk, way.trunk)} ({way.caller or 'sans numéro'})" for way in found]
    known = emergency_callers(phone, voip_of(plan))
    wanted = [(way.name, known[way.caller]) for way in emergency_exits(voip_of(plan))]
    assert [(way.trunk, way.caller) for way in found] == wanted, (
        f"sort par {', puis '.join(seen) or 'rien'} ; dans le plan : "
        + ", puis ".join(f"{labels[name]} ({caller})" for name, caller in wanted)
    )


@control(
    "VOI-21",
    title="Une sortie vers les secours est ouverte",
    reason="Sans opérateur joignable, personne ne répond au 15.",
    severity="critical",
    references=("CPCE D98-8",),
    applies=lambda plan: plan.voip is not None and bool(plan.voip.trunks),
)
def test_a_way_out(probe: Probe, plan: HostPlan) -> None:
    open_ways = [trunk.name for trunk in voip_of(plan).trunks if _reached(probe, trunk)]
    assert open_ways, "aucun opérateur ne répond"


@control(
    "VOI-22",
    title="Chaque opérateur répond, et nous connaît",
    reason="Un opérateur muet : les citoyens n'appellent plus, et une sortie manque aux secours.",
    severity="high",
    references=("CPCE D98-8",),
    each=lambda plan: plan.voip.trunks if plan.voip else (),
)
def test_trunk(subject: Trunk, probe: Probe) -> None:
    assert _reached(probe, subject), f"{subject.label} ne répond pas"
    if subject.kind == "register":
        shown = told(probe, "pjsip show registrations")
        line = next((x for x in shown.splitlines() if f" trunk-{subject.name}/" in x), "")
        assert "Registered" in line, f"{subject.label} ne nous a pas inscrits"


@control(
    "VOI-23",
    title="Chaque opérateur chiffré prouve qui il est",
    reason="Qui se fait passer pour l'opérateur entend tout ; Asterisk lui refuse les appels.",
    severity="high",
    references=("ANSSI hygiène 21", "ANSSI DAT-NT-021 R16"),
    each=lambda plan: (
        [trunk for trunk in plan.voip.trunks if trunk.transport == "tls"] if plan.voip else ()
    ),
)
def test_operator_is_the_operator(subject: Trunk, plan: HostPlan) -> None:
    own = voip_of(plan).ipv4
    why = tls.refusal(subject.host, subject.port, subject.authority, source=own)
    assert not why, (
        f"certificat de {subject.label} refusé : {why} ; demander à l'opérateur s'il en a changé, "
        "et par quelle autorité"
    )


def _reached(probe: Probe, trunk: Trunk) -> bool:
    shown = told(probe, "pjsip list contacts")
    return bool(re.search(rf"Contact:\s+trunk-{trunk.name}/.*\bAvail\b", shown))


# Money, records, voicemail ------------------------------------------------------------------------


@control(
    "VOI-30",
    title="Les appels du jour restent sous le plafond",
    reason="Au-delà, quelqu'un téléphone aux frais de la commune.",
    severity="high",
    references=("ANSSI DAT-NT-021 R20",),
    applies=telephones,
)
def test_spent(probe: Probe, plan: HostPlan) -> None:
    most = voip_of(plan).spending.daily_cents
    shown = told(probe, "database show spent")
    spent = {day: float(cents) for day, cents in re.findall(r"/spent/(\d+)\s*: ([\d.]+)", shown)}
    over = sorted(day for day, cents in spent.items() if cents > most)
    assert not over, f"plafond dépassé le {over[-1]} : {spent[over[-1]] / 100:.2f}"


@control(
    "VOI-31",
    title="Les relevés d'appels sont effacés à temps",
    reason="Ils disent qui appelle qui : la loi en limite la durée.",
    severity="high",
    references=("CPCE L34-1", "RGPD art. 5"),
    applies=answers,
)
def test_records(probe: Probe, plan: HostPlan) -> None:
    word = probe(f"systemctl is-active {table.KEEP_TIMER}").stdout.strip()
    assert word == "active", f"{table.KEEP_TIMER} : {word or 'absent'}"
    first = date.today() - timedelta(days=at(plan).records_days + 1)
    paths = Path(table.RECORDS).glob("calls-*.csv")
    old = sorted(path.name for path in paths if path.stem.removeprefix("calls-") < f"{first}")
    assert not old, f"{len(old)} relevé(s) trop vieux, dont {old[0]}"


FOLDERS = {
    table.CANDIDATE: ("750", f"root:{table.ACCOUNT}"),
    table.LIVE: ("750", f"root:{table.ACCOUNT}"),
    table.RECORDS: ("750", f"{table.ACCOUNT}:{table.ACCOUNT}"),
    VOICEMAIL: ("750", f"{table.ACCOUNT}:{table.ACCOUNT}"),
}


@control(
    "VOI-32",
    title="Mots de passe, messages et relevés ne sont lisibles que du standard",
    reason="Un mot de passe lu est un téléphone de plus ; un message écouté, une atteinte.",
    severity="high",
    references=("ANSSI hygiène 11", "ANSSI-BP-028 R50", "RGPD art. 32"),
    each=lambda plan: (
        {
            **{path: (path, *wanted) for path, wanted in FOLDERS.items()},
            **{
                path: (path, "750", f"{table.ACCOUNT}:{table.ACCOUNT}")
                for path in table.spools(plan)
            },
            **{
                path: (path, "640", f"root:{table.ACCOUNT}")
                for file in configuration_files(plan)
                if file.secret
                for path in (file.path, table.live_of(file.path))
            },
            **{
                file.path: (file.path, "640", f"root:{table.ACCOUNT}")
                for file in table.tls_files(plan)
            },
        }
        if answers(plan)
        else {}
    ),
)
def test_modes(subject: tuple[str, str, str], probe: Probe) -> None:
    path, mode, owner = subject
    output = probe(f"stat -c '%a %U:%G' {path}")
    assert output.ok, f"{path} manque"
    found, wanted = output.stdout.strip(), f"{mode} {owner}"
    assert found == wanted, f"droits {found}, attendus {wanted}"


@control(
    "VOI-33",
    title="Les jours fériés des soixante prochains jours sont connus",
    reason="Après le dernier jour connu, l'accueil sonnerait dans le vide un jour férié.",
    severity="medium",
    applies=lambda plan: plan.voip is not None and plan.voip.reception is not None,
)
def test_closed_days(probe: Probe, plan: HostPlan) -> None:
    reception = voip_of(plan).reception
    assert reception is not None
    until = date.today() + AHEAD
    known = told(probe, "dialplan show closed-days")
    absent = [day.date for day in reception.closed if f"'{day.date.replace('-', '')}'" not in known]
    assert not absent, f"{len(absent)} jour(s) absents du standard, dont {absent[0]}"
    last = max((day.date for day in reception.closed), default="aucun")
    assert last >= f"{until}", f"dernier jour connu : {last} ; déployer avec d'autres années"


# Other communes -----------------------------------------------------------------------------------


@control(
    "VOI-40",
    title="Les autres communes sont joignables par le syndicat",
    reason="Sans le central du syndicat, les numéros courts ne mènent nulle part.",
    severity="medium",
    each=lambda plan: (
        ["hub"]
        if plan.voip and plan.voip.hub
        else [each.commune for each in plan.exchange.communes]
        if plan.exchange
        else []
    ),
)
def test_neighbour(subject: str, probe: Probe) -> None:
    shown = told(probe, "pjsip list contacts")
    assert re.search(rf"Contact:\s+{subject}/.*\bAvail\b", shown), f"{subject} ne répond pas"


@control(
    "VOI-41",
    title="Le central du syndicat ne mène qu'aux communes",
    reason="Une règle de plus, et une commune téléphone aux frais d'une autre.",
    severity="high",
    references=("ANSSI hygiène 19",),
    applies=lambda plan: plan.exchange is not None,
)
def test_exchange_rules(probe: Probe, plan: HostPlan) -> None:
    exchange = plan.exchange
    assert exchange is not None
    shown = told(probe, "dialplan show")
    found = set(re.findall(r"Dial\(PJSIP/[^@)]*@([^,)]+)", shown))
    wanted = {each.commune for each in exchange.communes}
    assert found == wanted, f"mène vers {', '.join(sorted(found)) or 'rien'}"


@control(
    "VOI-47",
    title="Chaque message part à l'adresse du plan, et à aucune autre",
    reason="Une adresse changée à la main, et quelqu'un d'autre entend les messages.",
    severity="high",
    references=("RGPD art. 32",),
    each=lambda plan: (
        [each for each in plan.voip.extensions if each.voicemail] if plan.voip and plan.mail else ()
    ),
)
def test_mail_address(subject: Extension, probe: Probe) -> None:
    shown = told(probe, f"voicemail show mailbox {subject.number} mairie")
    found = re.findall(r"[^\s@]+@[^\s@]+", shown.partition("\n\n")[0])
    wanted = [subject.mail[:MAIL_SHOWN]] if subject.mail else []
    assert found == wanted, "part à une autre adresse" if found else "ne part pas"


# Where it comes from ------------------------------------------------------------------------------


@control(
    "VOI-50",
    title="apt connaît les paquets du siège, et la signature du syndicat",
    reason="Sans eux, Asterisk n'est plus corrigé, et un hôte perdu ne se refait pas.",
    severity="medium",
    references=("ANSSI hygiène 34", "ANSSI-BP-028 R59"),
    each=lambda plan: plan.packages.names if answers(plan) and plan.packages else (),
)
def test_source(subject: str, probe: Probe, plan: HostPlan) -> None:
    assert plan.packages is not None
    sources = [line.split()[1:3] for line in said(probe(apt.policy(subject))).splitlines()]
    assert [plan.packages.url, "./"] in sources, f"{subject} : le siège n'est pas parmi ses sources"


@control(
    "VOI-51",
    title="Le standard en service est celui qui est installé",
    reason="Une version corrigée ne sert à personne tant que l'ancienne tourne.",
    severity="medium",
    references=("ANSSI hygiène 34", "ANSSI-BP-028 R61"),
    applies=answers,
)
def test_runs_what_is_installed(probe: Probe) -> None:
    replaced = program_replaced(probe, table.SERVICE)
    assert not replaced, "une autre version est installée : elle attend qu'il redémarre"

"""Runs made up for the tests: a demo with one of everything, a clean one, and a whole territory."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Literal

from mairie.host.events import Changed, ControlResult, Failed, Outcome, Severity
from mairie.plan.host import Place
from mairie.report.model import Family, FlowCheck, HostReport, RunReport, Verdict, conformity

START = datetime(2026, 11, 21, 20, 33, tzinfo=UTC)
HOSTILE = "</script><img src=x onerror=alert(1)>\"'&{{ 7*7 }}\x1b[31m\x00"


def place(commune: str, label: str, site: str = "mairie", island: str = "") -> Place:
    """Where a made-up host stands."""
    hub = commune == "hub"
    return Place(
        commune=commune,
        commune_label=label,
        insee="" if hub else "98744",
        archipelago="" if hub else "australes",
        island=island,
        site="" if hub else site,
        site_label="" if hub else f"{site.capitalize()} de {label}",
    )


def control(
    host: str,
    name: str = "VPN-03",
    outcome: Outcome = "pass",
    *,
    title: str = "Le tunnel vers le concentrateur répond",
    subject: str = "",
    message: str = "",
    severity: Severity = "high",
    seen: tuple[str, ...] = (),
) -> ControlResult:
    return ControlResult(
        id=name,
        title=title,
        host=host,
        outcome=outcome,
        severity=severity,
        subject=subject,
        message=message,
        duration_s=0.012,
        references=("ANSSI hygiène 21", "BP-028 R12"),
        reason="Sans tunnel, la commune n'est ni supervisée ni sauvegardée.",
        seen=seen,
    )


TITLES = {
    "BASE-01": "Les connexions SSH par mot de passe sont refusées",
    "BASE-07": "L'horloge suit le concentrateur à moins d'une seconde",
    "NET-02": "Un visiteur n'atteint pas le réseau des agents",
    "NET-11": "Les paquets refusés sont comptés",
    "NET-14": "Le nom d'un équipement du site se résout dans chaque segment",
    "VPN-03": "Le tunnel vers le concentrateur répond",
    "VPN-05": "La clé privée n'est lisible que de root",
}


def good_controls(host: str) -> tuple[ControlResult, ...]:
    """Return passes for every title, on two subjects where it makes sense."""
    results = []
    for name, title in TITLES.items():
        subjects = ("agents", "public") if name.startswith("NET") else ("",)
        results += [control(host, name, title=title, subject=s) for s in subjects]
    return tuple(results)


NUMBERS = ("15", "17", "18", "112")
WAYS = ("Opérateur de l'île (40930000)", "Opérateur de secours (+68940930000)")


def emergency(phone: str, outcome: Outcome = "pass", **more: str) -> tuple[ControlResult, ...]:
    """Return what a telephone host answered about one phone; ``more`` are messages by number."""
    title = "Chaque numéro d'urgence passe avant toute autre règle, par les sorties du plan"
    return tuple(
        control(
            "rurutu-mairie-srv",
            "VOI-20",
            "fail" if f"n{number}" in more else outcome,
            title=title,
            subject=f"{phone} → {number}",
            message=more.get(f"n{number}", "" if outcome == "pass" else "Asterisk ne répond pas"),
            severity="critical",
            seen=WAYS if outcome == "pass" and f"n{number}" not in more else (),
        )
        for number in NUMBERS
    )


def telephones() -> RunReport:
    """Return a run over one telephone host: one phone as planned, one not, one not looked at."""
    controls = (
        *emergency("101 Accueil"),
        *emergency("104 Atelier", n15="15 est pris par « inside »"),
        *emergency("120 Direction de l'école", "unknown"),
    )
    return RunReport(
        territory="demo",
        label="Syndicat de démonstration",
        kind="verify",
        started=START,
        finished=START + timedelta(seconds=4),
        hosts=(host("rurutu-mairie-srv", place("rurutu", "Rurutu"), controls),),
    )


def host(name: str, where: Place, controls: tuple[ControlResult, ...]) -> HostReport:
    """Return a verified host."""
    return HostReport(
        host=name,
        place=where,
        roles=("hub",) if name == "hub" else ("gateway",),
        status=conformity(controls),
        controls=controls,
        operations=61,
        changed=tuple(Changed(number=n, name=f"Place /etc/exemple/{n}.conf") for n in range(1, 13)),
        changed_again=0,
        duration_s=18.24,
    )


def flows(site: str, host_name: str, *, trouble: bool = False) -> tuple[FlowCheck, ...]:
    """Return a plausible matrix for one site."""
    allowed = {
        ("agents", "internet"): "agents-internet",
        ("agents", "serveurs"): "agents-serveurs",
        ("voice", "serveurs"): "voix-pbx",
        ("public", "internet"): "public-internet",
        ("school", "internet"): "ecole-internet",
    }
    families: tuple[Family, ...] = ("ipv4", "ipv6")
    checks = []
    for source, to, family in product(
        ("agents", "voice", "public", "school"),
        ("agents", "serveurs", "voice", "internet", "hub", "Rapa · agents"),
        families,
    ):
        if source == to:
            continue
        flow = allowed.get((source, to), "")
        expected: Verdict = "allowed" if flow else "refused"
        observed: Verdict | Literal["unknown"] = expected
        message = ""
        if trouble and (source, to, family) == ("public", "agents", "ipv6"):
            observed, message = "allowed", "réponse reçue de fd00:0:0:2c01::12 en 3 ms"
        if trouble and (source, to) == ("school", "hub"):
            observed, message = "unknown", "aucun client dans le segment school"
        checks.append(
            FlowCheck(
                host=host_name,
                site=site,
                source=source,
                destination=to,
                family=family,
                service="tcp/443",
                expected=expected,
                observed=observed,
                flow=flow,
                message=message,
            )
        )
    return tuple(checks)


def demo() -> RunReport:
    """Return a demo run with one host of each kind of trouble."""
    rurutu = place("rurutu", "Rurutu", "mairie", "Rurutu")
    bad = (
        *good_controls("rurutu-mairie-gw"),
        control(
            "rurutu-mairie-gw",
            "NET-02",
            "fail",
            title=TITLES["NET-02"],
            subject="public → agents (IPv6)",
            message="fd00:0:0:2c01::12 a répondu à un visiteur en 3 ms ; attendu : aucun paquet.",
        ),
        control(
            "rurutu-mairie-gw",
            "BASE-07",
            "unknown",
            title=TITLES["BASE-07"],
            message="chronyc n'a pas répondu en 5 s",
        ),
    )
    unsure = (
        *good_controls("rurutu-ecole-gw"),
        control(
            "rurutu-ecole-gw",
            "WIFI-01",
            "unknown",
            title="La radio émet sur son canal",
            message="Pas de radio dans un conteneur.",
            severity="low",
        ),
    )
    failed = HostReport(
        host="rurutu-mairie-srv",
        place=rurutu,
        roles=("server",),
        status="failed",
        operations=40,
        changed=(Changed(number=1, name="Poser /etc/hosts"),),
        failed=Failed(
            message="sshd a refusé le nouveau fichier ; l'ancien est resté en place.",
            operation="Place /etc/ssh/sshd_config.d/10-mairie.conf",
            output="/etc/ssh/.mairie/10-mairie.conf line 3: Bad SSH2 KexAlgorithms 'sntrup'.",
        ),
        warnings=("kernel.kptr_restrict ne peut pas être réglé dans un conteneur.",),
        duration_s=3.4,
    )
    lost = HostReport(
        host="rapa-mairie-box",
        place=place("rapa", "Rapa", "mairie", "Rapa"),
        roles=("gateway", "server"),
        status="unreachable",
        failed=Failed(message="ssh: connect to host rapa-mairie-box port 22: No route to host"),
        duration_s=10.0,
    )
    return RunReport(
        territory="demo",
        label="Syndicat de démonstration",
        kind="demo",
        started=START,
        finished=START + timedelta(seconds=187),
        hosts=(
            host("hub", place("hub", "Concentrateur"), good_controls("hub")),
            host("rurutu-mairie-gw", rurutu, bad),
            failed,
            host("rurutu-ecole-gw", place("rurutu", "Rurutu", "école", "Rurutu"), unsure),
            lost,
        ),
        matrix=flows("Rurutu · mairie", "lab-rurutu", trouble=True)
        + flows("Rapa · mairie", "lab-rapa"),
    )


def clean() -> RunReport:
    """Return a run in which everything passed."""
    return RunReport(
        territory="demo",
        kind="verify",
        started=START,
        finished=START + timedelta(seconds=42),
        hosts=(
            host("hub", place("hub", "Concentrateur"), good_controls("hub")),
            host("rapa-mairie-box", place("rapa", "Rapa"), good_controls("rapa-mairie-box")),
        ),
        matrix=flows("Rapa · mairie", "lab-rapa"),
    )


def fleet(hosts: int = 72, checks: int = 250) -> RunReport:
    """Return a territory: every tenth host fails a control, every twelfth cannot be looked at."""
    prefixes = ("BASE", "NET", "VPN", "WIFI")
    levels: tuple[Severity, ...] = ("critical", "high", "medium", "low")
    made = []
    for n in range(hosts):
        name = f"commune{n:02}-mairie-gw"
        outcomes: list[Outcome] = ["pass"] * checks
        if n % 10 == 3:
            outcomes[n % checks] = "fail"
        if n % 12 == 5:
            outcomes[(n + 1) % checks] = "unknown"
        results = tuple(
            ControlResult(
                id=f"{prefixes[i % 4]}-{i // 8:02}",
                title=f"Le réglage numéro {i // 8} du plan tient toujours sur l'hôte",
                host=name,
                outcome=outcome,
                severity=levels[i // 8 % 4],
                subject=f"sujet-{i}",
                message="" if outcome == "pass" else "vu 1, attendu 0",
                duration_s=0.01,
                references=("ANSSI hygiène 21",),
                reason="Une raison d'une longueur ordinaire, que le lecteur comprend sans aide.",
            )
            for i, outcome in enumerate(outcomes)
        )
        made.append(
            host(name, place(f"commune{n:02}", f"Commune {n:02}", "mairie", "Île"), results)
        )
    return RunReport(
        territory="polynesie",
        kind="verify",
        started=START,
        finished=START + timedelta(seconds=640),
        hosts=tuple(made),
    )

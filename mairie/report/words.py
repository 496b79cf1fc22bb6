"""The French words of reports: one place, so that every format says the same thing.

Three outcomes have three words, three signs and three colours, and none depends on colour alone.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import get_args

from mairie.host.events import Outcome, Severity
from mairie.report.model import GOOD, FlowCheck, HostReport, HostStatus, Kind

OUTCOMES: dict[Outcome, str] = {"pass": "conforme", "fail": "non conforme", "unknown": "inconnu"}
SIGNS: dict[Outcome, str] = {"pass": "✓", "fail": "✗", "unknown": "?"}
STATUSES: dict[HostStatus, str] = {
    "conforming": "conforme",
    "not-conforming": "non conforme",
    "unknown": "inconnu",
    "changed": "modifié",
    "unchanged": "inchangé",
    "failed": "échec",
    "unreachable": "injoignable",
    "untouched": "non commencé",
}
STATUS_SIGNS: dict[HostStatus, str] = {
    "conforming": "✓",
    "not-conforming": "✗",
    "unknown": "?",
    "changed": "●",
    "unchanged": "=",
    "failed": "✗",
    "unreachable": "⊘",
    "untouched": "–",
}
SEVERITIES: dict[Severity, str] = {
    "critical": "critique",
    "high": "élevée",
    "medium": "moyenne",
    "low": "faible",
}
SEVERITY_ORDER: tuple[Severity, ...] = get_args(Severity)
KINDS: dict[Kind, str] = {
    "deploy": "Déploiement",
    "verify": "Vérification de conformité",
    "demo": "Démonstration",
    "preview": "Aperçu des changements",
}
ROLES = {
    "hub": "concentrateur",
    "gateway": "passerelle",
    "server": "serveur",
    "ap": "point d'accès",
}
VERDICTS = {"allowed": "autorisé", "refused": "refusé", "unknown": "inconnu"}
FAMILIES = {"ipv4": "IPv4", "ipv6": "IPv6"}
MONTHS = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
]


def status_word(status: HostStatus, kind: Kind) -> str:
    """Return the word of a status; in a preview nothing has been changed yet."""
    if kind == "preview" and status == "changed":
        return "à modifier"
    return STATUSES[status]


def number(count: int, one: str, many: str) -> str:
    """Return ``3 hôtes``, ``1 hôte``, ``0 hôte``: French takes the singular below two."""
    return f"{count} {one if count < 2 else many}"


def when(moment: datetime) -> str:
    """Return ``21 novembre 2026 à 20:33 UTC``, in the zone of the value."""
    day = "1er" if moment.day == 1 else str(moment.day)
    zone = moment.tzname() or ""
    return f"{day} {MONTHS[moment.month - 1]} {moment.year} à {moment:%H:%M} {zone}".rstrip()


def duration(seconds: float) -> str:
    """Return ``0,4 s``, ``12 s``, ``3 min 05 s`` or ``2 h 07 min``."""
    if seconds < 10:
        return f"{seconds:.1f} s".replace(".", ",")
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"


def size(count: float) -> str:
    """Return a number of bytes: ``512 o``, ``1,5 Mo``, ``120 Go``; factors of a thousand."""
    units = ("o", "ko", "Mo", "Go", "To")
    power = 0
    while count >= 999.5 and power < len(units) - 1:
        count, power = count / 1000, power + 1
    written = f"{count:.1f}" if power and count < 99.95 else f"{count:.0f}"
    return f"{written.replace('.', ',')} {units[power]}"


def why(host: HostReport) -> str:
    """Return one line that says what happened to a host; empty when there is nothing to say."""
    if host.failed is not None:
        at = f"{host.failed.operation} : " if host.failed.operation else ""
        return f"{at}{first_line(host.failed.message)}"
    fails, unknowns = host.count("fail"), host.count("unknown")
    parts = []
    if fails:
        parts.append(number(fails, "vérification non conforme", "vérifications non conformes"))
    if unknowns:
        parts.append(number(unknowns, "vérification inconnue", "vérifications inconnues"))
    if host.status == "unknown" and not host.controls:
        parts.append("aucune vérification n'a pu être faite")
    if host.changed_again:
        again = number(host.changed_again, "opération", "opérations")
        parts.append(f"un second déploiement a encore changé {again}")
    return ", ".join(parts)


_CONTROL = re.compile(
    r"\x1b\[[0-9;?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]"
)


def clean(text: str) -> str:
    """Return the text without terminal sequences and without what XML 1.0 cannot hold.

    What a host wrote must neither drive the reader's terminal nor break a file.
    """
    return _CONTROL.sub("", text)


def named(slug: str) -> str:
    """Return an inventory name for people: ``tuamotu-gambier`` → ``Tuamotu-Gambier``."""
    return slug.title() if slug.islower() else slug


def first_line(text: str) -> str:
    """Return the first line that holds something."""
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


def advice(host: HostReport, kind: Kind) -> str:
    """Return what to do about a host; empty when there is nothing to do."""
    name = host.host
    deploy, verify = f"mairie deploy {name}", f"mairie verify {name}"
    look = f"mairie preview {name}"
    if kind == "demo":
        deploy, verify, look = "mairie lab deploy", "mairie lab verify", f"mairie lab shell {name}"
    by_status: dict[HostStatus, str] = {
        "failed": (
            f"Lire la sortie de l'opération, corriger, puis relancer : {deploy}. "
            "Les opérations déjà faites ne seront pas refaites."
        ),
        "unreachable": (
            "Vérifier l'alimentation, le lien et le VPN du site, puis relancer la même "
            f"commande sur {name}."
        ),
        "not-conforming": (
            f"Voir ce qui a dérivé : {look} ; remettre en état : {deploy} ; puis {verify}."
        ),
        "unknown": (
            "Lire pourquoi le contrôle n'a pas pu regarder, lever l'obstacle, puis "
            f"{verify}. Inconnu ne veut pas dire conforme."
        ),
        "untouched": f"Le passage a été interrompu avant cet hôte : le relancer sur {name}.",
    }
    if host.changed_again and host.status in GOOD:
        return (
            f"Voir ce qui change à chaque fois : {look}. "
            "Un déploiement répété ne doit rien changer."
        )
    return by_status.get(host.status, "")


def flow_word(check: FlowCheck) -> str:
    """Return what packets did, and whether that is right: ``refusé à tort``."""
    word = VERDICTS[check.observed]
    return f"{word} à tort" if check.outcome == "fail" else word

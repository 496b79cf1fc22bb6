"""Controls of brick mail: that what waits leaves, through the relay and nobody else's hands.

Numbers: ANSSI, Guide d'hygiène informatique 2.0 (2017), 42 measures; ANSSI-BP-028 2.0 (2022).
No message shows an address or a word of a mail.
"""

import json
import time
from pathlib import Path

from mairie.files import TemplateFile
from mairie.files import mail as table
from mairie.files.mail import files
from mairie.files.voip import spools
from mairie.host.control import control
from mairie.host.drift import Drift
from mairie.host.looks.sockets import sockets
from mairie.host.looks.unit import changed_since_start, is_active
from mairie.host.probe import CannotLookError, Probe, said
from mairie.plan.host import HostPlan
from mairie.plan.parts.mail import MailPlan

QUEUE = "postqueue -j"
HANDED_OVER_S = 900
"""What Asterisk took down is in the queue within seconds; a fax of many pages takes minutes."""
REASON_SHOWN = 120


def sends(plan: HostPlan) -> bool:
    """Whether this host sends mail."""
    return plan.mail is not None


def mail_of(plan: HostPlan) -> MailPlan:
    """Return the plan of a host that sends mail."""
    assert plan.mail is not None
    return plan.mail


def ahead(plan: HostPlan, probe: Probe) -> None:
    """Begin the look at the queue."""
    probe.start([QUEUE] if sends(plan) else [])


@control(
    "MAI-01",
    title="La file d'attente et l'envoi des messages sont en service, maintenant et au démarrage",
    reason="Sans eux, un message laissé sur un répondeur n'arrive jamais par courriel.",
    severity="high",
    references=("ANSSI hygiène 20",),
    each=lambda plan: (table.SERVICE, table.WATCH, table.ALERTS_TIMER) if sends(plan) else (),
)
def test_in_service(subject: str, probe: Probe) -> None:
    enabled = probe(f"systemctl is-enabled {subject}").stdout.strip()
    active = probe(is_active(subject)).stdout.strip()
    assert (enabled, active) == ("enabled", "active"), f"{enabled or 'absent'}, {active}"


@control(
    "MAI-02",
    title="Elle n'écoute que cet hôte lui-même",
    reason="Ouverte au réseau, elle enverrait le courrier de n'importe qui au nom de la mairie.",
    severity="critical",
    references=("ANSSI hygiène 19", "ANSSI-BP-028 R62"),
    applies=sends,
)
def test_listens(probe: Probe) -> None:
    found = [item for item in sockets(probe) if item.port == table.PORT]
    others = sorted({item.local for item in found if not item.is_local})
    assert not others, f"écoute aussi sur {', '.join(others)}"
    assert found, "n'écoute pas : aucun message n'y entre"


@control(
    "MAI-03",
    title="Les fichiers du courrier sont ceux du plan",
    reason="Une retouche à la main disparaît au prochain déploiement, ou survit sans être connue.",
    severity="medium",
    references=("ANSSI hygiène 16",),
    each=lambda plan: {file.path: file for file in files(plan) if not file.secret},
)
def test_file(subject: TemplateFile, drift: Drift) -> None:
    found = drift("mail", subject.path)
    assert not found, found


@control(
    "MAI-04",
    title="Tout part par le relais du syndicat, chiffré, certificat vérifié, avec mot de passe",
    reason="Ailleurs ou en clair, les messages des habitants seraient lus en chemin.",
    severity="high",
    references=("ANSSI hygiène 22", "RGPD art. 32"),
    each=lambda plan: (
        {
            "relayhost": table.relay(mail_of(plan)),
            "smtp_tls_security_level": "secure",
            "smtp_tls_secure_cert_match": "nexthop",
            "smtp_sasl_auth_enable": "yes",
            "smtp_sasl_password_maps": f"texthash:{table.PASSWORD}",
        }.items()
        if sends(plan)
        else ()
    ),
)
def test_relay(subject: tuple[str, str], probe: Probe) -> None:
    name, wanted = subject
    # Of main.cf, and of what master.cf says otherwise for the one service that sends.
    found = [said(probe(f"postconf -h {name}")).strip()]
    overridden = said(probe(f"postconf -P smtp/unix/{name} 2>/dev/null"))
    found += [line.partition("=")[2].strip() for line in overridden.splitlines()]
    assert found == [wanted], f"{name} : {', '.join(found)}"


@control(
    "MAI-05",
    title="La file tourne avec ses réglages d'aujourd'hui",
    reason="Elle les lit à son démarrage : un relais ou un mot de passe changés n'y seraient pas.",
    severity="medium",
    references=("ANSSI hygiène 6",),
    applies=sends,
)
def test_has_read_them(probe: Probe, plan: HostPlan) -> None:
    paths = [file.path for file in table.queue_files(mail_of(plan))]
    late = changed_since_start(probe, table.SERVICE, paths)
    assert not late, f"changés depuis son démarrage : {', '.join(late)}"


@control(
    "MAI-06",
    title="Le mot de passe du relais n'est lisible que de root",
    reason="Qui le lit envoie du courrier au nom de la mairie.",
    severity="high",
    references=("ANSSI hygiène 11", "ANSSI-BP-028 R50"),
    applies=sends,
)
def test_password(probe: Probe) -> None:
    output = probe(f"stat -c '%a %U:%G' {table.PASSWORD}")
    assert output.ok, f"{table.PASSWORD} manque"
    found = output.stdout.strip()
    assert found == "600 root:root", f"droits {found}, attendus 600 root:root"


@control(
    "MAI-07",
    title="Aucun message n'attend le relais depuis trop longtemps",
    reason="Lien coupé, mot de passe changé, relais plein : quelqu'un attend un message.",
    severity="high",
    references=("ANSSI hygiène 36",),
    applies=sends,
)
def test_queue(probe: Probe, plan: HostPlan) -> None:
    hours = mail_of(plan).late_hours
    now = time.time()
    waiting = [json.loads(line) for line in said(probe(QUEUE)).splitlines()]
    late = [item for item in waiting if now - item["arrival_time"] > hours * 3600]
    if not late:
        return
    oldest = min(late, key=lambda item: item["arrival_time"])
    age = int(now - oldest["arrival_time"]) // 3600
    reasons = [each.get("delay_reason", "") for each in oldest.get("recipients", ())]
    reason = next((each for each in reasons if each and "@" not in each), "raison non dite")
    count = f"{len(late)} message{'s attendent' if len(late) > 1 else ' attend'}"
    raise AssertionError(
        f"{count} depuis plus de {hours} h, le plus ancien depuis {age} h : {reason[:REASON_SHOWN]}"
    )


@control(
    "MAI-08",
    title="Ce que le standard a noté est dans la file, et rien n'est resté en chemin",
    reason="Un message qui n'entre pas dans la file ne partira jamais, lien rétabli ou non.",
    severity="high",
    references=("ANSSI hygiène 36",),
    each=lambda plan: spools(plan) if sends(plan) else (),
)
def test_handed_over(subject: str) -> None:
    try:
        ages = [time.time() - path.stat().st_mtime for path in Path(subject).iterdir()]
    except FileNotFoundError as error:
        raise CannotLookError(f"{subject} manque, ou change") from error
    left = [age for age in ages if age > HANDED_OVER_S]
    assert not left, f"{len(left)} y restent, le plus ancien depuis {int(max(left)) // 60} min"

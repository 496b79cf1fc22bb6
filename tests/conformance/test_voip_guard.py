"""Controls of brick voip: who guesses, scans, floods or dials what costs, and what holds them back.

The rules themselves are those of the firewall: NET-12 compares them with the plan.
References as in test_voip.py.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from mairie import attempts as look
from mairie.files import voip as table
from mairie.files.voip import guard_files
from mairie.host.control import control
from mairie.host.looks.links import links
from mairie.host.looks.unit import changed_since_start
from mairie.host.probe import CannotLookError, Probe, as_json, said
from mairie.nftables import telephony as rules
from mairie.plan.host import HostPlan
from mairie.plan.parts.voip import SIPS_PORT, Guard

DAY = timedelta(days=1)
AHEAD = timedelta(days=90)
"""It has to be brought to every phone of the commune."""


def telephones(plan: HostPlan) -> bool:
    """Whether this host has the telephone system of a commune."""
    return plan.voip is not None


def guard_of(plan: HostPlan) -> Guard:
    """Return how much SIP this host takes."""
    assert plan.voip is not None
    return plan.voip.guard


def listed(name: str) -> str:
    """Return the command that lists a set of the guard."""
    return f"nft --json list set inet mairie {name}"


def ahead(plan: HostPlan, probe: Probe) -> None:
    """Begin the questions that several controls ask."""
    lists = [listed(name) for name in (rules.HELD, rules.FLOODERS, rules.FLOODERS_IPV6)]
    probe.start(lists if telephones(plan) else [])


@control(
    "VOI-42",
    title="Peu de connexions de téléphones ont été refusées depuis hier",
    reason="Des refus en nombre : quelqu'un devine des mots de passe, ou un poste a le mauvais.",
    severity="high",
    references=("ANSSI hygiène 36", "ANSSI DAT-NT-021 R22"),
    applies=telephones,
)
def test_refused_log_ins(probe: Probe, plan: HostPlan) -> None:
    logs = sorted(Path(table.LOGS).glob(f"{Path(table.SECURITY).name}*"))
    if not logs:
        raise CannotLookError(f"{table.SECURITY} n'existe pas")
    own = frozenset(
        item["local"] for link in links(probe).values() for item in link.get("addr_info", ())
    )
    found = look.refused_log_ins(logs, datetime.now(UTC) - DAY, own)
    counts = {address: reasons.total() for address, reasons in found.items()}
    most = {address: look.what(address, found) for address in found}
    assert sum(counts.values()) <= guard_of(plan).alert, (
        f"{sum(counts.values())} refus : {look.worst(counts, most)} ; chercher l'appareil à cette "
        "adresse dans les baux DHCP et le débrancher ; si c'est un poste, changer son mot de passe"
    )


@control(
    "VOI-43",
    title="Personne n'a inondé le standard depuis hier",
    reason="Ce qui dépasse la part d'une adresse est jeté : un appareil est fou, ou hostile.",
    severity="high",
    references=("ANSSI hygiène 36", "ANSSI DAT-NT-021 R22"),
    applies=telephones,
)
def test_floods(probe: Probe, plan: HostPlan) -> None:
    found = look.flooders(as_json(probe(listed(rules.FLOODERS))))
    networks = look.flooders(as_json(probe(listed(rules.FLOODERS_IPV6))))
    found |= {f"{network}/{rules.PREFIX}": packets for network, packets in networks.items()}
    limit = guard_of(plan).source_burst
    over = {address: packets for address, packets in found.items() if packets > limit}
    assert not over, (
        f"messages jetés : {look.worst(over)} ; chercher l'appareil à cette adresse, "
        "ou dans ce réseau, et le débrancher ; une adresse peut être empruntée : le commutateur "
        "dit par quel port"
    )


@control(
    "VOI-44",
    title="Peu d'appels interdits ont été tentés depuis hier",
    reason="Un poste qui insiste vers des numéros surtaxés est volé, ou mal réglé.",
    severity="medium",
    references=("ANSSI hygiène 36", "ANSSI DAT-NT-021 R20"),
    applies=telephones,
)
def test_refused_calls(plan: HostPlan) -> None:
    records = sorted(Path(table.RECORDS).glob("calls*.csv"))
    found = look.refused_calls(records, datetime.now().astimezone() - DAY)
    assert found.total() <= guard_of(plan).alert, (
        f"{found.total()} appels refusés, postes {look.worst(found)} ; demander à qui s'en sert, "
        "puis changer le mot de passe du poste"
    )


@control(
    "VOI-45",
    title="Qui devine des mots de passe est tenu à l'écart",
    reason="Sans fail2ban, on essaie nuit et jour, sans que personne le voie.",
    severity="high",
    references=("ANSSI hygiène 10", "ANSSI DAT-NT-021 R15"),
    each=lambda plan: ("service", "jail", "set", "fresh") if telephones(plan) else (),
)
def test_held_back(subject: str, probe: Probe, plan: HostPlan) -> None:
    if subject == "service":
        words = probe(f"systemctl is-active {table.GUARD_SERVICE}").stdout.split()
        words += probe(f"systemctl is-enabled {table.GUARD_SERVICE}").stdout.split()
        assert words == ["active", "enabled"], f"{table.GUARD_SERVICE} : {' '.join(words)}"
    elif subject == "jail":
        told = said(probe("fail2ban-client status"))
        jails = told.rpartition("Jail list:")[2].replace(",", " ").split()
        assert jails == [table.JAIL], f"fail2ban surveille {', '.join(jails) or 'rien'}"
    elif subject == "set":
        sets = as_json(probe(listed(rules.HELD)))["nftables"]
        held = [item for each in sets if "set" in each for item in each["set"].get("elem", ())]
        assert rules.MARKER in held, "le pare-feu a été rechargé sans fail2ban"
    else:
        paths = [file.path for file in guard_files(plan)]
        late = changed_since_start(probe, table.GUARD_SERVICE, paths)
        assert not late, f"changés depuis son démarrage : {', '.join(late)}"


@control(
    "VOI-46",
    title="Le standard se présente aux postes chiffrés avec un certificat qui leur convient",
    reason="Un certificat refusé ou échu, et plus aucun poste ne s'inscrit.",
    severity="critical",
    references=("ANSSI hygiène 21", "ANSSI DAT-NT-021 R16"),
    applies=lambda plan: plan.voip is not None and plan.voip.certificate,
)
def test_certificate(probe: Probe, plan: HostPlan) -> None:
    assert plan.voip is not None
    script = (
        "import socket,ssl;"
        f"known=ssl.create_default_context(cafile='{table.CERTIFICATE}');"
        f"link=socket.create_connection(('{plan.voip.ipv4}',{SIPS_PORT}),5);"
        f"shown=known.wrap_socket(link,server_hostname='{plan.voip.ipv4}').getpeercert();"
        "print(ssl.cert_time_to_seconds(shown['notAfter']))"
    )
    asked = probe(f'python3 -I -c "{script}"')
    why = (asked.stderr.strip().splitlines() or ["rien"])[-1]
    assert asked.ok, f"ne se présente pas comme prévu : {why}"
    left = datetime.fromtimestamp(float(asked.stdout), UTC) - datetime.now(UTC)
    assert left > AHEAD, (
        f"échu dans {left.days} jours ; en faire un autre, puis le porter à chaque poste : "
        "docs/phones.md"
    )

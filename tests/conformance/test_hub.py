"""Controls of brick hub: the names of the whole syndicate.

Who may cross the hub is in its firewall: NET-10 to NET-15. Numbers: ANSSI, Guide d'hygiène
informatique 2.0 (2017).
"""

from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_interface

import pytest

from mairie.files import TemplateFile
from mairie.files import hub as table
from mairie.files.base import SOURCE
from mairie.host import wire
from mairie.host.control import control
from mairie.host.drift import Drift
from mairie.host.looks import apt
from mairie.host.probe import CannotLookError, Probe
from mairie.plan.host import HostPlan
from mairie.plan.parts.hub import HubPlan
from mairie.plan.parts.network import DnsForward, DnsRecord

LOOPBACK = "127.0.0.1"


def hub(plan: HostPlan) -> HubPlan:
    """Return what only a hub has; every control here is a hub's."""
    assert plan.hub_plan is not None
    return plan.hub_plan


def records(plan: HostPlan) -> dict[str, DnsRecord]:
    """Return the names the hub answers by itself."""
    return {record.name: record for record in plan.hub_plan.records} if plan.hub_plan else {}


@control(
    "HUB-01",
    title="Les fichiers du siège sont ceux du plan",
    reason="Une retouche à la main disparaît au prochain déploiement, ou survit sans être connue.",
    severity="medium",
    references=("ANSSI hygiène 16",),
    each=lambda plan: {file.path: file for file in table.files(plan)},
)
def test_file(subject: TemplateFile, drift: Drift) -> None:
    found = drift("hub", subject.path)
    assert not found, found


@pytest.fixture(scope="session")
def answers(plan: HostPlan) -> dict[tuple[str, str], wire.DnsAnswer | None]:
    """What the hub answers for every name, in both families."""
    keys = [(name, kind) for name in records(plan) for kind in ("A", "AAAA")]
    with ThreadPoolExecutor(16) as pool:
        found = pool.map(lambda key: wire.ask_dns(LOOPBACK, *key), keys)
        return dict(zip(keys, found, strict=True))


@control(
    "HUB-02",
    title="Chaque machine du syndicat a son nom au siège",
    reason="Techniciens, sauvegardes et supervision désignent les machines par leur nom.",
    severity="medium",
    references=("ANSSI hygiène 4",),
    each=records,
)
def test_record(subject: DnsRecord, answers: dict[tuple[str, str], wire.DnsAnswer | None]) -> None:
    for kind, address in (("A", subject.ipv4), ("AAAA", subject.ipv6)):
        answer = answers[subject.name, kind]
        assert answer is not None, "le DNS du siège ne répond pas"
        wanted = (address,) if address else ()
        assert answer.values == wanted, f"{subject.name} {kind} : {answer.values or answer.code}"


@pytest.fixture(scope="session")
def upstream() -> set[str]:
    """Addresses of every resolver dnsmasq knows, for whatever domain.

    Raises:
        CannotLookError: it does not answer.

    """
    answer = wire.ask_dns(LOOPBACK, "servers.bind", "TXT", "CH")
    if answer is None:
        raise CannotLookError("le DNS du siège ne répond pas")
    return {text.partition("#")[0] for text in answer.values}


@control(
    "HUB-03",
    title="Les questions sur un site vont à la passerelle de ce site",
    reason="Le site seul connaît ses appareils : sans ce renvoi, leurs noms n'existent pas.",
    severity="medium",
    each=lambda plan: (
        {item.domain: item for item in plan.hub_plan.forwards} if plan.hub_plan else {}
    ),
)
def test_forward(subject: DnsForward, upstream: set[str]) -> None:
    assert subject.address in upstream, f"{subject.domain} n'est renvoyé à aucune passerelle"


@control(
    "HUB-04",
    title="Le siège répond aux noms par le tunnel",
    reason="Les passerelles lui demandent tous les noms : muet, il ne les filtre plus.",
    severity="high",
    applies=lambda plan: plan.hub_plan is not None and plan.vpn is not None,
)
def test_answers_in_tunnel(plan: HostPlan) -> None:
    assert plan.vpn is not None
    record = hub(plan).records[0]
    address = str(ip_interface(plan.vpn.ipv4).ip)
    answer = wire.ask_dns(address, record.name)
    assert answer is not None, f"pas de réponse DNS sur {address}"
    assert answer.values == (record.ipv4,), f"{record.name} : {answer.values or answer.code}"


@control(
    "HUB-05",
    title="Un nom inconnu du domaine n'est pas demandé dehors",
    reason="Une question sur un nom interne renseigne qui l'entend, et se laisse usurper.",
    severity="medium",
    references=("RFC 6761",),
    applies=lambda plan: plan.hub_plan is not None,
)
def test_unknown_name(plan: HostPlan) -> None:
    name = f"nobody-has-this-name.{hub(plan).domain}"
    answer = wire.ask_dns(LOOPBACK, name)
    assert answer is not None, f"la question sur {name} est partie dehors, sans réponse"
    assert answer.code == 3, f"{name} : code {answer.code} {answer.values}"


@control(
    "HUB-06",
    title="Les paquets offerts aux communes sont ceux que le syndicat a signés",
    reason="Un paquet changé serait refusé partout ; sans paquets, un standard ne se refait pas.",
    severity="high",
    references=("ANSSI hygiène 34", "ANSSI-BP-028 R59"),
    each=lambda plan: plan.packages.names if plan.hub_plan and plan.packages else (),
)
def test_packages(subject: str, probe: Probe) -> None:
    done = probe(apt.fresh(SOURCE, subject))
    lines = [line for line in done.stdout.splitlines() if line[:2] in ("E:", "W:")]
    refused = lines[0] if lines else done.stdout.strip()[-200:]
    assert done.ok, f"{subject} : apt ne l'accepte pas : {refused}"

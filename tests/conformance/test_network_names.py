"""Controls of brick ``network``: names answered and addresses given."""

import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address, ip_interface
from pathlib import Path

import pytest

from mairie.files import network as table
from mairie.host import wire
from mairie.host.control import control
from mairie.host.drift import Drift
from mairie.host.looks.links import ADDRESSES, link
from mairie.host.looks.sockets import sockets
from mairie.host.probe import CannotLookError, Probe
from mairie.plan.host import HostPlan
from mairie.plan.parts.network import DhcpScope, DnsRecord, SegmentInterface

ADVERTISED = (
    "journalctl _PID=$(systemctl show dnsmasq.service --property=MainPID --value) "
    "--since=-40min --output=cat --no-pager | grep -F 'RTR-ADVERT('"
)
"""What dnsmasq says of each router advertisement it sends."""


def ahead(plan: HostPlan, probe: Probe) -> None:
    """Begin the commands that several controls read."""
    probe.start([ADDRESSES, *([ADVERTISED] if plan.network.dhcp_scopes else [])])


# Names --------------------------------------------------------------------------------------------


def asked(jobs: Mapping[str, tuple[str, ...]]) -> dict[str, wire.DnsAnswer | None]:
    """Ask several questions at once."""
    with ThreadPoolExecutor(16) as pool:
        return dict(zip(jobs, pool.map(lambda job: wire.ask_dns(*job), jobs.values()), strict=True))


def carries_names(plan: HostPlan) -> list[SegmentInterface]:
    """Return the segments on which this host answers names."""
    dns = plan.network.dns
    return [s for s in plan.network.segments if dns is not None and s.bridge in dns.listen]


def own_records(plan: HostPlan) -> tuple[DnsRecord, ...]:
    """Return the names this host answers by itself."""
    if plan.hub_plan is not None:
        return plan.hub_plan.records
    return plan.network.dns.records if plan.network.dns is not None else ()


def never_asked(plan: HostPlan) -> dict[str, str]:
    """Return names that mean nothing outside the site."""
    if plan.network.dns is None:
        return {}
    domains = (*table.NEVER_ASKED, plan.network.dns.domain)
    return {domain: f"nobody-has-this-name.{domain}" for domain in domains}


@pytest.fixture(scope="session")
def local_answers(plan: HostPlan) -> dict[str, wire.DnsAnswer | None]:
    """What each address of this host answers to the name of its first record."""
    records = own_records(plan)
    if not records:
        return {}
    return asked(
        {
            item.segment: (str(ip_interface(item.ipv4).ip), records[0].name)
            for item in carries_names(plan)
        }
    )


@control(
    "NET-40",
    title="Chaque segment reçoit les noms locaux",
    reason="Sans noms, ni téléphone ni imprimante ni application ne se trouve.",
    severity="high",
    each=carries_names,
)
def test_names_on_segment(
    subject: SegmentInterface, plan: HostPlan, local_answers: dict[str, wire.DnsAnswer | None]
) -> None:
    record, answer = own_records(plan)[0], local_answers[subject.segment]
    assert answer is not None, f"pas de réponse DNS sur {subject.ipv4}"
    assert answer.values == (record.ipv4,), f"{record.name} : {answer.values or answer.code}"


@control(
    "NET-41",
    title="Le DNS écoute sur chaque segment en IPv6",
    reason="Un poste qui n'a qu'IPv6 doit aussi trouver les noms.",
    severity="medium",
    each=carries_names,
)
def test_names_listen_ipv6(subject: SegmentInterface, probe: Probe) -> None:
    address = f"[{ip_interface(subject.ipv6).ip}]:53"
    found = [item for item in sockets(probe) if item.local == address]
    protocols = {item.protocol for item in found if item.program == "dnsmasq"}
    assert protocols == {"tcp", "udp"}, f"{address} écoute en {sorted(protocols) or 'rien'}"


@pytest.fixture(scope="session")
def record_answers(plan: HostPlan) -> dict[str, wire.DnsAnswer | None]:
    """What this host answers for each of its names, in both families."""
    return asked(
        {
            f"{record.name} {kind}": ("127.0.0.1", record.name, kind)
            for record in own_records(plan)
            for kind in ("A", "AAAA")
        }
    )


@control(
    "NET-42",
    title="Chaque nom local a ses adresses",
    reason="Un nom qui mène ailleurs mène à un autre appareil.",
    severity="medium",
    each=lambda plan: {record.name: record for record in own_records(plan)},
    applies=lambda plan: plan.hub_plan is None,
)
def test_record(subject: DnsRecord, record_answers: dict[str, wire.DnsAnswer | None]) -> None:
    for kind, address in (("A", subject.ipv4), ("AAAA", subject.ipv6)):
        answer = record_answers[f"{subject.name} {kind}"]
        assert answer is not None, "le DNS ne répond pas"
        wanted = (address,) if address else ()
        assert answer.values == wanted, f"{subject.name} {kind} : {answer.values}"


@pytest.fixture(scope="session")
def foreign_answers(plan: HostPlan) -> dict[str, wire.DnsAnswer | None]:
    """What this host answers for names that no one may be asked about."""
    return asked({domain: ("127.0.0.1", name) for domain, name in never_asked(plan).items()})


@control(
    "NET-43",
    title="Les noms internes ne sont jamais demandés dehors",
    reason="Une question sur un nom interne renseigne qui l'entend, et se laisse usurper.",
    severity="medium",
    references=("RFC 6761", "RFC 8375"),
    each=never_asked,
)
def test_never_asked(
    subject: str, foreign_answers: dict[str, wire.DnsAnswer | None], plan: HostPlan
) -> None:
    domain = next(key for key, name in never_asked(plan).items() if name == subject)
    answer = foreign_answers[domain]
    assert answer is not None, f"la question sur {subject} est partie dehors, sans réponse"
    assert answer.code == 3, f"{subject} : code {answer.code} {answer.values}"


@control(
    "NET-44",
    title="Le cache DNS a la taille du plan",
    reason="Lien coupé, le cache est tout ce qui reste : il sert aussi les réponses périmées.",
    severity="low",
    references=("RFC 8767",),
    applies=lambda plan: plan.network.dns is not None,
)
def test_cache(plan: HostPlan) -> None:
    assert plan.network.dns is not None
    answer = wire.ask_dns("127.0.0.1", "cachesize.bind", "TXT", "CH")
    assert answer is not None, "le DNS ne répond pas"
    size = ", ".join(answer.values)
    assert size == str(plan.network.dns.cache_size), f"le cache a {size} places"


@control(
    "NET-45",
    title="Les résolveurs sont le siège, ou les directs quand il se tait",
    reason="Lien coupé vers le siège, les postes gardent Internet ; rétabli, le siège filtre.",
    severity="medium",
    applies=lambda plan: plan.network.dns is not None and bool(plan.network.dns.hub_address),
)
def test_upstream(plan: HostPlan) -> None:
    dns = plan.network.dns
    assert dns is not None
    path = Path(table.RESOLVERS)
    assert path.is_file(), f"{path} manque : dnsmasq n'a personne à qui demander"
    found = tuple(line.split()[1] for line in path.read_text().splitlines())
    allowed = ((dns.hub_address,), dns.fallback)
    assert found in allowed, f"dnsmasq demande à {found}"


@control(
    "NET-46",
    title="La machine demande les noms là où le plan le dit",
    reason="Un résolveur laissé par l'installation contourne le filtrage du site.",
    severity="medium",
    references=("ANSSI hygiène 22",),
)
def test_own_resolver(drift: Drift) -> None:
    lines = drift.files("network")[table.RESOLV_CONF].text.splitlines()
    wanted = [line for line in lines if line.startswith("nameserver")]
    path = Path(table.RESOLV_CONF)
    found = [line for line in path.read_text().splitlines() if line.startswith("nameserver")]
    assert found == wanted, f"{path} : {found}, prévu : {wanted}"


# Addresses given ----------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def dhcp_answers(plan: HostPlan) -> dict[str, dict[int, bytes] | None]:
    """What DHCP answers on each segment."""
    own = {item.bridge: str(ip_interface(item.ipv4).ip) for item in plan.network.segments}
    return wire.ask_dhcp({item.interface: own[item.interface] for item in plan.network.dhcp_scopes})


@control(
    "NET-50",
    title="Le DHCP répond sur chaque segment, avec la passerelle, le DNS et l'heure du site",
    reason="Sans réponse, un appareil branché ne fait rien.",
    severity="high",
    references=("RFC 2131",),
    each=lambda plan: plan.network.dhcp_scopes,
)
def test_dhcp(
    subject: DhcpScope, plan: HostPlan, dhcp_answers: dict[str, dict[int, bytes] | None]
) -> None:
    segment = next(s for s in plan.network.segments if s.segment == subject.segment)
    options = dhcp_answers[subject.interface]
    assert options is not None, f"pas de réponse DHCP sur {subject.interface}"
    gateway = IPv4Address(segment.gateway_ipv4).packed
    wanted = {
        "masque": (1, IPv4Address(subject.netmask).packed),
        "passerelle": (3, gateway),
        "DNS": (6, gateway),
        "heure": (42, gateway),
    }
    wrong = [word for word, (number, value) in wanted.items() if options.get(number) != value]
    assert not wrong, f"options fausses sur {subject.interface} : {', '.join(wrong)}"


def leases() -> Iterator[tuple[str, IPv4Address]]:
    """Yield MAC address and IPv4 address of each lease."""
    path = Path("/var/lib/misc/dnsmasq.leases")
    for line in path.read_text().splitlines() if path.exists() else ():
        words = line.split()
        if len(words) >= 4 and re.fullmatch(r"[0-9.]+", words[2]):
            yield words[1], IPv4Address(words[2])


@control(
    "NET-51",
    title="Les baux sont dans les plages du plan",
    reason="Une adresse donnée hors plage entre en conflit avec une adresse fixe.",
    severity="medium",
    references=("RFC 2131",),
    applies=lambda plan: bool(plan.network.dhcp_scopes),
)
def test_leases(plan: HostPlan) -> None:
    spans = [(IPv4Address(s.first), IPv4Address(s.last)) for s in plan.network.dhcp_scopes]
    reserved = {(item.mac, IPv4Address(item.address)) for item in plan.network.dhcp_reservations}
    strange = [
        f"{address} ({mac})"
        for mac, address in leases()
        if (mac, address) not in reserved
        and not any(first <= address <= last for first, last in spans)
    ]
    assert not strange, f"baux hors plage : {', '.join(strange)}"


@control(
    "NET-52",
    title="Chaque segment reçoit l'annonce de son préfixe IPv6",
    reason="Sans annonce, un appareil n'a pas d'adresse IPv6, ou prend celle d'un intrus.",
    severity="medium",
    references=("RFC 4861", "RFC 4862", "RFC 8106"),
    each=lambda plan: plan.network.dhcp_scopes,
)
def test_advertised(subject: DhcpScope, plan: HostPlan, probe: Probe) -> None:
    if "LOWER_UP" not in link(probe, subject.interface)["flags"]:
        raise CannotLookError(f"rien n'est branché sur {subject.interface}")
    segment = next(s for s in plan.network.segments if s.segment == subject.segment)
    prefix = segment.prefix_ipv6.partition("/")[0]
    mark = f"RTR-ADVERT({subject.interface})"
    found = [line for line in probe(ADVERTISED).lines if mark in line]
    assert found and prefix in found[-1].split(), f"pas d'annonce de {prefix} depuis 40 minutes"

"""Controls of brick network: firewall, links, addresses, names, uplinks.

Numbers: ANSSI, Guide d'hygiène informatique 2.0 (2017), 42 measures; ANSSI-BP-028 2.0 (2022).
What is expected is never written here: it is the plan, rendered and read by the same programs.
"""

import json
import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from ipaddress import IPv4Address, ip_interface
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from mairie import nftables
from mairie.files import TemplateFile
from mairie.files import network as table
from mairie.host import wire
from mairie.host.control import control
from mairie.host.drift import Drift
from mairie.host.probe import CannotLookError, Output, Probe, said
from mairie.plan.host import (
    AccessSchedule,
    CommunePrefixes,
    DhcpScope,
    DnsRecord,
    HostPlan,
    Rule,
    SegmentInterface,
    Uplink,
)

LIVE = "nft --json list ruleset"
ADDRESSES = "ip -json -details address show"
ROUTES = {"4": "ip -json -4 route show default", "6": "ip -json -6 route show default"}
LINKS = "networkctl list --json=short"
BRIDGE = "bridge -json -details link show"
ADVERTISED = (
    "journalctl _PID=$(systemctl show dnsmasq.service --property=MainPID --value) "
    "--since=-40min --output=cat --no-pager | grep -F 'RTR-ADVERT('"
)
"""What dnsmasq says of each router advertisement it sends."""
SOCKETS = "ss -H -lntup"
FOREIGN = (
    "NetworkManager.service",
    "connman.service",
    "networking.service",
    "systemd-resolved.service",
)
"""Whatever else configures links or names, to be found inactive."""


def as_json(output: Output) -> Any:
    """Return what a command said in JSON; nothing said is an empty list."""
    return json.loads(said(output) or "[]")


@pytest.fixture(scope="session")
def scratch(drift: Drift) -> str:
    """Return the command that loads the plan's rules into an empty kernel and reads them back."""
    text = drift.files("network")[table.NFTABLES].text
    return f"unshare --net sh -c 'nft -f - && nft --json list ruleset' <<'RULES'\n{text}\nRULES"


def ahead(plan: HostPlan, probe: Probe) -> None:
    """Begin the commands that several controls read."""
    probe.start(
        [
            LIVE, ADDRESSES, *ROUTES.values(), LINKS, BRIDGE, SOCKETS,
            *(is_active(unit) for unit in FOREIGN),
            *([ADVERTISED] if plan.network.dhcp_scopes else []),
        ]
    )  # fmt: skip


# Files -------------------------------------------------------------------------------------------


@control(
    "NET-01",
    title="Les fichiers du réseau sont ceux du plan",
    reason="Une retouche à la main disparaît au prochain déploiement, ou survit sans être connue.",
    severity="medium",
    references=("ANSSI hygiène 16",),
    each=lambda plan: {file.path: file for file in table.files(plan)},
)
def test_file(subject: TemplateFile, drift: Drift) -> None:
    found = drift("network", subject.path)
    assert not found, found


# Firewall ----------------------------------------------------------------------------------------


class Ruleset:
    """The table ``inet mairie`` as nft tells it, without what changes by itself."""

    def __init__(self, output: Output) -> None:
        objects = [item for item in as_json(output)["nftables"] if "metainfo" not in item]
        kinds = [(kind, value) for item in objects for kind, value in item.items()]
        ours = [(kind, value) for kind, value in kinds if self._of_mairie(kind, value)]
        self.others = [value for kind, value in kinds if not self._of_mairie(kind, value)]
        self.chains = {v["name"]: _without(v, "handle") for kind, v in ours if kind == "chain"}
        self.sets = {v["name"]: v for kind, v in ours if kind == "set"}
        self.counters = {v["name"] for kind, v in ours if kind == "counter"}
        self.rules: dict[str, list[str]] = {name: [] for name in self.chains}
        for kind, value in ours:
            if kind == "rule":
                self.rules[value["chain"]].append(_normal(value["expr"]))

    @staticmethod
    def _of_mairie(kind: str, value: Mapping[str, Any]) -> bool:
        name = value["name"] if kind == "table" else value.get("table")
        return value["family"] == "inet" and name == "mairie"

    def with_counter(self, name: str) -> list[tuple[str, str]]:
        """Return chain and expression of the rules that use a counter."""
        mark = json.dumps({"counter": name})
        return [
            (chain, rule) for chain, rules in self.rules.items() for rule in rules if mark in rule
        ]


def _without(value: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    return {key: item for key, item in value.items() if key not in keys}


def _normal(expression: list[Any]) -> str:
    """Return an expression as text; anonymous sets in one order."""

    def tidy(value: Any) -> Any:
        if isinstance(value, list):
            return [tidy(item) for item in value]
        if isinstance(value, dict):
            found = {key: tidy(item) for key, item in value.items()}
            if isinstance(found.get("set"), list):
                found["set"] = sorted(found["set"], key=json.dumps)
            return found
        return value

    return json.dumps(tidy(expression))


@pytest.fixture(scope="session")
def live(probe: Probe) -> Ruleset:
    """What the kernel applies."""
    return Ruleset(probe(LIVE))


@pytest.fixture(scope="session")
def planned(scratch: str, probe: Probe) -> Ruleset:
    """What it would apply if the plan were loaded now."""
    return Ruleset(probe(scratch))


def flows(plan: HostPlan) -> set[str]:
    """Return the counters that belong to flows."""
    return {rule.counter for rule in plan.network.firewall.rules}


def without_flows(rules: list[str], plan: HostPlan) -> list[str]:
    """Return the rules of a chain that no flow brought."""
    marks = [json.dumps({"counter": name}) for name in flows(plan)]
    return [rule for rule in rules if not any(mark in rule for mark in marks)]


@control(
    "NET-10",
    title="Chaque flux prévu a ses règles, et seulement celles-là",
    reason="Une règle perdue coupe un service ; une règle élargie ouvre ce que nul n'a demandé.",
    severity="high",
    references=("ANSSI hygiène 19", "RFC 2979"),
    each=lambda plan: plan.network.firewall.rules,
)
def test_flow_rules(subject: Rule, live: Ruleset, planned: Ruleset) -> None:
    wanted, found = planned.with_counter(subject.counter), live.with_counter(subject.counter)
    missing = [rule for rule in wanted if rule not in found]
    extra = [rule for rule in found if rule not in wanted]
    assert not missing, f"{len(missing)} règle(s) sur {len(wanted)} manquent : {missing[0]}"
    assert not extra, f"{len(extra)} règle(s) en trop : {extra[0]}"


@control(
    "NET-11",
    title="Chaque chaîne du pare-feu est accrochée au noyau avec sa politique",
    reason="Ce qui n'est pas explicitement permis doit être refusé, même si des règles manquent.",
    severity="critical",
    references=("ANSSI hygiène 19", "ANSSI hygiène 22"),
    each=lambda _: ("spoofed", "input", "forward", "output"),
)
def test_chain(subject: str, live: Ruleset, planned: Ruleset) -> None:
    assert subject in live.chains, f"la chaîne {subject} n'existe pas"
    found, wanted = live.chains[subject], planned.chains[subject]
    assert found == wanted, f"la chaîne {subject} est {found} au lieu de {wanted}"
    if subject in ("input", "forward"):
        assert found["policy"] == "drop", f"{subject} laisse passer par défaut"


@control(
    "NET-12",
    title="Hors des flux, le pare-feu ne contient que ses règles communes",
    reason="Une règle ajoutée à la main ouvre un passage qu'aucun plan ne connaît ; une règle "
    "commune perdue coupe IPv6, les adresses ou la protection contre l'usurpation.",
    severity="critical",
    references=("ANSSI hygiène 19", "RFC 4890", "RFC 2827"),
    each=lambda plan: (
        "spoofed", "input", "forward", "output",
        *(("clamp",) if nftables.clamp(plan) else ()),
        *(("postrouting",) if nftables.masquerade(plan) else ()),
    ),
)  # fmt: skip
def test_common_rules(subject: str, plan: HostPlan, live: Ruleset, planned: Ruleset) -> None:
    found = without_flows(live.rules.get(subject, []), plan)
    wanted = without_flows(planned.rules[subject], plan)
    extra = [rule for rule in found if rule not in wanted]
    missing = [rule for rule in wanted if rule not in found]
    assert not extra, f"{len(extra)} règle(s) que le plan ne connaît pas : {extra[0]}"
    assert not missing, f"{len(missing)} règle(s) commune(s) manquent : {missing[0]}"
    assert found == wanted, f"les règles de {subject} ne sont pas dans l'ordre prévu"


@control(
    "NET-13",
    title="Aucune autre table ne filtre ni ne détourne",
    reason="Une seconde table peut détourner ou compter des paquets hors du plan.",
    severity="high",
    references=("ANSSI hygiène 19",),
)
def test_no_other_table(live: Ruleset, probe: Probe) -> None:
    hooked = sorted(
        f"{item['family']} {item['table']} {item['name']}" for item in live.others if "hook" in item
    )
    assert not hooked, f"autres chaînes accrochées au noyau : {', '.join(hooked)}"
    legacy = probe("cat /proc/net/ip_tables_names /proc/net/ip6_tables_names 2>/dev/null").lines
    assert not legacy, f"tables iptables d'ancienne génération : {', '.join(legacy)}"


@control(
    "NET-14",
    title="Ce qui est refusé est compté",
    reason="Sans compteurs, une attaque et une panne de règle se ressemblent.",
    severity="medium",
    references=("ANSSI hygiène 36",),
    each=lambda plan: [n for n in nftables.counters(plan) if n.startswith(("dropped", "limited"))],
)
def test_counter(subject: str, live: Ruleset) -> None:
    assert subject in live.counters, f"le compteur {subject} n'existe pas"
    assert live.with_counter(subject), f"aucune règle n'alimente le compteur {subject}"


@control(
    "NET-15",
    title="Une commune ne se joint qu'elle-même à travers le siège",
    reason="Chaque commune reste chez elle : le siège n'est pas un pont entre mairies.",
    severity="critical",
    references=("ANSSI hygiène 19", "ANSSI hygiène 25"),
    each=lambda plan: {item.commune: item for item in plan.network.firewall.same_commune},
)
def test_same_commune(subject: CommunePrefixes, live: Ruleset) -> None:
    for number, prefix in (("4", subject.ipv4), ("6", subject.ipv6)):
        name = f"same-commune-{number}"
        assert name in live.sets, f"l'ensemble {name} n'existe pas"
        address, _, length = prefix.partition("/")
        end = {"prefix": {"addr": address, "len": int(length)}}
        pairs = live.sets[name].get("elem", [])
        here = [pair["concat"] for pair in pairs if end in pair["concat"]]
        assert here == [[end, end]], f"{prefix} est relié à {here}"


@control(
    "NET-16",
    title="Le pare-feu revient à chaque démarrage et ne s'ouvre pas en s'arrêtant",
    reason="Une coupure de courant ou un arrêt de service ne doit rien ouvrir.",
    severity="critical",
    references=("ANSSI hygiène 19",),
)
def test_firewall_unit(probe: Probe) -> None:
    enabled = probe("systemctl is-enabled nftables.service").stdout.strip()
    assert enabled == "enabled", f"nftables.service est {enabled or 'absent'}"
    active = probe(is_active("nftables.service")).stdout.strip()
    assert active == "active", f"nftables.service est {active}"
    stop = said(probe("systemctl show nftables.service --property=ExecStop --value")).strip()
    assert not stop, f"arrêter le pare-feu lance : {stop}"


@control(
    "NET-17",
    title="Le routage est actif sur les passerelles et le siège, nulle part ailleurs",
    reason="Un serveur qui route est un pont entre deux réseaux.",
    severity="high",
    references=("ANSSI hygiène 19", "ANSSI-BP-028 R12"),
    each=lambda _: ("net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding"),
)
def test_forwarding(subject: str, plan: HostPlan) -> None:
    value = Path("/proc/sys", *subject.split(".")).read_text().strip()
    wanted = str(int(table.forwards(plan)))
    assert value == wanted, f"{subject} vaut {value} au lieu de {wanted}"


# Links -------------------------------------------------------------------------------------------


def links(probe: Probe) -> dict[str, dict[str, Any]]:
    """Return what ``ip`` knows of each link."""
    return {item["ifname"]: item for item in as_json(probe(ADDRESSES)) if "ifname" in item}


def link(probe: Probe, name: str) -> dict[str, Any]:
    """Return one link, which has to be there."""
    found = links(probe)
    assert name in found, f"l'interface {name} n'existe pas"
    return found[name]


def addresses(item: Mapping[str, Any], family: str) -> set[str]:
    """Return a link's global addresses, interface notation."""
    return {
        str(ip_interface(f"{info['local']}/{info['prefixlen']}"))
        for info in item["addr_info"]
        if info["family"] == family and info["scope"] == "global"
    }


def same(text: str) -> str:
    """Return interface notation as Python writes it."""
    return str(ip_interface(text))


def default_routes(probe: Probe, number: str, port: str) -> list[dict[str, Any]]:
    """Return the default routes of a family through a port."""
    return [item for item in as_json(probe(ROUTES[number])) if item.get("dev") == port]


def ports(plan: HostPlan) -> list[str]:
    """Return every link the plan names, tunnel apart."""
    members = (name for item in plan.network.segments for name in (item.member, item.bridge))
    return list(dict.fromkeys([*(item.port for item in plan.network.uplinks), *members]))


def bridged(plan: HostPlan) -> list[SegmentInterface]:
    """Return the segments carried by a bridge of this host."""
    return [item for item in plan.network.segments if item.member != item.bridge]


@control(
    "NET-20",
    title="Chaque interface est tenue par systemd-networkd",
    reason="Une interface configurée ailleurs change sans que le plan le sache.",
    severity="medium",
    references=("ANSSI hygiène 16",),
    each=ports,
)
def test_managed(subject: str, probe: Probe) -> None:
    state = {item["Name"]: item for item in as_json(probe(LINKS))["Interfaces"]}.get(subject)
    assert state is not None, f"l'interface {subject} n'existe pas"
    setup = state["AdministrativeState"]
    assert setup in ("configured", "configuring"), f"networkd dit de {subject} : {setup}"


@control(
    "NET-21",
    title="Chaque accès donne une route par défaut, à son rang",
    reason="Un accès sans route ne secourt rien ; un rang faux use le forfait du mauvais.",
    severity="high",
    references=("ANSSI hygiène 22",),
    each=lambda plan: plan.network.uplinks,
)
def test_uplink_route(subject: Uplink, probe: Probe) -> None:
    item = link(probe, subject.port)
    assert addresses(item, "inet"), f"{subject.port} n'a pas d'adresse IPv4"
    metrics = {route.get("metric", 0) for route in default_routes(probe, "4", subject.port)}
    wanted = f"{subject.port} n'a pas de route par défaut de métrique {subject.metric}"
    assert subject.metric in metrics, f"{wanted} (métriques : {sorted(metrics) or 'aucune'})"
    assert metrics <= {subject.metric, table.LAID_METRIC}, f"routes en trop : {sorted(metrics)}"


@control(
    "NET-22",
    title="Chaque accès a la taille de paquet de sa classe",
    reason="Trop grande, des pages ne se chargent jamais ; trop petite, le débit se perd.",
    severity="low",
    references=("RFC 4821",),
    each=lambda plan: plan.network.uplinks,
)
def test_uplink_mtu(subject: Uplink, probe: Probe) -> None:
    mtu = link(probe, subject.port)["mtu"]
    assert mtu == subject.mtu, f"{subject.port} a un MTU de {mtu} au lieu de {subject.mtu}"


@control(
    "NET-23",
    title="L'accès préféré est celui qui sert",
    reason="Une bascule qui dure use l'accès de secours, souvent facturé au volume.",
    severity="medium",
    applies=table.is_watched,
)
def test_preferred_uplink(plan: HostPlan, probe: Probe) -> None:
    laid = [r for r in as_json(probe(ROUTES["4"])) if r.get("metric") == table.LAID_METRIC]
    names = {item.port: item.name for item in plan.network.uplinks}
    used = ", ".join(names.get(route["dev"], route["dev"]) for route in laid)
    assert not laid, f"le trafic passe par {used} : {plan.network.uplinks[0].name} ne répond plus"


@control(
    "NET-30",
    title="Chaque segment a son adresse IPv4, et elle seule",
    reason="Les postes du segment l'ont pour passerelle, pour DNS et pour heure.",
    severity="high",
    references=("ANSSI hygiène 19",),
    each=lambda plan: plan.network.segments,
)
def test_segment_ipv4(subject: SegmentInterface, probe: Probe) -> None:
    found = addresses(link(probe, subject.bridge), "inet")
    assert found == {same(subject.ipv4)}, f"{subject.bridge} a {sorted(found)}"


@control(
    "NET-31",
    title="Chaque segment a son adresse IPv6, et elle seule",
    reason="IPv6 suit le même plan qu'IPv4 : une adresse de trop est un réseau de trop.",
    severity="high",
    references=("ANSSI hygiène 19", "RFC 4193"),
    each=lambda plan: plan.network.segments,
)
def test_segment_ipv6(subject: SegmentInterface, probe: Probe) -> None:
    found = addresses(link(probe, subject.bridge), "inet6")
    assert found == {same(subject.ipv6)}, f"{subject.bridge} a {sorted(found)}"


@control(
    "NET-32",
    title="Chaque segment a son port et lui seul",
    reason="Un port sur le mauvais pont relie deux segments que tout sépare.",
    severity="critical",
    references=("ANSSI hygiène 19",),
    each=bridged,
)
def test_member(subject: SegmentInterface, probe: Probe) -> None:
    link(probe, subject.member)
    found = {name for name, item in links(probe).items() if item.get("master") == subject.bridge}
    assert found == {subject.member}, f"{subject.bridge} porte {sorted(found) or 'aucun port'}"


@control(
    "NET-33",
    title="Les ports isolés le sont, les autres non",
    reason="Deux visiteurs du réseau public ne doivent pas se voir.",
    severity="high",
    references=("ANSSI hygiène 20",),
    each=bridged,
)
def test_isolation(subject: SegmentInterface, probe: Probe) -> None:
    found = {item["ifname"]: item for item in as_json(probe(BRIDGE))}
    assert subject.member in found, f"{subject.member} n'est sur aucun pont"
    isolated = found[subject.member]["isolated"]
    words = "isolé" if isolated else "non isolé"
    assert isolated == subject.isolated, f"{subject.member} est {words}"


@control(
    "NET-34",
    title="Chaque VLAN a son numéro, sur son lien",
    reason="Un numéro faux verse un segment dans un autre.",
    severity="critical",
    references=("ANSSI hygiène 19", "IEEE 802.1Q"),
    each=lambda plan: [item for item in plan.network.segments if item.trunk],
)
def test_vlan(subject: SegmentInterface, probe: Probe) -> None:
    item = link(probe, subject.member)
    number = item.get("linkinfo", {}).get("info_data", {}).get("id")
    assert number == subject.vlan, f"{subject.member} est le VLAN {number}"
    assert item.get("link") == subject.trunk, f"{subject.member} est sur {item.get('link')}"


@control(
    "NET-35",
    title="Aucun pont ne négocie de topologie",
    reason="Un appareil branché par un visiteur pourrait devenir racine et détourner le réseau.",
    severity="medium",
    references=("ANSSI hygiène 19",),
    each=bridged,
)
def test_no_stp(subject: SegmentInterface, probe: Probe) -> None:
    data = link(probe, subject.bridge).get("linkinfo", {}).get("info_data", {})
    assert data.get("stp_state") == 0, f"STP est actif sur {subject.bridge}"
    assert "UP" in link(probe, subject.bridge)["flags"], f"{subject.bridge} est éteint"


@control(
    "NET-36",
    title="Le serveur sort par la passerelle de son site",
    reason="Une autre sortie échapperait au pare-feu du site.",
    severity="high",
    references=("ANSSI hygiène 22",),
    applies=lambda plan: not table.forwards(plan),
    each=lambda plan: {
        "IPv4": ("4", plan.network.segments[0].gateway_ipv4),
        "IPv6": ("6", plan.network.segments[0].gateway_ipv6),
    },
)
def test_server_route(subject: tuple[str, str], probe: Probe) -> None:
    number, gateway = subject
    found = {item.get("gateway") for item in as_json(probe(ROUTES[number]))}
    assert found == {gateway}, f"route par défaut : {found or 'aucune'}, prévue : {gateway}"


@control(
    "NET-37",
    title="Rien d'autre ne configure le réseau",
    reason="Deux programmes qui tiennent une interface la défont l'un l'autre.",
    severity="medium",
    references=("ANSSI hygiène 16",),
    each=lambda _: FOREIGN,
)
def test_no_foreign_manager(subject: str, probe: Probe) -> None:
    state = probe(is_active(subject)).stdout.strip()
    assert state in ("inactive", "failed"), f"{subject} est {state}"


@control(
    "NET-38",
    title="Aucun autre client DHCP ne tourne",
    reason="Un second client change adresses et résolveurs à sa guise.",
    severity="medium",
    references=("ANSSI hygiène 16",),
)
def test_no_other_dhcp_client(probe: Probe) -> None:
    found = probe("ps -e -o comm= | grep -x -E 'dhclient|dhcpcd|udhcpc|pump'").lines
    assert not found, f"clients DHCP en marche : {', '.join(sorted(set(found)))}"
    stanzas = probe("grep -hs '^ *iface' /etc/network/interfaces").lines
    extra = [line for line in stanzas if line.split()[1] != "lo"]
    assert not extra, f"ifupdown tient encore : {extra}"


def is_active(unit: str) -> str:
    """Return the command that says whether a unit is active."""
    return f"systemctl is-active {unit}"


def services(plan: HostPlan) -> list[str]:
    """Return the units this brick keeps running here."""
    dns = plan.network.dns
    return [
        "systemd-networkd.service",
        *(["dnsmasq.service"] if dns is not None else []),
        *(["names-watch.service"] if dns is not None and dns.hub_address else []),
        *(["uplink-watch.service"] if table.is_watched(plan) else []),
        *(["access-hours.timer"] if plan.network.firewall.schedules else []),
    ]


@control(
    "NET-39",
    title="Les services du réseau tournent et reviennent au démarrage",
    reason="Après une coupure de courant, la mairie doit repartir sans personne.",
    severity="high",
    each=services,
)
def test_service(subject: str, probe: Probe) -> None:
    active = probe(is_active(subject)).stdout.strip()
    assert active == "active", f"{subject} est {active}"
    enabled = probe(f"systemctl is-enabled {subject}").stdout.strip()
    assert enabled == "enabled", f"{subject} est {enabled}"


# Names -------------------------------------------------------------------------------------------


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


# Addresses given ---------------------------------------------------------------------------------


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


# Opening hours -----------------------------------------------------------------------------------


def is_open(schedule: AccessSchedule, now: datetime) -> bool:
    """Tell whether a schedule holds at a local time."""
    days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    clock = now.strftime("%H:%M")
    today, before = days[now.weekday()], days[now.weekday() - 1]
    if schedule.start < schedule.end:
        return today in schedule.days and schedule.start <= clock < schedule.end
    late = today in schedule.days and clock >= schedule.start
    return late or (before in schedule.days and clock < schedule.end)


@control(
    "NET-60",
    title="Les segments à horaires sont ouverts à leurs heures, fermés aux autres",
    reason="L'Internet de l'école ferme le soir, et rouvre sans que personne n'y pense.",
    severity="medium",
    each=lambda plan: plan.network.firewall.schedules,
)
def test_hours(subject: AccessSchedule, plan: HostPlan, live: Ruleset) -> None:
    name = f"open-{subject.name}"
    assert name in live.sets, f"l'ensemble {name} n'existe pas"
    found = set(live.sets[name].get("elem", []))
    now = datetime.now(ZoneInfo(plan.timezone))
    concerned = set(table.schedule_interfaces(plan, subject.name))
    wanted = concerned if is_open(subject, now) else set()
    assert found == wanted, (
        f"à {now:%A %H:%M}, ouverts : {sorted(found)}, prévus : {sorted(wanted)}"
    )


@control(
    "NET-61",
    title="La prochaine ouverture ou fermeture est programmée",
    reason="Un minuteur arrêté laisse un segment ouvert toute la nuit, ou fermé toute la journée.",
    severity="medium",
    applies=lambda plan: bool(plan.network.firewall.schedules),
)
def test_hours_timer(probe: Probe) -> None:
    command = "systemctl show access-hours.timer --property=NextElapseUSecRealtime --value"
    found = said(probe(command)).strip()
    assert found and found != "infinity", "aucune échéance n'est programmée"


# Sockets -----------------------------------------------------------------------------------------


class Socket:
    """One line of ``ss -H -lntup``."""

    def __init__(self, line: str) -> None:
        words = line.split()
        self.protocol = words[0]
        self.local = words[4]
        host, _, port = self.local.rpartition(":")
        self.host, self.port = host.strip("[]"), int(port)
        users = re.search(r'"([^"]+)"', line)
        self.program = users[1] if users else ""

    @property
    def is_local(self) -> bool:
        """Whether only this host can reach it."""
        return self.host.startswith("127.") or self.host in ("::1", "[::1]") or "%lo" in self.host


def sockets(probe: Probe) -> list[Socket]:
    """Return every listening socket."""
    return [Socket(line) for line in said(probe(SOCKETS)).splitlines() if line.strip()]


def is_named(item: Socket, plan: HostPlan, own: set[tuple[str, int]]) -> bool:
    """Tell whether a rule, or the brick's own needs, explains a listening socket."""
    if (item.protocol, item.port) in own:
        return True
    # Questions of dnsmasq to its resolvers wait for an answer on ports of their own.
    if item.protocol == "udp" and item.program == "dnsmasq" and item.port >= 1024:
        return True
    return any(
        rule.chain == "input"
        and any(
            ports.protocol == item.protocol and ports.first <= item.port <= ports.last
            for ports in rule.ports
        )
        for rule in plan.network.firewall.rules
    )


@control(
    "NET-70",
    title="Rien n'écoute qu'aucun flux ne nomme",
    reason="Un service oublié est une porte : le pare-feu la ferme, mais elle n'a pas à exister.",
    severity="medium",
    references=("ANSSI-BP-028 R62", "ANSSI hygiène 14"),
)
def test_listening(plan: HostPlan, probe: Probe) -> None:
    own = {("udp", 68), ("udp", 546)} if plan.network.uplinks else set()
    if plan.network.dhcp_scopes:
        own |= {("udp", 67), ("udp", 547)}
    if plan.vpn is not None:
        listens = probe(f"wg show {plan.vpn.interface} listen-port").stdout.strip()
        own |= {("udp", int(listens))} if listens.isdigit() else set()
    strange = sorted(
        {
            f"{item.protocol}/{item.port} ({item.program or '?'}, {item.host})"
            for item in sockets(probe)
            if not item.is_local and not is_named(item, plan, own)
        }
    )
    assert not strange, f"écoutent sans flux : {', '.join(strange)}"


@control(
    "NET-71",
    title="Le DNS n'écoute que vers l'intérieur",
    reason="Un résolveur ouvert sur Internet sert aux attaques par amplification (RFC 5358).",
    severity="high",
    references=("RFC 5358", "ANSSI hygiène 23"),
    applies=lambda plan: plan.network.dns is not None,
)
def test_names_inside(plan: HostPlan, probe: Probe) -> None:
    outside = {
        str(ip_interface(text).ip)
        for uplink in plan.network.uplinks
        for family in ("inet", "inet6")
        for text in addresses(link(probe, uplink.port), family)
    }
    found = sorted(
        item.local
        for item in sockets(probe)
        if item.port == 53 and (item.host in outside or item.host in ("0.0.0.0", "*", "::"))  # noqa: S104
    )
    assert not found, f"le DNS écoute dehors : {', '.join(found)}"

"""Controls of brick ``network``: the rules the kernel has, and their hours."""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from mairie.files import network as table
from mairie.host.control import control
from mairie.host.drift import Drift
from mairie.host.looks.unit import is_active
from mairie.host.probe import Output, Probe, as_json, said
from mairie.nftables import name_filter, portal, queues, rules, telephony
from mairie.plan.host import HostPlan
from mairie.plan.parts.network import AccessSchedule, CommunePrefixes, Rule

LIVE = "nft --json list ruleset"


@pytest.fixture(scope="session")
def scratch(drift: Drift) -> str:
    """Return the command that loads the plan's rules into an empty kernel and reads them back."""
    text = drift.files("network")[table.NFTABLES].text
    return f"unshare --net sh -c 'nft -f - && nft --json list ruleset' <<'RULES'\n{text}\nRULES"


def ahead(_plan: HostPlan, probe: Probe) -> None:
    """Begin the commands that several controls read."""
    probe.start([LIVE])


# Firewall -----------------------------------------------------------------------------------------


class Ruleset:
    """The tables ``mairie`` as nft tells them, without what changes by itself."""

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
        return value["family"] in ("inet", "bridge") and name == "mairie"

    def with_counter(self, name: str) -> list[tuple[str, str]]:
        """Return chain and expression of the rules that use a counter."""
        mark = json.dumps({"counter": name})
        return [
            (chain, rule) for chain, lines in self.rules.items() for rule in lines if mark in rule
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


def relayed(plan: HostPlan) -> tuple[str, ...]:
    """Return the chain of frames between radios and cable, on a host that carries them."""
    return (rules.RELAYED,) if rules.relays(plan) else ()


def flows(plan: HostPlan) -> set[str]:
    """Return the counters that belong to flows."""
    return {rule.counter for rule in plan.network.firewall.rules}


def without_flows(lines: list[str], plan: HostPlan) -> list[str]:
    """Return the rules of a chain that no flow brought."""
    marks = [json.dumps({"counter": name}) for name in flows(plan)]
    return [rule for rule in lines if not any(mark in rule for mark in marks)]


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
    each=lambda plan: ("spoofed", "input", "forward", "output", *relayed(plan)),
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
        *(("clamp",) if rules.clamp(plan) else ()),
        *(("postrouting",) if rules.masquerade(plan) else ()),
        *portal.chains(plan),
        *telephony.chains(plan),
        *relayed(plan),
        *((name_filter.CHAIN,) if name_filter.chain(plan) else ()),
        *(chain.name for chain in queues.chains(plan)),
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
    each=lambda plan: [
        *(name for name in rules.counters(plan) if name.startswith(("dropped", "limited"))),
        *(("dropped-relayed",) if rules.relayed(plan) else ()),
    ],
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


# Opening hours ------------------------------------------------------------------------------------


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

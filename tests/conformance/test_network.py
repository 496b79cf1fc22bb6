"""Controls of brick ``network``: files, links, uplinks, services, sockets.

Numbers: ANSSI, Guide d'hygiène informatique 2.0 (2017), 42 measures; ANSSI-BP-028 2.0 (2022).
What is expected is never written here: it is the plan, rendered and read by the same programs.
"""

from collections.abc import Mapping
from ipaddress import ip_interface
from pathlib import Path
from typing import Any

from mairie.files import TemplateFile
from mairie.files import network as table
from mairie.host.control import control
from mairie.host.drift import Drift
from mairie.host.looks.links import ADDRESSES, link, links
from mairie.host.looks.sockets import SOCKETS, Socket, lasting, sockets
from mairie.host.looks.unit import is_active
from mairie.host.probe import Probe, as_json
from mairie.plan.host import HostPlan
from mairie.plan.parts.network import SegmentInterface, Uplink

ROUTES = {"4": "ip -json -4 route show default", "6": "ip -json -6 route show default"}
LINKS = "networkctl list --json=short"
BRIDGE = "bridge -json -details link show"
FOREIGN = (
    "NetworkManager.service",
    "connman.service",
    "networking.service",
    "systemd-resolved.service",
)
"""Whatever else configures links or names, to be found inactive."""


def ahead(_plan: HostPlan, probe: Probe) -> None:
    """Begin the commands that several controls read."""
    probe.start(
        [
            ADDRESSES,
            *ROUTES.values(),
            LINKS,
            BRIDGE,
            SOCKETS,
            *(is_active(unit) for unit in FOREIGN),
        ]
    )


# Files --------------------------------------------------------------------------------------------


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


# Links --------------------------------------------------------------------------------------------


def addresses(item: Mapping[str, Any], family: str) -> set[str]:
    """Return a link's global addresses, interface notation."""
    return {
        str(ip_interface(f"{info['local']}/{info['prefixlen']}"))
        for info in item["addr_info"]
        if info["family"] == family and info["scope"] == "global"
    }


def planned(text: str) -> set[str]:
    """Return interface notation as Python writes it; nothing where the plan has no address."""
    return {str(ip_interface(text))} if text else set()


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
    "NET-24",
    title="La passerelle a l'adresse MAC que ses points d'accès connaissent",
    reason="Ils prendraient la passerelle pour un voisin : plus aucun visiteur ne l'atteindrait.",
    severity="high",
    references=("ANSSI hygiène 19",),
    applies=lambda plan: plan.is_gateway,
    each=lambda plan: [item for item in plan.network.segments if item.gateway_mac],
)
def test_gateway_mac(subject: SegmentInterface, probe: Probe) -> None:
    found = link(probe, subject.bridge)["address"]
    assert found == subject.gateway_mac, f"{subject.bridge} a l'adresse {found}"


@control(
    "NET-30",
    title="Chaque segment a l'adresse IPv4 du plan, et elle seule",
    reason="Les postes du segment l'ont pour passerelle, pour DNS et pour heure.",
    severity="high",
    references=("ANSSI hygiène 19",),
    each=lambda plan: plan.network.segments,
)
def test_segment_ipv4(subject: SegmentInterface, probe: Probe) -> None:
    found = addresses(link(probe, subject.bridge), "inet")
    assert found == planned(subject.ipv4), f"{subject.bridge} a {sorted(found)}"


@control(
    "NET-31",
    title="Chaque segment a l'adresse IPv6 du plan, et elle seule",
    reason="IPv6 suit le même plan qu'IPv4 : une adresse de trop est un réseau de trop.",
    severity="high",
    references=("ANSSI hygiène 19", "RFC 4193"),
    each=lambda plan: plan.network.segments,
)
def test_segment_ipv6(subject: SegmentInterface, probe: Probe) -> None:
    found = addresses(link(probe, subject.bridge), "inet6")
    assert found == planned(subject.ipv6), f"{subject.bridge} a {sorted(found)}"


@control(
    "NET-32",
    title="Chaque segment a son port, ses radios, et rien d'autre",
    reason="Un port sur le mauvais pont relie deux segments que tout sépare.",
    severity="critical",
    references=("ANSSI hygiène 19",),
    each=bridged,
)
def test_member(subject: SegmentInterface, probe: Probe, plan: HostPlan) -> None:
    link(probe, subject.member)
    found = {name for name, item in links(probe).items() if item.get("master") == subject.bridge}
    found -= plan.wifi.ports_of(subject.bridge) if plan.wifi else set()
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
    title="Serveur ou point d'accès, il sort par la passerelle de son site",
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


def services(plan: HostPlan) -> list[str]:
    """Return the units this brick keeps running here."""
    dns = plan.network.dns
    return [
        "systemd-networkd.service",
        *(["dnsmasq.service"] if dns is not None else []),
        *(["names-watch.service"] if dns is not None and dns.hub_address else []),
        *([table.FILTER_SERVICE] if plan.network.name_filter is not None else []),
        *(["uplink-watch.service"] if table.is_watched(plan) else []),
        *(["access-hours.timer"] if plan.network.firewall.schedules else []),
        *([Path(table.QUEUES_TIMER).name] if plan.network.queueing is not None else []),
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


# Sockets ------------------------------------------------------------------------------------------


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
    unnamed = [
        item for item in sockets(probe) if not item.is_local and not is_named(item, plan, own)
    ]
    strange = sorted(
        {
            f"{item.protocol}/{item.port} ({item.program or '?'}, {item.host})"
            for item in lasting(unnamed, probe)
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

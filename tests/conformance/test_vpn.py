"""Controls of brick vpn: the tunnel between a gateway and its hub, its keys, its routes.

Numbers: ANSSI, Guide d'hygiène informatique 2.0 (2017), 42 measures; ANSSI-BP-028 2.0 (2022);
WireGuard: J. Donenfeld, Next Generation Kernel Network Tunnel (2017), by section.
Neither private nor preshared keys are ever printed: commands that would show them are not used.
"""

import ipaddress
import json
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from mairie.files import TemplateFile
from mairie.files.vpn import configuration, files, has_next_key, next_key, rotations
from mairie.host.control import control
from mairie.host.drift import Drift
from mairie.host.probe import CannotLookError, Probe, said
from mairie.plan.host import HostPlan
from mairie.plan.parts.vpn import VpnPeer, VpnPlan

FRESH_S = 180
"""REJECT_AFTER_TIME: an older session carries nothing."""
REMEMBERED = Path("/var/lib/mairie/vpn/endpoints.json")
SHARED = ("/etc", "/home", "/root", "/run", "/srv", "/tmp", "/var/tmp")
"""Where a copy of a key could be left."""


def tunnel(plan: HostPlan) -> VpnPlan:
    """Return the tunnel of a host that has one."""
    assert plan.vpn is not None
    return plan.vpn


def peers(plan: HostPlan) -> tuple[VpnPeer, ...]:
    """Return every peer."""
    return plan.vpn.peers if plan.vpn else ()


def managed_peers(plan: HostPlan) -> tuple[VpnPeer, ...]:
    """Return the peers that mairie deploys: always on, with a preshared key."""
    return tuple(peer for peer in peers(plan) if peer.kind in ("hub", "gateway"))


def called_peers(plan: HostPlan) -> tuple[VpnPeer, ...]:
    """Return the peers this host calls."""
    return tuple(peer for peer in peers(plan) if peer.endpoint)


def calls(plan: HostPlan) -> bool:
    """Whether this host calls a hub."""
    return bool(called_peers(plan))


def keys_of(peer: VpnPeer) -> tuple[str, ...]:
    """Return the key of a peer and, during a rotation, the next one."""
    return tuple(key for key in (peer.public_key, peer.next_public_key) if key)


def show(probe: Probe, plan: HostPlan, what: str) -> dict[str, list[str]]:
    """Return what ``wg show`` says of each peer, by public key."""
    lines = said(probe(f"wg show {tunnel(plan).interface} {what}")).splitlines()
    return {words[0]: words[1:] for words in map(str.split, lines) if words}


def by_family(plan: HostPlan) -> dict[str, tuple[str, str]]:
    """Return label → (interface notation of our address, address of the hub)."""
    if plan.vpn is None:
        return {}
    return {
        "IPv4": (plan.vpn.ipv4, plan.vpn.hub_ipv4),
        "IPv6": (plan.vpn.ipv6, plan.vpn.hub_ipv6),
    }


def by_family_to_hub(plan: HostPlan) -> dict[str, tuple[str, str]]:
    """Return the same on a host that calls a hub."""
    return by_family(plan) if calls(plan) else {}


def stripped(plan: HostPlan, key: str) -> list[str]:
    """Return values of the configuration file, in this process only."""
    found = []
    for line in Path(configuration(tunnel(plan))).read_text().splitlines():
        name, _, value = line.partition("=")
        if name.strip() == key:
            found.append(value.strip())
    return found


def quietly(*command: str, text: str | None = None) -> str:
    """Run a command whose output may be a secret: neither kept nor shown.

    Raises:
        CannotLookError: it failed.

    """
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotLookError(f"« {' '.join(command)} » a échoué")
    return done.stdout


def ahead(plan: HostPlan, probe: Probe) -> None:
    """Begin what has to come back from the hub."""
    vpn = plan.vpn
    if vpn is not None:
        # First what the traffic of the others would change: a peer heard sets its endpoint.
        probe(f"wg show {vpn.interface} endpoints")
        hubs = [hub for _, hub in by_family_to_hub(plan).values()]
        probe.start(ping(hub) for hub in hubs)
        probe.start(large_ping(vpn, hub) for hub in hubs)


# Service -----------------------------------------------------------------------------------------


@control(
    "VPN-01",
    title="Le tunnel est en service, maintenant et au démarrage",
    reason="Sans tunnel, la commune n'est plus administrable à distance.",
    severity="critical",
    references=("ANSSI hygiène 25", "ANSSI hygiène 28"),
    each=lambda plan: ("is-active", "is-enabled") if plan.vpn else (),
)
def test_service(subject: str, probe: Probe, plan: HostPlan) -> None:
    unit = f"wg-quick@{tunnel(plan).interface}.service"
    word = probe(f"systemctl {subject} {unit}").stdout.strip()
    assert word == subject.removeprefix("is-"), f"{unit} : {word or 'absent'}"


@control(
    "VPN-02",
    title="Le service du tunnel se relève seul d'un échec",
    reason="Une machine à deux heures d'avion ne peut pas attendre une commande.",
    severity="high",
    references=("systemd.service(5)",),
    applies=lambda plan: plan.vpn is not None,
)
def test_restart(probe: Probe, plan: HostPlan) -> None:
    unit = f"wg-quick@{tunnel(plan).interface}.service"
    lines = said(probe(f"systemctl show {unit} -p Restart -p ExecReload")).splitlines()
    shown = dict(line.partition("=")[::2] for line in lines)
    assert shown["Restart"] == "on-failure", f"Restart={shown['Restart']}"
    assert "wg-apply" in shown.get("ExecReload", ""), "un rechargement couperait les pairs"


@control(
    "VPN-03",
    title="L'interface du tunnel est active",
    reason="Un service « actif » dont l'interface a disparu ne transporte rien.",
    severity="critical",
    references=("ANSSI hygiène 25",),
    applies=lambda plan: plan.vpn is not None,
)
def test_interface_up(probe: Probe, plan: HostPlan) -> None:
    name = tunnel(plan).interface
    shown = probe(f"ip -j link show dev {name}")
    assert shown.ok, f"{name} n'existe pas"
    (link,) = json.loads(shown.stdout)
    assert "UP" in link["flags"], f"{name} est arrêtée"


@control(
    "VPN-04",
    title="Le tunnel a les adresses du plan et aucune autre",
    reason="Le syndicat joint chaque site par cette adresse, et le filtrage s'y fie.",
    severity="high",
    references=("RFC 4193", "RFC 1918"),
    each=by_family,
)
def test_addresses(subject: tuple[str, str], probe: Probe, plan: HostPlan) -> None:
    wanted, _ = subject
    version = ipaddress.ip_interface(wanted).version
    shown = said(probe(f"ip -j -{version} address show dev {tunnel(plan).interface} scope global"))
    found = {
        f"{item['local']}/{item['prefixlen']}"
        for link in json.loads(shown)
        for item in link.get("addr_info", [])
        if "local" in item  # ip leaves an empty item for each address it filtered out
    }
    assert found == {wanted}, f"adresses : {', '.join(sorted(found)) or 'aucune'} ; plan : {wanted}"


@control(
    "VPN-05",
    title="La taille maximale des paquets du tunnel est celle du plan",
    reason="Trop grande, les gros paquets se perdent ; trop petite, un lien lent ralentit encore.",
    severity="medium",
    references=("RFC 8900",),
    applies=lambda plan: plan.vpn is not None,
)
def test_mtu(probe: Probe, plan: HostPlan) -> None:
    vpn = tunnel(plan)
    found = said(probe(f"cat /sys/class/net/{vpn.interface}/mtu")).strip()
    assert found == str(vpn.mtu), f"MTU {found}, le plan dit {vpn.mtu}"


@control(
    "VPN-06",
    title="WireGuard est celui du noyau quand le noyau l'a",
    reason="Hors du noyau, le chiffrement coûte plusieurs fois plus de processeur.",
    severity="low",
    references=("WireGuard, §7",),
    applies=lambda plan: plan.vpn is not None,
)
def test_kernel(probe: Probe, plan: HostPlan) -> None:
    if not probe("[ -e /sys/module/wireguard ] || modprobe -n -q wireguard").ok:
        return  # a kernel without it: wireguard-go is right
    (link,) = json.loads(said(probe(f"ip -j -d link show dev {tunnel(plan).interface}")))
    kind = link.get("linkinfo", {}).get("info_kind")
    assert kind == "wireguard", f"l'interface est de type {kind}"


@control(
    "VPN-07",
    title="Le concentrateur écoute sur son port UDP",
    reason="Les communes appellent ce port et aucun autre.",
    severity="critical",
    references=("ANSSI hygiène 25",),
    applies=lambda plan: plan.vpn is not None and plan.vpn.listen_port > 0,
)
def test_listens(probe: Probe, plan: HostPlan) -> None:
    vpn = tunnel(plan)
    found = said(probe(f"wg show {vpn.interface} listen-port")).strip()
    assert found == str(vpn.listen_port), f"port {found}, le plan dit {vpn.listen_port}"
    sockets = said(probe(f"ss -Hlun sport = :{vpn.listen_port}"))
    assert sockets.strip(), "aucune socket sur ce port"


@control(
    "VPN-08",
    title="Aucun autre tunnel WireGuard n'existe",
    reason="Un tunnel ajouté à la main contourne le filtrage du syndicat.",
    severity="critical",
    references=("ANSSI hygiène 22", "ANSSI hygiène 25"),
    applies=lambda plan: plan.vpn is not None,
)
def test_no_other_tunnel(probe: Probe, plan: HostPlan) -> None:
    # wg-rekey makes mairie-trial for some seconds while a next key is tried.
    known = {tunnel(plan).interface, "mairie-trial"}
    extra = set(said(probe("wg show interfaces")).split()) - known
    assert not extra, f"interfaces en trop : {', '.join(sorted(extra))}"


# Keys --------------------------------------------------------------------------------------------


@control(
    "VPN-10",
    title="La clé privée en place est celle que le syndicat connaît",
    reason="Avec une autre clé, la machine serait coupée à son prochain démarrage.",
    severity="critical",
    references=("ANSSI hygiène 18", "WireGuard, §5.4"),
    applies=lambda plan: plan.vpn is not None,
)
def test_key_on_disk(plan: HostPlan) -> None:
    keys = stripped(plan, "PrivateKey")
    assert len(keys) == 1, f"{len(keys)} clés privées dans le fichier"
    found = quietly("wg", "pubkey", text=keys[0]).strip()
    assert found == tunnel(plan).public_key, (
        "la clé publique qui en découle n'est pas celle du plan"
    )


@control(
    "VPN-11",
    title="La clé suivante est prête tant que dure la rotation, et seulement alors",
    reason="Une clé oubliée sur le disque est une clé de trop.",
    severity="high",
    references=("ANSSI hygiène 11",),
    applies=lambda plan: plan.vpn is not None,
)
def test_next_key(plan: HostPlan) -> None:
    path = Path(next_key(tunnel(plan)))
    if not has_next_key(plan):
        assert not path.exists(), f"{path} n'a plus lieu d'être"
        return
    assert path.is_file(), f"{path} manque"
    found = quietly("wg", "pubkey", text=path.read_text()).strip()
    assert found == tunnel(plan).next_public_key, "ce n'est pas la clé suivante du plan"


@control(
    "VPN-12",
    title="Le tunnel répond avec la clé du plan",
    reason="Une clé changée à chaud se perd au démarrage et coupe la commune.",
    severity="critical",
    references=("ANSSI hygiène 18",),
    applies=lambda plan: plan.vpn is not None,
)
def test_running_key(probe: Probe, plan: HostPlan) -> None:
    vpn = tunnel(plan)
    found = said(probe(f"wg show {vpn.interface} public-key")).strip()
    wanted = {vpn.public_key, vpn.next_public_key} if has_next_key(plan) else {vpn.public_key}
    assert found in wanted, f"il répond avec {found}"


@dataclass(frozen=True)
class Guarded:
    """A file and the rights it must have."""

    name: str
    mode: int


def guarded(plan: HostPlan) -> tuple[Guarded, ...]:
    """Return the folder and the files that hold or describe keys."""
    vpn = plan.vpn
    if vpn is None:
        return ()
    paths = [configuration(vpn), "/etc/wireguard/mairie.json"]
    if has_next_key(plan):
        paths.append(next_key(vpn))
    return (Guarded("/etc/wireguard", 0o700), *(Guarded(path, 0o600) for path in paths))


@control(
    "VPN-13",
    title="Les clés ne sont lisibles que par root",
    reason="Qui lit la clé privée se fait passer pour la commune.",
    severity="critical",
    references=("ANSSI hygiène 11", "ANSSI-BP-028 R50"),
    each=guarded,
)
def test_modes(subject: Guarded) -> None:
    path = Path(subject.name)
    assert path.exists(), f"{path} manque"
    state = path.stat()
    assert (state.st_uid, state.st_gid) == (0, 0), f"propriétaire {state.st_uid}:{state.st_gid}"
    found = state.st_mode & 0o7777
    assert found == subject.mode, f"droits {found:o}, attendus {subject.mode:o}"


def secret_values(plan: HostPlan) -> list[bytes]:
    """Return the keys on disk."""
    found = stripped(plan, "PrivateKey") + stripped(plan, "PresharedKey")
    if has_next_key(plan):
        found.append(Path(next_key(tunnel(plan))).read_text().strip())
    return [value.encode() for value in found]


@control(
    "VPN-14",
    title="Aucune clé n'apparaît dans la liste des processus",
    reason="Les arguments d'un programme se lisent par tous les comptes.",
    severity="critical",
    references=("ANSSI hygiène 11",),
    applies=lambda plan: plan.vpn is not None,
)
def test_no_key_in_processes(plan: HostPlan) -> None:
    hidden = secret_values(plan)
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes()
        except OSError:  # it ended meanwhile
            continue
        name = words.split(b"\0")[0].decode(errors="replace")
        assert not any(value in words for value in hidden), f"dans les arguments de {name}"


@control(
    "VPN-15",
    title="Aucune copie lisible d'une clé ne traîne",
    reason="Une sauvegarde à la main survit à la rotation des clés.",
    severity="high",
    references=("ANSSI hygiène 11", "ANSSI-BP-028 R50"),
    applies=lambda plan: plan.vpn is not None,
)
def test_no_copy(probe: Probe, plan: HostPlan) -> None:
    hidden = secret_values(plan)
    listed = probe(
        f"find {' '.join(SHARED)} -xdev -type f -size -64k -perm /044 -print0 2>/dev/null"
    )
    for name in filter(None, listed.stdout.split("\0")):
        try:
            text = Path(name).read_bytes()
        except OSError:
            continue
        assert not any(value in text for value in hidden), f"dans {name}"


# Peers -------------------------------------------------------------------------------------------


@control(
    "VPN-20",
    title="Chaque pair est connu du tunnel avec ses adresses, toutes et rien d'autre",
    reason="Les adresses permises sont le premier filtre : elles lient une clé à un site.",
    severity="critical",
    references=("WireGuard, §2", "ANSSI hygiène 25"),
    each=peers,
)
def test_allowed(subject: VpnPeer, probe: Probe, plan: HostPlan) -> None:
    live = show(probe, plan, "allowed-ips")
    lacking = [key for key in keys_of(subject) if key not in live]
    assert not lacking, f"{len(lacking)} clé(s) de ce pair manquent"
    found = {word for key in keys_of(subject) for word in live[key] if word != "(none)"}
    wanted = {*subject.allowed_ipv4, *subject.allowed_ipv6}
    assert found == wanted, f"permises : {' '.join(sorted(found)) or 'aucune'}"


@control(
    "VPN-21",
    title="Aucun pair n'est de trop",
    reason="Un pair révoqué ou ajouté à la main entre dans le réseau.",
    severity="critical",
    references=("ANSSI hygiène 6", "ANSSI hygiène 7"),
    applies=lambda plan: plan.vpn is not None,
)
def test_no_other_peer(probe: Probe, plan: HostPlan) -> None:
    known = {key for peer in peers(plan) for key in keys_of(peer)}
    extra = show(probe, plan, "peers").keys() - known
    assert not extra, f"clés inconnues : {', '.join(sorted(extra))}"


@control(
    "VPN-22",
    title="Chaque pair géré a sa clé prépartagée, celle du fichier",
    reason="Elle protège ce qui est enregistré aujourd'hui d'un ordinateur quantique demain.",
    severity="high",
    references=("WireGuard, §5.2", "ANSSI hygiène 18"),
    each=peers,
)
def test_preshared(subject: VpnPeer, plan: HostPlan) -> None:
    # Read and compared in this process: the probe keeps what it reads.
    shown = quietly("wg", "show", tunnel(plan).interface, "preshared-keys").splitlines()
    live = dict(line.split("\t") for line in shown)
    on_disk = preshared_on_disk(plan)
    for key in keys_of(subject):
        has = live.get(key, "(none)") != "(none)"
        assert has == subject.preshared, "clé prépartagée " + ("en trop" if has else "absente")
        if has:
            assert live[key] == on_disk.get(key), "la clé en service n'est pas celle du fichier"


def preshared_on_disk(plan: HostPlan) -> dict[str, str]:
    """Return the preshared keys of the configuration by public key."""
    found: dict[str, str] = {}
    current = ""
    for line in Path(configuration(tunnel(plan))).read_text().splitlines():
        name, _, value = line.partition("=")
        if name.strip() == "PublicKey":
            current = value.strip()
        elif name.strip() == "PresharedKey":
            found[current] = value.strip()
    return found


@control(
    "VPN-23",
    title="Le maintien du lien à travers le NAT est réglé",
    reason="Derrière la 4G ou le satellite, un lien muet est oublié et le syndicat n'entre plus.",
    severity="high",
    references=("wg(8), PersistentKeepalive",),
    each=peers,
)
def test_keepalive(subject: VpnPeer, probe: Probe, plan: HostPlan) -> None:
    live = show(probe, plan, "persistent-keepalive")
    wanted = str(subject.keepalive) if subject.keepalive else "off"
    found = {" ".join(live.get(key, ["absent"])) for key in keys_of(subject)}
    assert found == {wanted}, f"{', '.join(sorted(found))}, le plan dit {wanted}"


@control(
    "VPN-24",
    title="Le tunnel vise l'adresse publique du concentrateur",
    reason="Une adresse périmée, ou intérieure au tunnel, coupe la commune.",
    severity="critical",
    references=("ANSSI hygiène 25",),
    each=called_peers,
)
def test_endpoint(subject: VpnPeer, probe: Probe, plan: HostPlan) -> None:
    shown = show(probe, plan, "endpoints").get(subject.public_key, ["(none)"])[0]
    assert shown != "(none)", "aucune adresse : le nom n'a pas été résolu"
    address, _, port = shown.rpartition(":")
    wanted = subject.endpoint.rpartition(":")[2]
    assert port == wanted, f"port {port}, le plan dit {wanted}"
    value = ipaddress.ip_address(address.strip("[]").partition("%")[0])
    for prefix in (*subject.allowed_ipv4, *subject.allowed_ipv6):
        inside = value in ipaddress.ip_network(prefix)
        assert not inside, f"{value} est à l'intérieur du tunnel"


@control(
    "VPN-25",
    title="Chaque pair géré a répondu il y a moins de trois minutes",
    reason="Au-delà, aucune donnée ne passe plus : le site est coupé.",
    severity="critical",
    references=("WireGuard, §6.2",),
    each=managed_peers,
)
def test_handshake(subject: VpnPeer, probe: Probe, plan: HostPlan) -> None:
    for _, hub in by_family_to_hub(plan).values():
        probe(ping(hub))  # an idle tunnel shakes hands when there is something to send
    live = show(probe, plan, "latest-handshakes")
    last = max(int(live.get(key, ["0"])[0]) for key in keys_of(subject))
    assert last, "il n'a jamais répondu"
    age = int(time.time()) - last
    assert age < FRESH_S, f"dernière réponse il y a {age} s"


# Behaviour ---------------------------------------------------------------------------------------


def ping(address: str) -> str:
    """Return the command that tries an address through a satellite link."""
    return f"ping -n -q -c 3 -i 0.3 -w 12 {address}"


def large_ping(vpn: VpnPlan, address: str) -> str:
    """Return the command that sends the largest packet, never cut into fragments."""
    headers = 28 if ipaddress.ip_address(address).version == 4 else 48
    return f"ping -n -q -M do -c 1 -w 12 -s {vpn.mtu - headers} {address}"


@control(
    "VPN-30",
    title="Le concentrateur répond à travers le tunnel",
    reason="Administration, DNS et sauvegardes passent par lui.",
    severity="critical",
    references=("ANSSI hygiène 25",),
    each=by_family_to_hub,
)
def test_ping(subject: tuple[str, str], probe: Probe) -> None:
    _, hub = subject
    assert probe(ping(hub)).ok, f"{hub} ne répond pas"


@control(
    "VPN-31",
    title="Un paquet de la plus grande taille traverse le tunnel entier",
    reason="Une MTU fausse laisse passer le ping et bloque les pages et les fichiers.",
    severity="high",
    references=("RFC 8900", "RFC 4821"),
    each=by_family_to_hub,
)
def test_large_packet(subject: tuple[str, str], probe: Probe, plan: HostPlan) -> None:
    _, hub = subject
    vpn = tunnel(plan)
    assert probe(large_ping(vpn, hub)).ok, f"{vpn.mtu} octets n'arrivent pas jusqu'à {hub}"


def prefixes(plan: HostPlan) -> tuple[str, ...]:
    """Return every prefix behind the tunnel, sorted."""
    return tuple(
        sorted(
            {prefix for peer in peers(plan) for prefix in (*peer.allowed_ipv4, *peer.allowed_ipv6)}
        )
    )


def routed(probe: Probe, plan: HostPlan, version: int) -> set[str]:
    """Return the prefixes routed to the tunnel."""
    shown = said(probe(f"ip -j -{version} route show dev {tunnel(plan).interface}"))
    return {
        str(ipaddress.ip_network(item["dst"]))
        for item in json.loads(shown or "[]")
        if item.get("protocol") != "kernel" and item["dst"] != "default"
    }


@control(
    "VPN-32",
    title="Chaque réseau distant passe par le tunnel",
    reason="Sans route, les sites d'une commune ne se joignent plus.",
    severity="high",
    references=("ANSSI hygiène 25",),
    each=prefixes,
)
def test_route(subject: str, probe: Probe, plan: HostPlan) -> None:
    version = ipaddress.ip_network(subject).version
    assert subject in routed(probe, plan, version), f"aucune route vers {subject} par le tunnel"


@control(
    "VPN-33",
    title="Rien d'autre ne passe par le tunnel",
    reason="Une route de trop détourne du trafic vers le syndicat.",
    severity="high",
    references=("ANSSI hygiène 19",),
    applies=lambda plan: plan.vpn is not None,
)
def test_no_other_route(probe: Probe, plan: HostPlan) -> None:
    extra = (routed(probe, plan, 4) | routed(probe, plan, 6)) - set(prefixes(plan))
    assert not extra, f"routes en trop : {', '.join(sorted(extra))}"
    name = tunnel(plan).interface
    for version in (4, 6):
        default = said(probe(f"ip -{version} route show default dev {name}"))
        assert not default.strip(), f"route par défaut : {default.strip()}"


def supernets(plan: HostPlan) -> tuple[str, ...]:
    """Return what may leave by the tunnel only."""
    return prefixes(plan) if calls(plan) else ()


@control(
    "VPN-34",
    title="Tunnel coupé, rien de ce qu'il porte ne sort en clair",
    reason="Sans cette route, appels et données partiraient sur Internet au premier incident.",
    severity="high",
    references=("ANSSI hygiène 18", "RFC 4632 §5.1"),
    each=supernets,
)
def test_refused(subject: str, probe: Probe) -> None:
    version = ipaddress.ip_network(subject).version
    shown = said(probe(f"ip -{version} route show type unreachable exact {subject}")).strip()
    assert shown.startswith("unreachable"), f"{subject} sortirait par un autre lien"


@control(
    "VPN-35",
    title="Le trafic propre de la machine porte l'adresse du tunnel",
    reason="Le syndicat répond à cette adresse ; une autre serait refusée par le filtrage.",
    severity="medium",
    references=("RFC 6724",),
    each=by_family_to_hub,
)
def test_source(subject: tuple[str, str], probe: Probe, plan: HostPlan) -> None:
    own, hub = subject
    (route,) = json.loads(said(probe(f"ip -j route get {hub}")))
    found = (route.get("dev"), route.get("prefsrc"))
    wanted = (tunnel(plan).interface, own.partition("/")[0])
    assert found == wanted, f"vers {hub} : {found[0]} depuis {found[1]}"


# Upkeep ------------------------------------------------------------------------------------------


@control(
    "VPN-40",
    title="La surveillance du tunnel est en service",
    reason="Elle retrouve le concentrateur quand son adresse change et relance le tunnel.",
    severity="high",
    references=("ANSSI hygiène 36",),
    each=lambda plan: ("is-active", "is-enabled") if plan.vpn else (),
)
def test_watch(subject: str, probe: Probe) -> None:
    word = probe(f"systemctl {subject} mairie-wg.timer").stdout.strip()
    assert word == subject.removeprefix("is-"), f"mairie-wg.timer : {word or 'absent'}"


@control(
    "VPN-41",
    title="La dernière surveillance du tunnel a réussi",
    reason="Une surveillance qui échoue ne relève rien.",
    severity="high",
    references=("ANSSI hygiène 36",),
    applies=lambda plan: plan.vpn is not None,
)
def test_watch_works(probe: Probe) -> None:
    shown = said(probe("systemctl show mairie-wg.service -p Result")).strip()
    result = shown.partition("=")[2]
    assert result == "success", f"dernier passage : {result}"
    last = said(probe("systemctl show mairie-wg.service -p ExecMainStartTimestampMonotonic"))
    age = time.monotonic() - int(last.strip().partition("=")[2] or 0) / 1e6
    assert age < FRESH_S, f"dernier passage il y a {age:.0f} s"


@control(
    "VPN-42",
    title="La dernière adresse publique du concentrateur est retenue",
    reason="Au prochain démarrage sans DNS, le tunnel se relève quand même.",
    severity="medium",
    references=("ANSSI hygiène 36",),
    each=called_peers,
)
def test_remembered(subject: VpnPeer, probe: Probe, plan: HostPlan) -> None:
    assert REMEMBERED.is_file(), f"{REMEMBERED} manque"
    saved = json.loads(REMEMBERED.read_text()).get(subject.name)
    assert saved, "aucune adresse retenue"
    shown = show(probe, plan, "endpoints").get(subject.public_key, [""])[0]
    used = shown.rpartition(":")[0].strip("[]")
    assert saved == used, f"retenue : {saved}, en service : {used or 'aucune'}"


@control(
    "VPN-43",
    title="Les rotations de clés sont suivies tant qu'il y en a",
    reason="Sans suivi, le pair qui change de clé n'est plus joignable.",
    severity="high",
    references=("ANSSI hygiène 11",),
    applies=lambda plan: plan.vpn is not None,
)
def test_follow(probe: Probe, plan: HostPlan) -> None:
    wanted = ("active", "enabled") if rotations(tunnel(plan)) else ("inactive", "disabled")
    unit = "mairie-wg-follow.service"
    found = tuple(
        probe(f"systemctl {verb} {unit}").stdout.strip() for verb in ("is-active", "is-enabled")
    )
    assert found == wanted, f"{unit} : {' '.join(found)}, attendu {' '.join(wanted)}"


@control(
    "VPN-44",
    title="Les fichiers du tunnel sont ceux du déploiement",
    reason="Un changement fait à la main n'est ni relu, ni répété, ni gardé.",
    severity="medium",
    references=("ANSSI hygiène 16",),
    each=lambda plan: [file for file in files(plan) if not file.secret],
)
def test_no_drift(subject: TemplateFile, drift: Drift) -> None:
    found = drift("vpn", subject.path)
    assert not found, found


@control(
    "VPN-45",
    title="La configuration du disque est lisible par WireGuard",
    reason="Un fichier abîmé ne se voit qu'au prochain démarrage, quand il est trop tard.",
    severity="critical",
    references=("ANSSI hygiène 16",),
    applies=lambda plan: plan.vpn is not None,
)
def test_configuration(probe: Probe, plan: HostPlan) -> None:
    path = configuration(tunnel(plan))
    done = probe(f"/usr/local/libexec/mairie/wg-check {path}")
    assert done.ok, done.stderr.strip()[-300:]


@control(
    "VPN-46",
    title="Le tunnel en service est exactement celui du disque",
    reason="Ce qui n'a été changé qu'à chaud disparaît au prochain démarrage.",
    severity="high",
    references=("ANSSI hygiène 16",),
    applies=lambda plan: plan.vpn is not None,
)
def test_running_is_configured(probe: Probe, plan: HostPlan) -> None:
    shown = said(probe(f"/usr/local/libexec/mairie/wg-apply {tunnel(plan).interface} --check"))
    assert not shown.strip(), "écarts : " + "; ".join(shown.splitlines())

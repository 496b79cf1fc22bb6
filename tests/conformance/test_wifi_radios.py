"""Controls of brick wifi: what a host's own radios have on the air, and whom they ask.

A container has no radios: there, what is on the air is unknown. On a real host, a radio that is
not there is a failure. Numbers of the references as in test_wifi.py.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from mairie import hostapd
from mairie.files.wifi import (
    HOSTAPD,
    configurations_of,
    control_of,
    power_of,
    radio_files,
    service_of,
)
from mairie.host.control import control
from mairie.host.looks import radius
from mairie.host.looks.air import INTERFACES, REGULATORY, OnAir, countries, on_air
from mairie.host.looks.links import links
from mairie.host.looks.unit import changed_since_start
from mairie.host.probe import CannotLookError, Probe, as_json, said
from mairie.neighbours import reports
from mairie.plan.host import HostPlan
from mairie.plan.parts.wifi import Network, Radio, WifiPlan

BRIDGE_PORTS = "bridge -details -json link show"
SLACK_DBM = 0.5
STRANGER = "nobody-has-this-login"


def ahead(plan: HostPlan, probe: Probe) -> None:
    """Begin what takes longest."""
    probe.start([INTERFACES, REGULATORY] if radios(plan) else [])


def radios(plan: HostPlan) -> tuple[Radio, ...]:
    """Return the radios of a host."""
    return plan.wifi.radios if plan.wifi else ()


def wifi_of(plan: HostPlan) -> WifiPlan:
    """Return the plan of a host with radios."""
    assert plan.wifi is not None
    return plan.wifi


@dataclass(frozen=True)
class Bss:
    """One interface of a network."""

    name: str
    ssid: str
    bssid: str
    radio: Radio
    network: Network


def all_bss(plan: HostPlan) -> tuple[Bss, ...]:
    """Return what is to be on the air."""
    found = []
    for radio in radios(plan):
        for network in radio.networks:
            found.append(Bss(network.interface, network.ssid, network.bssid, radio, network))
            if network.owe_interface:
                found.append(
                    Bss(
                        network.owe_interface,
                        network.owe_ssid,
                        network.owe_bssid,
                        radio,
                        network,
                    )
                )
    return tuple(found)


def seen(probe: Probe, name: str) -> OnAir:
    """Return an interface as it is on the air.

    Raises:
        AssertionError: it is not there, which fails the control.
        CannotLookError: this is a container.

    """
    found = on_air(probe)
    if name not in found:
        raise AssertionError(f"{name} n'existe pas : radio absente, ou hostapd arrêté")
    return found[name]


def looked(subject: Bss, probe: Probe) -> OnAir | None:
    """Return a network as it is on the air; None for one that waits for a lesson.

    Raises:
        AssertionError: it should be there and is not.
        CannotLookError: this is a container.

    """
    found = on_air(probe).get(subject.name)
    if subject.network.lessons and (found is None or found.kind != "AP"):
        return None
    return seen(probe, subject.name)


def lines_of(radio: Radio) -> dict[str, list[tuple[str, str]]]:
    """Return key and value of each line of the configuration of a radio, by interface.

    Raises:
        CannotLookError: the file cannot be read.

    """
    found: dict[str, list[tuple[str, str]]] = {"": []}
    for path in configurations_of(radio):
        current = found[""]
        try:
            lines = Path(path).read_text().splitlines()
        except OSError as error:
            raise CannotLookError(f"{error.filename} : {error.strerror}") from error
        for line in lines:
            key, equals, value = line.partition("=")
            if line.startswith("#") or not equals:
                continue
            if key in ("interface", "bss"):
                current = found.setdefault(value, [])
            else:
                current.append((key, value))
    return found


def written(radio: Radio) -> dict[str, dict[str, str]]:
    """Return the settings of each interface in the configuration of a radio, secrets included.

    Raises:
        CannotLookError: the file cannot be read.

    """
    return {name: dict(lines) for name, lines in lines_of(radio).items()}


# Service ------------------------------------------------------------------------------------------


@control(
    "WIF-50",
    title="Chaque radio est en service, maintenant et au démarrage",
    reason="Sans elle, ses réseaux ne sont plus à l'antenne.",
    severity="critical",
    references=("ANSSI hygiène 20",),
    each=lambda plan: {
        f"{radio.name} {word}": (radio, word)
        for radio in radios(plan)
        for word in ("is-enabled", "is-active")
    },
)
def test_service(subject: tuple[Radio, str], probe: Probe) -> None:
    radio, asked = subject
    if asked == "is-active":
        seen(probe, radio.name)
    word = probe(f"systemctl {asked} {service_of(radio)}").stdout.strip()
    assert word == asked.removeprefix("is-"), f"{service_of(radio)} : {word or 'absent'}"


@control(
    "WIF-51",
    title="Les réglages de chaque radio sont ceux du plan",
    reason="Un réglage changé à la main peut ouvrir un réseau sans que personne ne le sache.",
    severity="high",
    references=("ANSSI hygiène 16", "ANSSI DAT-NT-005"),
    each=radios,
)
def test_settings(subject: Radio, plan: HostPlan) -> None:
    wanted: dict[str, dict[str, str | int]] = {}
    for networks in configurations_of(subject).values():
        sections = hostapd.sections(networks, wifi_of(plan), HOSTAPD, control_of(subject))
        wanted |= {bss.interface: dict(bss.settings) for bss in sections}
        radio = {"driver": "nl80211", **dict(hostapd.radio_settings(subject))}
        wanted[sections[0].interface] |= radio
    found = written(subject)
    found.pop("")
    wrong = sorted({*wanted} ^ {*found})
    for name in {*wanted} & {*found}:
        given = {key: value for key, value in found[name].items() if key not in hostapd.SECRETS}
        planned = {key: str(value) for key, value in wanted[name].items()}
        differ = {key for key in {*given, *planned} if given.get(key) != planned.get(key)}
        wrong += sorted(f"{name} {key}" for key in differ)
    assert not wrong, f"diffèrent du plan : {', '.join(wrong)}"


@control(
    "WIF-52",
    title="Chaque radio tourne avec ses fichiers d'aujourd'hui",
    reason="Elle les lit à son démarrage : une clé retirée ouvrirait encore.",
    severity="high",
    references=("ANSSI hygiène 6",),
    each=radios,
)
def test_has_read_them(subject: Radio, probe: Probe, plan: HostPlan) -> None:
    seen(probe, subject.name)
    others = {
        path
        for radio in radios(plan)
        if radio != subject
        for path in (power_of(radio), *configurations_of(radio))
    }
    read = [file.path for file in radio_files(wifi_of(plan)) if file.path.startswith(HOSTAPD)]
    own = (path for path in read if path not in others)
    late = changed_since_start(probe, service_of(subject), own)
    assert not late, f"changés depuis son démarrage : {', '.join(late)}"


# Beside others ------------------------------------------------------------------------------------


def asking(plan: HostPlan) -> tuple[Radio, ...]:
    """Return the radios of an access point that ask its gateway who may log in."""
    if plan.wifi is None or plan.wifi.has_radius:
        return ()
    return tuple(
        radio
        for radio in plan.wifi.radios
        if any(network.security == "enterprise" for network in radio.networks)
    )


@control(
    "WIF-53",
    title="La passerelle répond à ce point d'accès, sous le secret qu'ils partagent",
    reason="Sans sa réponse, aucun agent n'entre par ce point d'accès.",
    severity="critical",
    references=("ANSSI DAT-NT-005", "RFC 2865, section 3"),
    each=asking,
)
def test_is_answered(subject: Radio, plan: HostPlan) -> None:
    wifi = wifi_of(plan)
    secrets = {
        value
        for lines in lines_of(subject).values()
        for key, value in lines
        if key == "auth_server_shared_secret"
    }
    for secret in secrets:
        request = radius.access_request(STRANGER, secret.encode())
        code = radius.answer(wifi.asked, wifi.port, request)
        assert code is not None, f"{wifi.asked} se tait : secret, adresse ou serveur"
    assert secrets, "aucun secret partagé"


@control(
    "WIF-54",
    title="Chaque réseau ne partage ses appareils qu'avec les radios du plan",
    reason="Une radio de plus parmi elles recevrait les clés de chacun ; une de moins les coupe.",
    severity="critical",
    references=("ANSSI DAT-NT-005", "IEEE 802.11-2020, 13"),
    each=lambda plan: tuple(bss for bss in all_bss(plan) if bss.network.key_holders),
)
def test_key_holders(subject: Bss) -> None:
    wanted = {
        *(("r0kh", each.bssid, each.nas_identifier) for each in subject.network.key_holders),
        *(("r1kh", each.bssid, each.bssid) for each in subject.network.key_holders),
    }
    found = {
        (key, *value.split()[:2])
        for key, value in lines_of(subject.radio).get(subject.name, ())
        if key in ("r0kh", "r1kh")
    }
    extra, gone = sorted(found - wanted), sorted(wanted - found)
    assert not extra, f"en trop : {', '.join(' '.join(each) for each in extra)}"
    assert not gone, f"manquent : {', '.join(' '.join(each) for each in gone)}"


# On the air ---------------------------------------------------------------------------------------


@control(
    "WIF-60",
    title="Chaque réseau est à l'antenne sous son nom, sur son canal",
    reason="Un appareil cherche un nom ; un canal non prévu brouille les voisins ou les radars.",
    severity="high",
    references=("ANSSI DAT-NT-005",),
    each=all_bss,
)
def test_on_air(subject: Bss, probe: Probe) -> None:
    air, radio = looked(subject, probe), subject.radio
    if air is None:
        return
    assert (air.kind, air.ssid) == ("AP", subject.ssid), f"« {air.ssid} », type {air.kind}"
    assert air.address == subject.bssid, f"adresse {air.address}, prévue {subject.bssid}"
    allowed = (radio.channel,) if radio.channel else radio.channels
    assert air.channel in allowed, f"canal {air.channel}, prévu {', '.join(map(str, allowed))}"
    assert air.width <= radio.width, f"largeur {air.width} MHz, prévue {radio.width}"


@control(
    "WIF-61",
    title="Aucun réseau n'est à l'antenne hors du plan",
    reason="Un réseau ajouté à la main est une porte que personne ne surveille.",
    severity="critical",
    references=("ANSSI hygiène 7", "ANSSI DAT-NT-005"),
    applies=lambda plan: bool(radios(plan)),
)
def test_nothing_else(probe: Probe, plan: HostPlan) -> None:
    planned = {bss.name for bss in all_bss(plan)}
    extra = [
        f"{air.name} « {air.ssid} »"
        for air in on_air(probe).values()
        if air.kind == "AP" and air.name not in planned
    ]
    assert not extra, f"en trop : {', '.join(extra)}"


@control(
    "WIF-62",
    title="Chaque réseau donne sur son segment",
    reason="Un visiteur versé dans le pont des agents est chez les agents.",
    severity="critical",
    references=("ANSSI hygiène 19",),
    each=all_bss,
)
def test_bridge(subject: Bss, probe: Probe, plan: HostPlan) -> None:
    if looked(subject, probe) is None:
        return
    vlans = {
        subject.network.interface_of(item.vlan): item.bridge
        for item in wifi_of(plan).people_segments
    }
    wanted = {subject.name: subject.network.bridge, **vlans}
    found = {
        name: link.get("master", "aucun")
        for name, link in links(probe).items()
        if name == subject.name or name.startswith(f"{subject.name}.")
    }
    wrong = {name: bridge for name, bridge in found.items() if wanted.get(name) != bridge}
    assert not wrong, f"dans un autre pont : {wrong}"


@control(
    "WIF-63",
    title="Les visiteurs ne se voient pas entre eux",
    reason="Un appareil infecté chercherait ses voisins d'attente.",
    severity="high",
    references=("ANSSI hygiène 19", "ANSSI DAT-NT-005"),
    each=lambda plan: tuple(bss for bss in all_bss(plan) if bss.network.isolated),
)
def test_isolation(subject: Bss, probe: Probe) -> None:
    if looked(subject, probe) is None:
        return
    ports = {item["ifname"]: item for item in as_json(probe(BRIDGE_PORTS))}
    assert subject.name in ports, f"{subject.name} n'est dans aucun pont"
    assert ports[subject.name].get("isolated"), f"{subject.name} voit les autres ports du pont"
    own = written(subject.radio).get(subject.name, {}).get("ap_isolate")
    assert own == "1", f"ap_isolate = {own}"


@control(
    "WIF-64",
    title="Chaque réseau demande ce que le plan prévoit pour entrer",
    reason="Un réseau devenu ouvert, ou revenu à une vieille protection, laisse entrer et lire.",
    severity="critical",
    references=("ANSSI hygiène 20", "ANSSI DAT-NT-005", "IEEE 802.11-2020, 12"),
    each=all_bss,
)
def test_protection(subject: Bss, probe: Probe, plan: HostPlan) -> None:
    if looked(subject, probe) is None:
        return
    folder = control_of(subject.radio)
    told = said(probe(f"hostapd_cli -p {folder} -i {subject.name} get_config"))
    # It tells passphrases too: only these keys are looked at.
    found = dict(line.partition("=")[::2] for line in told.splitlines())
    settings = planned(subject, wifi_of(plan))
    if "wpa_key_mgmt" not in settings:
        assert not found.get("key_mgmt"), f"protégé par {found.get('key_mgmt')}, prévu ouvert"
        return
    methods = {word for word in re.split(r"[ ,]", found.get("key_mgmt", "")) if word}
    assert methods == set(settings["wpa_key_mgmt"].split()), f"méthodes : {sorted(methods)}"
    ciphers = found.get("rsn_pairwise_cipher", "").split()
    assert ciphers == ["CCMP"], f"chiffrement : {ciphers}"
    mfp = written(subject.radio).get(subject.name, {}).get("ieee80211w")
    assert mfp == settings["ieee80211w"], f"trames de gestion : ieee80211w = {mfp}"


def planned(subject: Bss, wifi: WifiPlan) -> dict[str, str]:
    """Return the settings of a BSS."""
    sections = hostapd.sections(subject.radio.networks, wifi, HOSTAPD, control_of(subject.radio))
    (found,) = (bss for bss in sections if bss.interface == subject.name)
    return {key: str(value) for key, value in found.settings}


@control(
    "WIF-65",
    title="Le noyau applique les règles radio du pays",
    reason="Hors des règles, la commune brouille radars et voisins, et c'est une infraction.",
    severity="high",
    references=("CPCE, art. L39-1",),
    applies=lambda plan: bool(radios(plan)),
)
def test_country(probe: Probe, plan: HostPlan) -> None:
    on_air(probe)
    wanted = {radio.country for radio in radios(plan)}
    found = countries(probe)
    assert wanted <= found, f"pays : {', '.join(sorted(found)) or 'aucun'}, prévu {wanted}"


@control(
    "WIF-66",
    title="Aucune radio ne dépasse sa puissance",
    reason="Trop de puissance est une infraction, et porte le réseau au-delà des murs.",
    severity="medium",
    references=("ANSSI DAT-NT-005",),
    each=all_bss,
)
def test_power(subject: Bss, probe: Probe) -> None:
    air = looked(subject, probe)
    power = air.power if air is not None else 0
    limit = subject.radio.power
    assert power <= limit + SLACK_DBM, f"{power:g} dBm, plafond {limit}"


@control(
    "WIF-67",
    title="Chaque réseau dit aux appareils où il est aussi",
    reason="Un appareil qui s'éloigne cherche sinon sur tous les canaux, et s'interrompt.",
    severity="medium",
    references=("IEEE 802.11-2020, 9.4.2.36",),
    each=lambda plan: tuple(bss for bss in all_bss(plan) if bss.network.neighbours),
)
def test_neighbours(subject: Bss, probe: Probe) -> None:
    looked(subject, probe)
    folder = control_of(subject.radio)
    told = said(probe(f"hostapd_cli -p {folder} -i {subject.name} show_neighbor")).lower()
    found = {words[0]: words[2] for words in (line.split() for line in told.splitlines()) if words}
    found.pop(subject.bssid, None)
    every = (each for each in reports(subject.network) if each.interface == subject.name)
    wanted = {each.bssid: f"nr={each.report}" for each in every}
    assert found == wanted, f"dits : {found} ; prévus : {wanted}"


# Devices ------------------------------------------------------------------------------------------


def of_devices(plan: HostPlan) -> dict[str, Network]:
    """Return the networks whose devices have a key each, by name."""
    every = (network for radio in radios(plan) for network in radio.networks)
    return {network.name: network for network in every if network.security == "devices"}


@control(
    "WIF-70",
    title="Chaque appareil a sa propre clé, et seuls ceux du plan en ont une",
    reason="Une clé partagée se retrouve partout ; une clé oubliée ouvre encore.",
    severity="critical",
    references=("ANSSI hygiène 7", "ANSSI DAT-NT-005"),
    each=of_devices,
)
def test_devices(subject: Network) -> None:
    wanted = sorted(device.mac for device in subject.devices)
    try:
        accepted = Path(f"{HOSTAPD}/{subject.name}.accept").read_text()
        keys = Path(f"{HOSTAPD}/{subject.name}.keys").read_text()
    except OSError as error:
        raise CannotLookError(f"{error.filename} : {error.strerror}") from error
    listed = sorted(line for line in accepted.splitlines() if not line.startswith("#"))
    assert listed == wanted, f"admis : {', '.join(listed)}"
    rows = [line.split() for line in keys.splitlines() if line and not line.startswith("#")]
    holders = sorted(row[-2] for row in rows)
    assert holders == wanted, f"ont une clé : {', '.join(holders)}"
    assert len({row[-1] for row in rows}) == len(rows), "deux appareils ont la même clé"

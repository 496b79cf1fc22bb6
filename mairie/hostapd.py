"""Settings of hostapd 2.10 for each radio and network, as its configuration file has them.

Keys are those of hostapd.conf; secrets are not among them, the templates add them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mairie.plan.parts.wifi import OWN_RADIUS, Network, Radio, WifiPlan

Setting = tuple[str, str | int]

SECRETS = ("auth_server_shared_secret", "r0kh", "r1kh", "wpa_passphrase")
"""Keys that the template of a radio adds."""

_KEY_MANAGEMENT = {
    ("enterprise", True): "WPA-EAP WPA-EAP-SHA256",
    ("enterprise", False): "WPA-EAP-SHA256",
    ("personal", True): "SAE WPA-PSK WPA-PSK-SHA256",
    ("personal", False): "SAE",
    # Sensors seldom know SAE, and hostapd ties their keys to their addresses with PSK alone.
    ("devices", True): "WPA-PSK WPA-PSK-SHA256",
    ("open", True): "OWE",
    ("open", False): "OWE",
}
_FAST_TRANSITION = {
    ("enterprise", True): " FT-EAP",
    ("enterprise", False): " FT-EAP",
    ("personal", True): " FT-SAE FT-PSK",
    ("personal", False): " FT-SAE",
}
"""Beside the others, which devices without 802.11r choose."""
SESSION_SECONDS = 3600
"""As the RADIUS server has it: a key that roams ends with the log-in that it comes from."""
_NO_80211B = (("supported_rates", "60 90 120 180 240 360 480 540"), ("basic_rates", "60 120 240"))
"""In 100 kbit/s: without those of 802.11b, which fill the air for everybody."""
_VHT_WIDTH = {20: 0, 40: 0, 80: 1, 160: 2}
_OPERATING_CLASS_6 = {20: 131, 40: 132, 80: 133, 160: 134}
"""IEEE 802.11ax, table E-4."""
_INDOORS = "0x49"
_GLOBAL_CLASSES = "0x04"
"""Third octet of the country: operating classes of annex E, table E-4; needed on 6 GHz."""


@dataclass(frozen=True, slots=True)
class Bss:
    """One network name on the air, as a section of the file."""

    network: Network
    interface: str
    settings: tuple[Setting, ...]
    radius: bool
    """It asks the RADIUS server."""
    passphrase: bool
    """It has one passphrase."""


def radio_settings(radio: Radio) -> tuple[Setting, ...]:
    """Return what holds for the whole radio."""
    return tuple(_radio(radio))


def _radio(radio: Radio) -> Iterator[Setting]:
    yield "country_code", radio.country
    yield "country3", _GLOBAL_CLASSES if radio.band == "6" else _INDOORS
    yield "ieee80211d", 1
    yield "hw_mode", "g" if radio.band == "2.4" else "a"
    yield "channel", radio.channel or "acs_survey"
    if radio.channels:
        yield "chanlist", " ".join(map(str, radio.channels))
    if radio.band == "2.4":
        yield from _NO_80211B
        yield "ieee80211n", 1
    elif radio.band == "5":
        yield "ieee80211h", 1
        yield "ieee80211n", 1
        yield "ieee80211ac", 1
        if radio.width > 20:
            yield "ht_capab", f"[{_second_channel(radio)}]"
        if radio.width == 160:
            yield "vht_capab", "[VHT160]"
        yield "vht_oper_chwidth", _VHT_WIDTH[radio.width]
        if radio.centre and radio.width > 40:
            yield "vht_oper_centr_freq_seg0_idx", radio.centre
    else:
        yield "op_class", _OPERATING_CLASS_6[radio.width]
        yield "ieee80211ax", 1
        yield "he_oper_chwidth", _VHT_WIDTH[radio.width]
        if radio.centre:
            yield "he_oper_centr_freq_seg0_idx", radio.centre


def _second_channel(radio: Radio) -> str:
    """Return on which side the second 20 MHz are: pairs begin at 36, 100 and 149."""
    first = 149 if radio.channel >= 149 else 36
    return "HT40-" if radio.channel and (radio.channel - first) // 4 % 2 else "HT40+"


def sections(
    networks: Iterable[Network], wifi: WifiPlan, folder: str, control: str
) -> tuple[Bss, ...]:
    """Return networks of a radio in the order of their interfaces.

    Args:
        networks: those of one file.
        wifi: plan of this host.
        folder: of the files that hostapd reads.
        control: folder of its control sockets.

    """
    return tuple(bss for network in networks for bss in _sections(network, wifi, folder, control))


def _sections(network: Network, wifi: WifiPlan, folder: str, control: str) -> Iterator[Bss]:
    def bss(interface: str, bssid: str, ssid: str, *more: Setting) -> Bss:
        common = _common(network, control, bssid, ssid)
        return Bss(
            network,
            interface,
            (*common, *more),
            radius=network.security == "enterprise",
            passphrase=network.security == "personal",
        )

    first = (network.interface, network.bssid, network.ssid)
    protected = tuple(_protection(network))
    match network.security:
        case "enterprise":
            own = _enterprise(network, wifi, folder)
            yield bss(*first, *protected, *own, *_roaming(network))
        case "personal":
            # 2: hunting-and-pecking too, for devices that know no hash-to-element.
            sae: tuple[Setting, ...] = (("sae_pwe", 2 if network.transition else 1),)
            roaming = tuple(_roaming(network))
            name = ("nas_identifier", network.nas_identifier)
            own_name: tuple[Setting, ...] = (name,) if roaming else ()
            yield bss(*first, *protected, ("sae_require_mfp", 1), *sae, *own_name, *roaming)
        case "devices":
            yield bss(
                *first,
                *protected,
                ("macaddr_acl", 1),
                ("accept_mac_file", f"{folder}/{network.name}.accept"),
                ("wpa_psk_file", f"{folder}/{network.name}.keys"),
            )
        case "open" if network.owe_interface:
            yield bss(*first, ("owe_transition_ifname", network.owe_interface))
            yield bss(
                network.owe_interface,
                network.owe_bssid,
                network.owe_ssid,
                ("ignore_broadcast_ssid", 1),
                *protected,
                ("owe_transition_ifname", network.interface),
            )
        case "open":
            yield bss(*first, *protected)


def _common(network: Network, control: str, bssid: str, ssid: str) -> Iterator[Setting]:
    yield "ctrl_interface", control
    yield "bridge", network.bridge
    yield "bssid", bssid
    yield "ssid2", f'"{ssid}"'
    yield "utf8_ssid", 1
    yield "auth_algs", 1
    yield "wmm_enabled", 1
    yield "ap_isolate", int(network.isolated)
    yield "multicast_to_unicast", 1
    yield "disassoc_low_ack", 1
    yield "tdls_prohibit", 1
    yield "rrm_neighbor_report", 1
    yield "bss_transition", 1
    # What the journal gets from standard output comes once.
    yield "logger_syslog", 0
    yield "logger_stdout", -1
    yield "logger_stdout_level", 2


def _protection(network: Network) -> Iterator[Setting]:
    # 2: management frames must be protected (802.11w); 1: by those who can.
    required = network.security == "open" or not network.transition
    yield "wpa", 2
    kind = network.security, network.transition
    fast = _FAST_TRANSITION[kind] if network.mobility_domain else ""
    yield "wpa_key_mgmt", f"{_KEY_MANAGEMENT[kind]}{fast}"
    yield "rsn_pairwise", "CCMP"
    yield "wpa_group_rekey", 3600
    yield "ieee80211w", 2 if required else 1


def _enterprise(network: Network, wifi: WifiPlan, folder: str) -> Iterator[Setting]:
    yield "ieee8021x", 1
    yield "eapol_version", 2
    yield "own_ip_addr", wifi.asked if wifi.asked == OWN_RADIUS else wifi.address
    yield "auth_server_addr", wifi.asked
    yield "auth_server_port", wifi.port
    # Who has no VLAN from the RADIUS server is refused (RFC 3580 section 3.31).
    yield "dynamic_vlan", 2
    yield "vlan_file", f"{folder}/{network.interface}.vlan"
    yield "nas_identifier", network.nas_identifier


def _roaming(network: Network) -> Iterator[Setting]:
    if not network.mobility_domain:
        return
    yield "mobility_domain", network.mobility_domain
    # Over the air: the device speaks to the radio it goes to, which need not hear it twice.
    yield "ft_over_ds", 0
    yield "ft_r0_key_lifetime", SESSION_SECONDS
    if network.security == "personal" and network.transition:
        # With WPA2 every radio can work the key out of the passphrase.
        yield "ft_psk_generate_local", 1

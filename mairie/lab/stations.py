"""Stations of the air: how somebody's telephone or a sensor is set up, for wpa_supplicant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from mairie.lab.fabric import stable_mac
from mairie.secrets.certificates import Issued

FOLDER: Final = "/srv/node"
RADIO: Final = "wlan0"
"""What a station's own radio is called."""
CONTROL: Final = "/run/wpa"
_AUTHORITY: Final = f"{FOLDER}/authority.pem"


@dataclass(frozen=True)
class Station:
    """A device with a radio, and the one network it knows."""

    name: str
    settings: tuple[str, ...] = field(repr=False)
    """Lines of its ``network`` block."""
    segment: str
    """Where it should land; empty: it should be refused."""
    files: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What the settings name: path → text."""
    own_mac: str = ""
    """Its MAC address, where one is registered; otherwise a stable one."""
    near: str = ""
    """The radio of the gateway that it looks for; empty: any."""

    @property
    def mac(self) -> str:
        """Address of its radio."""
        return self.own_mac or stable_mac(self.name, RADIO)

    def configuration(self, frequencies: Iterable[int]) -> str:
        """Return the file of wpa_supplicant; it looks on some channels only, in MHz."""
        channels = " ".join(str(frequency) for frequency in sorted(frequencies))
        # sae_pwe 2: both ways of RFC 9380, as telephones do; 1 alone is refused below WPA3.
        lines = [
            f"ctrl_interface={CONTROL}",
            "sae_pwe=2",
            "network={",
            *(f"    {line}" for line in self.settings),
            f"    scan_freq={channels}",
            f"    freq_list={channels}",
            "}",
        ]
        return "\n".join(lines) + "\n"


def quoted(text: str) -> str:
    """Return a string as wpa_supplicant reads it, without surprises in any character."""
    return 'P"' + "".join(f"\\x{byte:02x}" for byte in text.encode()) + '"'


def of_agent(
    ssid: str,
    login: str,
    authority: str,
    server: str,
    method: Iterable[str],
    *,
    roams: bool = False,
) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return settings and files of a log-in by name.

    Args:
        ssid: of the network.
        login: who it is.
        authority: certificate in PEM, the only one the device believes.
        server: the name it expects in the server's certificate.
        method: lines that say how it proves who it is.
        roams: whether the device knows fast transition (802.11r).

    """
    fast = "FT-EAP " if roams else ""
    settings = (
        f"ssid={quoted(ssid)}",
        f"key_mgmt={fast}WPA-EAP-SHA256 WPA-EAP",
        "ieee80211w=1",
        f'identity="{login}"',
        f'ca_cert="{_AUTHORITY}"',
        f'domain_match="{server}"',
        *method,
    )
    return settings, {_AUTHORITY: authority}


def by_password(password: str) -> tuple[str, ...]:
    """Return the lines of PEAP with MSCHAPv2."""
    return (
        "eap=PEAP",
        'phase2="auth=MSCHAPV2"',
        'anonymous_identity="anonymous"',
        f'password="{password}"',
    )


def by_certificate(own: Issued) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return the lines of EAP-TLS, and the files they name."""
    certificate, key = f"{FOLDER}/own.pem", f"{FOLDER}/own.key"
    lines = ("eap=TLS", f'client_cert="{certificate}"', f'private_key="{key}"')
    return lines, {certificate: own.certificate, key: own.key}


def by_passphrase(ssid: str, passphrase: str, *, sae: bool, roams: bool = False) -> tuple[str, ...]:
    """Return settings for a network with a key: WPA3 (SAE) or WPA2, with 802.11r or not."""
    if sae:
        methods = "FT-SAE SAE" if roams else "SAE"
        kind = (f"key_mgmt={methods}", "ieee80211w=2", f'sae_password="{passphrase}"')
    else:
        methods = "FT-PSK " if roams else ""
        methods += "WPA-PSK WPA-PSK-SHA256"
        kind = (f"key_mgmt={methods}", "ieee80211w=1", f'psk="{passphrase}"')
    return (f"ssid={quoted(ssid)}", *kind)


def by_nothing(ssid: str, *, owe: bool) -> tuple[str, ...]:
    """Return settings for an open network, encrypted (OWE, RFC 8110) or not."""
    kind = ("key_mgmt=OWE", "ieee80211w=2") if owe else ("key_mgmt=NONE",)
    return (f"ssid={quoted(ssid)}", *kind)

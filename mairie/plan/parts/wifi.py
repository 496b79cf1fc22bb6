"""Brick ``wifi`` of one host: who may log in, and what is on the air."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

NetworkSecurity = Literal["enterprise", "personal", "devices", "open"]


Band = Literal["2.4", "5", "6"]


OWN_RADIUS = "127.0.0.1"
"""Where the radios of a gateway ask its own RADIUS server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessPoint:
    """One that asks this gateway who may log in; no other machine is answered."""

    name: str
    label: str
    address: str
    """Reserved for it in the segment admin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who may log in on this site, and where their devices are put."""

    login: str
    name: str
    segment: str
    vlan: int
    password: bool
    """Whether HostSecrets has a hash of their password, under ``wifi-password:<login>``."""
    certificate: bool
    """Whether a certificate whose common name is the login opens the door."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WifiDevice:
    """A device with a key of its own, in HostSecrets under ``wifi-device:<name>``."""

    name: str
    label: str
    mac: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyHolder:
    """Another radio of the site to which devices of a network roam (IEEE 802.11-2020, 13)."""

    bssid: str
    nas_identifier: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """The same network on another radio of the site, as devices are told of it (802.11k)."""

    bssid: str
    owe_bssid: str
    """Of its second BSS; empty where it has none."""
    band: Band
    channel: int
    """The first one of 20 MHz."""
    shares_sessions: bool
    """Whether devices take their session there (802.11r)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """A network as one radio has it on the air."""

    name: str
    """In the reference: ``agents``."""
    ssid: str
    """At most 32 bytes of UTF-8."""
    security: NetworkSecurity
    """``enterprise``: people by name, through RADIUS; ``personal``: a passphrase, in HostSecrets
    under ``wifi-network:<name>``; ``devices``: a key each; ``open``: everybody, encrypted for
    those who can (OWE, RFC 8110)."""
    transition: bool
    """Whether devices of before WPA3 may come; never on 6 GHz."""
    segment: str
    vlan: int
    bridge: str
    isolated: bool
    """Whether those who come by radio cannot see each other, nor others of the segment."""
    interface: str
    """Of its BSS: the radio's own, or ``<radio>-<n>``."""
    bssid: str
    """Locally administered, from the names of the host and of the radio."""
    owe_interface: str
    """Of the second BSS of an open network with ``transition``; empty otherwise."""
    owe_bssid: str
    owe_ssid: str
    """Hidden; devices that know OWE are sent there."""
    devices: tuple[WifiDevice, ...]
    """Who may come to a network of devices."""
    nas_identifier: str
    """Of this radio for RADIUS, and for those it shares devices with: unique on a site then."""
    mobility_domain: str
    """Of the radios between which devices roam with their session (802.11r), two bytes in
    hexadecimal; empty where there is no other. HostSecrets has their key, ``wifi-roaming``."""
    key_holders: tuple[KeyHolder, ...]
    """The other radios of the domain."""
    neighbours: tuple[Neighbour, ...]
    """Where else devices find it; radios that choose their channel themselves are not among them,
    since nobody knows it beforehand. None for a network that is on the air for a lesson."""
    lessons: bool
    """Off the air unless there is a lesson."""

    @property
    def interfaces(self) -> tuple[str, ...]:
        """Of its one or two BSS."""
        return tuple(name for name in (self.interface, self.owe_interface) if name)

    def interface_of(self, vlan: int) -> str:
        """Return the interface of people whom the RADIUS server put into a VLAN."""
        return f"{self.interface}.{vlan}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Radio:
    """A radio of this host, run by hostapd."""

    name: str
    """Of its interface in the kernel: ``wlan0``."""
    band: Band
    """In gigahertz."""
    channel: int
    """The first one of 20 MHz; 0: the quietest of ``channels`` when it starts."""
    channels: tuple[int, ...]
    """Those it chooses from: none that is shared with radars."""
    centre: int
    """Number of the middle of the whole channel; 0 with 20 MHz, or when it chooses."""
    width: int
    """MHz."""
    power: int
    """Ceiling, dBm EIRP."""
    country: str
    """Told to the kernel, and to devices: ISO 3166-1, two letters."""
    networks: tuple[Network, ...]
    """The first has the radio's own interface: one for lessons only where there is no other."""

    @property
    def always(self) -> tuple[Network, ...]:
        """Networks that hostapd puts on the air when it starts."""
        return tuple(network for network in self.networks if not network.lessons)

    @property
    def for_lessons(self) -> tuple[Network, ...]:
        """Networks that a lesson puts on the air."""
        return tuple(network for network in self.networks if network.lessons)


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleSegment:
    """Where people who log in may be put."""

    segment: str
    vlan: int
    bridge: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WifiPlan:
    """Brick ``wifi``: on the gateway of a site with access points, on every host with radios."""

    address: str
    """Of this host in the segment of the access points: there a gateway's RADIUS server answers
    them, and from there an access point asks it; empty on a gateway without access points."""
    asked: str
    """Address of the RADIUS server that this host's radios ask: 127.0.0.1 on a gateway."""
    port: int
    server_name: str
    """In the server's certificate: what devices check, the same on every site of the commune."""
    access_points: tuple[AccessPoint, ...]
    people: tuple[Person, ...]
    """Those whose segment this site has; nobody else is let in, whatever they hold."""
    people_segments: tuple[PeopleSegment, ...]
    """Of this site."""
    radios: tuple[Radio, ...]

    @property
    def asks_itself(self) -> bool:
        """Whether a radio of this host asks its RADIUS server, at 127.0.0.1."""
        networks = (network for radio in self.radios for network in radio.networks)
        enterprise = any(network.security == "enterprise" for network in networks)
        return enterprise and self.asked == OWN_RADIUS

    @property
    def has_radius(self) -> bool:
        """Whether it has a RADIUS server."""
        return bool(self.access_points) or self.asks_itself

    def ports_of(self, bridge: str) -> frozenset[str]:
        """Return the interfaces of radios that may be in a bridge."""
        networks = [network for radio in self.radios for network in radio.networks]
        vlans = [item.vlan for item in self.people_segments if item.bridge == bridge]
        return frozenset(
            (
                *(name for each in networks if each.bridge == bridge for name in each.interfaces),
                *(
                    network.interface_of(vlan)
                    for network in networks
                    if network.security == "enterprise"
                    for vlan in vlans
                ),
            )
        )

    @property
    def listens(self) -> tuple[str, ...]:
        """Addresses of its RADIUS server."""
        own = ("127.0.0.1",) if self.asks_itself else ()
        return (*((self.address,) if self.access_points else ()), *own)

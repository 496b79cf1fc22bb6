"""HostPlan: everything that follows from the inventory for one host, as plain data.

Deploys, templates and controls read this and nothing else. Addresses are strings: *address* is
``10.44.2.1``, ``interface`` notation is ``10.44.2.1/24``, a prefix ``10.44.2.0/24``. A *match* is
a prefix, or ``address/mask`` with a mask whose one bits need not be contiguous
(``10.44.1.0/255.255.15.0``: the servers segment of any site of commune 44); IPv6 likewise.
Rates are bit/s, sizes bytes, durations seconds unless the name says otherwise.
This module also runs on the host: dataclasses only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Role = Literal["hub", "gateway", "server", "ap"]
NetworkSecurity = Literal["enterprise", "personal", "devices", "open"]
Band = Literal["2.4", "5", "6"]
OWN_RADIUS = "127.0.0.1"
"""Where the radios of a gateway ask its own RADIUS server."""
Brick = Literal["base", "network", "vpn", "hub", "wifi", "lessons", "portal", "records", "backup"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a host stands, in words for reports; empty strings for a hub without a commune."""

    commune: str
    """File stem of the commune, or of the hub."""
    commune_label: str
    insee: str
    archipelago: str
    island: str
    site: str
    site_label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A technician's account; log-in by key only, sudo without password."""

    name: str
    label: str
    ssh_keys: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ssh:
    """OpenSSH server settings, each tuple in order of preference."""

    kex: tuple[str, ...]
    ciphers: tuple[str, ...]
    macs: tuple[str, ...]
    host_keys: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ntp:
    """chrony: where time comes from and whom it serves."""

    preferred: str
    """Asked first: the hub's tunnel address on a gateway, the gateway's on a server, else empty."""
    servers: tuple[str, ...]
    """Public servers, used when the preferred one cannot be reached."""
    serve_to: tuple[str, ...]
    """Prefixes of both families that may ask this host."""
    local_stratum: int
    """Stratum announced when every source is lost, so that the site keeps one time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sysctl:
    """One kernel parameter with the rule it comes from (``R12`` of ANSSI-BP-028, or an RFC)."""

    key: str
    value: str
    rule: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockedModule:
    """A kernel module that may not load, with its ANSSI-BP-028 rule."""

    name: str
    rule: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BasePlan:
    """Brick ``base``."""

    users: tuple[User, ...]
    ssh: Ssh
    ntp: Ntp
    journal_max_bytes: int
    journal_retention_days: int
    upgrades_at: str
    """Local time of unattended upgrades, ``HH:MM``: from a hash of the host, in the window."""
    sysctl: tuple[Sysctl, ...]
    blocked_modules: tuple[BlockedModule, ...]
    packages_present: tuple[str, ...]
    packages_absent: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticUplink:
    """Fixed addressing of an uplink, where the provider gives no DHCP."""

    interface_address: str
    gateway: str
    dns: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Uplink:
    """One way out, in order of preference (lowest metric first)."""

    name: str
    kind: str
    port: str
    metric: int
    mtu: int
    down: int
    up: int
    rtt_ms: int
    static: StaticUplink | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentInterface:
    """A segment as this host carries it: a bridge with a VLAN or a port as its first member.

    An access point has addresses in ``admin`` alone: it carries the others from radios to cable.
    """

    segment: str
    label: str
    vlan: int
    bridge: str
    """``br-<segment>`` on a gateway or an access point; on a server, the port itself."""
    member: str
    """``<trunk>.<vlan>``, or the port of the segment; equal to ``bridge`` on a server."""
    trunk: str
    """Parent port of the VLAN; empty when the segment has a port of its own."""
    ipv4: str
    """This host's address, interface notation; both families empty where it has none."""
    ipv6: str
    gateway_ipv4: str
    gateway_ipv6: str
    """Of the site's gateway: this host's own address when it is the gateway."""
    prefix_ipv4: str
    prefix_ipv6: str
    gateway_mac: str
    """Of the gateway's bridge, where access points have to tell it from the neighbours of those
    who come by their radios: in isolated segments; empty otherwise."""
    isolated: bool
    """Whether the first member is an isolated port of the bridge."""
    rate_limit: int | None
    """Ceiling towards and from the internet for the whole segment, bit/s."""
    hours: str
    """Name of the schedule outside which the internet is closed; empty: always open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DhcpScope:
    """DHCPv4 range of one segment (RFC 2131); SLAAC for IPv6 (RFC 4862)."""

    segment: str
    interface: str
    first: str
    last: str
    netmask: str
    lease_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DhcpReservation:
    """Equipment with an address of its own."""

    name: str
    segment: str
    mac: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsRecord:
    """A local name with its addresses (A and AAAA)."""

    name: str
    ipv4: str
    ipv6: str
    """Empty when there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsForward:
    """A domain whose questions go to one address."""

    domain: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dns:
    """dnsmasq on this host."""

    domain: str
    """Of the site on a gateway (``mairie.rurutu.<domain>``), of the syndicate on a hub."""
    listen: tuple[str, ...]
    """Interfaces on which it answers."""
    forwards: tuple[DnsForward, ...]
    """More specific domains first answered elsewhere (the syndicate's domain by the hub)."""
    hub_address: str
    """First upstream for everything; empty on the hub."""
    fallback: tuple[str, ...]
    """Direct resolvers, asked when the hub does not answer."""
    records: tuple[DnsRecord, ...]
    cache_size: int
    stale_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SafeSearch:
    """A search engine whose names lead to the one that filters its results."""

    names: tuple[str, ...]
    target: str
    addresses: tuple[str, ...]
    """Of the target, both families."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NameFilter:
    """A second resolver, for segments that are not told every name."""

    interfaces: tuple[str, ...]
    """Bridges of these segments: whoever asks this host there asks the filter."""
    port: int
    refused: tuple[str, ...]
    """Domains that do not exist there, with all below them; none is below another."""
    allowed: tuple[str, ...]
    """Domains below refused ones that exist nevertheless."""
    safe_search: tuple[SafeSearch, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Destination ports of one protocol; ``icmp`` has first = last = 0 and means echo request."""

    protocol: Literal["tcp", "udp", "icmp"]
    first: int
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """One end of a rule: where packets come from or go to. An empty tuple means any."""

    zone: str
    """Name of the zone, for people: ``agents``, ``internet``, ``hub``, ``gateway`` …"""
    interfaces: tuple[str, ...]
    ipv4: tuple[str, ...]
    """Matches; with ``ipv6`` both empty, any address."""
    ipv6: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One allowed direction of new connections; answers follow by connection tracking."""

    flow: str
    """Name of the reference or commune flow this comes from."""
    counter: str
    """Name of its nftables counter, unique on the host: ``<flow>-<n>`` style, ``[a-z0-9-]``."""
    chain: Literal["input", "forward"]
    source: Selector
    destination: Selector
    ports: tuple[Ports, ...]
    """Empty: any protocol."""
    same_commune: bool
    """On a hub: source and destination must belong to one commune (set ``same_commune``)."""
    hours: str
    """Schedule during which it holds; empty: always."""
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessSchedule:
    """Opening hours, local time; ``days`` are ``mon`` … ``sun``."""

    name: str
    days: tuple[str, ...]
    start: str
    end: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Firewall:
    """nftables: default drop on input and forward; only these rules open anything.

    The output chain accepts: the host itself is trusted to ask (documented in docs/network.md).
    """

    rules: tuple[Rule, ...]
    masquerade: tuple[str, ...]
    """Uplink ports on which sources of ``local_ipv4`` are translated (RFC 3022), both families."""
    local_ipv4: tuple[str, ...]
    local_ipv6: tuple[str, ...]
    """Prefixes translated on the uplinks: the site's, or empty on a hub or server."""
    same_commune: tuple[CommunePrefixes, ...]
    """Hub only: the prefix pair of each commune."""
    schedules: tuple[AccessSchedule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CommunePrefixes:
    """The two prefixes of one commune."""

    commune: str
    ipv4: str
    ipv6: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkPlan:
    """Brick ``network``: every host has one; a hub has uplinks and no segments."""

    uplinks: tuple[Uplink, ...]
    segments: tuple[SegmentInterface, ...]
    dhcp_scopes: tuple[DhcpScope, ...]
    dhcp_reservations: tuple[DhcpReservation, ...]
    dns: Dns | None
    """None on a server or an access point: it asks its gateway."""
    name_filter: NameFilter | None
    """On a gateway with a segment that is not told every name."""
    firewall: Firewall


@dataclass(frozen=True, slots=True, kw_only=True)
class VpnPeer:
    """The other end of a tunnel, as ``wg`` knows it."""

    name: str
    """Full host name, ``technician-<name>`` or ``peer-<name>``."""
    kind: Literal["hub", "gateway", "technician", "peer"]
    public_key: str
    next_public_key: str
    """The key that takes over during a rotation; empty otherwise."""
    preshared: bool
    """Whether a preshared key for this peer is in HostSecrets.preshared_keys[name]."""
    endpoint: str
    """``host:port``; empty when the peer is behind NAT and calls us."""
    allowed_ipv4: tuple[str, ...]
    allowed_ipv6: tuple[str, ...]
    keepalive: int
    """Seconds; 0: off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VpnPlan:
    """Brick ``vpn``: one WireGuard interface."""

    interface: str
    ipv4: str
    """Interface notation, /32 on a gateway; on the hub too."""
    ipv6: str
    listen_port: int
    """0 on a gateway: any port, it calls the hub."""
    mtu: int
    public_key: str
    next_public_key: str
    peers: tuple[VpnPeer, ...]
    hub_ipv4: str
    """Tunnel address of the hub (its own on a hub), used to prove the tunnel."""
    hub_ipv6: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NightWindow:
    """When a host may back itself up, local time of the host."""

    start: str
    """``HH:MM``, the minute from a hash of the commune."""
    minutes: int
    """After which an unfinished upload stops, to go on the next night."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """A database saved by its own dump tool."""

    name: str
    """Unique on the host: name of its dump file."""
    engine: Literal["postgresql", "mariadb", "sqlite"]
    source: str
    """Name of the database in its engine; absolute path of the file for SQLite."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillPlan:
    """The monthly proof that this host can be restored."""

    day: int
    """Of the month, 1 to 28, from a hash of the host."""
    at: str
    """``HH:MM``, local time."""
    files: int
    """How many files are drawn."""
    max_bytes: int
    """Ceiling of what is restored for the files drawn; dumps and the canary come on top."""
    max_age_days: int
    """Age of the last successful drill above which the control is red."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupPlan:
    """Brick ``backup`` on a gateway or a server: what leaves the house every night, and how."""

    server: str
    """Address of the hub inside the VPN, and the port of its store: ``10.0.0.1:8000``."""
    repository: str
    """``http://<server>/<host>/``, without credential."""
    window: NightWindow
    upload: int
    """Share of the uplink a backup may take, bit/s."""
    download: int
    """Share of the downlink a restore or a drill may take, bit/s."""
    connections: int
    """Requests at the same time."""
    pack_bytes: int
    """Size of what is sent in one request: what an interruption may cost."""
    folders: tuple[str, ...]
    """Absolute paths that are saved; one that does not exist yet is no error."""
    excludes: tuple[str, ...]
    """restic patterns."""
    databases: tuple[Database, ...]
    local_target: str
    """Folder of a second repository on a removable or local disk, that may be absent; or empty."""
    alert_nights: int
    """Nights without a backup after which it is an alert."""
    memory_bytes: int
    """Ceiling of the service (systemd MemoryMax)."""
    cpu_percent: int
    """Ceiling of the service (systemd CPUQuota)."""
    drill: DrillPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How many snapshots a class keeps, as ``restic forget --keep-*``."""

    name: str
    daily: int
    weekly: int
    monthly: int
    yearly: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredHost:
    """What the hub keeps for one host."""

    name: str
    """Full host name: of its repository, of its credential, of its instance of the store."""
    label: str
    """For people: commune and site."""
    timezone: str
    window: NightWindow
    """In the host's own time zone."""
    folders: tuple[str, ...]
    """Paths a snapshot of this host may hold; the folder of canary and dumps included."""
    quota_bytes: int
    retention: Retention
    alert_nights: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StorePlan:
    """Brick ``backup`` on a hub: the copies of its communes, kept, checked and guarded."""

    address: str
    """Tunnel address it listens on, and no other."""
    port: int
    hosts: tuple[StoredHost, ...]
    warn_percent: int
    """Share of a quota from which the control warns."""
    free_percent: int
    """Free room of the disk below which it is an alert."""
    maintenance_at: str
    """``HH:MM`` of the hub: guard, retention, pruning and a slice of the integrity check."""
    check_slices: int
    """Days in which the whole store is read once."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonsPlan:
    """Brick ``lessons`` on a gateway whose radios carry networks that are off by default."""

    minutes: int
    """Of a lesson whose length nobody said."""
    longest: int
    """Of any lesson, minutes."""
    schedule: tuple[WeeklyLesson, ...]
    """In the host's time zone; none overlaps another."""
    page_addresses: tuple[str, ...]
    """Of this gateway in the segments of the networks, both families: the teachers' page is there,
    and nowhere else. HostSecrets has a hash of their code under ``wifi-lessons``."""
    page_port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WeeklyLesson:
    """A lesson that begins and ends by itself; ``days`` are ``mon`` … ``sun``."""

    days: tuple[str, ...]
    start: str
    """``HH:MM``, local time; ``end`` is later on the same day, ``24:00`` at most."""
    end: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionPeriod:
    """A law in time: what is recorded from ``start`` to ``end`` is kept for ``days``."""

    start: str
    """First day, ISO 8601."""
    end: str
    """Last day; empty: in force."""
    days: int
    source: str
    checked: str
    """Day on which a person read the source in force there; empty: nobody has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordsPlan:
    """Brick ``records`` on the gateway of a site with the public network."""

    segment: str
    interface: str
    prefix_ipv4: str
    prefix_ipv6: str
    territory: str
    """Whose law: name of a row of the reference."""
    periods: tuple[RetentionPeriod, ...]
    day_bytes: int
    """Room of one day's records before they are compressed."""
    source_bytes: int
    """Room of one device in a day."""
    memory_bytes: int
    """Ceiling of the service (systemd MemoryMax)."""
    cpu_percent: int
    """Ceiling of the service (systemd CPUQuota)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalTerms:
    """The terms in one language, as plain text."""

    code: str
    """Of the language (BCP 47)."""
    language: str
    """Its own name."""
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalPlan:
    """Brick ``portal`` on the gateway of a site with visitors: what they meet first."""

    interface: str
    """Bridge of the segment."""
    ipv4: str
    ipv6: str
    """Addresses of this gateway in the segment: the page is there, and nowhere else."""
    port: int
    mode: Literal["click", "voucher"]
    session_seconds: int
    """Of a session that a click opens; a voucher says its own."""
    data_bytes: int
    """Of a session, both ways together."""
    rate: int
    """Of one visitor, each way, bit/s."""
    terms: tuple[PortalTerms, ...]
    """French first, the others by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HubPlan:
    """Brick ``hub``: what only a hub has beside its tunnels and forwarding rules."""

    domain: str
    records: tuple[DnsRecord, ...]
    """One per managed host of the syndicate."""
    forwards: tuple[DnsForward, ...]
    """Each site's domain to its gateway's tunnel address."""
    services: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HostPlan:
    """Everything that follows for one host."""

    name: str
    territory: str
    domain: str
    """Domain of the syndicate."""
    fqdn: str
    """``<host>.<site>.<commune>.<domain>``; ``<hub>.<domain>`` for a hub."""
    demo: bool
    place: Place
    roles: tuple[Role, ...]
    bricks: tuple[Brick, ...]
    """In the order of deploys/site.py."""
    timezone: str
    hub: str
    """Host name of the hub it calls; its own name on a hub."""
    base: BasePlan
    network: NetworkPlan
    vpn: VpnPlan | None
    hub_plan: HubPlan | None
    wifi: WifiPlan | None
    """On the gateway of a site with access points, and on hosts with radios, only."""
    lessons: LessonsPlan | None
    """On a gateway whose radios carry networks for lessons only."""
    portal: PortalPlan | None
    """On the gateway of a site whose visitors meet a page first only."""
    records: RecordsPlan | None
    """On the gateway of a site with the public network only."""
    backup: BackupPlan | None
    """None on a hub and on an access point, which keeps nothing."""
    store: StorePlan | None
    """On a hub only."""

    @property
    def is_gateway(self) -> bool:
        """Whether it routes a site."""
        return "gateway" in self.roles

    @property
    def is_hub(self) -> bool:
        """Whether communes call it."""
        return "hub" in self.roles


@dataclass(frozen=True, slots=True, kw_only=True)
class HostSecrets:
    """What must never be shown; kept beside the plan, never inside it."""

    wireguard_private_key: str = field(default="", repr=False)
    next_wireguard_private_key: str = field(default="", repr=False)
    preshared_keys: dict[str, str] = field(default_factory=dict, repr=False)
    """By peer name, base64."""
    others: dict[str, str] = field(default_factory=dict, repr=False)
    """What later bricks keep, by name."""

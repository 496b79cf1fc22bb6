"""The reference mairie after merging: what ``group_data/`` and every ``overrides`` key may hold."""

from __future__ import annotations

from datetime import date
from ipaddress import IPv4Address, IPv6Address
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from mairie.model.base import (
    AbsolutePath,
    Band,
    CountryCode,
    Domain,
    InseePrefix,
    Label,
    Model,
    Name,
    Pattern,
    Quota,
    Rate,
    SegmentName,
    Size,
    Ssid,
)
from mairie.model.mail import ReferenceMail
from mairie.model.numbering import MediaCodec, ReferenceTelephony

PortRange = Annotated[
    str, StringConstraints(pattern=r"^(?:(?:tcp|udp)/\d{1,5}(?:-\d{1,5})?|icmp|any)$")
]
"""``tcp/443``, ``udp/10000-20000``, ``icmp`` (echo request, both families) or ``any``."""

ClockTime = Annotated[str, StringConstraints(pattern=r"^(?:[01]\d|2[0-3]):[0-5]\d$|^24:00$")]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Scope = Literal["site", "commune", "communes"]
NetworkSecurity = Literal["enterprise", "personal", "devices", "open"]
PortalMode = Literal["click", "voucher"]


class Segment(Model):
    """One VLAN with its purpose."""

    vlan: int = Field(ge=2, le=4094, description="802.1Q VLAN identifier")
    slot: int = Field(ge=0, le=13, description="Place in the site's prefix; never reused")
    label: Label
    on: bool = Field(True, description="Present on every site that does not list its segments")
    dhcp: bool = True
    rate_limit: Rate | None = Field(None, description="Ceiling of the whole segment, bit/s")
    isolated: bool = Field(False, description="Hosts of the segment cannot see each other")
    hours: Name | None = Field(None, description="Schedule outside which the internet is closed")
    people: bool = Field(False, description="People who log in by name may be put into it")
    filter: bool = Field(False, description="Names are answered through dns_filter")


class Network(Model):
    """A network on the air, for the radios of a site that has its segment."""

    segment: SegmentName
    security: NetworkSecurity = Field(
        description="People by name; one passphrase; a key for each device; everybody"
    )
    ssid: Ssid = Field(description="Its name; {commune} stands for the commune's")
    on: bool = True
    roaming: bool = Field(
        False,
        description="Devices keep their session between access points of mairie (802.11r); only "
        "where people log in by name or with a passphrase",
    )
    lessons: bool = Field(False, description="Off the air by default, on for a lesson")


class ChannelSpan(Model):
    """Neighbouring channels with the same rules."""

    first: int = Field(ge=1, le=233, description="Number of the lowest channel of 20 MHz")
    last: int = Field(ge=1, le=233)
    power: int = Field(ge=1, le=36, description="Highest power, dBm EIRP")
    radar: bool = Field(False, description="Shared with radars: listen first, leave when heard")


class Spectrum(Model):
    """Where radios may send in a country, and who says so."""

    regulatory: CountryCode = Field(description="Country told to the kernel, one that it knows")
    bands: dict[Band, tuple[ChannelSpan, ...]]
    source: str = Field(min_length=1, description="Where these numbers come from")
    checked: date | None = Field(
        None, description="When a person read the rules in force; null: to be checked"
    )


class Flow(Model):
    """Something that is allowed; everything else is refused and counted."""

    source: str = Field(
        alias="from",
        description="A segment, or technicians, hub, gateway, access-points, ap-hosts, telephony, "
        "mail",
    )
    destination: str = Field(
        alias="to", description="A segment, or internet, hub, gateway, telephony"
    )
    services: tuple[Name, ...] = Field(min_length=1)
    scope: Scope = Field("site", description="Same site, all sites of the commune, all communes")
    reason: Label


class Schedule(Model):
    """Opening hours in the commune's own time zone."""

    days: tuple[Day, ...] = Field(min_length=1)
    start: ClockTime
    end: ClockTime


class Lessons(Model):
    """When networks with ``lessons`` are on the air: for a lesson, off by themselves."""

    minutes: int = Field(ge=1, le=600, description="Of a lesson whose length nobody said")
    longest: int = Field(ge=1, le=600, description="Of any lesson, minutes")
    schedule: tuple[Schedule, ...] = Field(
        (), description="Lessons of every week, in the commune's own time zone"
    )


class Window(Model):
    """A span of night in the commune's own time zone; the minute follows from a hash."""

    start: ClockTime
    hours: int = Field(ge=1, le=12)


class UplinkClass(Model):
    """What a kind of uplink needs, whatever its rates."""

    mtu: int = Field(ge=1280, le=9000, description="MTU of the uplink itself, bytes")
    keepalive: int = Field(ge=5, le=120, description="WireGuard keepalive behind NAT, seconds")
    rtt_ms: int = Field(ge=1, le=2000, description="Round trip when the file gives none")
    backup_percent: int = Field(ge=1, le=100, description="Share of the link a backup may take")
    backup_connections: int = Field(ge=1, le=20, description="Requests of a backup at one time")
    backup_pack_mib: int = Field(
        ge=4, le=128, description="Size of one upload, MiB: what an interruption may cost"
    )
    call_codecs: tuple[MediaCodec, ...] = Field(
        min_length=1, description="Of calls to other communes, best first"
    )
    queue_percent: int = Field(
        ge=30,
        le=100,
        description="Share of the written rate that is sent: what waits, waits here, and not in "
        "the provider's modem",
    )


class Queueing(Model):
    """How a gateway's uplinks are shared; the rest follows from their rates."""

    tunnel_percent: int = Field(
        ge=10,
        le=50,
        description="Most of an uplink that the tunnel takes, where there are calls; half is what "
        "cake's middle class carries first",
    )


class Dns(Model):
    """Resolution for the segments."""

    fallback: tuple[str, ...] = Field(min_length=1, description="Resolvers when the hub is cut off")
    cache_size: int = Field(ge=150, le=100_000)
    stale_seconds: int = Field(ge=0, description="How long an expired answer may still be served")


class SafeSearch(Model):
    """A search engine whose names lead to the one that filters its results."""

    on: bool = True
    names: tuple[Domain, ...] = Field(min_length=1, description="Which lead elsewhere")
    target: Domain = Field(description="Where the engine filters")
    addresses: tuple[IPv4Address | IPv6Address, ...] = Field(
        (),
        description="Of the target, as the engine publishes them; without, names are refused",
    )
    source: str = Field(min_length=1, description="Where the engine says so")


class DnsFilter(Model):
    """What segments with ``filter`` are not told."""

    lists: tuple[Name, ...] = Field((), description="Files filter/<name>.txt, a domain a line")
    allowed: tuple[Domain, ...] = Field((), description="Answered although a list has them")
    refused: tuple[Domain, ...] = Field((), description="Beside the lists, and all below them")
    safe_search: dict[Name, SafeSearch]


class Ntp(Model):
    """Time sources; the gateway serves its site even when the link is cut."""

    servers: tuple[str, ...] = Field(min_length=1)
    local_stratum: int = Field(ge=2, le=15)


class Journal(Model):
    """What the journal keeps (ANSSI-BP-028 R71 and following: logs kept and bounded)."""

    max_use_mb: int = Field(ge=50, le=100_000)
    retention_days: int = Field(ge=7, le=1100)


class Hardening(Model):
    """System hardening, each rule with its number in ANSSI-BP-028."""

    sysctl: dict[str, SysctlRule]
    modules: dict[str, ModuleRule] = Field(description="Kernel modules that may not load")


class SysctlRule(Model):
    """One kernel parameter."""

    value: str
    rule: str = Field(description="ANSSI-BP-028 rule, such as R12, or the RFC")
    reason: Label


class ModuleRule(Model):
    """One kernel module that is never loaded."""

    rule: str
    reason: Label


class Packages(Model):
    """Debian packages that every host has, or must not have."""

    present: tuple[str, ...]
    absent: tuple[str, ...]


class Ssh(Model):
    """OpenSSH server algorithms, after ANSSI's OpenSSH note and Debian 13 defaults."""

    kex: tuple[str, ...] = Field(min_length=1)
    ciphers: tuple[str, ...] = Field(min_length=1)
    macs: tuple[str, ...] = Field(min_length=1)
    host_keys: tuple[str, ...] = Field(min_length=1)


class BackupNight(Model):
    """The night in the commune's own time zone, cut into slots of one length."""

    start: ClockTime
    slots: int = Field(ge=1, le=24)
    slot_minutes: int = Field(ge=10, le=240)
    window_minutes: int = Field(
        ge=5, le=240, description="How long one host may send; the rest of the slot is spread"
    )


class LegalBounds(Model):
    """How long copies may or must be kept, and who says so."""

    minimum_days: int | None = Field(None, ge=1, description="Shortest reach back in time, days")
    maximum_days: int | None = Field(None, ge=1, description="Longest reach back in time, days")
    source: str = Field(min_length=1, description="Law and article, or who decided without one")
    checked: date | None = Field(
        None, description="When a person read the source in force; null: to be checked"
    )


class RetentionClass(Model):
    """How many snapshots are kept: the last of so many days, weeks, months and years."""

    label: Label
    daily: int = Field(ge=1, le=366)
    weekly: int = Field(0, ge=0, le=520)
    monthly: int = Field(0, ge=0, le=1200)
    yearly: int = Field(0, ge=0, le=100)
    legal: LegalBounds


class BackupDrill(Window):
    """The monthly proof that a host can be restored."""

    files: int = Field(ge=1, le=10_000, description="How many files are drawn")
    max_size: Size = Field(description="Ceiling of the files drawn")
    max_age_days: int = Field(ge=31, le=366, description="Age of a proof that is too old")


class Backup(Model):
    """What every host saves at night, and what its hub does with the copies."""

    night: BackupNight
    at_once: int = Field(ge=1, le=1000, description="Hosts of one hub that may send together")
    folders: tuple[AbsolutePath, ...] = Field(min_length=1)
    excludes: tuple[Pattern, ...] = Field(
        (), description="What is not saved, as restic --exclude has it"
    )
    quota: Quota = Field(description="Room of a host on its hub, unless its file says otherwise")
    retention: Name = Field(description="Class of a host whose file names none")
    classes: dict[Name, RetentionClass] = Field(min_length=1)
    alert_nights: int = Field(ge=1, le=30, description="Nights without a backup before an alert")
    warn_percent: int = Field(ge=10, le=99, description="Share of a quota that is a warning")
    free_percent: int = Field(ge=1, le=50, description="Free room of the hub's disk below is alarm")
    maintenance_at: ClockTime = Field(description="Of the hub: retention, pruning, integrity")
    check_slices: int = Field(ge=1, le=31, description="Days in which the whole store is read")
    memory_mb: int = Field(ge=128, le=65_536, description="Ceiling of the service, MiB")
    cpu_percent: int = Field(ge=5, le=800, description="Ceiling of the service, of one processor")
    drill: BackupDrill


class Portal(Model):
    """What a visitor meets before the internet, on every site with a segment ``public``."""

    on: bool = Field(description="false: visitors reach the internet at once")
    mode: PortalMode = Field(description="A click on the terms, or a code from the desk")
    hours: int = Field(ge=1, le=24, description="Length of a session that a click opens")
    data: Size = Field(description="What one session may send and receive together")
    rate: Rate = Field(
        description="Ceiling of one visitor, each way; never more than the segment has"
    )


class RecordsPeriod(Model):
    """How long connection records of some days are kept, and who says so."""

    start: date = Field(description="First day recorded under it")
    end: date | None = Field(None, description="Last day; null: in force")
    days: int = Field(ge=1, le=3660, description="Kept so many days, erased on the next")
    source: str = Field(min_length=1, description="Law and article, or who decided without one")
    checked: date | None = Field(
        None, description="When a person read the source in force; null: to be checked"
    )


class RecordsTerritory(Model):
    """Where one law on connection records holds."""

    label: Label
    insee: tuple[InseePrefix, ...] = Field(
        min_length=1, description="Beginnings of the communes' codes; the longest that fits counts"
    )
    periods: tuple[RecordsPeriod, ...] = Field(min_length=1)


class Records(Model):
    """Connection records of the public network: bounds, and for how long by territory."""

    day_mb: int = Field(ge=8, le=4096, description="Room of one day before compression, MiB")
    device_percent: int = Field(ge=1, le=100, description="Share of it that one device may use")
    memory_mb: int = Field(ge=64, le=1024, description="Ceiling of the service, MiB")
    cpu_percent: int = Field(ge=5, le=200, description="Ceiling of the service, of one processor")
    territories: dict[Name, RecordsTerritory] = Field(min_length=1)


class Reference(Model):
    """Everything that is not local to a commune."""

    segments: dict[SegmentName, Segment]
    services: dict[Name, tuple[PortRange, ...]]
    flows: dict[Name, Flow]
    schedules: dict[Name, Schedule]
    uplink_classes: dict[str, UplinkClass]
    queueing: Queueing
    dns: Dns
    dns_filter: DnsFilter
    ntp: Ntp
    journal: Journal
    upgrades: Window
    hardening: Hardening
    packages: Packages
    ssh: Ssh
    backup: Backup
    portal: Portal
    networks: dict[Name, Network]
    lessons: Lessons
    spectrum: dict[CountryCode, Spectrum]
    records: Records
    telephony: ReferenceTelephony
    mail: ReferenceMail
    vpn_port: int = Field(ge=1024, le=65535)


Hardening.model_rebuild()

"""``communes/<name>.yaml``: what is local to one commune, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Interface
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from mairie.model.base import (
    AbsolutePath,
    Band,
    InterfaceName,
    Label,
    Login,
    Mac,
    Model,
    Name,
    Pattern,
    Quota,
    RadioName,
    Rate,
    SegmentName,
    Size,
    Ssid,
)
from mairie.model.reference import Flow, PortalMode, Schedule
from mairie.model.syndicate import TimeZone
from mairie.model.telephony import VOICE_SEGMENT, Phone, Telephony

UplinkKind = Literal["fibre", "dsl", "4g", "satellite"]
Role = Literal["gateway", "server", "ap"]
LoginMethod = Literal["password", "certificate"]
UplinkName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=24)]
"""The name of an uplink, or its kind: ``4g`` starts with a digit."""

ACCESS_POINT_SEGMENT = "admin"
"""Where access points are managed, and from where they ask who may log in."""
ACCESS_POINTS = "access-points"
"""The access points of a site as the source of a flow: their reserved addresses."""

AP_HOSTS = "ap-hosts"
"""The hosts with role ``ap`` of a site as the source of a flow: their addresses."""

PUBLIC_SEGMENT = "public"
"""Visitors: a portal holds them back, and the law has their connections recorded."""

DatabaseSource = Annotated[
    str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f-][^\x00-\x1f\x7f]*$", max_length=200)
]
"""What a dump tool is told to dump; never an option of its command line."""


class StaticAddress(Model):
    """A fixed address on an uplink, where the provider gives no DHCP."""

    address: IPv4Interface
    gateway: IPv4Address
    dns: tuple[IPv4Address, ...] = ()


class Uplink(Model):
    """A way out of the commune; the first of the list is the preferred one."""

    kind: UplinkKind
    name: Name | None = Field(None, description="Only needed when two uplinks are of one kind")
    down: Rate
    up: Rate
    rtt_ms: int | None = Field(None, ge=1, le=2000, description="Round trip to the hub, ms")
    static: StaticAddress | None = Field(None, description="When the provider gives no DHCP")

    @property
    def key(self) -> str:
        """The name under which hosts refer to it."""
        return self.name or self.kind


class Database(Model):
    """A database saved by its own dump tool."""

    engine: Literal["postgresql", "mariadb", "sqlite"]
    source: DatabaseSource | None = Field(
        default=None,
        description="Its name in the engine, when another; the absolute path of an SQLite file",
    )


class HostBackup(Model):
    """What one host saves beside the reference's folders, and how much room it has."""

    folders: tuple[AbsolutePath, ...] = Field(
        default=(), description="Beside those of the reference"
    )
    excludes: tuple[Pattern, ...] = Field(
        default=(), description="What is not saved, as restic --exclude has it"
    )
    databases: dict[Name, Database] = Field(
        default_factory=dict, description="By the name of the dump"
    )
    local: AbsolutePath | None = Field(
        default=None, description="Folder of a second copy, on a disk that may be absent"
    )
    quota: Quota | None = Field(default=None, description="Room on the hub, such as 20G")
    retention: Name | None = Field(
        default=None, alias="class", description="How long copies are kept"
    )


class CommuneBackup(Model):
    """When the commune saves itself."""

    slot: int | None = Field(
        default=None,
        ge=0,
        le=23,
        description="Slot of the night of its first host, when the derived one is full",
    )


class Radio(Model):
    """A radio of a gateway: the networks of its site are on the air there."""

    band: Band = Field(description="In gigahertz: 2.4, 5 or 6")
    channel: int | None = Field(
        None, ge=1, le=233, description="Without it, the quietest one when it starts"
    )
    width: Literal[20, 40, 80, 160] | None = Field(
        None, description="Of the channel, MHz; without it, 20 on 2.4 GHz, else 80"
    )
    power: int | None = Field(
        None, ge=1, le=36, description="Ceiling, dBm EIRP; without it, what the law allows"
    )


class Host(Model):
    """A machine; a very small commune has one with both roles."""

    roles: tuple[Role, ...] = Field(min_length=1)
    wan: InterfaceName | dict[UplinkName, InterfaceName] | None = Field(
        None, description="Port of the uplink; with several, a port by uplink name"
    )
    trunk: InterfaceName | None = Field(
        None, description="Port that carries every segment, 802.1Q; the only one of an access point"
    )
    ports: dict[SegmentName, InterfaceName] = Field(
        default_factory=dict, description="One port by segment"
    )
    port: InterfaceName = Field("eth0", description="Port of a server that is not the gateway")
    number: int | None = Field(
        None,
        ge=2,
        le=9,
        description="Last part of its address: of a server in servers, of an access point in admin",
    )
    radios: dict[RadioName, Radio] = Field(
        default_factory=dict,
        description="Radios of a gateway or an access point, as the kernel names them",
    )
    backup: HostBackup = HostBackup()

    @model_validator(mode="after")
    def _cabling(self) -> Self:
        if "ap" in self.roles:
            wrong = list(self._wrong_for_an_access_point())
        elif "gateway" in self.roles:
            wrong = list(self._wrong_for_a_gateway())
        else:
            wrong = list(self._wrong_for_a_server())
        if wrong:
            raise ValueError("; ".join(wrong))
        return self

    def _wrong_for_a_gateway(self) -> Iterator[str]:
        if self.wan is None:
            yield 'a gateway needs "wan", the port of its uplink'
        if self.trunk is None and not self.ports:
            yield 'a gateway needs "trunk" or "ports" for its segments'

    def _wrong_for_a_server(self) -> Iterator[str]:
        if self.wan is not None or self.trunk is not None or self.ports:
            yield 'only a gateway has "wan", "trunk" or "ports"; a server has "port"'
        if self.radios:
            yield 'only a gateway or an access point (role ap) has "radios"'

    def _wrong_for_an_access_point(self) -> Iterator[str]:
        if set(self.roles) != {"ap"}:
            yield '"ap" goes with no other role; a gateway has "radios" of its own'
            return
        if self.trunk is None:
            yield (
                'an access point needs "trunk", the port of its cable: it carries the segments of '
                "its networks, and admin, tagged (802.1Q)"
            )
        if not self.radios:
            yield 'an access point needs "radios", by the kernel\'s name of each'
        wrong = [key for key in ("wan", "ports", "port", "backup") if key in self.model_fields_set]
        if wrong:
            keys = ", ".join(f'"{key}"' for key in wrong)
            yield f"an access point has one cable and keeps nothing; remove {keys}"


class Equipment(Model):
    """A device with a reserved address: printer, camera, controller."""

    segment: SegmentName
    mac: Mac
    address: IPv4Address | None = Field(None, description="Free choice outside the DHCP pool")
    label: Label | None = None
    wifi: bool = Field(False, description="It comes by radio, with a key of its own")


class SiteNetwork(Model):
    """What one site has otherwise than the reference for a network on the air."""

    ssid: Ssid | None = None
    on: bool | None = None
    roaming: bool | None = Field(
        None, description="false: every access point asks devices to log in again"
    )
    lessons: bool | None = Field(
        None, description="false: always on the air, where there is no class"
    )


class AccessPoint(Model):
    """A Wi-Fi access point of any make: it asks the site's gateway who may log in (RADIUS)."""

    mac: Mac = Field(description="Of its cable port, in the segment admin")
    address: IPv4Address | None = Field(None, description="Free choice outside the DHCP pool")
    label: Label | None = None

    @property
    def as_equipment(self) -> Equipment:
        """The same as a device with a reserved address."""
        return Equipment(
            segment=ACCESS_POINT_SEGMENT,
            mac=self.mac,
            address=self.address,
            label=self.label,
            wifi=False,
        )


class Person(Model):
    """Somebody of the town hall who logs in by name, on any site with access points."""

    name: Label
    segment: SegmentName = Field("agents", description="Where their devices are put")
    methods: tuple[LoginMethod, ...] = Field(
        ("password",),
        min_length=1,
        description="How they log in; a certificate cannot be told to anybody else",
    )


class SitePortal(Model):
    """The visitors' portal of one site, where it is not the reference's."""

    on: bool | None = Field(default=None, description="false: visitors reach the internet at once")
    mode: PortalMode | None = Field(default=None, description="A click, or a code from the desk")
    hours: int | None = Field(
        default=None, ge=1, le=24, description="Of a session that a click opens"
    )
    data: Size | None = Field(default=None, description="Of one session, both ways together")
    rate: Rate | None = Field(default=None, description="Ceiling of one visitor, each way, bit/s")


class SiteLessons(Model):
    """Lessons of one site, where they are not the reference's."""

    minutes: int | None = Field(
        default=None, ge=1, le=600, description="Of a lesson whose length nobody said"
    )
    longest: int | None = Field(default=None, ge=1, le=600, description="Of any lesson, minutes")
    schedule: tuple[Schedule, ...] | None = Field(
        default=None, description="Lessons of every week, in the commune's own time zone"
    )


class Site(Model):
    """A municipal building."""

    label: Label
    index: int | None = Field(
        None, ge=0, description="Its place in the commune's prefix, when the derived one is taken"
    )
    segments: tuple[SegmentName, ...] | None = Field(
        None, description="Segments present here; without it, the reference's"
    )
    uplinks: tuple[Uplink, ...] | None = Field(
        None, min_length=1, description="When not the commune's"
    )
    hosts: dict[Name, Host] = Field(min_length=1)
    equipment: dict[Name, Equipment] = Field(default_factory=dict)
    access_points: dict[Name, AccessPoint] = Field(
        default_factory=dict, description="Of any make, in the segment admin"
    )
    networks: dict[Name, SiteNetwork] = Field(
        default_factory=dict, description="Networks on the air, over the reference's"
    )
    portal: SitePortal = SitePortal()
    lessons: SiteLessons = SiteLessons()

    @property
    def devices(self) -> dict[str, Equipment]:
        """Everything with a reserved address: equipment, and access points."""
        points = {name: point.as_equipment for name, point in self.access_points.items()}
        return {**self.equipment, **points}


class Commune(Model):
    """One commune of the syndicate."""

    insee: Annotated[str, StringConstraints(pattern=r"^(\d{5}|2[AB]\d{3})$")] = Field(
        description="Official geographic code (INSEE), as text"
    )
    name: Label
    archipelago: Name | None = None
    island: Label | None = None
    timezone: TimeZone
    index: int = Field(ge=1, description="Its place in the addressing plan; never reused")
    hub: Name | None = Field(None, description="Without it, the first hub of the syndicate")
    uplinks: tuple[Uplink, ...] = Field(min_length=1)
    sites: dict[Name, Site] = Field(min_length=1)
    people: dict[Login, Person] = Field(
        default_factory=dict, description="Who may log in to the Wi-Fi, by login"
    )
    phones: dict[Name, Phone] = Field(default_factory=dict)
    telephony: Telephony | None = None
    backup: CommuneBackup = CommuneBackup()
    flows: dict[Name, Flow] = Field(
        default_factory=dict, description="Local flows, each with its reason"
    )
    overrides: dict[str, Any] = Field(
        default_factory=dict, description="Over the reference, for this commune"
    )

    @property
    def has_telephony(self) -> bool:
        """Whether it has a telephone system."""
        return bool(self.phones) or self.telephony is not None

    def devices(self, site: str) -> dict[str, Equipment]:
        """Return everything with a reserved address on a site: its devices, and its phones."""
        phones = {
            name: Equipment(
                segment=VOICE_SEGMENT,
                mac=phone.mac,
                address=phone.address,
                label=phone.label,
                wifi=False,
            )
            for name, phone in self.phones.items()
            if phone.site == site and phone.mac is not None
        }
        return {**self.sites[site].devices, **phones}

"""HostPlan: everything that follows from the inventory for one host, as plain data.

Deploys, templates and controls read this and nothing else. Addresses are strings: *address* is
``10.44.2.1``, ``interface`` notation is ``10.44.2.1/24``, a prefix ``10.44.2.0/24``. A *match* is
a prefix, or ``address/mask`` with a mask whose one bits need not be contiguous
(``10.44.1.0/255.255.15.0``: the servers segment of any site of commune 44); IPv6 likewise.
Rates are bit/s, sizes bytes, durations seconds unless the name says otherwise.
This module and ``parts`` also run on the host: dataclasses only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from mairie.plan.parts.backup import BackupPlan, StorePlan
from mairie.plan.parts.base import BasePlan
from mairie.plan.parts.hub import HubPlan
from mairie.plan.parts.lessons import LessonsPlan
from mairie.plan.parts.mail import MailPlan
from mairie.plan.parts.network import NetworkPlan
from mairie.plan.parts.packages import PackageSource
from mairie.plan.parts.phones import PhonesPlan
from mairie.plan.parts.portal import PortalPlan
from mairie.plan.parts.records import RecordsPlan
from mairie.plan.parts.voip import ExchangePlan, VoipPlan
from mairie.plan.parts.vpn import VpnPlan
from mairie.plan.parts.wifi import WifiPlan

Role = Literal["hub", "gateway", "server", "ap"]


Brick = Literal[
    "base",
    "network",
    "vpn",
    "hub",
    "wifi",
    "lessons",
    "portal",
    "records",
    "voip",
    "phones",
    "mail",
    "backup",
]


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
    voip: VoipPlan | None
    """On the telephone host of a commune with phones only."""
    exchange: ExchangePlan | None
    """On a hub with communes that have phones only."""
    phones: PhonesPlan | None
    """On the telephone host of a commune whose phones set themselves up only."""
    mail: MailPlan | None
    """On the telephone host of a commune that has messages or faxes sent by mail only."""
    backup: BackupPlan | None
    """None on a hub and on an access point, which keeps nothing."""
    store: StorePlan | None
    """On a hub only."""
    packages: PackageSource | None
    """On telephone hosts and their hub, which serves it; None before there is a key to sign."""

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

"""``syndicate.yaml``: the syndicate, its supernets, hubs, technicians and other VPN peers."""

from __future__ import annotations

import re
from functools import cache
from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, Any, Self
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from mairie.model.base import InterfaceName, Label, Model, Name, WireGuardKey
from mairie.model.mail import Mail

_ENDPOINT = re.compile(r"^(?P<host>\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):(?P<port>\d{1,5})$")


@cache
def _time_zones() -> frozenset[str]:
    # Walks the whole database: once is enough.
    return frozenset(available_timezones())


def check_timezone(value: str) -> str:
    """Accept a name of the IANA time zone database."""
    if value not in _time_zones():
        raise ValueError(f'unknown time zone "{value}"; write an IANA name, such as Pacific/Tahiti')
    return value


def check_endpoint(value: str) -> str:
    """Accept ``host:port`` with a DNS name, an IPv4 address or a bracketed IPv6 address."""
    match = _ENDPOINT.match(value)
    if match is None or not 0 < int(match["port"]) < 65536:
        raise ValueError('not an endpoint; write "name:port" or "address:port"')
    return value


def check_ula(value: IPv6Network) -> IPv6Network:
    """Accept a prefix of RFC 4193 unique local addresses, fd00::/8."""
    if not value.subnet_of(IPv6Network("fd00::/8")):
        raise ValueError("not a unique local prefix; take one inside fd00::/8 (RFC 4193)")
    return value


def check_private(value: IPv4Network) -> IPv4Network:
    """Accept a prefix of RFC 1918 private or RFC 6598 shared addresses."""
    inside = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")
    if not any(value.subnet_of(IPv4Network(prefix)) for prefix in inside):
        raise ValueError(f"not a private prefix; take one inside {', '.join(inside)}")
    return value


TimeZone = Annotated[str, AfterValidator(check_timezone)]
Endpoint = Annotated[str, AfterValidator(check_endpoint)]
SshKey = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        pattern=r"^(ssh-ed25519|sk-ssh-ed25519@openssh\.com|ecdsa-sha2-nistp(256|384|521)|ssh-rsa)"
        r" [A-Za-z0-9+/]+=*( [^\n]*)?$",
    ),
]


class Supernet(Model):
    """The two prefixes out of which every address of the syndicate is cut."""

    ipv4: Annotated[IPv4Network, AfterValidator(check_private)]
    ipv6: Annotated[IPv6Network, AfterValidator(check_ula)]


class PrefixLengths(Model):
    """Lengths of the prefixes of one level, in bits."""

    ipv4: int = Field(ge=8, le=30)
    ipv6: int = Field(ge=16, le=64)


class AddressingPlan(Model):
    """How the supernet is cut: commune by index, site by slot, segment by slot."""

    commune: PrefixLengths = PrefixLengths(ipv4=16, ipv6=56)
    site: PrefixLengths = PrefixLengths(ipv4=20, ipv6=60)
    segment: PrefixLengths = PrefixLengths(ipv4=24, ipv6=64)

    @model_validator(mode="after")
    def _nested(self) -> Self:
        for family in ("ipv4", "ipv6"):
            lengths = [
                getattr(getattr(self, level), family) for level in ("commune", "site", "segment")
            ]
            if not lengths[0] < lengths[1] < lengths[2]:
                raise ValueError(f"{family} lengths must grow: commune < site < segment")
            if lengths[2] - lengths[1] < 4:
                raise ValueError(f"{family}: a site must hold 16 segments (segment ≥ site + 4)")
        if self.segment.ipv4 > 27:
            raise ValueError("segment.ipv4: at most 27, so that a DHCP pool fits")
        if self.segment.ipv6 != 64:
            raise ValueError("segment.ipv6: must be 64 (RFC 4291 section 2.5.1)")
        return self


class Hub(Model):
    """A central machine: the other end of the communes' tunnels."""

    label: Label
    index: int = Field(ge=0, le=63, description="Its place among the hubs; never reused")
    endpoint: Endpoint = Field(description="Public name or address and UDP port of WireGuard")
    timezone: TimeZone
    wan: InterfaceName = "eth0"
    services: tuple[Name, ...] = Field(("dns", "ntp"), description="What it offers to the communes")


class Technician(Model):
    """A person of the syndicate who may log in to the hosts."""

    label: Label
    ssh_keys: tuple[SshKey, ...] = Field(min_length=1)
    recipients: tuple[str, ...] = Field((), description="age or SSH public keys for the secrets")
    index: int | None = Field(None, ge=2, le=250, description="Address of their VPN peer")
    wireguard: WireGuardKey | None = None

    @model_validator(mode="after")
    def _peer_complete(self) -> Self:
        if (self.index is None) != (self.wireguard is None):
            raise ValueError("a VPN peer needs both index and wireguard, or neither")
        return self


class Peer(Model):
    """A VPN peer that mairie does not manage: a phone, a laptop, a monitoring box."""

    label: Label
    index: int = Field(ge=2, le=250, description="Address of the peer; never reused")
    wireguard: WireGuardKey


class Syndicate(Model):
    """One territory: everything that its communes share."""

    name: Label
    domain: Annotated[
        str,
        StringConstraints(pattern=r"^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$", max_length=100),
    ]
    demo: bool = Field(False, description="A territory to try with; its secrets protect nothing")
    supernet: Supernet
    addressing: AddressingPlan = AddressingPlan()
    hubs: dict[Name, Hub] = Field(min_length=1)
    technicians: dict[Name, Technician] = Field(min_length=1)
    peers: dict[Name, Peer] = Field(default_factory=dict)
    mail: Mail | None = Field(None, description="How messages of the communes' hosts leave")
    recipients: tuple[str, ...] = Field(
        (), description="age or SSH public keys of the syndicate itself, for the secrets"
    )
    overrides: dict[str, Any] = Field(
        default_factory=dict, description="Over the reference, for the whole territory"
    )

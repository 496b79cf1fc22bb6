"""Brick ``phones`` of one host: how the commune's phones set themselves up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mairie.plan.parts.voip import DeskCodec, MediaCodec, SignallingTransport

Maker = Literal["yealink", "snom", "grandstream"]
Summer = Literal["", "eu", "us"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneClock:
    """The commune's time zone, as phones understand it: they have no list of zones of ours."""

    name: str
    """``Pacific/Marquesas``."""
    offset_minutes: int
    """East of UTC, in winter where there is a summer time: ``-570``."""
    summer: Summer
    """Whose summer time it has, an hour more: ``eu`` (last Sundays of March and October), ``us``
    (second Sunday of March, first of November), or none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskPhone:
    """A phone with a MAC address; HostSecrets has its password under ``sip-<name>``."""

    name: str
    """Key in the commune's file."""
    number: str
    label: str
    site_label: str
    mac: str
    """Lower case with colons."""
    maker: Maker
    model: str
    """As the maker writes it in file names: ``T31G``, ``D785``, ``GRP2612``."""
    address: str
    """That the DHCP reservation gives to its MAC address: its file goes there and nowhere else."""
    file: str
    """Name of the file that it asks for."""
    time_server: str
    """The gateway of its site, in its segment."""
    voicemail: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A telephone that is a program, set up by a code; HostSecrets: ``sip-<name>``."""

    name: str
    """Key in the commune's file."""
    number: str
    label: str
    site_label: str
    file: str
    """What it fetches: ``linphone-atelier.xml``."""
    prefixes: tuple[str, ...]
    """IPv4, from where it may: segments of its own site."""
    voicemail: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A line of the directory that phones show."""

    label: str
    number: str
    """As it is dialled: ``101``, ``*41100``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhonesPlan:
    """Brick ``phones`` on the telephone host of a commune.

    HostSecrets has a certificate for its address: ``phones:authority``, ``phones:certificate``,
    ``phones:key``, PEM.
    """

    address: str
    """IPv4, segment ``servers``: phones get theirs by DHCP, and know this one from there."""
    port: int
    url: str
    """What DHCP tells phones: ``https://10.44.1.10/``."""
    registrar: str
    registrar_port: int
    transport: SignallingTransport
    desk_codecs: tuple[DeskCodec, ...]
    """Best first."""
    program_codecs: tuple[MediaCodec, ...]
    """Best first."""
    clock: PhoneClock
    phones: tuple[DeskPhone, ...]
    """By name."""
    programs: tuple[Program, ...]
    """By name."""
    invitations: str
    """What their invitations begin with, in the clear: ``http://10.44.1.10:443/s/``."""
    program_port: int
    """Where programs register, over TLS whatever desk phones do."""
    directory: tuple[Contact, ...]
    """The commune's own numbers, then receptions of other communes."""

"""Brick ``voip`` of one host: the telephone system of a commune, or the exchange on its hub.

Numbers are text: an *extension* is ``101``, an *outside number* is E.164 (``+68940930000``), a
*dialled* number is what the keys of a phone send (``40930000``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Right = Literal["inside", "national", "international"]
TrunkKind = Literal["register", "ip"]
SignallingTransport = Literal["udp", "tcp", "tls"]
DeskCodec = Literal["g722", "alaw"]
MediaCodec = Literal["g722", "alaw", "opus", "gsm"]

SIP_PORT: Final = 5060
SIPS_PORT: Final = 5061
"""In TLS (RFC 3261 section 19.1.2)."""
VOICEMAIL: Final = "/var/spool/asterisk/voicemail"
"""Messages that callers left, greetings, and the codes that people chose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """A phone: hardware, or a program on a computer or a mobile telephone."""

    name: str
    """Key in the commune's file; HostSecrets has its password under ``sip-<name>``."""
    number: str
    label: str
    """What the called party reads."""
    building: str
    """Label of its site."""
    site: str
    prefix_ipv4: str
    """From which it may register: segment ``voice`` of its own site."""
    right: Right
    outgoing: str
    """Outside number that outside calls show."""
    emergency_caller: str
    """Outside number that emergency calls show: the building's own."""
    voicemail: bool
    mail: str
    """Where its messages are also sent; empty: nowhere."""
    pickup: str
    """Phones with the same text answer for each other (``*8``): the name of their site."""
    model: str = ""
    """``<maker>-<model>`` of hardware, ``softphone`` for a program."""
    mac: str = ""
    """Of hardware, lower case with colons; empty for a program."""
    more_prefixes: tuple[str, ...] = ()
    """From where a program may register too: IPv4, other segments of its own site."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RingGroup:
    """Phones that ring under one number."""

    name: str
    number: str
    label: str
    members: tuple[str, ...]
    """Names of extensions, in order."""
    strategy: Literal["all", "order", "queue"]
    """All at once; one after the other; callers wait with music until one is free."""
    seconds: int
    """How long it rings before ``otherwise``; in a queue, how long a caller may wait."""
    otherwise: str
    """Name of the extension whose voicemail takes the call; empty: it ends with a spoken word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSpan:
    """When the reception is open; ``days`` are ``mon`` … ``sun``, times local, end excluded."""

    days: tuple[str, ...]
    start: str
    end: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedDay:
    """A day without reception: a public holiday of the territory, or the commune's decision."""

    date: str
    """ISO 8601."""
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reception:
    """Where calls from citizens arrive."""

    number: str
    """Extension of the reception: inside, and for other communes."""
    members: tuple[str, ...]
    seconds: int
    voicemail: str
    """Name of the extension whose voicemail takes calls when nobody answers or it is closed."""
    hours: tuple[OpenSpan, ...]
    closed: tuple[ClosedDay, ...]
    """Of this year and the two after it, in order: a host that nobody deploys still knows them."""
    announcement: str = ""
    """Name of the recording that callers hear before it rings; empty: it rings at once."""
    closed_announcement: str = ""
    """The same when it is closed; empty: the words of Asterisk's voicemail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """A recording of the town hall's own."""

    name: str
    sound: str
    """A-law, 8000 samples a second, in base64 with lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trunk:
    """A way to the public network; the first is preferred. HostSecrets has ``trunk-<name>``."""

    name: str
    label: str
    kind: TrunkKind
    host: str
    port: int
    transport: SignallingTransport
    srtp: bool
    authority: str
    """Certificates in PEM of who alone may sign the operator's; empty: public authorities."""
    username: str
    """Empty for an operator who knows the commune by its address."""
    codecs: tuple[MediaCodec, ...]
    channels: int
    """Calls at one time; one of them is kept for emergencies when there are two or more."""
    numbers: tuple[str, ...]
    """Outside numbers that it delivers."""
    local: bool
    """Leaves through this commune, link to the hub or not."""
    dial_format: Literal["national", "e164"]
    """How the operator expects called numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaxLine:
    """An outside number whose faxes become mail."""

    name: str
    number: str
    """E.164."""
    mail: str
    """Where they are sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyNumber:
    """A number that wins over every other rule."""

    number: str
    label: str
    source: str
    checked: str
    """ISO 8601 date; empty: to be checked by a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberClass:
    """Outside numbers of one price; the first whose pattern fits the dialled number counts."""

    name: str
    pattern: str
    """Asterisk's notation without the underscore: ``8[79]XXXXXX``, ``00.``"""
    right: Right
    """What a phone needs to call it."""
    cents_per_minute: int
    """Upper bound of the price, in hundredths of the territory's currency."""
    blocked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """What outside calls may cost in a day, all phones together."""

    daily_cents: int
    currency: str
    """ISO 4217."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """A commune that is called by its short code."""

    commune: str
    label: str
    code: str
    """Digits of the code; a call is ``*<code><extension>``."""
    ipv4: str
    """Address of its telephone host; on a commune's host, of the hub's exchange."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """How much SIP the commune's own networks may send; the hub and operators are not counted."""

    prefixes_ipv4: tuple[str, ...]
    prefixes_ipv6: tuple[str, ...]
    """Of the whole commune: every address that is counted; in IPv6, refused."""
    known: tuple[str, ...]
    """IPv4 addresses reserved for desk phones: never held, and no flood of others is theirs."""
    source_rate: int
    """Requests a second from one address, ``source_burst`` at once."""
    source_burst: int
    all_rate: int
    """The same from all addresses that are not ``known``."""
    all_burst: int
    tries: int
    """Wrong passwords within ``seconds`` after which an address is held for as long."""
    seconds: int
    alert: int
    """Refusals in a day that a person is told of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VoipPlan:
    """Brick ``voip`` on the telephone host of a commune."""

    ipv4: str
    """Own address on which it answers, segment ``servers``."""
    ipv6: str
    """Own address on which it does not."""
    country: str
    """ISO 3166-1 of the numbering plan: ``PF``, ``FR``."""
    country_code: str
    """``689``."""
    code: str
    """Own short code: what other communes dial."""
    extensions: tuple[Extension, ...]
    groups: tuple[RingGroup, ...]
    reception: Reception | None
    trunks: tuple[Trunk, ...]
    emergency: tuple[EmergencyNumber, ...]
    classes: tuple[NumberClass, ...]
    spending: Spending
    hub: Neighbour | None
    """The exchange to which calls for other communes go; None where the syndicate has none."""
    neighbours: tuple[Neighbour, ...]
    """Communes that answer, itself excluded, by code."""
    desk_codecs: tuple[DeskCodec, ...]
    """Best first."""
    program_codecs: tuple[MediaCodec, ...]
    """Of phones that are programs, best first."""
    hub_codecs: tuple[MediaCodec, ...]
    """Towards other communes: a low rate one over a satellite."""
    records_days: int
    """Call records are kept so many days."""
    rtp_first: int
    rtp_last: int
    guard: Guard
    certificate: bool
    """Whether phones may speak TLS: HostSecrets has ``phones:certificate`` and ``phones:key``,
    which desk phones trust since they were set up."""
    faxes: tuple[FaxLine, ...] = ()
    announcements: tuple[Announcement, ...] = ()
    """Those that are played, by name."""
    only_uplink: str = ""
    """Uplink of its site without which no call leaves, emergencies neither; empty: there are more
    ways."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangePlan:
    """Brick ``voip`` on a hub: calls from commune to commune and nothing else."""

    ipv4: str
    ipv6: str
    """As in VoipPlan."""
    communes: tuple[Neighbour, ...]
    codecs: tuple[MediaCodec, ...]
    records_days: int
    rtp_first: int
    rtp_last: int

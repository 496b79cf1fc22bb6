"""Telephony of one commune: its phones, reception, groups and ways to the public network."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from ipaddress import IPv4Address
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from mairie.model.base import Label, Mac, Model, Name
from mairie.model.numbering import (
    Amount,
    DialPattern,
    Emergency,
    EmergencyDigits,
    MediaCodec,
    Right,
)
from mairie.model.reference import Schedule

VOICE_SEGMENT: Final = "voice"
"""Where phones are, and from where they may register."""

TELEPHONY: Final = "telephony"
"""The host with a commune's telephone system as an end of a flow: its address."""

SOFTPHONE: Final = "softphone"
LINPHONE: Final = "linphone"
"""The program that is set up by a code that it reads."""
PROGRAMS: Final = (SOFTPHONE, LINPHONE)
PhoneModel = Literal[
    "yealink-t31g",
    "yealink-t33g",
    "yealink-t43u",
    "yealink-t46u",
    "yealink-w70b",
    "snom-d713",
    "snom-d717",
    "snom-d735",
    "snom-d785",
    "grandstream-grp2601",
    "grandstream-grp2602",
    "grandstream-grp2612",
    "grandstream-ht801",
    "softphone",
    "linphone",
]
"""``<maker>-<model>``, or a program on a computer or a mobile telephone."""


def digits(value: Any) -> Any:
    """Turn the number as YAML reads ``101`` into text."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Extension = Annotated[
    str,
    BeforeValidator(digits, json_schema_input_type=str | int),
    StringConstraints(pattern=r"^[1-9]\d{1,4}$"),
]
"""A number inside the commune."""

OutsideNumber = Annotated[str, StringConstraints(pattern=r"^\+[1-9]\d{4,14}$")]
"""E.164 with its plus sign: ``+68940930000``."""

MailAddress = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}$", max_length=200),
]
TrunkHost = Annotated[
    str,
    StringConstraints(
        pattern=r"^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)+$",
        max_length=253,
    ),
]
"""A host name with a domain, or an IPv4 address."""
SipUser = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._+-]+$", max_length=64)]


class Phone(Model):
    """A phone: hardware in segment ``voice``, or a program."""

    site: Name
    number: Extension
    label: Label
    model: PhoneModel
    mac: Mac | None = Field(None, description="Of hardware; a program has none")
    address: IPv4Address | None = Field(None, description="Free choice outside the DHCP pool")
    voicemail: bool = False
    mail: MailAddress | None = Field(None, description="Where its messages are also sent")
    right: Right = Field("national", description="What it may call outside")
    outgoing: OutsideNumber | None = Field(
        None, description="What called parties see; without it, the commune's number"
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        wrong = list(self._wrong())
        if wrong:
            raise ValueError("; ".join(wrong))
        return self

    def _wrong(self) -> Iterator[str]:
        if self.model in PROGRAMS:
            keys = [key for key in ("mac", "address") if getattr(self, key) is not None]
            if keys:
                written = " and ".join(f'"{key}"' for key in keys)
                yield (
                    f"a {self.model} is a program and has no address of its own; remove {written}"
                )
        elif self.mac is None:
            yield f'a {self.model} needs "mac", the address printed under it'
        if self.mail is not None and not self.voicemail:
            yield 'messages are sent to "mail" only where there are some; add voicemail: true'


class Closure(Model):
    """A day on which the commune decided to close."""

    date: date
    label: Label


class Reception(Model):
    """Where calls from citizens arrive."""

    number: Extension
    members: tuple[Name, ...] = Field(min_length=1, description="Phones that ring together")
    seconds: int = Field(25, ge=5, le=300, description="How long they ring")
    voicemail: Name = Field(description="Phone whose voicemail takes calls that nobody answers")
    hours: tuple[Schedule, ...] = Field(
        min_length=1, description="When it is open, in the commune's own time zone"
    )
    closures: tuple[Closure, ...] = ()
    holidays: bool = Field(True, description="Closed on public holidays of the territory")
    announcement: Name | None = Field(
        None, description="File announcements/<name>.wav that callers hear before it rings"
    )
    closed_announcement: Name | None = Field(
        None, description="The same when it is closed, before the tone after which they speak"
    )


class Group(Model):
    """Phones that ring under one number."""

    number: Extension
    label: Label
    members: tuple[Name, ...] = Field(min_length=1)
    strategy: Literal["all", "order", "queue"] = Field(
        "all", description="Together, one after the other, or callers wait for a free one"
    )
    seconds: int = Field(20, ge=5, le=1800)
    otherwise: Name | None = Field(
        None, description="Phone whose voicemail takes calls that nobody answers"
    )


class Trunk(Model):
    """A way to the public network; the first one is preferred."""

    label: Label
    kind: Literal["register", "ip"] = Field(
        description="The operator knows the commune by a password, or by its address"
    )
    host: TrunkHost
    port: int | None = Field(
        None, ge=1, le=65535, description="Without it, 5061 for tls and 5060 for the others"
    )
    transport: Literal["udp", "tcp", "tls"] = "tls"
    srtp: bool = Field(False, description="Sound is encrypted too; needs transport: tls")
    authority: Name | None = Field(
        None,
        description="File authorities/<name>.pem: who signs the operator's certificate; without "
        "it, the public authorities that Debian knows",
    )
    username: SipUser | None = None
    codecs: tuple[MediaCodec, ...] = Field(("alaw",), min_length=1)
    channels: int = Field(ge=1, le=100, description="Calls at one time, as the contract says")
    numbers: tuple[OutsideNumber, ...] = Field(
        min_length=1, description="Outside numbers that it delivers"
    )
    local: bool = Field(True, description="Works without the link to the hub")
    dial_format: Literal["national", "e164"] = Field(
        "national", description="How the operator expects called numbers"
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.kind == "register" and self.username is None:
            raise ValueError('kind: register needs "username", as the operator gave it')
        if self.kind == "ip" and self.username is not None:
            raise ValueError('kind: ip has no password; remove "username", or write kind: register')
        if self.srtp and self.transport != "tls":
            raise ValueError(
                f"srtp sends its keys inside the signalling, which {self.transport} does not "
                "encrypt; write transport: tls, or srtp: false"
            )
        if self.authority is not None and self.transport != "tls":
            raise ValueError(
                f"{self.transport} shows no certificate that an authority could have signed; write "
                'transport: tls, or remove "authority"'
            )
        return self

    @property
    def signalling_port(self) -> int:
        """The port that is called: written, else that of the transport (RFC 3261 section 19.1)."""
        return self.port or (5061 if self.transport == "tls" else 5060)


class Fax(Model):
    """Faxes to an outside number become mail."""

    number: OutsideNumber = Field(description="Which a trunk delivers, and nothing else uses")
    mail: MailAddress = Field(description="Where they are sent, as PDF")


class LocalEmergency(Emergency):
    """An emergency number that is another one here; who says so, and since when it is known."""

    checked: date = Field(description="When a person asked who answers there")


class Spending(Model):
    """What outside calls may cost."""

    daily: Amount = Field(description="In a day, all phones together, in the territory's currency")


class Telephony(Model):
    """The telephone system of a commune."""

    number: OutsideNumber | None = Field(
        default=None, description="Main number; shown by phones that have none of their own"
    )
    sites: dict[Name, OutsideNumber] = Field(
        default_factory=dict,
        description="Number of a building, which its emergency calls show",
    )
    reception: Reception | None = None
    groups: dict[Name, Group] = Field(default_factory=dict)
    trunks: dict[Name, Trunk] = Field(default_factory=dict)
    faxes: dict[Name, Fax] = Field(default_factory=dict)
    emergency: dict[EmergencyDigits, LocalEmergency] = Field(
        default_factory=dict, description="What differs here from the territory's numbers"
    )
    blocked: tuple[DialPattern, ...] = Field(
        default=(), description="Outside numbers that nobody calls, beside the territory's"
    )
    spending: Spending | None = Field(default=None, description="Without it, the territory's")

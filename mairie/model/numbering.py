"""Telephony of the reference: numbering plans, emergency numbers and prices by territory."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from mairie.model.base import CountryCode, InseePrefix, Label, Model, Name


def parse_amount(value: Any) -> Any:
    """Turn an amount of the territory's currency, ``20`` or ``1.5``, into hundredths of it."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("not an amount; write a number of the territory's currency, such as 20.5")
    return round(value * 100)


Amount = Annotated[
    int,
    BeforeValidator(parse_amount, json_schema_input_type=int | float),
    Field(ge=0, le=10**10),
]
"""Money, in hundredths of the territory's currency; written in the currency itself."""

EmergencyDigits = Annotated[str, StringConstraints(pattern=r"^[1-9]\d{1,6}$")]
"""What is dialled in an emergency: ``15``, ``112``, ``116117``."""


def check_ranges(value: str) -> str:
    """Accept a pattern whose ranges go upwards."""
    for first, last in re.findall(r"(\d)-(\d)", value):
        if last < first:
            raise ValueError(f"{first}-{last} ends before it starts; write {last}-{first}")
    return value


DialPattern = Annotated[
    str,
    StringConstraints(
        pattern=r"^(?:[0-9XZN]|\[(?:[0-9](?:-[0-9])?)+\])+[.!]?$",
        max_length=32,
    ),
    AfterValidator(check_ranges),
]
"""Dialled digits as Asterisk has them: X is 0 to 9, Z 1 to 9, N 2 to 9; ``[79]`` one of these;
``.`` at the end one digit or more, ``!`` any number of them."""

CurrencyCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
"""ISO 4217."""

Right = Literal["inside", "national", "international"]
"""What a phone may call outside: nothing but emergencies, its country, everywhere."""

DeskCodec = Literal["g722", "alaw"]
"""What every maker's phones know: 64 kbit/s, of 7 kHz or of 3.4 kHz (ITU-T G.722, G.711)."""

MediaCodec = Literal["g722", "alaw", "opus", "gsm"]
"""Opus is RFC 6716."""


class Emergency(Model):
    """A number that wins over every other rule, and who says that it is answered here."""

    label: Label
    source: str = Field(min_length=1, description="Who says so: law, decision, operator")
    checked: date | None = Field(
        None, description="When a person asked who answers there; null: to be checked"
    )


class OutsideClass(Model):
    """Outside numbers of one price; the first class whose pattern fits counts."""

    pattern: DialPattern = Field(description="Dialled digits: X 0-9, Z 1-9, N 2-9, . the rest")
    right: Right = "national"
    per_minute: Amount = Field(description="Upper bound of the price of a minute")
    blocked: bool = Field(False, description="Nobody calls these")


class OutsideCalls(Model):
    """What may be called outside, and what it costs at most; what no class fits is not called."""

    currency: CurrencyCode = Field(description="ISO 4217, such as XPF")
    classes: dict[Name, OutsideClass] = Field(min_length=1, description="In the order of trial")
    daily: Amount = Field(description="What outside calls of a commune may cost in a day")
    source: str = Field(min_length=1, description="Where numbers and prices come from")
    checked: date | None = Field(
        None, description="When a person compared them with a contract; null: to be checked"
    )


class PublicHolidays(Model):
    """Which calendar of the library ``holidays`` holds."""

    country: CountryCode
    subdivision: str | None = Field(None, min_length=1, max_length=8)


class PhoneTerritory(Model):
    """Where one numbering plan holds."""

    label: Label
    insee: tuple[InseePrefix, ...] = Field(
        min_length=1, description="Beginnings of the communes' codes; the longest that fits counts"
    )
    country: CountryCode = Field(description="Of the numbering plan: PF, FR")
    holidays: PublicHolidays
    emergency: dict[EmergencyDigits, Emergency] = Field(min_length=1)
    outside: OutsideCalls


class CallRecords(Model):
    """How long it is kept who called whom, and who says so."""

    days: int = Field(ge=1, le=3660)
    maximum_days: int | None = Field(None, ge=1, description="Longest that is allowed")
    source: str = Field(min_length=1, description="Law and article, or who decided without one")
    checked: date | None = Field(
        None, description="When a person read the source in force; null: to be checked"
    )


class TelephonyGuard(Model):
    """What a telephone host takes from the commune's own networks before it refuses."""

    source_rate: int = Field(ge=1, le=1000, description="SIP requests a second from one address")
    source_burst: int = Field(ge=10, le=10_000, description="At once: a phone that starts")
    all_rate: int = Field(
        ge=10, le=10_000, description="A second, from all who are not desk phones of the plan"
    )
    all_burst: int = Field(ge=100, le=100_000, description="At once: all phones after a power cut")
    tries: int = Field(ge=3, le=100, description="Wrong passwords after which an address is held")
    minutes: int = Field(ge=1, le=1440, description="Within which they count, and how long it is")
    alert: int = Field(ge=1, le=10_000, description="Refusals in a day that a person is told of")


class ReferenceTelephony(Model):
    """Telephone systems: what is the same for every commune."""

    desk_codecs: tuple[DeskCodec, ...] = Field(
        min_length=1, description="Of desk phones, best first"
    )
    program_codecs: tuple[MediaCodec, ...] = Field(
        min_length=1, description="Of phones that are programs, best first"
    )
    code_digits: int = Field(ge=2, le=4, description="Of the short code of a commune")
    holiday_years: tuple[Annotated[int, Field(ge=2020, le=2100)], ...] = Field(
        min_length=1, description="Years whose public holidays hosts know"
    )
    desk_transport: Literal["udp", "tcp", "tls"] = Field(
        description="How desk phones speak to their system; keys of the sound go with it"
    )
    program_segments: tuple[Name, ...] = Field(
        description="From where programs may register, beside voice: segments of their own site"
    )
    records: CallRecords
    guard: TelephonyGuard
    territories: dict[Name, PhoneTerritory] = Field(min_length=1)

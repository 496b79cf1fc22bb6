"""What every model shares: frozen, unknown keys refused; and the field types used in several."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)

_RATE = re.compile(r"^(\d+(?:\.\d+)?)\s*([kMG])$")
_RATE_FACTOR = {"k": 1_000, "M": 1_000_000, "G": 1_000_000_000}
_SIZE = re.compile(r"^(\d+(?:\.\d+)?)\s*([MGT])$")
_SIZE_FACTOR = {"M": 10**6, "G": 10**9, "T": 10**12}


class Model(BaseModel):
    """A frozen value object; a key that is not declared is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


def parse_rate(value: Any) -> Any:
    """Turn ``20M`` (decimal multiples of bit/s, as providers sell them) into bit/s."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    match = _RATE.match(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError('not a rate; write bits per second with k, M or G, such as "20M"')
    return round(float(match[1]) * _RATE_FACTOR[match[2]])


def parse_size(value: Any) -> Any:
    """Turn ``20G`` (decimal multiples of bytes, as disks are sold) into bytes."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    match = _SIZE.match(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError('not a size; write bytes with M, G or T, such as "20G"')
    return round(float(match[1]) * _SIZE_FACTOR[match[2]])


def check_absolute(value: str) -> str:
    """Accept the absolute path of a folder or file, written the one way it can be."""
    parts = value.split("/")
    if parts[0] or len(parts) < 2 or not all(parts[1:]) or {".", ".."} & set(parts):
        raise ValueError(
            f'"{value}" is not an absolute path; write it from the root, without "." or ".." and '
            "without a slash at the end, such as /srv/partage"
        )
    if not value.isprintable():
        raise ValueError("a path has no control characters")
    return value


def normalise_mac(value: str) -> str:
    """Return a MAC address in lower case with colons (IEEE 802, RFC 9542 section 2.1)."""
    digits = re.sub(r"[:.-]", "", value.strip()).lower()
    if not re.fullmatch(r"[0-9a-f]{12}", digits):
        raise ValueError('not a MAC address; write six bytes such as "00:15:65:aa:bb:cc"')
    if int(digits[1], 16) & 1:
        raise ValueError("a multicast MAC address cannot name one device")
    return ":".join(digits[i : i + 2] for i in range(0, 12, 2))


Rate = Annotated[
    int,
    BeforeValidator(parse_rate, json_schema_input_type=str | int),
    Field(ge=9_600, le=100_000_000_000),
]
"""Bits per second, written ``512k``, ``20M`` or ``1G``."""

Size = Annotated[
    int,
    BeforeValidator(parse_size, json_schema_input_type=str | int),
    Field(ge=10**6, le=10**15),
]
"""Bytes, written ``500M``, ``20G`` or ``1T``."""

Quota = Annotated[
    int,
    BeforeValidator(parse_size, json_schema_input_type=str | int),
    Field(ge=10**9, le=10**15),
]
"""Bytes of a host's copies: below 1 GB, a system and one pruning of it do not fit together."""

Domain = Annotated[
    str,
    StringConstraints(
        pattern=r"^(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])$",
        max_length=253,
    ),
]
"""A domain below a top-level one, lower case; letters beyond ASCII as ``xn--`` (RFC 5891)."""

AbsolutePath = Annotated[str, AfterValidator(check_absolute), Field(max_length=200)]
"""A path from the root, without ``.``, ``..`` or a slash at the end."""

Pattern = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]+$", max_length=200)]
"""What restic's ``--exclude`` takes: a name, a path, with ``*``, ``?`` and ``**``."""


def band_name(value: Any) -> Any:
    """Turn a number of gigahertz, as YAML reads ``5`` or ``2.4``, into the name of its band."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return f"{value:g}" if is_number else value


Band = Annotated[
    Literal["2.4", "5", "6"],
    BeforeValidator(band_name, json_schema_input_type=Literal["2.4", "5", "6"] | float),
]
"""A band of radio frequencies, in gigahertz."""

RadioName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*$", max_length=8)]
"""A radio as the kernel names it; ``<radio>-<n>.<vlan>`` must fit 15 characters (IFNAMSIZ)."""

InseePrefix = Annotated[str, StringConstraints(pattern=r"^[0-9AB]{0,5}$")]
"""``987``: every commune of French Polynesia; empty: every commune."""

CountryCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
"""ISO 3166-1, two letters."""

Ssid = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
"""Name of a network on the air; ``{commune}`` stands for the name of the commune."""

Mac = Annotated[str, AfterValidator(normalise_mac)]

Label = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
"""Free text for people, shown in reports and on phones."""

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=24)]
"""A part of a host name: lower-case letters, digits and single hyphens (RFC 1123 section 2.1)."""

SegmentName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*$", max_length=12)]
"""A segment; ``br-<segment>`` must fit the kernel's 15 characters of an interface name."""

Login = Annotated[
    str, StringConstraints(pattern=r"^[a-z][a-z0-9]*([._-][a-z0-9]+)*$", max_length=32)
]
"""What a person types to log in, and the common name of their certificate."""

InterfaceName = Annotated[
    str, StringConstraints(pattern=r"^[a-zA-Z][a-zA-Z0-9_-]*$", max_length=10)
]
"""A network port of a host; ``<port>.<vlan>`` must fit 15 characters (IFNAMSIZ)."""

WireGuardKey = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$")]
"""32 bytes in base64, as ``wg pubkey`` prints them."""

"""What pydantic found wrong, said to a person: what is wrong; what is allowed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_network,
)
from typing import Any, Final, get_args
from zoneinfo import available_timezones

from pydantic import BaseModel, StringConstraints, ValidationError

from mairie.inventory.problems import Problem, listing, suggestion
from mairie.inventory.spots import Spot, spot
from mairie.inventory.yaml_nodes import Document, Key, child
from mairie.model import base, commune, mail, numbering, reference, syndicate, telephony


def _pattern(annotated: Any, *path: str) -> str:
    notes = spot(annotated, path).metadata if path else get_args(annotated)[1:]
    pattern = next(note.pattern for note in notes if isinstance(note, StringConstraints))
    return str(pattern)


UNKNOWN_KEY: Final = "unknown key"

PATTERNS: Mapping[str, str] = {
    _pattern(base.Name): "lower-case letters, digits and single hyphens, such as mairie-annexe",
    _pattern(commune.UplinkName): "lower-case letters, digits and single hyphens, such as 4g",
    _pattern(
        base.Login
    ): "lower-case letters and digits, with single . _ or -, such as hina.teriitahi",
    _pattern(base.SegmentName): "lower-case letters and digits, starting with a letter",
    _pattern(base.InterfaceName): "the name of a network port, such as eth0 or enp1s0",
    _pattern(base.RadioName): "the name of a radio, such as wlan0 or wlp3s0",
    _pattern(base.CountryCode): "a country in two capital letters, such as PF",
    _pattern(base.WireGuardKey): "a WireGuard public key, 44 characters as wg pubkey prints them",
    _pattern(syndicate.SshKey): "one line of an OpenSSH public key file, such as ssh-ed25519 AAAA…",
    _pattern(base.Domain): "a domain in lower case, such as jeux.example",
    _pattern(base.Pattern): "a name or a path, with * and ?, such as *.iso",
    _pattern(commune.DatabaseSource): "the name of a database, or the absolute path of its file",
    _pattern(reference.PortRange): "tcp/443, udp/10000-20000, icmp or any",
    _pattern(
        base.InseePrefix
    ): "the beginning of official codes, such as 987 or 2A; empty for all of them",
    _pattern(numbering.CurrencyCode): "a currency in three capital letters, such as XPF",
    _pattern(numbering.EmergencyDigits): "two to seven digits, such as 15 or 116117",
    _pattern(
        numbering.DialPattern
    ): "dialled digits, with X for 0-9, Z for 1-9, N for 2-9 and . for the rest, such as 36XX",
    _pattern(telephony.Extension): "two to five digits, the first not 0, such as 101",
    _pattern(
        telephony.OutsideNumber
    ): "the number as it is called from abroad, with +, such as +68940930000",
    _pattern(telephony.MailAddress): "a mail address, such as accueil@rurutu.example",
    _pattern(mail.RelayHost): "the name of a host in lower case, such as smtp.syndicat.example",
    _pattern(mail.RelayUser): "the name of the account at the relay, or {commune} in it",
    _pattern(mail.Sender): "a mail address, such as mairie@syndicat.example",
    _pattern(telephony.TrunkHost): "the name or address of a host, such as sip.operateur.example",
    _pattern(telephony.SipUser): "the user's name as the operator gave it, letters and digits",
    _pattern(reference.ClockTime): "a time from 00:00 to 24:00, such as 07:30",
    _pattern(commune.Commune, "insee"): "the official code, five characters such as 98744 or 2A004",
    _pattern(syndicate.Syndicate, "domain"): "a domain name in lower case, such as sivu.example",
}
"""What each pattern of the models allows, in words."""


def problems_of(
    error: ValidationError, document: Document, model: type[BaseModel]
) -> list[Problem]:
    """Turn every error of one document into a problem with its line."""
    return [
        document.problem(path, message)
        for path, message in sentences(error, document.data, model, document.source)
    ]


def sentences(
    error: ValidationError,
    data: Any,
    model: type[BaseModel],
    source: Mapping[Key, str] | None = None,
) -> Iterator[tuple[Key, str]]:
    """Yield the path and the sentence of each error, once each.

    Args:
        error: what pydantic raised.
        data: the plain data that was validated.
        model: the model it was validated against.
        source: what was written, for scalars that are not text.

    """
    found = [
        (*data_path(item["loc"], data, item["type"]), item)
        for item in error.errors(include_url=False)
    ]
    meant = {
        (*path[:-1], near)
        for path, _, item in found
        if item["type"] == "extra_forbidden" and (near := near_key(path, model))
    }
    seen: set[Key] = set()
    for path, value, item in found:
        kind = item["type"]
        repeated = path in seen and kind != "extra_forbidden"
        if repeated or _is_echo(item, value) or (kind == "missing" and path in meant):
            continue
        seen.add(path)
        written = (source or {}).get(path)
        yield path, _sentence(item, path, value, model, written)


def data_path(loc: tuple[str | int, ...], data: Any, kind: str) -> tuple[Key, Any]:
    """Return the path in the data for pydantic's location, which also names union members."""
    path: list[str | int] = []
    value = data
    for part in loc:
        inside, next_value = child(value, part)
        if inside:
            value = next_value
            path.append(part)
    if kind == "missing":
        path.append(loc[-1])
    return tuple(path), value


def _is_echo(item: Any, value: Any) -> bool:
    """Whether an error only follows from another one, or from the other member of a union."""
    kind = item["type"]
    if kind == "too_short":
        return bool(value)
    if str(item["loc"][-1:]).startswith(("('constrained-str", "('dict[")):
        return (kind == "dict_type" and isinstance(value, str)) or (
            kind == "string_type" and isinstance(value, dict)
        )
    return False


def near_key(path: Key, model: type[BaseModel]) -> str | None:
    """Return the key that an unknown one was probably meant to be."""
    return suggestion(str(path[-1]), spot(model, path[:-1]).keys)


def _got(value: Any, written: str | None) -> str:
    match value:
        case dict():
            return "a mapping"
        case list():
            return "a list"
        case None:
            return "nothing"
        case str():
            return f'"{value}"' if len(value) <= 60 else f'"{value[:60]}…"'
        case _:
            return written or str(value).lower()


def _sentence(item: Any, path: Key, value: Any, model: type[BaseModel], written: str | None) -> str:
    kind: str = item["type"]
    if kind == "extra_forbidden":
        return _unknown_key(path, model)
    here = spot(model, path)
    got = _got(value, written)
    if kind == "missing":
        return _missing(here)
    if kind == "value_error":
        return _value_error(item["ctx"]["error"], here, value, got)
    if item["loc"] and item["loc"][-1] == "[key]":
        return _bad_name(item, str(path[-1]))
    known = _BY_TYPE.get(kind, _as_pydantic_says)
    return known(item, here, got, value)


def _unknown_key(path: Key, model: type[BaseModel]) -> str:
    near = near_key(path, model)
    allowed = listing(spot(model, path[:-1]).keys, 20)
    return f"{UNKNOWN_KEY}; " + (f'did you mean "{near}"?' if near else f"allowed: {allowed}")


def _bad_name(item: Any, name: str) -> str:
    if item["type"] == "string_pattern_mismatch":
        return f'the name "{name}" is not allowed; write {_words(item)}'
    return f'the name "{name}" has {len(name)} characters; {_length(item)}'


def _as_pydantic_says(item: Any, _here: Spot, got: str, _value: Any) -> str:
    text = str(item["msg"])
    return f"{got}: {text[:1].lower()}{text[1:]}"


def _missing(here: Spot) -> str:
    if here.words:
        return f"this key is required; allowed: {listing(here.words, 20)}"
    return "this key is required" + (f"; {here.description}" if here.description else "")


_ADDRESSES: tuple[tuple[tuple[type, ...], str], ...] = (
    ((IPv4Interface,), "an IPv4 address with its length, such as 192.0.2.10/24"),
    ((IPv4Address,), "an IPv4 address, such as 192.0.2.10"),
    ((IPv6Address,), "an IPv6 address, such as 2001:db8::10"),
    ((IPv4Network,), "an IPv4 prefix, such as 10.0.0.0/8"),
    ((IPv6Network,), "an IPv6 prefix, such as fd12:3456:789a::/48"),
)


def _value_error(error: Exception, here: Spot, value: Any, got: str) -> str:
    text = str(error)
    wanted = next((words for kinds, words in _ADDRESSES if here.is_a(*kinds)), None)
    if "host bits set" in text:
        return f"{got} is inside a prefix; write {ip_network(value, strict=False)}"
    if text.startswith("unknown time zone"):
        near = suggestion(str(value), available_timezones())
        return f'unknown time zone {got}; did you mean "{near}"?' if near else text
    if wanted and not text.startswith("not "):
        return f"{got} is not {wanted}"
    return text


def _words(item: Any) -> str:
    pattern = item["ctx"]["pattern"]
    return PATTERNS.get(pattern, f"text that matches {pattern}")


def _length(item: Any) -> str:
    context = item["ctx"]
    if "max_length" in context:
        return f"at most {context['max_length']}"
    return f"at least {context['min_length']}"


def _range(here: Spot) -> str:
    low, high = (
        None if bound is None else _units(bound) if here.is_rate or here.is_size else str(bound)
        for bound in here.bounds
    )
    if low is not None and high is not None:
        return f"{low} to {high}"
    return f"{low} or more" if low is not None else f"{high} or less"


def _units(number: int) -> str:
    """Return a rate or a size as it is written: ``9.6k``, ``500M``, ``100G``, ``1000T``."""
    for factor, unit in ((10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "k")):
        if number >= factor:
            return f"{number / factor:g}{unit}"
    return str(number)


def _out_of_range(_item: Any, here: Spot, got: str, value: Any) -> str:
    shown = value if isinstance(value, str) else got
    return f"{shown} is out of range; allowed: {_range(here)}"


def _not_integer(_item: Any, here: Spot, got: str, value: Any) -> str:
    if isinstance(value, str) and value.isdecimal() and len(value) < 20:
        return f"{got} is not a number as YAML writes it; write {int(value)}"
    allowed = f"allowed: {_range(here)}" if any(here.bounds) else "write digits without quotes"
    return f"{got} is not a whole number; {allowed}"


def _not_text(_item: Any, here: Spot, got: str, value: Any) -> str:
    if value is None:
        return "nothing is written here; write text"
    if isinstance(value, dict | list):
        return f"{got} stands where text is expected"
    allowed = f"allowed: {listing(here.words, 20)}" if here.words else f'write "{got}" in quotes'
    return f"{got} is not text; {allowed}"


def _not_date(_item: Any, _here: Spot, got: str, _value: Any) -> str:
    return f"{got} is not a date; write year, month and day, such as 2026-03-02"


def _not_list(_item: Any, _here: Spot, got: str, value: Any) -> str:
    hint = f"write [{value}]" if isinstance(value, str) else "write [first, second]"
    return f"{got} is not a list; {hint}"


def _not_mapping(_item: Any, here: Spot, got: str, _value: Any) -> str:
    keys = f"; its keys: {listing(here.keys, 20)}" if here.keys else ""
    return f"{got} stands where a mapping is expected{keys}"


_BY_TYPE: Mapping[str, Callable[[Any, Spot, str, Any], str]] = {
    "greater_than_equal": _out_of_range,
    "less_than_equal": _out_of_range,
    "int_type": _not_integer,
    "int_parsing": _not_integer,
    "int_from_float": _not_integer,
    "int_parsing_size": _not_integer,
    "date_type": _not_date,
    "date_parsing": _not_date,
    "date_from_datetime_parsing": _not_date,
    "bool_type": lambda _i, _h, got, _v: f"{got} is not allowed; write true or false",
    "string_type": _not_text,
    "tuple_type": _not_list,
    "dict_type": _not_mapping,
    "model_type": _not_mapping,
    "model_attributes_type": _not_mapping,
    "too_short": lambda _i, _h, _g, _v: "empty; write at least one",
    "string_too_short": lambda _i, _h, _g, _v: "empty text; write at least one character",
    "string_too_long": lambda item, _h, _g, value: f"{len(value)} characters; {_length(item)}",
    "literal_error": lambda _i, here, got, _v: (
        f"{got} is not allowed; allowed: {listing(here.words, 20)}"
    ),
    "string_pattern_mismatch": lambda item, _h, got, _v: (
        f"{got} is not allowed; write {_words(item)}"
    ),
}

"""Telephony of the reference: numbering plans, ports, codecs, what no commune can change alone."""

from __future__ import annotations

from collections.abc import Iterator

from mairie.inventory.checks.facts import Facts
from mairie.inventory.outside_numbers import is_calendar, is_country
from mairie.inventory.problems import Problem, listing
from mairie.inventory.yaml_nodes import Key
from mairie.model.numbering import PhoneTerritory, ReferenceTelephony
from mairie.model.reference import Reference
from mairie.model.telephony import TELEPHONY
from mairie.plan.dialling import fits, shadows

TERRITORIES: Key = ("telephony", "territories")
_RTP_PORTS = 100
"""Fewest ports of sound: two for each side of a call, and room to choose."""


def problems(facts: Facts) -> Iterator[Problem]:
    """Yield what is wrong with the reference's telephony, and where it differs inside a fleet."""
    hub = facts.reference(None, ("hub",)).model
    used = any(commune.has_telephony for commune in facts.communes.values())
    for merged in list(facts.references.values()):
        if merged.model is None:
            continue
        found = [*_reference(merged.model)]
        if used:
            found += _libraries(merged.model.telephony)
        digits = merged.model.telephony.code_digits
        if facts.addressing is not None and facts.addressing.communes > 10**digits:
            last = facts.addressing.communes - 1
            message = f"{digits} digits do not hold the last index, {last}; write {len(str(last))}"
            found.append((("telephony", "code_digits"), message))
        if hub is not None and digits != hub.telephony.code_digits:
            message = (
                f"short codes have one length in a fleet: {digits} here, "
                f"{hub.telephony.code_digits} elsewhere; write it in group_data/all.py or "
                "syndicate.yaml"
            )
            found.append((("telephony", "code_digits"), message))
        for path, message in found:
            yield facts.sources.reference_problem(path, message, merged.commune, merged.layers)


def _reference(reference: Reference) -> Iterator[tuple[Key, str]]:
    records = reference.telephony.records
    if records.maximum_days is not None and records.days > records.maximum_days:
        message = f"{records.days} days are more than {records.maximum_days} ({records.source})"
        yield ("telephony", "records", "days"), f"{message}; write less"
    rtp = reference.services.get("rtp", ())
    if len(rtp) != 1 or not _is_range(rtp[0]):
        message = f"{listing(rtp)}: sound has one range of {_RTP_PORTS} UDP ports or more"
        yield ("services", "rtp"), f"{message}; write [udp/10000-20000]"
    kinds = reference.uplink_classes
    shared = [
        codec
        for codec in next(iter(kinds.values())).call_codecs
        if all(codec in kind.call_codecs for kind in kinds.values())
    ]
    if not shared:
        message = "no codec is in all of them: communes would not understand each other"
        yield ("uplink_classes",), f"{message}; add gsm to call_codecs of each"
    yield from _flows(reference)
    taken: dict[str, str] = {}
    for name, row in reference.telephony.territories.items():
        for prefix in row.insee:
            other = taken.setdefault(prefix, name)
            if other != name:
                message = f'codes that begin with "{prefix}" are already "{other}"; keep one'
                yield (*TERRITORIES, name, "insee"), message
        for path, message in _territory(row):
            yield (*TERRITORIES, name, *path), message


def _is_range(text: str) -> bool:
    protocol, _, span = text.partition("/")
    first, dash, last = span.partition("-")
    return protocol == "udp" and bool(dash) and int(last) - int(first) >= _RTP_PORTS


def _flows(reference: Reference) -> Iterator[tuple[Key, str]]:
    for name, flow in reference.flows.items():
        if flow.destination == TELEPHONY and flow.source != "hub":
            message = f'"{TELEPHONY}" is reached from the hub alone; write the segment "servers"'
            yield ("flows", name, "to"), message
        elif flow.source == TELEPHONY and flow.destination not in ("hub", "internet"):
            message = f'the zone "{TELEPHONY}" reaches the hub and the internet alone'
            yield ("flows", name, "from"), f'{message}; write the segment "servers"'


def _territory(row: PhoneTerritory) -> Iterator[tuple[Key, str]]:
    numbers = sorted(row.emergency)
    for place, number in enumerate(numbers):
        other = shadows(number, numbers[:place])
        if other is not None:
            message = f"{number} cannot be told from the emergency number {other}"
            yield ("emergency", number), f"{message}; remove one of them"
    for name, item in row.outside.classes.items():
        hit = next((number for number in numbers if fits(item.pattern, number)), None)
        if hit is not None:
            message = f'"{item.pattern}" would shadow the emergency number {hit}'
            yield ("outside", "classes", name, "pattern"), f"{message}; write a longer pattern"


def _libraries(telephony: ReferenceTelephony) -> Iterator[tuple[Key, str]]:
    for name, row in telephony.territories.items():
        if not is_country(row.country):
            message = f'"{row.country}" has no numbering plan; write the country as ISO 3166-1 does'
            yield (*TERRITORIES, name, "country"), message
        calendar = row.holidays
        if not is_calendar(calendar.country, calendar.subdivision):
            shown = " ".join(filter(None, (calendar.country, calendar.subdivision)))
            message = f'the public holidays of "{shown}" are not known; write country: FR, say'
            yield (*TERRITORIES, name, "holidays"), message

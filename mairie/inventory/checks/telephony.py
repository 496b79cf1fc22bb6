"""Telephone systems: numbers that are free and lead somewhere, ways out, callers that are known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from mairie.inventory.checks.facts import Facts, SitePlace
from mairie.inventory.checks.faxes import fax_problems
from mairie.inventory.checks.opening import hours_problems
from mairie.inventory.checks.softphones import softphone_problems
from mairie.inventory.outside_numbers import wrong_number
from mairie.inventory.problems import Problem, listing, unknown
from mairie.inventory.yaml_nodes import Key
from mairie.model.commune import Commune
from mairie.model.numbering import PhoneTerritory
from mairie.model.reference import Reference
from mairie.model.telephony import TELEPHONY, VOICE_SEGMENT, Telephony, Trunk
from mairie.plan.dialling import fits, shadows, territory_of
from mairie.plan.firewall import parse_ports

FREE_SHOWN = 3


@dataclass(frozen=True)
class System:
    """The telephone system of one commune, with what it is looked at with."""

    stem: str
    commune: Commune
    telephony: Telephony
    reference: Reference
    territory: PhoneTerritory
    places: Mapping[str, SitePlace]
    """Sites by their stem."""
    main_site: str
    """Site of the telephone host, whose number the main one is."""

    @property
    def root(self) -> Key:
        """Where the system as a whole is written."""
        return ("telephony",) if self.commune.telephony is not None else ("phones",)

    @property
    def emergency(self) -> dict[str, str]:
        """Emergency numbers with their labels."""
        both = {**self.territory.emergency, **self.telephony.emergency}
        return {number: item.label for number, item in both.items()}

    @property
    def delivered(self) -> frozenset[str]:
        """Outside numbers that its trunks deliver."""
        trunks = self.telephony.trunks.values()
        return frozenset(number for trunk in trunks for number in trunk.numbers)


def problems(facts: Facts) -> Iterator[Problem]:
    """Yield what keeps the telephones of a commune from calling, or from being called."""
    claimed: dict[str, str] = {}
    for stem, commune in facts.communes.items():
        if not commune.has_telephony:
            continue
        found = _system(facts, stem, commune)
        if isinstance(found, System):
            for path, message in _wrong(facts, found):
                yield facts.sources.in_commune(stem, path, message)
            yield from _claims(facts, found, claimed)
        elif found is not None:
            yield found


def _system(facts: Facts, stem: str, commune: Commune) -> System | Problem | None:
    """Return a commune's system, why there can be none, or None where a check already says it."""
    places = {place.stem: place for place in facts.sites() if place.commune_stem == stem}
    servers = (
        (place, host)
        for place in places.values()
        for host in place.site.hosts.values()
        if "server" in host.roles
    )
    first = next(servers, None)
    if first is None:
        message = (
            "no host of this commune is a server, which a telephone system needs; give one roles: "
            "[server], beside the others"
        )
        return facts.sources.in_commune(stem, _root(commune), message)
    reference = facts.reference_of(*first)
    if reference is None:
        return None
    territory = territory_of(commune.insee, reference.telephony)
    if territory is None:
        rows = reference.telephony.territories.values()
        known = sorted(prefix for row in rows for prefix in row.insee)
        message = (
            f"no numbering plan is known for {commune.insee}, which has telephones; known: codes "
            f"that begin with {listing(known, 20)}; add a row to telephony.territories in "
            "group_data/"
        )
        return facts.sources.in_commune(stem, ("insee",), message)
    telephony = commune.telephony or Telephony()
    return System(stem, commune, telephony, reference, territory, places, first[0].stem)


def _root(commune: Commune) -> Key:
    return ("telephony",) if commune.telephony is not None else ("phones",)


def _wrong(facts: Facts, system: System) -> Iterator[tuple[Key, str]]:
    yield from _phones(facts, system)
    yield from _numbers(facts, system)
    yield from _members(system)
    yield from _announcements(facts, system)
    if system.telephony.reception is not None:
        for path, message in hours_problems(system.telephony.reception):
            yield ("telephony", "reception", *path), message
    yield from _trunks(system)
    yield from _authorities(facts, system)
    yield from _callers(system)
    yield from _rules(system)
    yield from fax_problems(system.commune, system.territory)
    yield from softphone_problems(system.commune, system.reference)


def _phones(facts: Facts, system: System) -> Iterator[tuple[Key, str]]:
    with_voice = [
        name for name, place in system.places.items() if VOICE_SEGMENT in _segments(facts, place)
    ]
    for name, phone in system.commune.phones.items():
        path: Key = ("phones", name, "site")
        place = system.places.get(phone.site)
        if place is None:
            yield path, unknown("site", phone.site, system.places)
        elif phone.site not in with_voice and facts.site_reference(place) is not None:
            message = f'"{phone.site}" has no segment "{VOICE_SEGMENT}", where phones are'
            yield path, f"{message}; add it there; sites with it: {listing(with_voice)}"
    for name in system.telephony.sites:
        if name not in system.places:
            yield ("telephony", "sites", name), unknown("site", name, system.places)


def _segments(facts: Facts, place: SitePlace) -> Iterable[str]:
    reference = facts.site_reference(place)
    return facts.segments(place, reference) if reference is not None else ()


def _written(system: System) -> Iterator[tuple[Key, str, str]]:
    """Yield every number inside the commune: its path, itself, whose it is."""
    for name, phone in system.commune.phones.items():
        yield ("phones", name, "number"), phone.number, f'phone "{name}"'
    reception = system.telephony.reception
    if reception is not None:
        yield ("telephony", "reception", "number"), reception.number, "the reception"
    for name, group in system.telephony.groups.items():
        yield ("telephony", "groups", name, "number"), group.number, f'group "{name}"'


def _numbers(facts: Facts, system: System) -> Iterator[tuple[Key, str]]:
    document = facts.sources.commune_files[system.stem]
    taken: dict[str, tuple[str, int]] = {}
    used = {number for _, number, _ in _written(system)}
    for path, number, whose in _written(system):
        free = f"free: {listing(_free(system, number, used), FREE_SHOWN)}"
        shadowed = shadows(number, sorted(system.emergency))
        outside = _outside(system, number)
        if shadowed is not None:
            how = "is" if number == shadowed else "cannot be told from"
            message = f"{number} {how} the emergency number {shadowed}"
            yield path, f"{message} ({system.emergency[shadowed]}); {free}"
        elif outside is not None:
            yield path, f"{number} is a number outside ({outside}); {free}"
        elif number in taken:
            other, line = taken[number]
            yield path, f"{number} is already {other} (line {line}); {free}"
        taken.setdefault(number, (whose, document.line(path)))


def _outside(system: System, number: str) -> str | None:
    """Return the class of outside numbers whose pattern a number fits, or None."""
    classes = system.territory.outside.classes
    fitting = (f"{name}, {item.pattern}" for name, item in classes.items())
    patterns = (item.pattern for item in classes.values())
    return next(
        (shown for shown, pattern in zip(fitting, patterns, strict=True) if fits(pattern, number)),
        None,
    )


def _free(system: System, wanted: str, used: set[str]) -> Iterator[str]:
    """Yield free numbers of the same length, those above the wanted one first."""
    first, last = 10 ** (len(wanted) - 1), 10 ** len(wanted)
    for number in (*range(int(wanted) + 1, last), *range(first, int(wanted))):
        text = f"{number}"
        taken = text in used or shadows(text, system.emergency) is not None
        if not taken and _outside(system, text) is None:
            yield text


def _members(system: System) -> Iterator[tuple[Key, str]]:
    reception = system.telephony.reception
    if reception is not None:
        path: Key = ("telephony", "reception")
        yield from _listed(system, (*path, "members"), reception.members)
        yield from _voicemail(system, (*path, "voicemail"), reception.voicemail)
    for name, group in system.telephony.groups.items():
        path = ("telephony", "groups", name)
        yield from _listed(system, (*path, "members"), group.members)
        if group.otherwise is not None:
            yield from _voicemail(system, (*path, "otherwise"), group.otherwise)


def _listed(system: System, path: Key, members: tuple[str, ...]) -> Iterator[tuple[Key, str]]:
    for number, name in enumerate(members):
        if name not in system.commune.phones:
            yield (*path, number), unknown("phone", name, system.commune.phones)
        elif name in members[:number]:
            yield (*path, number), f'"{name}" is written twice; remove one'


def _voicemail(system: System, path: Key, name: str) -> Iterator[tuple[Key, str]]:
    phones = system.commune.phones
    if name not in phones:
        yield path, unknown("phone", name, phones)
    elif not phones[name].voicemail:
        others = listing(other for other, phone in phones.items() if phone.voicemail)
        message = f'phone "{name}" has no voicemail; write voicemail: true there'
        yield path, f"{message}; phones with one: {others}"


def _trunks(system: System) -> Iterator[tuple[Key, str]]:
    trunks = system.telephony.trunks
    if not trunks:
        message = "no trunk: emergency calls would have no way out; write trunks: with one"
        yield (*system.root, *(("trunks",) if system.root == ("telephony",) else ())), message
    elif not any(trunk.local for trunk in trunks.values()):
        message = (
            "no trunk works without the link to the hub: emergency calls would have no way out "
            "when it is cut; write local: true where one does, or add one"
        )
        yield ("telephony", "trunks"), message
    for name, trunk in trunks.items():
        yield from _port(system, ("telephony", "trunks", name), trunk)
        for number, text in enumerate(trunk.numbers):
            path: Key = ("telephony", "trunks", name, "numbers", number)
            if (wrong := wrong_number(text, system.territory)) is not None:
                yield path, wrong


def _authorities(facts: Facts, system: System) -> Iterator[tuple[Key, str]]:
    known = facts.sources.authorities
    for name, trunk in system.telephony.trunks.items():
        if trunk.authority is not None and trunk.authority not in known:
            message = unknown("authority", trunk.authority, known)
            yield (
                ("telephony", "trunks", name, "authority"),
                f"{message}; an authority is a file authorities/<name>.pem",
            )


def _announcements(facts: Facts, system: System) -> Iterator[tuple[Key, str]]:
    known = facts.sources.announcements
    reception = system.telephony.reception
    for key in ("announcement", "closed_announcement") if reception is not None else ():
        name = getattr(reception, key)
        if name is not None and name not in known:
            message = unknown("announcement", name, known)
            yield (
                ("telephony", "reception", key),
                f"{message}; an announcement is a file announcements/<name>.wav",
            )


def _port(system: System, path: Key, trunk: Trunk) -> Iterator[tuple[Key, str]]:
    """Yield the port of a trunk that the firewall would not let out."""
    reference = system.reference
    protocol = "udp" if trunk.transport == "udp" else "tcp"
    ways = [
        parse_ports(reference.services, flow.services)
        for flow in reference.flows.values()
        if (flow.source, flow.destination) == (TELEPHONY, "internet")
        and all(service in reference.services for service in flow.services)
    ]
    allowed = any(
        not ports
        or any(
            span.protocol == protocol and span.first <= trunk.signalling_port <= span.last
            for span in ports
        )
        for ports in ways
    )
    if not allowed:
        message = (
            f"the firewall does not let {protocol}/{trunk.signalling_port} out: no flow from "
            f'"{TELEPHONY}" to "internet" has it; add it to services.trunk in group_data/ or '
            "overrides"
        )
        yield (*path, "port"), message


def _callers(system: System) -> Iterator[tuple[Key, str]]:
    """Yield callers' numbers that nobody could call back."""
    telephony = system.telephony
    written: list[tuple[Key, str]] = []
    if telephony.number is not None:
        written.append((("telephony", "number"), telephony.number))
    written += [(("telephony", "sites", name), text) for name, text in telephony.sites.items()]
    written += [
        (("phones", name, "outgoing"), phone.outgoing)
        for name, phone in system.commune.phones.items()
        if phone.outgoing is not None
    ]
    for path, text in written:
        wrong = wrong_number(text, system.territory)
        if wrong is not None:
            yield path, wrong
        elif system.telephony.trunks and text not in system.delivered:
            message = f"{text} is delivered by no trunk of this commune: nobody could call back"
            yield path, f"{message}; there are: {listing(sorted(system.delivered))}"
    sites = {phone.site: None for phone in system.commune.phones.values()}
    silent = [name for name in sites if name in system.places and name not in telephony.sites]
    if telephony.number is not None and len(sites) > 1:
        for name in silent:
            if name != system.main_site:
                yield _shared_number(telephony.number, name, system)
    if telephony.number is None:
        message = "no number of its own: calls would show none"
        if silent:
            message = f"no number: emergency calls from {listing(silent)} would show none"
        if silent or any(phone.outgoing is None for phone in system.commune.phones.values()):
            path = ("telephony", "number") if system.root == ("telephony",) else ("phones",)
            yield path, f"{message}; write number: under telephony, the commune's main number"


def _shared_number(number: str, name: str, system: System) -> tuple[Key, str]:
    """Return what is wrong with a building whose number is nowhere: help would go to another."""
    path = ("telephony", "sites") if system.telephony.sites else ("telephony", "number")
    return path, (
        f'"{name}" has phones and no number: its emergency calls would show {number}, and help '
        f'would go to "{system.main_site}"; write {name}: with that building\'s own number under '
        "telephony.sites, or this one again if it is right there"
    )


def _rules(system: System) -> Iterator[tuple[Key, str]]:
    for place, pattern in enumerate(system.telephony.blocked):
        hit = next((number for number in sorted(system.emergency) if fits(pattern, number)), None)
        if hit is not None:
            message = f'"{pattern}" would block the emergency number {hit}'
            yield (
                ("telephony", "blocked", place),
                f"{message} ({system.emergency[hit]}); write a longer pattern",
            )
    for number in system.telephony.emergency:
        other = shadows(number, sorted({*system.emergency} - {number}))
        if other is not None:
            message = f"{number} cannot be told from the emergency number {other}"
            yield (
                ("telephony", "emergency", number),
                f"{message} ({system.emergency[other]}); remove one of them",
            )


def _claims(facts: Facts, system: System, claimed: dict[str, str]) -> Iterator[Problem]:
    """Yield outside numbers that two trunks deliver, of one commune or of two."""
    document = facts.sources.commune_files[system.stem]
    for name, trunk in system.telephony.trunks.items():
        for place, number in enumerate(trunk.numbers):
            path: Key = ("telephony", "trunks", name, "numbers", place)
            if number in claimed:
                message = f"{number} is already delivered by {claimed[number]}"
                yield document.problem(path, f"{message}; a number has one place")
            where = facts.sources.where(document, path)
            claimed.setdefault(number, f'trunk "{name}" of {system.commune.name} ({where})')

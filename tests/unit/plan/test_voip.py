"""Telephone systems in the plan: where they are, what they dial, who reaches them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mairie.inventory import load
from mairie.model.commune import Commune
from mairie.model.numbering import ReferenceTelephony
from mairie.model.territory import Territory
from mairie.plan.codec import to_json
from mairie.plan.dialling import calling_code, fits, shadows, short_code, territory_of
from mairie.plan.host import HostPlan
from mairie.plan.opening import public_holidays
from mairie.plan.parts.voip import ExchangePlan, VoipPlan
from mairie.plan.reach import Packet, Reach
from mairie.plan.resolve import resolve
from tests.lab.voip_inventory import write
from tests.unit.plan.fleets import LAYERS, fleets, territory

few = settings(max_examples=25, deadline=None)
TELEPHONY = ReferenceTelephony.model_validate(LAYERS["all"]["telephony"])
SERVER, BOX = "rurutu-mairie-srv", "rapa-mairie-box"


@cache
def demo() -> Territory:
    with TemporaryDirectory() as folder:
        return load(write(Path(folder) / "demo"))


@cache
def plans() -> dict[str, HostPlan]:
    return resolve(demo())


def voip(host: str = SERVER) -> VoipPlan:
    plan = plans()[host].voip
    assert plan is not None
    return plan


def exchange() -> ExchangePlan:
    plan = plans()["hub"].exchange
    assert plan is not None
    return plan


def changed(**update: object) -> dict[str, HostPlan]:
    """Return the plans where something of Rurutu is otherwise."""
    communes = dict(demo().communes)
    communes["rurutu"] = communes["rurutu"].model_copy(update=update)
    return resolve(replace(demo(), communes=communes))


def test_one_host_of_a_commune_has_it_and_the_hub_the_exchange() -> None:
    with_voip = [name for name, plan in plans().items() if plan.voip is not None]
    assert with_voip == [BOX, SERVER]
    bricks = [name for name, plan in plans().items() if "voip" in plan.bricks]
    assert bricks == ["hub", BOX, SERVER]
    for name in bricks:
        others = [each for each in plans()[name].bricks if each != "phones"]
        assert others[-2:] == ["voip", "backup"]


def test_without_telephony_nothing_changes() -> None:
    without = changed(phones={}, telephony=None)
    assert without[SERVER].voip is None
    assert "voip" not in without[SERVER].bricks
    hub = without["hub"].exchange
    assert hub is not None
    assert [each.commune for each in hub.communes] == ["rapa"]
    assert without[BOX].voip == replace(voip(BOX), neighbours=())
    rules = without["rurutu-mairie-gw"].network.firewall.rules
    assert not [rule for rule in rules if "telephony" in rule.flow]


def test_the_first_server_of_the_file() -> None:
    sites = demo().communes["rurutu"].sites
    ecole = sites["ecole"].model_copy(
        update={
            "segments": ("admin", "servers", "voice"),
            "hosts": {**sites["ecole"].hosts, "srv": sites["mairie"].hosts["srv"]},
        }
    )
    last = changed(sites={"mairie": sites["mairie"], "ecole": ecole})
    assert [name for name, plan in last.items() if plan.voip is not None] == [BOX, SERVER]
    first = changed(sites={"ecole": ecole, "mairie": sites["mairie"]})
    found = [name for name, plan in first.items() if plan.voip is not None]
    assert found == [BOX, "rurutu-ecole-srv"]


def test_phones_have_an_address_and_a_name() -> None:
    network = plans()["rurutu-mairie-gw"].network
    reserved = {item.name: item for item in network.dhcp_reservations if item.segment == "voice"}
    assert reserved.keys() == {"accueil", "secretariat", "maire"}
    assert reserved["accueil"].mac == "00:15:65:10:44:11"
    assert network.dns is not None
    assert reserved["maire"].address in {item.ipv4 for item in network.dns.records}
    school = plans()["rurutu-ecole-gw"].network.dhcp_reservations
    assert {item.name for item in school} == {"phone-direction", "direction"}


def test_who_a_phone_shows() -> None:
    by_name = {item.name: item for item in voip().extensions}
    assert by_name["accueil"].outgoing == "+68940930000"
    assert by_name["accueil"].emergency_caller == "+68940930000"
    assert by_name["direction"].outgoing == "+68940930120"
    assert by_name["direction"].emergency_caller == "+68940930120"
    assert by_name["direction"].prefix_ipv4 != by_name["accueil"].prefix_ipv4
    assert by_name["atelier"].mac == ""


def test_codes_codecs_and_ports() -> None:
    assert voip().code == "044"
    (rapa,) = voip().neighbours
    assert (rapa.commune, rapa.code) == ("rapa", "041")
    hub = voip().hub
    assert hub is not None
    assert rapa.ipv4 == hub.ipv4 == exchange().ipv4
    assert [each.ipv4 for each in exchange().communes] == [voip(BOX).ipv4, voip().ipv4]
    assert voip().hub_codecs == ("opus", "gsm")
    assert set(voip().hub_codecs) <= set(exchange().codecs)
    assert (voip().rtp_first, voip().rtp_last) == (10000, 20000)
    assert (voip().country, voip().country_code) == ("PF", "689")


def test_what_is_blocked_comes_first() -> None:
    first = voip().classes[0]
    assert (first.pattern, first.blocked) == ("8799XXXX", True)
    assert voip().spending.daily_cents == 200_000
    assert voip(BOX).spending.daily_cents == 500_000


@pytest.mark.parametrize(
    ("source", "destination", "protocol", "port", "allowed"),
    [
        ("server", "hub", "tcp", 5061, True),
        ("server", "hub", "udp", 10000, True),
        ("hub", "server", "tcp", 5061, True),
        ("hub", "server", "udp", 20000, True),
        ("hub", "box", "tcp", 5061, True),
        ("box", "hub", "tcp", 5061, True),
        ("server", "internet", "tcp", 5061, True),
        ("server", "internet", "udp", 40000, True),
        ("server", "internet", "tcp", 25, False),
        ("server", "box", "tcp", 5061, False),  # by way of the exchange alone
        ("box", "server", "tcp", 5061, False),
        ("phone", "server", "tcp", 5061, True),
        ("phone", "box", "tcp", 5061, False),  # another commune's
        ("phone", "hub", "tcp", 5061, False),
        ("phone", "internet", "udp", 5060, False),
        ("agent", "hub", "tcp", 5061, False),
    ],
)
def test_who_reaches_whom(
    source: str, destination: str, protocol: str, port: int, *, allowed: bool
) -> None:
    at = {
        "server": voip().ipv4,
        "box": voip(BOX).ipv4,
        "hub": exchange().ipv4,
        "internet": "192.0.2.7",
        "phone": "10.44.195.120",
        "agent": "10.44.194.120",
    }
    verdict = Reach(plans()).follow(Packet(at[source], at[destination], protocol, port))
    assert verdict.allowed == allowed, verdict


def test_the_internet_does_not_call_the_exchange() -> None:
    hub = plans()["hub"].network
    wan = {uplink.port for uplink in hub.uplinks}
    inward = [rule for rule in hub.firewall.rules if wan & {*rule.source.interfaces}]
    assert inward
    ports = [each for rule in inward for each in rule.ports]
    assert not [each for each in ports if each.first <= 5061 and each.last >= 5060]


def test_only_the_telephone_host_calls_the_exchange() -> None:
    sites = demo().communes["rurutu"].sites
    second = sites["mairie"].hosts["srv"].model_copy(update={"number": 3})
    hosts = {**sites["mairie"].hosts, "srv2": second}
    mairie = sites["mairie"].model_copy(update={"hosts": hosts})
    there = Reach(changed(sites={**sites, "mairie": mairie}))
    for host, allowed in (("10.44.193.8", True), ("10.44.193.3", False)):
        for target in (exchange().ipv4, "192.0.2.7"):
            assert there.follow(Packet(host, target, "tcp", 5061)).allowed == allowed


@pytest.mark.parametrize(
    ("pattern", "number", "expected"),
    [
        ("8[79]XXXXXX", "87123456", True),
        ("8[79]XXXXXX", "88123456", False),
        ("8[79]XXXXXX", "8712345", False),
        ("00.", "0033", True),
        ("00.", "00", False),
        ("00!", "00", True),
        ("0[1-59]X", "091", True),
        ("0[1-59]X", "061", False),
        ("ZN", "12", True),
        ("ZN", "01", False),
        ("ZN", "11", False),
    ],
)
def test_patterns(pattern: str, number: str, *, expected: bool) -> None:
    assert fits(pattern, number) == expected


def _territories() -> Iterator[tuple[str, str]]:
    yield from (
        (name, number) for name, row in TELEPHONY.territories.items() for number in row.emergency
    )


@pytest.mark.parametrize(("name", "number"), list(_territories()))
def test_no_rule_of_the_reference_shadows_an_emergency_number(name: str, number: str) -> None:
    row = TELEPHONY.territories[name]
    assert not [item for item in row.outside.classes.values() if fits(item.pattern, number)]
    assert shadows(number, {*row.emergency} - {number}) is None


@pytest.mark.parametrize(
    ("insee", "country", "numbers"),
    [
        ("98744", "PF", {"15", "16", "17", "18", "112"}),
        (
            "21663",
            "FR",
            {"15", "17", "18", "112", "114", "115", "116000", "116117", "119", "191", "196", "197"},
        ),
        ("2A004", "FR", None),
        ("95018", "FR", None),
        ("97105", None, None),
        ("98818", None, None),
    ],
)
def test_territories(insee: str, country: str | None, numbers: set[str] | None) -> None:
    row = territory_of(insee, TELEPHONY)
    assert (row.country if row else None) == country
    assert row is None or numbers is None or {*row.emergency} == numbers


def test_calling_codes() -> None:
    assert (calling_code("PF"), calling_code("FR")) == ("689", "33")


def test_public_holidays_are_the_territorys() -> None:
    polynesia = public_holidays(TELEPHONY.territories["polynesie"].holidays, (2026,))
    france = public_holidays(TELEPHONY.territories["metropole"].holidays, (2026,))
    assert {day: polynesia[day] for day in polynesia.keys() - france.keys()} == {
        "2026-03-05": "Arrivée de l'Évangile",
        "2026-04-03": "Vendredi saint",
        "2026-11-20": "Matāri'i",
    }
    assert france.keys() < polynesia.keys()
    assert france["2026-05-14"] == "Ascension"


def test_closed_days_are_in_order_and_the_communes_own_word_counts() -> None:
    reception = voip().reception
    assert reception is not None
    days = [item.date for item in reception.closed]
    assert days == sorted(set(days))
    assert {day[:4] for day in days} == {"2026", "2027", "2028"}
    assert "Veille de Noël" in {item.label for item in reception.closed}
    wanted = demo().communes["rurutu"].telephony
    assert wanted is not None
    assert wanted.reception is not None
    closure = wanted.reception.closures[0]
    own = closure.model_copy(update={"date": closure.date.replace(day=25), "label": "Fermé"})
    for holidays, expected in ((True, 3 * 14), (False, 1)):
        other = wanted.reception.model_copy(update={"holidays": holidays, "closures": (own,)})
        later = changed(telephony=wanted.model_copy(update={"reception": other}))[SERVER].voip
        assert later is not None
        assert later.reception is not None
        assert {item.date: item.label for item in later.reception.closed}["2026-12-25"] == "Fermé"
        assert len(later.reception.closed) == expected


@given(st.integers(1, 999), st.integers(1, 999))
def test_short_codes_are_as_long_and_apart(one: int, other: int) -> None:
    codes = short_code(one, 3), short_code(other, 3)
    assert {len(code) for code in codes} == {3}
    assert (codes[0] == codes[1]) == (one == other)


@few
@given(fleets(smallest=2, phones=True))
def test_adding_a_commune_changes_nothing_but_the_neighbours(fleet: list[Commune]) -> None:
    before, after = resolve(territory(fleet[:-1])), resolve(territory(fleet))
    for name, plan in before.items():
        if plan.is_hub:
            continue
        later = after[name]
        if plan.voip is not None:
            assert later.voip is not None
            assert {*plan.voip.neighbours} <= {*later.voip.neighbours}
            voip_as_before = replace(later.voip, neighbours=plan.voip.neighbours)
            later = replace(later, voip=voip_as_before)
        assert to_json(later) == to_json(plan)


@few
@given(fleets(smallest=1, phones=True))
def test_nothing_that_is_dialled_shadows_an_emergency_number(fleet: list[Commune]) -> None:
    for plan in resolve(territory(fleet)).values():
        if plan.voip is None:
            continue
        emergency = [item.number for item in plan.voip.emergency]
        inside = [item.number for item in plan.voip.extensions]
        inside += [item.number for item in plan.voip.groups]
        inside += [plan.voip.reception.number] if plan.voip.reception else []
        assert not [number for number in inside if shadows(number, emergency)]
        assert not [
            item for item in plan.voip.classes for number in emergency if fits(item.pattern, number)
        ]


@few
@given(fleets(smallest=1, phones=True))
def test_each_commune_is_known_by_the_same_code_everywhere(fleet: list[Commune]) -> None:
    found = resolve(territory(fleet))
    systems = {plan.place.commune: plan.voip for plan in found.values() if plan.voip is not None}
    hub = next(plan for plan in found.values() if plan.is_hub)
    assert (hub.exchange is None) == (not systems)
    if hub.exchange is not None:
        known = {item.commune: item.code for item in hub.exchange.communes}
        assert known == {commune: system.code for commune, system in systems.items()}
        assert {item.ipv4 for item in hub.exchange.communes} == {
            system.ipv4 for system in systems.values()
        }
    for commune, system in systems.items():
        assert {item.commune for item in system.neighbours} == {*systems} - {commune}

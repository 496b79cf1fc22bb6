"""Phones in the plan: what each of them is given, and by what DHCP leads it there."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import pytest

from mairie.files.phones import posix_zone, yealink_zone
from mairie.inventory import load
from mairie.model.territory import Territory
from mairie.plan.host import HostPlan
from mairie.plan.parts.phones import PhonesPlan
from mairie.plan.phones import clock
from mairie.plan.reach import Packet, Reach
from mairie.plan.resolve import resolve
from tests.lab.voip_inventory import write

SERVER, BOX, SCHOOL = "rurutu-mairie-srv", "rapa-mairie-box", "rurutu-ecole-gw"


@cache
def demo() -> Territory:
    with TemporaryDirectory() as folder:
        return load(write(Path(folder) / "demo"))


@cache
def plans() -> dict[str, HostPlan]:
    return resolve(demo())


def phones(host: str = SERVER) -> PhonesPlan:
    plan = plans()[host].phones
    assert plan is not None
    return plan


def test_the_telephone_host_of_a_commune_gives_phones_their_files() -> None:
    assert [name for name, plan in plans().items() if plan.phones is not None] == [BOX, SERVER]
    for name in (BOX, SERVER):
        bricks = plans()[name].bricks
        assert bricks.index("phones") == bricks.index("voip") + 1


def test_a_commune_with_programs_alone_needs_none() -> None:
    communes = dict(demo().communes)
    rurutu = communes["rurutu"]
    atelier = {"atelier": rurutu.phones["atelier"]}
    communes["rurutu"] = rurutu.model_copy(update={"phones": atelier, "telephony": None})
    found = resolve(replace(demo(), communes=communes))
    assert found[SERVER].voip is not None
    assert found[SERVER].phones is None
    assert "phones" not in found[SERVER].bricks
    assert found["rurutu-mairie-gw"].network.dhcp_options == ()


def test_each_phone_is_known_by_the_address_that_dhcp_gives_it() -> None:
    reserved = {
        item.mac: item.address
        for plan in plans().values()
        for item in plan.network.dhcp_reservations
        if item.segment == "voice"
    }
    every = [phone for host in (SERVER, BOX) for phone in phones(host).phones]
    assert len(every) == 6
    assert {phone.mac: phone.address for phone in every}.items() <= reserved.items()
    assert "atelier" not in {phone.name for phone in every}
    assert {phone.name: phone.file for phone in phones().phones} == {
        "accueil": "001565104411.cfg",
        "direction": "cfg000b82104414.xml",
        "maire": "snomD785-000413104413.htm",
        "secretariat": "001565104412.cfg",
    }


def test_a_phone_takes_the_time_from_the_gateway_of_its_own_site() -> None:
    gateways = {
        plan.place.site_label: item.ipv4.partition("/")[0]
        for plan in plans().values()
        if plan.is_gateway and plan.place.commune == "rurutu"
        for item in plan.network.segments
        if item.segment == "voice"
    }
    assert len(gateways) == 2
    for phone in phones().phones:
        assert phone.time_server == gateways[phone.site_label]


def test_dhcp_leads_phones_to_it_and_tells_a_snom_the_name_of_its_file() -> None:
    assert phones().url == f"https://{phones().address}/"
    assert phones().address == phones().registrar
    for host in ("rurutu-mairie-gw", SCHOOL, BOX):
        options = plans()[host].network.dhcp_options
        url = phones(BOX if host == BOX else SERVER).url
        everybody = [item for item in options if not item.mac]
        assert [(item.number, item.segment, item.value) for item in everybody] == [
            (66, "voice", url)
        ]
    own = [item for item in plans()["rurutu-mairie-gw"].network.dhcp_options if item.mac]
    assert [(item.mac, item.number, item.value) for item in own] == [
        ("00:04:13:10:44:13", 67, "snomD785-000413104413.htm")
    ]
    assert plans()["hub"].network.dhcp_options == ()


def test_phones_of_the_commune_reach_it_and_visitors_pupils_and_things_do_not() -> None:
    reach = Reach(plans())
    here = phones().address
    for phone in phones().phones:
        assert reach.follow(Packet(phone.address, here, "tcp", 443)).allowed, phone.name
    stranger = phones(BOX).phones[0].address
    assert not reach.follow(Packet(stranger, here, "tcp", 443)).allowed
    tried = [
        scope
        for plan in plans().values()
        for scope in plan.network.dhcp_scopes
        if scope.segment in ("public", "school", "things") and plan.place.commune == "rurutu"
    ]
    assert tried
    for scope in tried:
        assert not reach.follow(Packet(scope.first, here, "tcp", 443)).allowed, scope.segment


def test_the_directory_has_the_commune_and_receptions_of_the_others() -> None:
    found = {contact.label: contact.number for contact in phones().directory}
    assert found == {
        "Réception": "100",
        "Accueil": "101",
        "Atelier": "104",
        "Direction de l'école": "120",
        "File d'attente": "201",
        "Le maire": "103",
        "Secrétariat": "102",
        "Urbanisme": "200",
        "Mairie de Rapa": "*041100",
    }
    assert phones().directory[0].label == "Réception"
    assert phones().directory[-1].label == "Mairie de Rapa"


@pytest.mark.parametrize(
    ("name", "minutes", "summer", "posix", "yealink"),
    [
        ("Pacific/Tahiti", -600, "", "LOC10", "-10"),
        ("Pacific/Marquesas", -570, "", "LOC9:30", "-9:30"),
        ("Pacific/Gambier", -540, "", "LOC9", "-9"),
        ("Europe/Paris", 60, "eu", "LOC-1LOS-2,M3.5.0/2,M10.5.0/3", "+1"),
        ("America/Miquelon", -180, "us", "LOC3LOS2,M3.2.0/2,M11.1.0/2", "-3"),
    ],
)
def test_time_zones_as_phones_understand_them(
    name: str, minutes: int, summer: str, posix: str, yealink: str
) -> None:
    for year in range(2026, 2036):
        found = clock(name, year)
        assert (found.offset_minutes, found.summer) == (minutes, summer)
    assert (posix_zone(found), yealink_zone(found)) == (posix, yealink)
    assert ZoneInfo(name).key == found.name

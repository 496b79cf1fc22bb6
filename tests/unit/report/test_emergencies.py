"""The table of emergencies: phone by phone, what the telephone systems themselves answered."""

from __future__ import annotations

from mairie.report.emergencies import CONTROL, Row, emergency_tables
from mairie.report.html import to_html
from mairie.report.json import from_json, to_json
from tests.conformance import test_voip as controls
from tests.unit.plan.test_voip import SERVER, plans
from tests.unit.report import sample
from tests.unit.report.test_html import Page


def test_numbers_that_go_the_same_way_are_one_row() -> None:
    (table,) = emergency_tables(sample.telephones().hosts)
    assert (table.commune, table.host) == ("Rurutu", "rurutu-mairie-srv")
    assert (table.phones, table.numbers) == (3, 4)
    unknown = "Asterisk ne répond pas"
    assert table.rows == (
        Row(
            phone="101 Accueil",
            numbers=sample.NUMBERS,
            ways=sample.WAYS,
            outcome="pass",
            message="",
        ),
        Row(
            phone="104 Atelier",
            numbers=("15",),
            ways=(),
            outcome="fail",
            message="15 est pris par « inside »",
        ),
        Row(
            phone="104 Atelier",
            numbers=sample.NUMBERS[1:],
            ways=sample.WAYS,
            outcome="pass",
            message="",
        ),
        Row(
            phone="120 Direction de l'école",
            numbers=sample.NUMBERS,
            ways=(),
            outcome="unknown",
            message=unknown,
        ),
    )


def test_hosts_without_telephones_have_no_table() -> None:
    assert emergency_tables(sample.clean().hosts) == ()
    assert "Appels d'urgence" not in Page(to_html(sample.clean())).text


def test_the_page_says_it_in_order_and_what_is_unknown() -> None:
    run = sample.telephones()
    text = Page(to_html(run)).text
    section = text[text.index("Ce que chaque standard") : text.index("À quoi servent")]
    local, reserve = sample.WAYS
    assert section.index(local) < section.index(reserve)
    assert section.count(local) == 2
    assert "inconnues" in section
    assert "15 est pris par « inside »" in section


def test_what_was_seen_travels_as_json() -> None:
    run = sample.telephones()
    again = from_json(to_json(run))
    assert emergency_tables(again.hosts) == emergency_tables(run.hosts)


def test_subjects_are_those_of_the_control() -> None:
    asked = controls.emergency_calls(plans()[SERVER])
    assert CONTROL == "VOI-20"
    assert "101 Accueil → 15" in asked
    voip = controls.voip_of(plans()[SERVER])
    assert len(asked) == len(voip.extensions) * len(voip.emergency)

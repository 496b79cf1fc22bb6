"""Who gets which file, how often, and what is written down of it."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus

import pytest

from mairie_phones.desk import ASKED, MINUTE
from tests.unit.phones.conftest import ONE, SECRET, TWO, World


def test_a_phone_gets_its_file_once(world: World) -> None:
    answer = world.desk.ask(ONE.file, ONE.address)
    assert (answer.status, answer.content) == (HTTPStatus.OK, SECRET)
    again = world.desk.ask(ONE.file, ONE.address)
    assert (again.status, again.content) == (HTTPStatus.FORBIDDEN, b"")
    # A restart of the service forgets nothing.
    assert world.again().ask(ONE.file, ONE.address).status is HTTPStatus.FORBIDDEN
    assert world.desk.ask(TWO.file.upper(), TWO.address).status is HTTPStatus.OK


@pytest.mark.parametrize(
    ("name", "address", "status"),
    [
        (ONE.file, TWO.address, HTTPStatus.FORBIDDEN),
        (ONE.file, "127.0.0.9", HTTPStatus.FORBIDDEN),
        ("directory.xml", "127.0.0.9", HTTPStatus.NOT_FOUND),
        ("other.cfg", ONE.address, HTTPStatus.NOT_FOUND),
        ("../state/phones.json", ONE.address, HTTPStatus.NOT_FOUND),
        ("", ONE.address, HTTPStatus.NOT_FOUND),
    ],
)
def test_nobody_gets_what_is_not_theirs(
    world: World, name: str, address: str, status: HTTPStatus
) -> None:
    answer = world.desk.ask(name, address)
    assert (answer.status, answer.content) == (status, b"")
    assert "refusé" in world.store.log()
    assert world.desk.ask(ONE.file, ONE.address).status is HTTPStatus.OK, "is still there for it"


def test_a_technician_lets_it_have_its_file_once_more(world: World) -> None:
    world.desk.ask(ONE.file, ONE.address)
    world.desk.open(ONE, 5, "Hina T.")
    assert world.desk.standing(ONE) == "ouvert encore 5 min"
    assert world.desk.ask(ONE.file, TWO.address).status is HTTPStatus.FORBIDDEN
    assert world.desk.ask(ONE.file, ONE.address).status is HTTPStatus.OK
    assert world.desk.ask(ONE.file, ONE.address).status is HTTPStatus.FORBIDDEN


def test_an_opening_ends_with_its_time_and_with_a_restart_of_the_host(world: World) -> None:
    for phone in (ONE, TWO):
        world.desk.ask(phone.file, phone.address)
        world.desk.open(phone, 5, "")
    # Setting the time of day back lengthens nothing.
    world.clock.go(5 * MINUTE)
    world.clock.moment = replace(world.clock.moment, wall=0.0)
    assert world.desk.ask(ONE.file, ONE.address).status is HTTPStatus.FORBIDDEN
    world.clock.moment = replace(world.clock.moment, passed=10.0, boot="another")
    assert world.desk.ask(TWO.file, TWO.address).status is HTTPStatus.FORBIDDEN


def test_the_directory_is_for_every_phone_as_often_as_it_asks(world: World) -> None:
    for _ in range(3):
        assert world.desk.ask("directory.xml", ONE.address).content == b"<x/>"


def test_who_asks_too_often_waits_and_does_not_fill_the_log(world: World) -> None:
    for _ in range(5 * ASKED):
        world.desk.ask("guess.cfg", "127.0.0.9")
    assert world.desk.ask("guess.cfg", "127.0.0.9").status is HTTPStatus.TOO_MANY_REQUESTS
    assert len(world.store.log().splitlines()) == ASKED + 1
    assert world.desk.ask(ONE.file, ONE.address).status is HTTPStatus.OK
    world.clock.go(MINUTE + 1)
    assert world.desk.ask("guess.cfg", "127.0.0.9").status is HTTPStatus.NOT_FOUND


def test_everything_is_written_down_but_secrets(world: World) -> None:
    world.desk.ask(ONE.file, ONE.address)
    world.desk.ask(ONE.file, ONE.address)
    world.desk.ask("a\tb\nc", ONE.address)
    world.desk.open(ONE, 5, "Hina T.")
    lines = [line.split("\t")[1:] for line in world.store.log().splitlines()]
    assert lines == [
        ["remis", ONE.name, ONE.mac, ONE.address, ONE.file],
        ["refusé", ONE.address, ONE.file, lines[1][3]],
        ["refusé", ONE.address, "a?b?c", "aucun fichier de ce nom"],
        ["ouvert", ONE.name, ONE.mac, "5 min", "Hina T."],
    ]
    assert lines[1][3].startswith("déjà remis le 2026-11-23T07:00:00")
    kept = b"".join(path.read_bytes() for path in world.state.iterdir())
    assert SECRET.split()[-1] not in kept
    assert {path.stat().st_mode & 0o777 for path in world.state.iterdir()} == {0o600}


def test_a_file_that_changed_is_said_and_not_given(world: World) -> None:
    world.desk.ask(ONE.file, ONE.address)
    assert world.desk.standing(ONE).startswith("remis le 2026-11-23T07:00:00")
    assert world.desk.standing(TWO) == "jamais remis : il attend son poste"
    (world.files / ONE.file).write_bytes(b"another")
    assert world.desk.standing(ONE).endswith("changé depuis : à rouvrir")
    assert world.desk.ask(ONE.file, ONE.address).status is HTTPStatus.FORBIDDEN


def test_what_cannot_be_known_is_not_given(world: World) -> None:
    world.desk.ask(ONE.file, ONE.address)
    (world.state / "phones.json").write_text("{")
    with pytest.raises(ValueError, match="Expecting"):
        world.desk.ask(ONE.file, ONE.address)


def test_phones_are_found_by_name_number_and_address(world: World) -> None:
    for text in (ONE.name, ONE.number, ONE.mac, ONE.mac.upper().replace(":", "-")):
        assert world.desk.find(text) == ONE
    assert world.desk.find("atelier") is None

"""Programs that are invited: once, in time, from their networks, and nothing kept that opens."""

from __future__ import annotations

import json
from dataclasses import replace
from http import HTTPStatus

import pytest

from mairie_phones.desk import INVITATION, MINUTE
from tests.unit.phones.conftest import INSIDE, ONE, OUTSIDE, SECRET, TABLET, World


def asked(world: World, token: str, address: str = INSIDE) -> HTTPStatus:
    return world.desk.ask(f"{INVITATION}{token}", address, clear=True).status


def last(world: World) -> list[str]:
    return world.store.log().splitlines()[-1].split("\t")[1:]


def test_an_invitation_gives_its_file_once(world: World) -> None:
    assert world.desk.standing(TABLET) == "jamais remis : à inviter"
    token = world.desk.invite(TABLET, 30, "Hina T.")
    assert last(world) == ["invité", TABLET.name, "-", "30 min", "Hina T."]
    assert world.desk.standing(TABLET) == "invité encore 30 min"
    answer = world.desk.ask(f"{INVITATION}{token}", INSIDE, clear=True)
    assert (answer.status, answer.content) == (HTTPStatus.OK, SECRET)
    assert last(world) == ["remis", TABLET.name, "-", INSIDE, TABLET.file]
    assert asked(world, token) is HTTPStatus.FORBIDDEN
    assert last(world)[1:] == [INSIDE, "invitation", "invitation inconnue, fermée ou déjà servie"]
    # A restart of the service forgets nothing.
    world.desk = world.again()
    assert asked(world, token) is HTTPStatus.FORBIDDEN
    assert world.desk.standing(TABLET).startswith("remis le 2026-11-23T07:00:00")


def test_it_ends_with_its_time_and_with_a_restart_of_the_host(world: World) -> None:
    late = world.desk.invite(TABLET, 5, "")
    world.clock.go(5 * MINUTE)
    world.clock.moment = replace(world.clock.moment, wall=0.0)
    assert asked(world, late) is HTTPStatus.FORBIDDEN
    assert last(world)[-1] == "invitation de tablette : trop tard"
    token = world.desk.invite(TABLET, 5, "")
    world.clock.moment = replace(world.clock.moment, passed=10.0, boot="another")
    assert asked(world, token) is HTTPStatus.FORBIDDEN


def test_another_network_does_not_use_it_up(world: World) -> None:
    token = world.desk.invite(TABLET, 5, "")
    assert asked(world, token, OUTSIDE) is HTTPStatus.FORBIDDEN
    assert last(world) == [
        "refusé",
        OUTSIDE,
        "invitation",
        "invitation de tablette : hors de ses réseaux",
    ]
    assert asked(world, token) is HTTPStatus.OK


def test_another_invitation_ends_the_first_and_a_lost_one_is_closed(world: World) -> None:
    lost, token = (world.desk.invite(TABLET, 5, "") for _ in range(2))
    assert lost != token
    assert asked(world, lost) is HTTPStatus.FORBIDDEN
    assert world.desk.close(TABLET, "Hina T.")
    assert last(world) == ["fermé", TABLET.name, "-", "Hina T."]
    assert asked(world, token) is HTTPStatus.FORBIDDEN
    assert not world.desk.close(TABLET, "")
    world.desk.ask(ONE.file, ONE.address)
    world.desk.open(ONE, 5, "")
    assert world.desk.close(ONE, "")
    assert world.desk.ask(ONE.file, ONE.address).status is HTTPStatus.FORBIDDEN


def test_what_is_kept_opens_nothing(world: World) -> None:
    token = world.desk.invite(TABLET, 5, "Hina T.")
    kept = b"".join(path.read_bytes() for path in world.state.iterdir())
    assert token.encode() not in kept
    digest = json.loads((world.state / "phones.json").read_text())["invited"]["tablette"]["token"]
    assert asked(world, digest) is HTTPStatus.FORBIDDEN
    assert asked(world, token) is HTTPStatus.OK
    kept = b"".join(path.read_bytes() for path in world.state.iterdir())
    assert token.encode() not in kept and SECRET not in kept


@pytest.mark.parametrize("name", ["", "0" * 24, "../linphone-tablette.xml"])
def test_a_token_that_was_made_up_opens_nothing(world: World, name: str) -> None:
    world.desk.invite(TABLET, 5, "")
    assert asked(world, name) is HTTPStatus.FORBIDDEN
    assert name not in last(world)


def test_the_file_itself_is_for_nobody(world: World) -> None:
    for address in (INSIDE, ONE.address):
        assert world.desk.ask(TABLET.file, address).status is HTTPStatus.NOT_FOUND


def test_in_the_clear_nothing_else_is_given(world: World) -> None:
    for name in (ONE.file, "directory.xml", TABLET.file):
        assert world.desk.ask(name, ONE.address, clear=True).status is HTTPStatus.FORBIDDEN
        assert last(world)[-1] == "demandé en clair"
    assert world.desk.ask(ONE.file, ONE.address).status is HTTPStatus.OK


def test_a_file_that_changed_asks_for_another_invitation(world: World) -> None:
    asked(world, world.desk.invite(TABLET, 5, ""))
    (world.files / TABLET.file).write_bytes(b"another")
    assert world.desk.standing(TABLET).endswith("changé depuis : à inviter")


def test_what_was_kept_before_there_were_invitations_is_read(world: World) -> None:
    world.desk.ask(ONE.file, ONE.address)
    path = world.state / "phones.json"
    kept = json.loads(path.read_text())
    del kept["invited"]
    path.write_text(json.dumps(kept))
    assert world.desk.ask(ONE.file, ONE.address).status is HTTPStatus.FORBIDDEN
    assert asked(world, world.desk.invite(TABLET, 5, "")) is HTTPStatus.OK


def test_a_program_is_found_by_name_and_number(world: World) -> None:
    assert world.desk.find("tablette") == world.desk.find("105") == TABLET

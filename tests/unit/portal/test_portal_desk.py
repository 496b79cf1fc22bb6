"""Who gets a session, and for how long."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.portal.conftest import World

ONE, TWO = "02:00:00:00:00:01", "02:00:00:00:00:02"
HOUR = 3600


def test_a_click_opens_a_session_of_its_length(world: World) -> None:
    assert world.desk.accept(ONE) == "opened"
    assert world.gate.devices == {ONE: 1}
    assert world.gate.seconds == {1: 4 * HOUR}
    assert world.desk.standing(ONE).is_open
    assert not world.desk.standing(TWO).is_open


def test_another_click_makes_it_no_longer(world: World) -> None:
    world.desk.accept(ONE)
    world.now += HOUR
    assert world.desk.accept(ONE) == "opened"
    session = world.desk.standing(ONE).session
    assert session is not None
    assert session.until == 1_000_000 + 4 * HOUR


def test_time_ends_it_and_a_click_opens_another(world: World) -> None:
    world.desk.accept(ONE)
    world.now += 4 * HOUR
    assert not world.desk.standing(ONE).is_open
    world.desk.settle()
    assert (world.gate.devices, world.store.sessions()) == ({}, [])
    assert world.desk.accept(ONE) == "opened"


def test_volume_ends_it_until_its_time_is_over(world: World) -> None:
    world.desk.accept(ONE)
    world.gate.used[1] = 1000
    assert world.desk.accept(ONE) == "spent"
    world.desk.settle()
    assert world.desk.accept(ONE) == "spent"
    world.now += 4 * HOUR
    assert world.desk.accept(ONE) == "opened"


def test_a_restart_gives_back_what_was_left_and_no_more(world: World) -> None:
    world.desk.accept(ONE)
    world.gate.used[1] = 400
    world.desk.settle()
    world.gate.devices.clear()
    world.gate.used.clear()
    world.now += HOUR
    desk = world.new_desk()
    desk.settle()
    assert (world.gate.devices, world.gate.used) == ({ONE: 1}, {1: 400})
    assert world.gate.seconds == {1: 3 * HOUR}


def test_a_clock_that_was_wrong_makes_no_session_longer(world: World) -> None:
    world.desk.accept(ONE)
    world.gate.devices.clear()
    world.gate.used.clear()
    world.now -= 100 * HOUR
    world.desk.settle()
    assert world.gate.seconds == {1: 4 * HOUR}


def test_what_was_put_in_by_hand_is_taken_out(world: World) -> None:
    world.desk.accept(ONE)
    world.gate.devices[TWO] = 9
    world.gate.used[9] = 0
    world.gate.devices["02:00:00:00:00:03"] = 1
    world.desk.settle()
    assert (world.gate.devices, set(world.gate.used)) == ({ONE: 1}, {1})


def test_without_a_firewall_nobody_is_let_in(world: World) -> None:
    world.gate.broken = True
    assert world.desk.accept(ONE) == "closed"
    assert world.store.sessions() == []


def test_a_voucher_counts_from_its_first_use(world: World) -> None:
    code = world.code(hours=2)
    world.now += 100 * HOUR
    assert world.desk.redeem(ONE, f" {code.lower()} ") == "opened"
    assert world.gate.seconds == {1: 2 * HOUR}
    world.now += HOUR
    assert world.desk.redeem(ONE, code) == "opened"
    session = world.desk.standing(ONE).session
    assert session is not None
    assert session.until == world.now + HOUR
    world.now += HOUR
    assert world.desk.redeem(ONE, code) == "ended"
    assert world.desk.redeem(TWO, code) == "ended"


def test_a_voucher_goes_with_its_holder_and_so_does_what_was_used(world: World) -> None:
    code = world.code()
    world.desk.redeem(ONE, code)
    world.gate.used[1] = 700
    assert world.desk.redeem(TWO, code) == "opened"
    assert list(world.gate.devices) == [TWO]
    assert world.desk.standing(TWO).left_bytes == 300
    (number,) = world.gate.used
    world.gate.used[number] = 1000
    assert world.desk.redeem(ONE, code) == "spent"


@pytest.mark.parametrize("typed", ["", "AAAA-AAAA", "A", "0000-0000", "é" * 8, "A" * 5000])
def test_a_wrong_code_is_refused(world: World, typed: str) -> None:
    world.code()
    assert world.desk.redeem(ONE, typed) == "wrong"
    assert world.gate.devices == {}


def test_a_revoked_voucher_ends_its_session(world: World) -> None:
    code = world.code()
    world.desk.redeem(ONE, code)
    assert world.store.revoke(1, world.now)
    assert not world.store.revoke(1, world.now)
    world.desk.settle()
    assert world.gate.devices == {}
    assert world.desk.redeem(ONE, code) == "revoked"


def test_codes_cannot_be_tried_one_after_the_other(world: World) -> None:
    code = world.code()
    assert [world.desk.redeem(ONE, "AAAA-AAAA") for _ in range(6)] == ["wrong"] * 5 + ["patience"]
    assert world.desk.redeem(ONE, code) == "patience"
    assert world.desk.redeem(TWO, code) == "opened"
    world.now += 61
    assert world.desk.redeem(ONE, code) == "opened"


def test_nor_by_a_device_that_changes_its_name(world: World) -> None:
    found = [world.desk.redeem(f"02:00:00:00:01:{n:02x}", "wrong") for n in range(61)]
    assert found == ["wrong"] * 60 + ["patience"]


def test_no_code_is_on_the_disk(world: World, tmp_path: Path) -> None:
    codes = [code for _, code in world.store.make_vouchers(5, HOUR, world.now)]
    assert len(set(codes)) == 5
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    for code in codes:
        assert code.encode() not in kept and code.replace("-", "").encode() not in kept
    assert (tmp_path / "portal.sqlite").stat().st_mode & 0o777 == 0o600

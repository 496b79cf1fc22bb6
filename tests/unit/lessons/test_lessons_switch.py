"""Lessons begin when somebody says so or the schedule does, and always end by themselves."""

from __future__ import annotations

import stat
from datetime import datetime

import pytest

from mairie_lessons.schedule import current
from mairie_lessons.settings import Weekly
from mairie_lessons.store import FILE, LOG, LOG_BYTES, Store
from tests.unit.lessons.conftest import MONDAY, Host

EIGHT = Weekly(days=("mon",), start="08:00", end="09:00")


def test_off_by_default(host: Host) -> None:
    standing = host.restart().settle()
    assert (standing.on, host.air.on, host.log) == (False, False, [])


def test_on_for_a_lesson_and_off_by_itself(host: Host) -> None:
    switch = host.restart()
    standing = switch.on("commande", "Hina")
    assert (standing.on, standing.until, standing.seconds) == (True, "08:00", 3600)
    host.wait(59)
    assert switch.settle().on and host.air.on
    host.wait(2)
    assert not switch.settle().on and not host.air.on
    assert host.log == [
        ["marche", "commande", "Hina", "jusqu'à 08:00"],
        ["arrêt", "horaire", "fin prévue"],
    ]


def test_off_before_the_end(host: Host) -> None:
    switch = host.restart()
    switch.on("page", "", 30)
    assert not switch.off("page", "").on
    assert not host.air.on
    assert [line[0] for line in host.log] == ["marche", "arrêt"]
    switch.off("page", "")
    assert len(host.log) == 2


def test_saying_it_again_counts_from_now(host: Host) -> None:
    switch = host.restart()
    switch.on("commande", "", 30)
    host.wait(20)
    assert switch.on("commande", "", 30).until == "07:50"


@pytest.mark.parametrize("minutes", [0, -1, 181])
def test_no_lesson_without_end(host: Host, minutes: int) -> None:
    switch = host.restart()
    with pytest.raises(ValueError, match=r"De 1 à 180 minutes"):
        switch.on("commande", "", minutes)
    assert not switch.settle().on
    assert host.log == []


@pytest.mark.parametrize("jump", [-86400, 86400])
def test_a_clock_that_is_set_changes_nothing(host: Host, jump: int) -> None:
    switch = host.restart()
    switch.on("commande", "", 60)
    host.wall += jump
    host.wait(59)
    assert switch.settle().on
    host.wait(2)
    assert not switch.settle().on


def test_a_restart_of_the_program_goes_on(host: Host) -> None:
    host.restart().on("commande", "", 60)
    host.wait(30)
    assert host.restart().settle().seconds == 1800
    host.wait(31)
    assert not host.restart().settle().on
    assert len(host.log) == 2


def test_a_power_cut_goes_on_only_in_time(host: Host) -> None:
    host.restart().on("commande", "", 60)
    host.wall += 600
    assert host.reboot().settle().seconds == 3000
    host.wall += 3600
    assert not host.reboot().settle().on


def test_a_power_cut_that_loses_the_time_ends_the_lesson(host: Host) -> None:
    host.restart().on("commande", "", 60)
    host.wall = 0
    assert not host.reboot().settle().on


def test_a_state_that_cannot_be_read_is_no_lesson(host: Host) -> None:
    host.restart().on("commande", "", 60)
    (host.folder / FILE).write_text("{")
    assert not host.restart().settle().on


def test_the_schedule_begins_once_and_ends(host: Host) -> None:
    host.schedule = (EIGHT,)
    switch = host.restart()
    assert not switch.settle().on
    host.wait(61)
    standing = switch.settle()
    assert (standing.on, standing.until) == (True, "09:00")
    switch.off("commande", "Hina")
    host.wait(5)
    assert not switch.settle().on, "switched off by hand, and on again by the schedule"
    assert not host.restart().settle().on
    host.wait(7 * 24 * 60)
    assert switch.settle().on
    host.wait(60)
    assert not switch.settle().on
    assert [line[:2] for line in host.log] == [
        ["marche", "horaire"],
        ["arrêt", "commande"],
        ["marche", "horaire"],
        ["arrêt", "horaire"],
    ]


def test_the_schedule_makes_a_lesson_longer_never_shorter(host: Host) -> None:
    host.schedule = (EIGHT,)
    switch = host.restart()
    switch.on("page", "", 180)
    host.wait(61)
    assert switch.settle().until == "10:00"
    switch.on("page", "", 10)
    host.wait(11)
    assert not switch.settle().on, "a lesson that was made shorter is begun again"


def test_a_clock_from_before_the_deploy_is_not_believed(host: Host) -> None:
    host.schedule, host.written = (EIGHT,), MONDAY + 86400
    host.wall = MONDAY + 3660
    assert not host.restart().settle().on


def test_a_radio_that_fails_is_told(host: Host) -> None:
    host.air.wrong = {"wlan0": "hostapd ne répond pas"}
    assert host.restart().on("commande", "").wrong == host.air.wrong


def test_a_name_cannot_write_lines_into_the_log(host: Host) -> None:
    host.restart().on("commande", "Hina\n2026\tarrêt")
    assert len(host.log) == 1
    assert host.log[0][2] == "Hina 2026 arrêt"


def test_the_log_is_bounded_and_private(host: Host) -> None:
    store = Store(host.folder)
    (host.folder / LOG).write_text("old\n" * (LOG_BYTES // 4 + 1))
    store.note(host.now(), "marche")
    store.note(host.now(), "arrêt")
    assert (host.folder / LOG).stat().st_size < 200
    assert stat.S_IMODE((host.folder / LOG).stat().st_mode) == 0o600
    assert store.log().startswith("old\n")
    assert store.log().endswith("\tarrêt\n")


@pytest.mark.parametrize(
    ("clock", "expected"),
    [
        ("07:59:59", None),
        ("08:00:00", 3600),
        ("08:59:59", 1),
        ("09:00:00", None),
    ],
)
def test_which_lesson_holds(clock: str, expected: int | None) -> None:
    found = current([EIGHT], datetime.fromisoformat(f"2026-11-23T{clock}"))
    assert found == (None if expected is None else ("2026-11-23 08:00", expected))
    assert current([EIGHT], datetime.fromisoformat(f"2026-11-24T{clock}")) is None


def test_an_access_point_has_the_lesson_of_its_gateway(host: Host) -> None:
    switch = host.restart()
    assert not switch.follow(0).on
    assert switch.follow(1800).seconds == 1800
    host.wait(1)
    switch.follow(1739)
    host.wait(1)
    assert switch.follow(3600).seconds == 3600
    assert not switch.follow(0).on
    assert not host.air.on
    assert [line[:2] for line in host.log] == [
        ["marche", "passerelle"],
        ["marche", "passerelle"],
        ["arrêt", "passerelle"],
    ]


def test_a_lesson_ends_though_the_gateway_is_gone(host: Host) -> None:
    switch = host.restart()
    switch.follow(1800)
    host.wait(29)
    assert switch.settle().on
    host.wait(2)
    assert not switch.settle().on
    assert not host.air.on


def test_no_gateway_makes_a_lesson_without_end(host: Host) -> None:
    assert host.restart().follow(10**9).seconds == 180 * 60

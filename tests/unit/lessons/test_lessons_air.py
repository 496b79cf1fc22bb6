"""What hostapd is told, one network at a time, and the door through which the switch is told."""

from __future__ import annotations

import os
import socket
import threading
from pathlib import Path

import pytest

from mairie_lessons.air import Air, AirError, talk
from mairie_lessons.codes import TRIES, TRIES_ALL, Code, hashed
from mairie_lessons.door import Door, RefusedError, ask
from mairie_lessons.settings import Bss, Radio
from tests.unit.lessons.conftest import Host

PAGE = 990
"""Account of the page."""
RADIO = Radio(
    name="wlan0",
    control="/run/global",
    networks=(Bss(interface="wlan0", file="/a.bss"), Bss(interface="wlan0-1", file="/b.bss")),
)


class Hostapd:
    """Networks that are there, and what was said."""

    def __init__(self, *present: str) -> None:
        self.present = list(present)
        self.told: list[str] = []
        self.answer = "OK"

    def __call__(self, path: str, command: str) -> str:
        assert path == RADIO.control
        verb, _, rest = command.partition(" ")
        if verb == "INTERFACES":
            return "\n".join(self.present)
        self.told.append(command)
        if verb == "REMOVE":
            self.present.remove(rest)
        return self.answer


@pytest.fixture
def phy(tmp_path: Path) -> str:
    (tmp_path / "wlan0").write_text("phy3\n")
    return f"{tmp_path}/{{}}"


def test_on_adds_what_is_missing(phy: str) -> None:
    hostapd = Hostapd("wlan0")
    assert Air([RADIO], hostapd, phy).settle(on=True) == {}
    assert hostapd.told == ["ADD bss_config=phy3:/b.bss"]


def test_off_takes_the_first_one_last(phy: str) -> None:
    hostapd = Hostapd("wlan0", "wlan0-1", "wlan0-2")
    assert Air([RADIO], hostapd, phy).settle(on=False) == {}
    assert hostapd.told == ["REMOVE wlan0-1", "REMOVE wlan0"]
    assert hostapd.present == ["wlan0-2"]


def test_nothing_is_told_twice(phy: str) -> None:
    hostapd = Hostapd()
    air = Air([RADIO], hostapd, phy)
    air.settle(on=False)
    hostapd.present = ["wlan0", "wlan0-1"]
    air.settle(on=True)
    assert hostapd.told == []


def test_a_refusal_is_told_and_the_other_radios_go_on(phy: str, tmp_path: Path) -> None:
    hostapd = Hostapd()
    hostapd.answer = "FAIL"
    found = Air([RADIO], hostapd, phy).settle(on=True)
    assert found == {"wlan0": "hostapd refuse « ADD bss_config=phy3:/a.bss » : FAIL"}
    (tmp_path / "wlan0").unlink()
    assert Air([RADIO], hostapd, phy).settle(on=True) == {"wlan0": "cette radio n'est pas là"}


def test_without_hostapd_nothing_is_on_the_air(tmp_path: Path, phy: str) -> None:
    gone = Radio(name="wlan0", control=f"{tmp_path}/none", networks=RADIO.networks)
    assert Air([gone], phy=phy).settle(on=False) == {}
    wrong = Air([gone], phy=phy).settle(on=True)
    assert wrong["wlan0"].startswith("hostapd ne répond pas (")


def test_a_real_socket_is_asked(tmp_path: Path) -> None:
    path = tmp_path / "global"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(str(path))

        def serve() -> None:
            data, sender = server.recvfrom(100)
            server.sendto(b"PONG\n" if data == b"PING" else b"", sender)

        thread = threading.Thread(target=serve)
        thread.start()
        assert talk(str(path), "PING") == "PONG"
        thread.join()
    path.unlink()
    with pytest.raises(AirError):
        talk(str(path), "PING")


@pytest.fixture
def door(host: Host, tmp_path: Path) -> Door:
    salt = b"salt"
    code = Code(salt, hashed("K7QF-3MXP", salt), lambda: host.passed)
    return Door(tmp_path / "switch", host.restart(), code, PAGE)


def test_the_door_answers_root(door: Door) -> None:
    with pytest.raises(RefusedError, match="Seul l'administrateur"):
        door.answer(1000, {"do": "on", "code": "K7QF-3MXP"})
    assert door.answer(0, {"do": "on", "minutes": 30, "by": "Hina"})["until"] == "07:30"
    assert door.answer(0, {"do": "status"})["on"]
    assert not door.answer(0, {"do": "off"})["on"]


@pytest.mark.parametrize("asked", [{"do": "on", "minutes": "x"}, {"do": "dance"}, {}])
def test_what_is_not_understood_changes_nothing(
    door: Door, host: Host, asked: dict[str, object]
) -> None:
    with pytest.raises(RefusedError):
        door.answer(0, asked)
    assert host.log == []


@pytest.mark.parametrize("typed", ["K7QF-3MXP", " k7qf 3mxp "])
def test_the_page_switches_with_the_code(door: Door, host: Host, typed: str) -> None:
    asked = {"do": "on", "minutes": 30, "by": "nobody", "code": typed, "device": "10.0.0.2"}
    assert door.answer(PAGE, asked)["on"]
    assert host.log == [["marche", "page", "", "jusqu'à 07:30"]]
    assert not door.answer(PAGE, {**asked, "do": "off"})["on"]


def test_the_page_needs_the_code_for_everything_but_looking(door: Door, host: Host) -> None:
    assert not door.answer(PAGE, {"do": "status"})["on"]
    for do in ("on", "off"):
        for code in ("", "AAAA-AAAA", None):
            with pytest.raises(RefusedError, match="Ce code n'est pas le bon"):
                door.answer(PAGE, {"do": do, "code": code, "device": f"{do}{code}"})
    assert host.log == []


def test_wrong_codes_are_counted_by_device_and_for_all(door: Door, host: Host) -> None:
    def wrong(device: str) -> str:
        with pytest.raises(RefusedError) as error:
            door.answer(PAGE, {"do": "on", "code": "AAAA-AAAA", "device": device})
        return str(error.value)

    right = {"do": "on", "code": "K7QF-3MXP", "device": "one"}
    for _ in range(TRIES):
        assert wrong("one").startswith("Ce code")
    assert wrong("one").startswith("Trop d'essais")
    with pytest.raises(RefusedError, match="Trop d'essais"):
        door.answer(PAGE, right)
    assert door.answer(PAGE, {**right, "device": "two"})["on"]
    for number in range(TRIES_ALL - TRIES):
        assert wrong(f"other{number}").startswith("Ce code")
    with pytest.raises(RefusedError, match="Trop d'essais"):
        door.answer(PAGE, {**right, "device": "two"})
    host.wait(1.1)
    assert door.answer(PAGE, right)["on"]


def test_through_the_socket(
    door: Door, host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever runs this test is root to the door."""
    monkeypatch.setattr("mairie_lessons.door.ROOT", os.geteuid())
    thread = threading.Thread(target=door.serve_forever, daemon=True)
    thread.start()
    try:
        assert ask(tmp_path / "switch", do="on", minutes=None, by="Hina")["until"] == "08:00"
        with pytest.raises(RefusedError, match="De 1 à 180 minutes"):
            ask(tmp_path / "switch", do="on", minutes=999)
        assert host.log[0][:3] == ["marche", "commande", "Hina"]
    finally:
        door.shutdown()
        door.server_close()
    (tmp_path / "switch").unlink()
    with pytest.raises(RefusedError, match="ne répond pas"):
        ask(tmp_path / "switch", do="status")


def test_an_access_point_says_how_it_stands_and_takes_no_command(
    host: Host, tmp_path: Path
) -> None:
    door = Door(tmp_path / "switch", host.restart(), None, PAGE)
    assert not door.answer(0, {"do": "status"})["on"]
    for do in ("on", "off"):
        with pytest.raises(RefusedError, match="suit la passerelle de son site"):
            door.answer(0, {"do": do})
    assert host.log == []

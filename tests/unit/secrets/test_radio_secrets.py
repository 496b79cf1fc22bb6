"""Keys of networks and devices: who gets which, and what of it may be known."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mairie.plan.stable import salt_of
from mairie.secrets import files
from mairie.secrets.check import problems
from mairie.secrets.logins import Logins
from mairie_lessons.codes import hashed
from tests.unit.plan.fleets import LAYERS
from tests.unit.secrets.conftest import World, a_commune, a_site

BOX, HALL = "rapa-mairie-box", "rapa-salle-gw"
METER = {"segment": "things", "mac": "02:00:00:00:05:00", "wifi": True}


def with_radios(world: World, *off: str, **hall: Any) -> World:
    """Give both buildings of Rapa a radio; some networks are off in the town hall."""
    mairie, salle = a_site(box=["gateway", "server"]), a_site(gw=["gateway"])
    mairie["hosts"]["box"]["radios"] = {"wlan0": {"band": 5}}
    mairie["equipment"] = {"meter": METER}
    mairie["networks"] = {name: {"on": False} for name in off}
    salle["hosts"]["gw"]["radios"] = {"wlan0": {"band": 2.4}}
    salle.update(hall)
    communes = {
        **world.territory.communes,
        "rapa": a_commune(2, {"mairie": mairie, "salle": salle}),
    }
    territory = replace(world.territory, communes=communes, layers=LAYERS)
    found = replace(world, territory=territory)
    found.vault.generate(lambda: found.identity)
    return found


def made(world: World) -> tuple[str, ...]:
    return Logins(world.vault).generate(lambda: world.identity)


def given(world: World, host: str) -> set[str]:
    """Return the names of what a gateway gets for its Wi-Fi."""
    others = world.vault.host_secrets(host, world.identity).others
    return {name for name in others if name.startswith("wifi")}


RADIUS = {
    *("wifi-authority", "wifi-revocations", "wifi-certificate", "wifi-key"),
    "wifi-secret:own_radios",
}


def test_one_passphrase_for_the_commune_a_key_for_each_device(world: World) -> None:
    there = with_radios(world)
    lines = made(there)
    assert "made    rapa: passphrase of network school" in lines
    assert f"made    {BOX}: key of device meter" in lines
    assert made(there) == ()
    assert problems(there.vault, there.identity) == problems(there.vault, None) == ()
    assert given(there, BOX) == {
        *RADIUS,
        "wifi-network:school",
        "wifi-device:meter",
        "wifi-lessons",
    }
    assert given(there, HALL) == {*RADIUS, "wifi-network:school", "wifi-lessons"}
    one, other = (
        there.vault.host_secrets(host, there.identity).others["wifi-network:school"]
        for host in (BOX, HALL)
    )
    assert one == other
    assert 8 <= len(one) <= 63
    assert one.isascii()


def test_a_network_that_is_off_gives_nothing(world: World) -> None:
    there = with_radios(world, "school", "agents", "things")
    made(there)
    assert given(there, BOX) == set()
    assert given(there, HALL) == {*RADIUS, "wifi-network:school", "wifi-lessons"}


def test_without_people_there_is_no_authority(world: World) -> None:
    off = {name: {"on": False} for name in ("agents", "school")}
    there = with_radios(world, "agents", networks=off)
    assert made(there) == (
        "made    rapa: passphrase of network school",
        f"made    {BOX}: key of device meter",
        f"made    {BOX}: code of the teachers",
    )
    assert given(there, BOX) == {"wifi-network:school", "wifi-device:meter", "wifi-lessons"}
    assert given(there, HALL) == set()
    record = files.load_wifi(there.folder)["rapa"]
    assert record.authority is None
    assert record.networks == ("school",)
    assert record.devices == {BOX: ("meter",)}


def test_a_device_that_left_still_has_a_key_until_it_is_forgotten(world: World) -> None:
    there = with_radios(world)
    made(there)
    less = with_radios(there, "things")
    (problem,) = problems(less.vault, None)
    assert problem[1] == (
        f'still holds the key of device meter at {BOX}; take it away with "mairie secrets generate"'
    )
    assert made(less) == (f"forgot  {BOX}: key of device meter",)
    assert problems(less.vault, less.identity) == ()


def test_nothing_of_it_is_shown(world: World) -> None:
    there = with_radios(world)
    made(there)
    entry = there.vault.open("rapa", there.identity).wifi
    written = b"".join(path.read_bytes() for path in (there.folder / "secrets").iterdir())
    for value in (entry.networks["school"], entry.devices[BOX]["meter"]):
        assert value.encode() not in written
        assert value not in repr(entry)


def test_another_authority_changes_no_key(world: World) -> None:
    there = with_radios(world)
    made(there)
    before = there.vault.open("rapa", there.identity).wifi
    Logins(there.vault).rotate_authority("rapa", there.identity)
    after = there.vault.open("rapa", there.identity).wifi
    assert after.authority != before.authority
    assert (after.networks, after.devices) == (before.networks, before.devices)


def test_each_gateway_has_a_code_of_its_own_for_teachers(world: World) -> None:
    there = with_radios(world)
    made(there)
    codes = there.vault.open("rapa", there.identity).wifi.lessons
    assert set(codes) == {BOX, HALL}
    assert codes[BOX] != codes[HALL]
    given = there.vault.host_secrets(BOX, there.identity).others["wifi-lessons"]
    assert given == hashed(codes[BOX].lower(), salt_of(BOX)).hex(), "both ends agree"
    Logins(there.vault).rotate_lessons(BOX, there.identity)
    again = there.vault.open("rapa", there.identity).wifi.lessons
    assert again[BOX] not in ("", codes[BOX])
    assert again[HALL] == codes[HALL]

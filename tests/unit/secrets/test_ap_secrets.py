"""What hosts that are access points hold, and what of it is made again when one is lost."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mairie.secrets import files
from mairie.secrets.check import problems
from mairie.secrets.logins import Logins
from tests.unit.plan.fleets import LAYERS
from tests.unit.secrets.conftest import World, a_commune, a_site

BOX, YARD = "rapa-mairie-box", "rapa-mairie-cour"
NO_CLASS = {"lessons": False}
METER = {"segment": "things", "mac": "02:00:00:00:05:00", "wifi": True}
OF_A_RADIO = {"wifi-secret:own_radios", "wifi-network:school", "wifi-device:meter", "wifi-roaming"}


def with_access_point(world: World, radios: bool = True, **site: Any) -> World:
    """Give Rapa an access point in the courtyard; the gateway may have a radio too."""
    mairie = a_site(box=["gateway", "server"])
    if radios:
        mairie["hosts"]["box"]["radios"] = {"wlan0": {"band": 5}}
    mairie["hosts"]["cour"] = {"roles": ["ap"], "trunk": "eth0", "radios": {"wlan0": {"band": 5}}}
    mairie |= {"equipment": {"meter": METER}, "networks": {"school": NO_CLASS}, **site}
    communes = {**world.territory.communes, "rapa": a_commune(2, {"mairie": mairie})}
    found = replace(world, territory=replace(world.territory, communes=communes, layers=LAYERS))
    found.vault.generate(lambda: found.identity)
    return found


def made(world: World) -> tuple[str, ...]:
    return Logins(world.vault).generate(lambda: world.identity)


def given(world: World, host: str) -> dict[str, str]:
    """Return what a host gets for its Wi-Fi."""
    others = world.vault.host_secrets(host, world.identity).others
    return {name: value for name, value in others.items() if name.startswith("wifi")}


def test_each_end_has_what_it_needs_and_no_more(world: World) -> None:
    there = with_access_point(world)
    lines = made(there)
    assert f"made    {BOX}: secret of access point cour" in lines
    assert f"made    {BOX}: key of the radios that share devices" in lines
    assert made(there) == ()
    assert problems(there.vault, there.identity) == problems(there.vault, None) == ()
    own, gateway = given(there, YARD), given(there, BOX)
    assert set(own) == OF_A_RADIO
    assert own["wifi-secret:own_radios"] == gateway["wifi-secret:cour"]
    assert own["wifi-secret:own_radios"] != gateway["wifi-secret:own_radios"]
    for name in OF_A_RADIO - {"wifi-secret:own_radios"}:
        assert own[name] == gateway[name]
    others = there.vault.host_secrets(YARD, there.identity)
    assert not others.wireguard_private_key
    assert not any(name.startswith("backup") for name in others.others)


def test_a_gateway_without_radios_gets_no_key_of_them(world: World) -> None:
    there = with_access_point(world, radios=False)
    made(there)
    assert set(given(there, YARD)) == OF_A_RADIO - {"wifi-roaming"}
    assert not {name for name in given(there, BOX) if name.startswith(("wifi-n", "wifi-d"))}
    assert "wifi-secret:cour" in given(there, BOX)


def test_an_access_point_that_is_lost(world: World) -> None:
    there = with_access_point(world)
    made(there)
    before = given(there, BOX)
    assert Logins(there.vault).rotate_access_point(BOX, "cour", there.identity)
    after = given(there, BOX)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"wifi-secret:cour", "wifi-roaming"}
    assert given(there, YARD)["wifi-roaming"] == after["wifi-roaming"]


def test_what_is_no_longer_shared_is_forgotten(world: World) -> None:
    there = with_access_point(world)
    made(there)
    school = {**NO_CLASS, "roaming": False}
    alone = with_access_point(there, networks={"agents": {"roaming": False}, "school": school})
    sentence = f"still holds the key of the radios that share devices with {BOX}"
    assert any(sentence in text for _, text in problems(alone.vault, alone.identity))
    assert made(alone) == (f"forgot  {BOX}: key of the radios that share devices",)
    assert files.load_wifi(alone.folder)["rapa"].roaming == ()


def test_devices_are_shown_where_they_come(world: World) -> None:
    there = with_access_point(world)
    made(there)
    shown = Logins(there.vault).on_air(YARD, there.identity)
    assert shown.keys == {"meter": given(there, YARD)["wifi-device:meter"]}

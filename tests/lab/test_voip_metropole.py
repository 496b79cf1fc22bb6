"""Emergencies in metropolitan France: every number of its list from every phone of a commune."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from mairie.lab.containers import Lab
from tests.lab import metropole_inventory
from tests.lab.voip_containers import start
from tests.lab.voip_world import RURUTU, Phone, World, wait

pytestmark = [pytest.mark.lab, pytest.mark.voice, pytest.mark.timeout(1800)]

NUMBERS = {
    *("15", "17", "18", "112", "114", "115"),
    *("119", "191", "196", "197", "116000", "116117"),
}
"""As the list of the territory is to be, and not read from the plan."""
SHOWN = {"mairie": "0353010018", "ecole": "0353010019"}
"""Number of the building, as a metropolitan operator is shown it."""
ORDINARY = "0353010099"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder, write = tmp_path_factory.mktemp("voip") / "inventory", metropole_inventory.write
    with Lab("test-voip-metropole") as lab:
        yield start(lab, World(lab, folder, write))


@pytest.fixture(autouse=True)
def _quiet(world: World) -> Iterator[None]:
    world.revive()
    yield
    world.hush()


def at_operator(world: World) -> dict[str, tuple[str, str]]:
    """Return Rurutu's calls at the first operator: channel → caller and called."""
    return {
        line[0]: (line[7], line[2])
        for line in world.channels("operator")
        if line[0].startswith("PJSIP/rurutu-")
    }


def arrives(world: World, phone: Phone, called: str, seconds: float) -> tuple[str, str] | None:
    """Dial; return caller and called of the call that came to the operator by it."""
    before = set(at_operator(world))
    found: list[tuple[str, str]] = []

    def came() -> bool:
        new = [call for name, call in at_operator(world).items() if name not in before]
        found[:] = [call for call in new if call[1] == called]
        return bool(found)

    world.dial(phone, called)
    return found[0] if wait(came, seconds) else None


def phones(world: World) -> list[Phone]:
    return [phone for phone in world.phones.values() if phone.server == RURUTU]


def test_the_numbers_are_those_of_the_territory(world: World) -> None:
    assert {each.number for each in world.voip(RURUTU).emergency} == NUMBERS


def test_ordinary_calls_show_the_number_with_its_zero(world: World) -> None:
    phone = world.phones["rurutu direction"]
    assert arrives(world, phone, ORDINARY, 10) == (SHOWN["ecole"], ORDINARY)


@pytest.mark.parametrize("condition", ["normal", "every channel taken"])
def test_every_number_gets_out_from_every_phone(world: World, condition: str) -> None:
    failed: list[str] = []
    for phone in phones(world):
        wanted = SHOWN[phone.extension.site]
        took = []
        for number in sorted(NUMBERS):
            if condition != "normal":
                fill(world, phone)
            begun = time.monotonic()
            found = arrives(world, phone, number, 20)
            took.append(f"{number}: {time.monotonic() - begun:.1f} s")
            if found != (wanted, number):
                failed.append(f"{phone.name}, {number}: {found}")
            if condition != "normal" and not made_way(world):
                failed.append(f"{phone.name}, {number}: {at_operator(world)}, {state(world)}")
            end(world)
        print(f"{condition:20} {phone.name:20} as {wanted}: {', '.join(took)}")
    assert not failed, failed


def other(world: World, phone: Phone, name: str) -> Phone:
    """Return a phone that is not told of emergencies: the named one, else the school's."""
    found = world.phones[f"rurutu {name}"]
    return world.phones["rurutu direction"] if found == phone else found


def fill(world: World, phone: Phone) -> None:
    """Have others take both channels: an ordinary call, and an emergency the one that is kept."""
    assert arrives(world, other(world, phone, "maire"), ORDINARY, 10), world.channels(RURUTU)
    assert arrives(world, other(world, phone, "atelier"), "18", 10), world.channels(RURUTU)
    assert len(at_operator(world)) == 2


def made_way(world: World) -> bool:
    """Whether two calls stand at the operator, none of them the ordinary one."""

    def calls() -> list[str]:
        return [call[1] for call in at_operator(world).values()]

    return wait(lambda: len(calls()) == 2 and ORDINARY not in calls(), 5)


def state(world: World) -> str:
    """Return what explains a call that is missing: since when who runs, and what is going on."""
    since = [world.ask(name, "core show uptime seconds") for name in (RURUTU, "operator")]
    said = world.nodes.check(RURUTU, ["tail", "-n", "15", "/var/log/asterisk/messages.log"])
    return f"{since}, {world.seen('reserve')}, {world.channels(RURUTU)}, {said}"


def end(world: World) -> None:
    """End all calls."""
    world.ask(RURUTU, "channel request hangup all")
    assert wait(lambda: not world.channels(RURUTU) and not at_operator(world), 20)

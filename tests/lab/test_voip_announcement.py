"""What a citizen hears who calls the reception: its recording, when it is open and when it is not.

Rapa's phone is the citizen: it calls Rurutu's number outside, which the operator brings there.
"""

from __future__ import annotations

import io
import json
import math
import wave
from array import array
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from mairie.files import voip as table
from mairie.lab.containers import Lab
from mairie.plan.parts.voip import ClosedDay
from tests.lab import voip_inventory
from tests.lab.voip_containers import start
from tests.lab.voip_world import PHONE, RURUTU, SHARE, World, wait

pytestmark = [pytest.mark.lab, pytest.mark.voice, pytest.mark.timeout(1800)]

CLEAR = 0.9
OPEN, CLOSED = 1250, 1750
"""Hertz of the two recordings: of no phone, and no tone of the network."""
RECEPTION = "40930000"
SECONDS = 8


def recording(hertz: int) -> bytes:
    """Return a WAV file with a tone."""
    turn = 2 * math.pi * hertz / 8000
    samples = array("h", (round(8000 * math.sin(turn * each)) for each in range(8000 * SECONDS)))
    held = io.BytesIO()
    with wave.open(held, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(samples.tobytes())
    return held.getvalue()


def write(folder: Path) -> Path:
    """Give Rurutu's reception, open day and night, two recordings."""
    voip_inventory.write(folder)
    (folder / "announcements").mkdir()
    for name, hertz in (("bienvenue", OPEN), ("ferme", CLOSED)):
        (folder / "announcements" / f"{name}.wav").write_bytes(recording(hertz))
    path = folder / "communes" / "rurutu.yaml"
    before, hours, rest = path.read_text().partition("    hours:\n")
    always = '      - {days: [mon, tue, wed, thu, fri, sat, sun], start: "00:00", end: "23:59"}\n'
    closures = rest[rest.index("    closures:") :]
    names = "    announcement: bienvenue\n    closed_announcement: ferme\n    holidays: false\n"
    path.write_text(f"{before}{names}{hours}{always}{closures}")
    return folder


class Town(World):
    """With an operator that brings calls to the town hall."""

    def operator_files(self, name: str) -> dict[str, str]:
        """Return the operator's rules, with a way to a customer before the others."""
        del name
        rules = (SHARE / "operator" / "extensions.conf").read_text()
        way = f"[customers]\nexten => {RECEPTION},1,Dial(PJSIP/+689${{EXTEN}}@rurutu,60)\n"
        return {f"{table.LIVE}/extensions.conf": rules.replace("[customers]\n", way)}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("voip") / "inventory"
    with Lab("test-voip-announcement") as lab:
        yield start(lab, Town(lab, folder, write))


@pytest.fixture(autouse=True)
def _quiet(world: World) -> Iterator[None]:
    yield
    world.hush()


def share(world: World, hertz: int) -> float:
    """Return how much of what the citizen hears just now is one tone."""
    citizen = world.phones["rapa accueil"]
    words = ["python3", PHONE, "heard", citizen.folder, str(hertz)]
    return float(json.loads(world.nodes.check(citizen.node, words))[str(hertz)])


def rings(world: World, number: str) -> bool:
    return any(line[0].startswith(f"PJSIP/{number}-") for line in world.channels(RURUTU))


def call(world: World) -> None:
    """Let the citizen call, and the reception's phones ring and ring."""
    for name in ("rurutu accueil", "rurutu secretariat"):
        world.switch_on(world.phones[name], answers=False)
        assert wait(partial(world.is_registered, world.phones[name]), 20)
    world.dial(world.phones["rapa accueil"], RECEPTION)


def test_open(world: World) -> None:
    call(world)
    assert wait(lambda: share(world, OPEN) > CLEAR, 10), world.channels(RURUTU)
    assert not rings(world, "101")
    assert wait(lambda: rings(world, "101") and rings(world, "102"), SECONDS + 5)
    assert wait(lambda: share(world, OPEN) < 0.1, 5)


def test_closed(world: World) -> None:
    plan = world.plans[RURUTU]
    assert plan.voip is not None
    assert plan.voip.reception is not None
    today = datetime.now(UTC).astimezone(ZoneInfo(plan.timezone)).date()
    closed = (ClosedDay(date=f"{today}", label="Fermé"),)
    reception = replace(plan.voip.reception, closed=closed)
    world.plans[RURUTU] = replace(plan, voip=replace(plan.voip, reception=reception))
    world.deploy(RURUTU)
    try:
        call(world)
        assert wait(lambda: share(world, CLOSED) > CLEAR, 10), world.channels(RURUTU)
        assert not rings(world, "101")

        def recorded() -> bool:
            shown = world.ask(RURUTU, "core show channels concise")
            return "!VoiceMail!101@mairie" in shown

        assert wait(recorded, SECONDS + 5)
        assert wait(lambda: share(world, CLOSED) < 0.1, 8)
    finally:
        world.hush()
        world.plans[RURUTU] = plan
        world.deploy(RURUTU)


def test_a_recording_that_is_gone_is_gone_on_the_host(world: World) -> None:
    def there() -> set[str]:
        return set(world.nodes.check(RURUTU, ["ls", table.LIVE]).split())

    assert {"bienvenue.alaw", "ferme.alaw"} <= there()
    world.nodes.check(RURUTU, ["rm", f"{table.CANDIDATE}/ferme.alaw{table.ENCODED}"])
    world.nodes.check(RURUTU, [table.APPLY], timeout=120)
    assert "bienvenue.alaw" in there()
    assert "ferme.alaw" not in there()
    shown = world.nodes.check(RURUTU, ["stat", "-c", "%a %U:%G", f"{table.LIVE}/bienvenue.alaw"])
    assert shown.strip() == f"640 root:{table.ACCOUNT}"
    world.deploy(RURUTU)
    assert "ferme.alaw" in there()

"""What people do with telephones: the reception, groups, transfers, messages, keys in a call.

Softphones press the keys and listen; citizens call by way of the operator.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import pytest

from mairie.lab.containers import Lab
from mairie.plan.parts.voip import VOICEMAIL
from tests.lab.people_inventory import ALL, WAITING, WAITING_SECONDS
from tests.lab.people_world import CITIZEN, CITIZEN_TONE, PeopleWorld
from tests.lab.voip_containers import start
from tests.lab.voip_world import PASSWORD, PIN, RURUTU, Phone, wait

pytestmark = [pytest.mark.lab, pytest.mark.voice, pytest.mark.timeout(1800)]

MAIN = "+68940930000"
G722 = "G722/16000/1"
"""As baresip names it."""
SPOKEN = 0.01
"""How loud a voice is at least; silence is 0."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PeopleWorld]:
    folder = tmp_path_factory.mktemp("voip") / "inventory"
    with Lab("test-voip-people") as lab:
        world = start(lab, PeopleWorld(lab, folder))
        assert wait(world.delivers, 60), world.ask("operator", "pjsip show contacts")
        yield world


@pytest.fixture(autouse=True)
def _quiet(world: PeopleWorld) -> Iterator[None]:
    """No call stands, nothing was heard, and no emergency is remembered."""
    world.revive()
    world.forget()
    world.ask(RURUTU, "database deltree emergency")
    yield
    world.hush()


@pytest.fixture
def accueil(world: PeopleWorld) -> Phone:
    return world.phones["rurutu accueil"]


@pytest.fixture
def secretariat(world: PeopleWorld) -> Phone:
    return world.phones["rurutu secretariat"]


@pytest.fixture
def maire(world: PeopleWorld) -> Phone:
    return world.phones["rurutu maire"]


@pytest.fixture
def atelier(world: PeopleWorld) -> Phone:
    return world.phones["rurutu atelier"]


@pytest.fixture
def direction(world: PeopleWorld) -> Phone:
    return world.phones["rurutu direction"]


def connect(world: PeopleWorld, caller: Phone, called: Phone) -> None:
    """Have one phone call another one, which answers."""
    world.dial(caller, called.extension.number)
    assert wait(lambda: world.joined(caller, called), 15), world.channels(caller.server)


# Citizens -----------------------------------------------------------------------------------------


def test_a_citizen_rings_the_whole_reception_and_is_heard(
    world: PeopleWorld, accueil: Phone, secretariat: Phone, direction: Phone
) -> None:
    with world.silent(accueil, secretariat):
        world.citizen_calls(MAIN)
        assert wait(lambda: world.rings(accueil) and world.rings(secretariat), 10)
        assert not world.of(direction)
        for phone in (accueil, secretariat):
            assert wait(partial(world.shows, phone, CITIZEN), 5)
        world.tell(accueil, "accept")
        assert wait(lambda: world.talks(accueil), 5)
        assert wait(lambda: not world.of(secretariat), 5), world.channels(RURUTU)
        assert world.hears(accueil, CITIZEN_TONE)
        assert world.hears(accueil, accueil.tone, 40), world.heard(accueil)


def test_a_closed_reception_takes_a_message(
    world: PeopleWorld, accueil: Phone, secretariat: Phone
) -> None:
    inbox = f"{VOICEMAIL}/mairie/101/INBOX"
    assert "msg0000.wav" not in world.nodes.exec(RURUTU, ["ls", inbox]).stdout
    with world.reception(hours=()):
        world.citizen_calls(MAIN, listens=False)
        assert wait(lambda: "VoiceMail" in {x[5] for x in world.channels(RURUTU)}, 15)
        assert not world.of(accueil) and not world.of(secretariat)
        time.sleep(18)
        world.hush()
    assert wait(lambda: "msg0000.wav" in world.nodes.exec(RURUTU, ["ls", inbox]).stdout, 10)
    # Where their file starts over, the tone does too.
    assert world.message(f"{inbox}/msg0000.wav", CITIZEN_TONE) > 0.5


def test_citizens_leave_a_channel_to_emergencies(
    world: PeopleWorld, accueil: Phone, secretariat: Phone, direction: Phone
) -> None:
    """The operator gives two channels: one is for ordinary calls, in and out together."""
    world.citizen_calls(MAIN)
    assert wait(lambda: world.talks(accueil) or world.talks(secretariat), 10)
    assert world.refused(MAIN) == "BUSY"
    assert world.citizens() == 1
    world.dial(direction, "15")
    assert wait(lambda: ("rurutu", "40930120", "15") in world.seen("operator"), 15)
    assert world.talks(accueil) or world.talks(secretariat), "the citizen's call was cut"
    world.hush()
    world.ask(RURUTU, "database deltree emergency")
    world.dial(direction, "40123456")
    assert wait(lambda: len(world.seen("operator")) == 1, 10)
    assert world.refused(MAIN) == "BUSY"


def test_an_emergency_centre_that_calls_back_reaches_the_phone_that_called(
    world: PeopleWorld, accueil: Phone, secretariat: Phone, atelier: Phone
) -> None:
    world.dial(atelier, "18")
    assert wait(lambda: ("rurutu", "40930000", "18") in world.seen("operator"), 15)
    world.hush()
    world.forget()
    world.citizen_calls(MAIN)
    assert wait(lambda: world.talks(atelier), 10), world.channels(RURUTU)
    assert not world.of(accueil) and not world.of(secretariat)
    assert world.hears(atelier, CITIZEN_TONE)
    world.hush()
    world.ask(RURUTU, "database deltree emergency")
    world.citizen_calls(MAIN)
    assert wait(lambda: world.talks(accueil) or world.talks(secretariat), 10)


def test_an_emergency_centre_that_calls_back_finds_a_channel(
    world: PeopleWorld, accueil: Phone, secretariat: Phone, atelier: Phone
) -> None:
    """The one that is kept, while an ordinary call has the other; the next one is refused."""
    world.citizen_calls(MAIN)
    assert wait(lambda: world.talks(accueil) or world.talks(secretariat), 10)
    world.dial(atelier, "18")
    assert wait(lambda: ("rurutu", "40930000", "18") in world.seen("operator"), 15)
    world.hang_up(atelier)
    assert wait(lambda: not world.of(atelier), 5)
    world.citizen_calls(MAIN)
    assert wait(lambda: world.talks(atelier), 10), world.channels(RURUTU)
    assert world.talks(accueil) or world.talks(secretariat), "the other call was cut"
    assert world.refused(MAIN) == "BUSY"


def test_the_reception_reads_of_an_emergency_at_once(
    world: PeopleWorld, accueil: Phone, secretariat: Phone, maire: Phone, direction: Phone
) -> None:
    """One is free, the other one is in a call."""
    text = f"URGENCE 17 depuis {direction.extension.label}"
    with world.silent(accueil, secretariat):
        world.dial(maire, "101")
        assert wait(lambda: world.rings(accueil), 10)
        world.tell(accueil, "accept")
        assert wait(lambda: world.joined(accueil, maire), 10)
        begun = time.monotonic()
        world.dial(direction, "17")
        assert wait(lambda: world.rings(accueil) and world.rings(secretariat), 10)
        for phone in (accueil, secretariat):
            assert wait(partial(world.shows, phone, text), 5), world.shown(phone)
        print(f"\n  told after {time.monotonic() - begun:.1f} s")
        assert len(world.of(direction)) == 1, "its own call alone"
        assert world.joined(accueil, maire)
        world.tell(secretariat, "accept")
        assert wait(lambda: world.runs(secretariat, "Playback"), 5)
        assert wait(lambda: world.loudness(secretariat) > SPOKEN, 10)


def test_every_device_of_a_phone_is_told(
    world: PeopleWorld, secretariat: Phone, direction: Phone
) -> None:
    """Two that registered with the same number."""
    twin = replace(
        secretariat, port=5098, extension=replace(secretariat.extension, name="deuxieme")
    )
    with world.silent(secretariat):
        world.switch_on(twin, PASSWORD.format(secretariat.extension.name), answers=False)
        try:
            assert wait(lambda: world.contacts(RURUTU).count(" 102/sip:") == 2, 20)
            world.dial(direction, "17")
            for phone in (secretariat, twin):
                assert wait(partial(world.shows, phone, "URGENCE 17"), 10), phone
        finally:
            world.hush()
            world.switch_off(twin)


# Groups -------------------------------------------------------------------------------------------


def test_a_group_in_order(
    world: PeopleWorld, secretariat: Phone, maire: Phone, direction: Phone
) -> None:
    with world.silent(secretariat):
        world.dial(direction, "200")
        assert wait(lambda: world.rings(secretariat), 10)
        assert not world.of(maire)
        assert wait(lambda: world.joined(direction, maire), 15)
        assert not world.of(secretariat)
        assert world.both_hear(direction, maire)


def test_a_group_together(
    world: PeopleWorld, accueil: Phone, maire: Phone, direction: Phone
) -> None:
    with world.silent(maire, direction):
        world.dial(accueil, ALL)
        assert wait(lambda: world.rings(maire) and world.rings(direction), 10)
        world.tell(direction, "accept")
        assert wait(lambda: world.joined(accueil, direction), 10)
        assert wait(lambda: not world.of(maire), 5)
        assert world.both_hear(accueil, direction)


def test_who_waits_in_a_queue_hears_something_and_is_next(
    world: PeopleWorld, accueil: Phone, secretariat: Phone, direction: Phone
) -> None:
    maire, atelier = world.phones["rurutu maire"], world.phones["rurutu atelier"]
    connect(world, accueil, atelier)
    connect(world, secretariat, maire)
    world.dial(direction, "201")
    assert wait(lambda: world.runs(direction, "Queue"), 10)
    assert wait(lambda: world.loudness(direction) > SPOKEN, 20), "nothing is heard in the queue"
    time.sleep(3)
    assert not world.talks(direction)
    assert world.joined(secretariat, maire)
    world.hang_up(accueil)
    assert wait(lambda: world.joined(direction, accueil), 20), world.channels(RURUTU)
    assert world.both_hear(direction, accueil)
    assert world.joined(secretariat, maire), "another call was cut"


def test_a_queue_is_left_after_its_time(
    world: PeopleWorld, accueil: Phone, maire: Phone, direction: Phone
) -> None:
    with world.silent(maire, direction):
        begun = time.monotonic()
        world.dial(accueil, WAITING)
        assert wait(lambda: world.rings(maire) and world.rings(direction), 10)
        assert wait(lambda: world.runs(accueil, "VoiceMail"), WAITING_SECONDS + 20)
        assert time.monotonic() - begun > WAITING_SECONDS - 2
        (call,) = world.of(accueil)
        assert call[6].startswith("102@"), call


# Transfers ----------------------------------------------------------------------------------------


def test_a_call_is_sent_on_after_a_word(
    world: PeopleWorld, accueil: Phone, secretariat: Phone, maire: Phone
) -> None:
    """*2: the one who answered asks a third one, who gets the caller when they hang up."""
    connect(world, secretariat, accueil)
    world.press(accueil, "*2")
    time.sleep(2)
    world.press(accueil, "103")
    assert wait(lambda: world.hears(accueil, maire.tone, 1), 15), world.channels(RURUTU)
    assert world.hears(maire, accueil.tone)
    assert world.share(secretariat, accueil.tone) < 0.1, "who waits hears what is said"
    world.hang_up(accueil)
    assert wait(lambda: world.joined(secretariat, maire), 10), world.channels(RURUTU)
    assert world.both_hear(secretariat, maire)
    assert not world.of(accueil)


def test_a_citizen_is_sent_on_at_once(
    world: PeopleWorld, accueil: Phone, secretariat: Phone, maire: Phone
) -> None:
    """##, by whoever of the reception answered."""
    world.citizen_calls(MAIN)
    assert wait(lambda: world.talks(accueil) or world.talks(secretariat), 10)
    first = accueil if world.talks(accueil) else secretariat
    time.sleep(1)
    world.press(first, "##")
    time.sleep(2)
    world.press(first, "103")
    assert wait(lambda: world.talks(maire), 15), world.channels(RURUTU)
    assert world.hears(maire, maire.tone, 40), "the citizen does not hear it"
    assert not world.of(first)


def test_a_call_from_a_queue_is_sent_on(
    world: PeopleWorld, accueil: Phone, secretariat: Phone, maire: Phone, direction: Phone
) -> None:
    world.dial(direction, "201")
    assert wait(lambda: world.talks(accueil) or world.talks(secretariat), 20)
    first = accueil if world.talks(accueil) else secretariat
    time.sleep(1)
    world.press(first, "##")
    time.sleep(2)
    world.press(first, "103")
    assert wait(lambda: world.joined(direction, maire), 15), world.channels(RURUTU)
    assert world.both_hear(direction, maire)


def test_hold_and_resume(world: PeopleWorld, accueil: Phone, secretariat: Phone) -> None:
    connect(world, accueil, secretariat)
    assert world.both_hear(accueil, secretariat)
    world.tell(accueil, "hold")
    assert wait(lambda: world.share(secretariat, accueil.tone) < 0.1, 8)
    assert wait(lambda: "(on hold)" in world.tell(accueil, "listcalls"), 5)
    assert wait(lambda: world.resume(accueil), 10), world.said(accueil)
    assert world.both_hear(accueil, secretariat)


@pytest.mark.parametrize("way", ["*2", "##", "key"])
def test_a_call_is_parked_and_taken_back(
    world: PeopleWorld, way: str, accueil: Phone, secretariat: Phone, direction: Phone
) -> None:
    """*70, by each way of sending a call on; taken back from another building."""
    connect(world, secretariat, accueil)
    if way == "key":
        world.tell(accueil, "transfer", f"sip:*70@{world.voip(RURUTU).ipv4}")
    else:
        world.press(accueil, way)
        time.sleep(2)
        world.press(accueil, "*70")
    if way == "*2":
        assert wait(lambda: world.loudness(accueil) > SPOKEN, 10), "no place is said"
        time.sleep(4)
        world.hang_up(accueil)
    assert wait(lambda: bool(world.parked(secretariat)), 15), world.channels(RURUTU)
    assert wait(lambda: not world.of(accueil), 15), world.channels(RURUTU)
    world.dial(direction, f"*{world.parked(secretariat)}")
    assert wait(lambda: world.joined(direction, secretariat), 15), world.channels(RURUTU)
    assert world.both_hear(direction, secretariat)


def test_the_call_of_one_phone_is_taken(
    world: PeopleWorld, accueil: Phone, maire: Phone, direction: Phone
) -> None:
    """**101, from another building."""
    with world.silent(accueil):
        world.dial(maire, "101")
        assert wait(lambda: world.rings(accueil), 10)
        world.dial(direction, "**101")
        assert wait(lambda: world.joined(direction, maire), 10), world.channels(RURUTU)
        assert world.both_hear(direction, maire)
        assert not world.of(accueil)


# Messages and words -------------------------------------------------------------------------------


def test_a_message_is_listened_to_by_telephone(
    world: PeopleWorld, secretariat: Phone, maire: Phone
) -> None:
    with world.absent(secretariat):
        world.dial(maire, "102")
        assert wait(lambda: world.runs(maire, "VoiceMail"), 10), world.channels(RURUTU)
        time.sleep(20)
        world.hush()
    world.dial(secretariat, "*97")
    assert wait(lambda: world.runs(secretariat, "VoiceMailMain"), 10)
    time.sleep(3)
    world.press(secretariat, f"{'9' * 6}#")
    time.sleep(8)
    assert world.share(secretariat, maire.tone) < 0.1
    world.press(secretariat, f"{PIN}#")
    time.sleep(8)
    world.press(secretariat, "1")
    assert world.hears(secretariat, maire.tone, 40), world.channels(RURUTU)


def test_a_phone_says_its_number_and_says_back_what_it_hears(
    world: PeopleWorld, accueil: Phone
) -> None:
    world.dial(accueil, "*65")
    assert wait(lambda: any(x[5:7] == ["SayDigits", "101"] for x in world.of(accueil)), 10), (
        world.channels(RURUTU)
    )
    assert wait(lambda: world.loudness(accueil) > SPOKEN, 10)
    assert wait(lambda: not world.of(accueil), 10)
    world.forget()
    world.dial(accueil, "*43")
    assert world.hears(accueil, accueil.tone)


# What desk phones speak first ---------------------------------------------------------------------


def test_g722_is_heard_both_ways(
    world: PeopleWorld, accueil: Phone, secretariat: Phone, direction: Phone
) -> None:
    """Between two desk phones, and with one that speaks A-law alone."""
    assert world.voip(RURUTU).desk_codecs[0] == "g722"
    try:
        for phone in (accueil, secretariat):
            world.renew(phone, codec=G722)
        connect(world, accueil, secretariat)
        assert world.native(accueil) == world.native(secretariat) == "g722"
        assert world.both_hear(accueil, secretariat)
        world.hush()
        world.forget()
        world.renew(accueil, codec=G722)
        connect(world, direction, accueil)
        assert (world.native(direction), world.native(accueil)) == ("alaw", "g722")
        assert world.both_hear(direction, accueil)
    finally:
        world.hush()
        for phone in (accueil, secretariat):
            world.renew(phone)

"""Telephones that call: softphones, two communes, the hub's exchange and two operators.

What is said here was heard: a tone that one phone sends is looked for in what the other one got.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from mairie.dialplan import emergency_exits, national
from mairie.files import voip as table
from mairie.lab.containers import Lab
from mairie.plan.parts.voip import VOICEMAIL
from tests.lab.emergency_table import Calls, page
from tests.lab.voip_containers import start
from tests.lab.voip_world import (
    HUB,
    PASSWORD,
    RAPA,
    RURUTU,
    Phone,
    World,
    wait,
)

pytestmark = [pytest.mark.lab, pytest.mark.voice, pytest.mark.timeout(1800)]

CLEAR = 0.9
"""Share of a tone in what is heard, when nothing else is."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("voip") / "inventory"
    with Lab("test-voip") as lab:
        yield start(lab, World(lab, folder))


@pytest.fixture(autouse=True)
def _quiet(world: World) -> Iterator[None]:
    world.revive()
    yield
    world.hush()


def talk(world: World, caller: Phone, number: str, called: Phone) -> None:
    """Call, talk for a moment, hang up; both must have heard the other one's tone."""
    world.dial(caller, number)
    assert wait(lambda: _in_call(world, called), 15), world.channels(caller.server)
    for one, other in ((caller, called), (called, caller)):
        assert hears(world, one, other), f"{one.name} hears {world.heard(one)}"
    world.hush()


def hears(world: World, one: Phone, other: Phone) -> bool:
    """Whether somebody hears the other one's tone, and little else, within some seconds."""
    return wait(lambda: world.heard(one)[other.tone] > CLEAR, 8)


def _has_one_call(world: World, operator: str) -> bool:
    return len(world.seen(operator)) == 1


def _in_call(world: World, phone: Phone) -> bool:
    name = f"PJSIP/{phone.extension.number}-"
    return any(
        line[0].startswith(name) and line[4] == "Up" and line[12]
        for line in world.channels(phone.server)
    )


def test_sound_goes_both_ways(world: World) -> None:
    phones = world.phones
    talk(world, phones["rurutu accueil"], "102", phones["rurutu secretariat"])
    talk(world, phones["rurutu direction"], "101", phones["rurutu accueil"])


def test_a_wrong_password_is_refused(world: World) -> None:
    phone = world.phones["rurutu maire"]
    world.switch_off(phone)
    world.ask(RURUTU, "database deltree registrar")
    world.switch_on(phone, "not-the-password")
    refused = f'AccountID="{phone.extension.number}"'
    try:
        assert wait(
            lambda: any(
                "ChallengeResponseFailed" in line and refused in line
                for line in world.nodes.check(RURUTU, ["cat", table.SECURITY]).splitlines()
            ),
            10,
        )
    finally:
        world.switch_on(phone)
    assert wait(lambda: world.is_registered(phone), 15)


def test_a_password_of_elsewhere_is_refused(world: World) -> None:
    """The school's phone logs in from the town hall, with the right password."""
    thief = replace(world.phones["rurutu accueil"], port=5099)
    own = world.phones["rurutu direction"]
    stolen = replace(thief, extension=own.extension)
    before = world.contacts(RURUTU).count(" 120/")
    world.switch_on(stolen, PASSWORD.format(own.extension.name))
    try:
        time.sleep(4)
        shown = world.contacts(RURUTU)
        assert shown.count(" 120/") <= before
        assert stolen.address not in "".join(x for x in shown.splitlines() if " 120/" in x)
    finally:
        world.switch_off(stolen)
        world.switch_on(own)
    assert wait(lambda: world.is_registered(own), 15)


# Emergencies --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def made(request: pytest.FixtureRequest) -> Iterator[list[Calls]]:
    """Return where the calls of all conditions are noted; they become a page when asked for."""
    calls: list[Calls] = []
    yield calls
    wanted = request.config.getoption("--emergencies", default=None)
    if wanted:
        missing = set(CONDITIONS) - {each.condition for each in calls}
        assert not missing, f"not tried: {missing}"
        Path(wanted).write_text(page(calls))


CONDITIONS = ("normal", "channels taken", "hub cut", "main operator cut")
IN_VAIN_S = 5
"""How long a call that must not arrive is waited for; others arrive within a second."""


def hopeless(world: World, phone: Phone, condition: str) -> str:
    """Return why a phone calls nobody under a condition; empty: it does."""
    if condition == "hub cut" and world.behind_the_hub(phone):
        return "its site is behind the hub"
    if condition == "main operator cut" and len(emergency_exits(world.voip(phone.server))) < 2:
        return "it has one operator"
    return ""


def expected(world: World, phone: Phone, condition: str) -> tuple[str, str]:
    """Return the operator that must get the call, and the number that it must be shown."""
    voip = world.voip(phone.server)
    exits = emergency_exits(voip)[1 if condition == "main operator cut" else 0 :]
    caller = phone.extension.emergency_caller
    shown = caller if exits[0].caller.endswith("E164") else national(caller, voip.country_code)
    return ("operator" if exits[0].name == "local" else "reserve"), shown


def take_every_channel(world: World, phone: Phone, number: str) -> None:
    """Have others fill the trunks: ordinary calls, and another emergency where one is kept."""
    others = [
        each
        for each in world.phones.values()
        if each.server == phone.server and each != phone and each.extension.right != "inside"
    ]
    trunks = world.voip(phone.server).trunks
    emergencies = [each.number for each in world.voip(phone.server).emergency]
    for trunk in trunks:
        operator = "operator" if trunk.name == "local" else "reserve"
        world.dial(others.pop(), "40123456")
        assert wait(partial(_has_one_call, world, operator), 10), world.channels(phone.server)
    for trunk in trunks:
        if trunk.channels > 1:
            world.dial(others.pop(), next(each for each in emergencies if each != number))
            assert wait(lambda: len(world.seen("operator")) == 2, 10), world.channels(phone.server)
        assert len(world.seen("operator" if trunk.name == "local" else "reserve")) == trunk.channels


def emergency(world: World, phone: Phone, number: str, operator: str, shown: str) -> float | None:
    """Dial; return after how many seconds the operator had the call, None when it never had."""
    wanted = (phone.server.partition("-")[0], shown, number)
    assert wanted not in world.seen(operator)
    begun = time.monotonic()
    world.dial(phone, number)
    arrived = wait(lambda: wanted in world.seen(operator), 40)
    return time.monotonic() - begun if arrived else None


@pytest.mark.parametrize("condition", CONDITIONS)
def test_emergencies_get_out(world: World, condition: str, made: list[Calls]) -> None:
    """Every phone, every number, whatever is wrong: right operator, right caller."""
    failed: list[str] = []
    if condition == "hub cut":
        world.cut_hub()
    elif condition == "main operator cut":
        world.cut("operator")
    try:
        for phone in world.phones.values():
            why, right = hopeless(world, phone, condition), phone.extension.right
            wanted = None if why else expected(world, phone, condition)
            took: dict[str, float | None] = {}
            made.append(Calls(condition, phone.name, right, wanted, why, took))
            if wanted is None:
                world.dial(phone, "15")
                arrived = wait(
                    lambda: bool(world.seen("operator") or world.seen("reserve")), IN_VAIN_S
                )
                assert not arrived, f"{phone.name} reaches somebody, although {why}"
                world.hang_up(phone)
                print(f"{condition:20} {phone.name:20} ({right}) calls nobody: {why}")
                continue
            for number in world.voip(phone.server).emergency:
                if condition == "channels taken":
                    take_every_channel(world, phone, number.number)
                seconds = emergency(world, phone, number.number, *wanted)
                took[number.number] = seconds
                if seconds is None:
                    failed.append(f"{phone.name}, {number.number}")
                _end(world)
            way = f"{wanted[0]} as {wanted[1]}"
            shown = ", ".join(
                f"{number}: {seconds:.1f} s" if seconds else f"{number}: FAILED"
                for number, seconds in took.items()
            )
            print(f"{condition:20} {phone.name:20} ({right}) → {way}: {shown}")
    finally:
        if condition == "hub cut":
            world.plug_hub()
        elif condition == "main operator cut":
            world.plug("operator")
    assert not failed, failed


def _end(world: World) -> None:
    world.hang_up()
    wait(lambda: not world.seen("operator") and not world.seen("reserve"), 10)
    for server in (RURUTU, RAPA):
        if world.channels(server):
            world.ask(server, "channel request hangup all")
    assert wait(lambda: not world.channels(RURUTU) and not world.channels(RAPA), 10)
    world.revive()


def test_reception_is_told_of_an_emergency(world: World) -> None:
    world.dial(world.phones["rurutu direction"], "17")
    told = "told"
    assert wait(lambda: any(line[1] == told for line in world.channels(RURUTU)), 10), (
        world.channels(RURUTU)
    )


def test_ordinary_calls_leave_a_channel(world: World) -> None:
    """Two phones call out at once: the second one leaves by the other operator."""
    one, other = world.phones["rurutu accueil"], world.phones["rurutu maire"]
    # A test before this one cut the first operator; whom Asterisk found silent, it asks again later
    assert wait(partial(_reaches, world, RURUTU, "trunk-local"), 60)
    world.dial(one, "40111111")
    assert wait(lambda: len(world.seen("operator")) == 1, 10)
    world.dial(other, "40222222")
    assert wait(lambda: len(world.seen("reserve")) == 1, 10)
    assert world.seen("reserve") == [("rurutu", "+68940930000", "+68940222222")]
    assert len(world.seen("operator")) == 1


# Other communes -----------------------------------------------------------------------------------


def _reaches(world: World, server: str, name: str) -> bool:
    """Whether what an Asterisk calls so has answered it lately."""
    return bool(re.search(rf"\s{name}/.*\bAvail\b", world.contacts(server)))


def _reach_each_other(world: World) -> None:
    """Wait until the exchanges have found each other: they ask every 30 s."""
    for server, name in ((RURUTU, "hub"), (RAPA, "hub"), (HUB, "rurutu"), (HUB, "rapa")):
        assert wait(partial(_reaches, world, server, name), 90), (server, name)


def test_communes_call_each_other_by_short_code(world: World) -> None:
    _reach_each_other(world)
    phones = world.phones
    code = world.voip(RAPA).code
    talk(world, phones["rurutu accueil"], f"*{code}102", phones["rapa infirmerie"])
    back = world.voip(RURUTU).code
    talk(world, phones["rapa infirmerie"], f"*{back}120", phones["rurutu direction"])


def test_an_emergency_call_is_heard(world: World) -> None:
    """The centre says back what it hears."""
    for name, number in (
        ("rurutu atelier", "15"),
        ("rurutu direction", "18"),
        ("rapa accueil", "112"),
    ):
        phone = world.phones[name]
        world.dial(phone, number)
        assert hears(world, phone, phone), (number, world.heard(phone))
        world.hush()


def test_a_program_and_a_desk_phone_understand_each_other(world: World) -> None:
    program, desk = world.phones["rurutu atelier"], world.phones["rurutu accueil"]
    for caller, number, called in ((program, "101", desk), (desk, "104", program)):
        world.dial(caller, number)
        assert wait(partial(_in_call, world, called), 15)
        assert world.codecs(RURUTU) == ["alaw", "opus"]
        assert hears(world, caller, called) and hears(world, called, caller)
        world.hush()


@pytest.mark.parametrize("first", [20_000, 50_000], ids=["behind", "ahead"])
def test_a_new_source_is_heard_at_once(world: World, first: int) -> None:
    """Numbers of packets begin anywhere (RFC 3550, 5.1): these are not late, nor is any missing."""
    speaker, program = world.phones["rurutu maire"], world.phones["rurutu atelier"]
    other = world.phones["rurutu secretariat"]
    world.speak_anew(speaker, "104", (35_000, speaker.tone), (first, other.tone))
    assert hears(world, program, speaker), world.heard(program)
    assert hears(world, program, other), world.heard(program)


def test_opus_goes_over_the_satellite(world: World) -> None:
    world.dial(world.phones["rurutu accueil"], f"*{world.voip(RAPA).code}102")
    assert wait(lambda: _in_call(world, world.phones["rapa infirmerie"]), 15)
    assert world.codecs(RURUTU) == ["alaw", "opus"]
    assert world.codecs(HUB) == ["opus", "opus"]
    assert world.codecs(RAPA) == ["alaw", "opus"]


def test_a_commune_that_knows_no_opus_is_understood(world: World) -> None:
    """Communes are deployed one after the other: GSM is what an older one has in common."""
    pjsip = "/etc/asterisk/pjsip.conf"
    world.nodes.check(RAPA, ["sed", "-i", "s/^allow = opus,gsm$/allow = gsm/", pjsip])
    world.ask(RAPA, "core reload")
    try:
        world.dial(world.phones["rurutu accueil"], f"*{world.voip(RAPA).code}102")
        assert wait(lambda: _in_call(world, world.phones["rapa infirmerie"]), 15)
        assert world.codecs(RAPA) == ["alaw", "gsm"]
        assert world.codecs(HUB) == ["gsm", "opus"]
        one, other = world.phones["rurutu accueil"], world.phones["rapa infirmerie"]
        assert hears(world, one, other) and hears(world, other, one)
    finally:
        world.hush()
        world.nodes.check(RAPA, ["sed", "-i", "s/^allow = gsm$/allow = opus,gsm/", pjsip])
        world.ask(RAPA, "core reload")


def test_without_the_hub_inside_and_outside_calls_live(world: World) -> None:
    phones, code = world.phones, world.voip(RAPA).code
    world.cut(HUB)
    try:
        talk(world, phones["rurutu accueil"], "102", phones["rurutu secretariat"])
        world.dial(phones["rurutu accueil"], "40123456")
        assert wait(lambda: len(world.seen("operator")) == 1, 10)
        world.hush()
    finally:
        world.plug(HUB)
    _reach_each_other(world)
    talk(world, phones["rurutu accueil"], f"*{code}102", phones["rapa infirmerie"])


def test_the_hub_leads_nowhere_else(world: World) -> None:
    """No outside number, emergency, feature or own number of a commune through another one."""
    phone, code = world.phones["rurutu maire"], world.voip(RAPA).code
    for number in (f"*{code}40123456", f"*{code}15", f"*{code}*97", f"*{code}*8"):
        world.dial(phone, number)
        time.sleep(2)
        assert not world.seen("operator"), number
        assert not world.channels(RAPA), number
        world.hush()


# Inside -------------------------------------------------------------------------------------------


def test_pickup(world: World) -> None:
    phones = world.phones
    caller, ringing, helper = (phones[f"rurutu {x}"] for x in ("maire", "accueil", "secretariat"))
    world.switch_on(ringing, answers=False)
    assert wait(lambda: world.is_registered(ringing), 15)
    try:
        time.sleep(1)
        world.dial(caller, "101")
        assert wait(lambda: any(x[4] == "Ringing" for x in world.channels(RURUTU)), 10)
        world.dial(helper, "*8")
        assert wait(lambda: _in_call(world, helper), 10), world.channels(RURUTU)
        assert hears(world, helper, caller), world.heard(helper)
        world.hush()
    finally:
        world.switch_on(ringing)
    assert wait(lambda: world.is_registered(ringing), 15)


def test_transfer(world: World) -> None:
    phones = world.phones
    caller, first, last = (phones[f"rurutu {x}"] for x in ("accueil", "secretariat", "maire"))
    world.dial(caller, "102")
    assert wait(lambda: _in_call(world, first), 10)
    world.tell(caller, "transfer", f"sip:103@{world.voip(RURUTU).ipv4}")
    assert wait(lambda: _in_call(world, last), 10), world.channels(RURUTU)
    assert hears(world, last, first), world.heard(last)


def test_hold(world: World) -> None:
    caller, called = (world.phones[f"rurutu {x}"] for x in ("accueil", "secretariat"))
    world.dial(caller, "102")
    assert wait(lambda: _in_call(world, called), 10)
    assert hears(world, called, caller), world.heard(called)
    world.tell(caller, "hold")
    assert wait(lambda: world.heard(called)[caller.tone] < 0.1, 8), "the tone goes on while on hold"


def test_group_in_order_and_queue(world: World) -> None:
    phones = world.phones
    first, second = phones["rurutu secretariat"], phones["rurutu maire"]
    world.switch_off(first)
    try:
        world.dial(phones["rurutu direction"], "200")
        assert wait(lambda: _in_call(world, second), 25), world.channels(RURUTU)
        world.hush()
    finally:
        world.switch_on(first)
    assert wait(lambda: world.is_registered(first), 15)
    world.dial(phones["rurutu direction"], "201")
    members = (phones["rurutu accueil"], first)
    answered = wait(lambda: any(_in_call(world, each) for each in members), 20)
    assert answered, (world.fallen(), world.channels(RURUTU), world.ask(RURUTU, "queue show"))


def test_a_message_is_left(world: World) -> None:
    """Nobody answers for 25 s; the announcement takes some seconds more."""
    absent = world.phones["rurutu secretariat"]
    inbox = f"{VOICEMAIL}/mairie/102/INBOX"
    world.switch_off(absent)
    try:
        world.dial(world.phones["rurutu maire"], "102")
        assert wait(lambda: "VoiceMail" in {x[5] for x in world.channels(RURUTU)}, 45)
        time.sleep(16)
        world.hush()
        look = ["ls", "-R", VOICEMAIL]
        left = wait(lambda: "msg0000.wav" in world.nodes.exec(RURUTU, ["ls", inbox]).stdout, 10)
        assert left, world.nodes.exec(RURUTU, look).stdout
    finally:
        world.switch_on(absent)
    assert wait(lambda: world.is_registered(absent), 15)


# Money --------------------------------------------------------------------------------------------


def _refused(world: World, phone: Phone, number: str) -> None:
    world.dial(phone, number)
    time.sleep(3)
    seen = world.seen("operator") + world.seen("reserve")
    world.hush()
    assert not seen, f"{phone.name} reached {seen}"


def test_rights_and_blocked_numbers(world: World) -> None:
    phones = world.phones
    _refused(world, phones["rurutu atelier"], "40123456")  # inside only
    _refused(world, phones["rurutu accueil"], "0033142000000")  # not abroad
    _refused(world, phones["rurutu maire"], "87991234")  # blocked for everybody
    world.dial(phones["rurutu maire"], "0033142000000")
    assert wait(lambda: len(world.seen("operator")) == 1, 10)


def test_a_day_costs_no_more_than_said(world: World) -> None:
    phone, voip = world.phones["rurutu maire"], world.voip(RURUTU)
    day = world.nodes.check(
        RURUTU, ["sh", "-c", f"TZ={world.plans[RURUTU].timezone} date +%Y%m%d"]
    ).strip()

    def spent() -> float:
        found = re.search(rf"/{day}\s*: ([\d.]+)", world.ask(RURUTU, "database show spent"))
        return float(found[1]) if found else 0

    before = spent()
    world.dial(phone, "0033142000000")
    assert wait(lambda: len(world.seen("operator")) == 1, 10)
    held = spent() - before
    assert held <= (voip.spending.daily_cents - before) / 2 + 1
    time.sleep(1)
    world.hush()
    price = max(
        each.cents_per_minute
        for each in voip.classes
        if each.right == "international" and not each.blocked
    )
    assert spent() - before <= price, "more than a minute was counted"
    assert spent() > before
    world.ask(RURUTU, f"database put spent {day} {voip.spending.daily_cents}")
    try:
        _refused(world, phone, "40123456")
        assert emergency(world, phone, "15", "operator", "40930000") is not None
    finally:
        world.ask(RURUTU, f"database put spent {day} 0")


# Hours --------------------------------------------------------------------------------------------

HOURS = (
    # zone, UTC, open: Rurutu is open Monday to Thursday 07:30-12:00 and 13:00-15:30
    ("Pacific/Tahiti", "2026/03/30 17:29:00", False),
    ("Pacific/Tahiti", "2026/03/30 17:30:00", True),
    ("Pacific/Tahiti", "2026/03/30 21:59:00", True),
    ("Pacific/Tahiti", "2026/03/30 22:00:00", False),
    ("Pacific/Tahiti", "2026/11/30 17:30:00", True),
    ("Pacific/Tahiti", "2026/12/24 18:00:00", False),  # closed by the commune
    ("Pacific/Tahiti", "2026/12/25 18:00:00", False),  # a Friday, and Christmas
    ("Pacific/Tahiti", "2026/12/26 05:00:00", False),
    ("Pacific/Marquesas", "2026/03/30 16:59:00", False),
    ("Pacific/Marquesas", "2026/03/30 17:00:00", True),
    ("Europe/Paris", "2026/03/26 06:29:00", False),  # winter: an hour ahead
    ("Europe/Paris", "2026/03/26 06:30:00", True),
    ("Europe/Paris", "2026/03/30 05:29:00", False),  # summer: two hours ahead
    ("Europe/Paris", "2026/03/30 05:30:00", True),
    ("Europe/Paris", "2026/10/22 05:30:00", True),
    ("Europe/Paris", "2026/10/26 05:30:00", False),
    ("Europe/Paris", "2026/10/26 06:30:00", True),
)


def test_reception_opens_and_closes(world: World) -> None:
    plan = world.plans[RURUTU]
    world.ask(RURUTU, "module load res_clioriginate.so")
    wrong: list[str] = []
    try:
        for zone in dict.fromkeys(zone for zone, _, _ in HOURS):
            world.plans[RURUTU] = replace(plan, timezone=zone)
            world.place(RURUTU)
            world.nodes.check(RURUTU, [table.APPLY], timeout=120)
            time.sleep(2)
            for number, (each, moment, is_open) in enumerate(HOURS):
                if each != zone:
                    continue
                found = _opening(world, number, moment)
                if found != ("open" if is_open else "closed"):
                    wrong.append(f"{zone} {moment}: {found}")
    finally:
        world.plans[RURUTU] = plan
        world.place(RURUTU)
        world.nodes.check(RURUTU, [table.APPLY], timeout=120)
        world.ask(RURUTU, "module unload res_clioriginate.so")
    assert not wrong, wrong


def _opening(world: World, number: int, moment: str) -> str:
    steps = (
        f"Set(TESTTIME={moment})",
        "Gosub(opening,s,1)",
        f"Set(DB(opening/{number})=${{GOSUB_RETVAL}})",
    )
    for place, step in enumerate(steps, 1):
        world.ask(RURUTU, f'dialplan add extension "{number},{place},{step}" into opening-asked')
    world.ask(RURUTU, f"channel originate Local/{number}@opening-asked application Wait 0.1")
    answer = ""

    def told() -> bool:
        nonlocal answer
        answer = world.ask(RURUTU, f"database get opening {number}").strip()
        return answer.startswith("Value: ")

    wait(told, 5)
    world.ask(RURUTU, f"database del opening {number}")
    return answer.removeprefix("Value: ")


# Configuration ------------------------------------------------------------------------------------


def test_a_change_cuts_no_call_and_a_mistake_changes_nothing(world: World) -> None:
    phones, plan = world.phones, world.plans[RURUTU]
    voip = world.voip(RURUTU)
    world.dial(phones["rurutu accueil"], "102")
    assert wait(lambda: _in_call(world, phones["rurutu secretariat"]), 10)
    before = world.ask(RURUTU, "core show uptime seconds").splitlines()[0]
    renamed = tuple(replace(each, label=f"{each.label} 2") for each in voip.extensions)
    world.plans[RURUTU] = replace(plan, voip=replace(voip, extensions=renamed))
    try:
        world.place(RURUTU)
        world.nodes.check(RURUTU, [table.APPLY], timeout=120)
        assert wait(lambda: "Accueil 2" in world.ask(RURUTU, "pjsip show endpoint 101"), 10)
        assert _in_call(world, phones["rurutu secretariat"]), "the call is gone"
        seconds = [int(re.sub(r"\D", "", x)) for x in (before, _uptime(world))]
        assert seconds[1] >= seconds[0], "Asterisk started again"
        world.nodes.check(
            RURUTU, ["sh", "-c", f"echo 'member => PJSIP/' >>{table.CANDIDATE}/pjsip.conf"]
        )
        live = world.nodes.check(RURUTU, ["cat", f"{table.LIVE}/pjsip.conf"])
        done = world.nodes.exec(RURUTU, [table.APPLY], timeout=120)
        assert done.exit_code != 0
        assert "finds fault" in done.stderr
        assert world.nodes.check(RURUTU, ["cat", f"{table.LIVE}/pjsip.conf"]) == live
        assert _in_call(world, phones["rurutu secretariat"])
    finally:
        world.plans[RURUTU] = plan
        world.place(RURUTU)
        world.nodes.check(RURUTU, [table.APPLY], timeout=120)


def _uptime(world: World) -> str:
    return world.ask(RURUTU, "core show uptime seconds").splitlines()[0]


def test_records_say_who_called_and_are_erased(world: World) -> None:
    world.dial(world.phones["rurutu maire"], "40333333")
    assert wait(lambda: len(world.seen("operator")) == 1, 10)
    trunk = table.names(world.voip(RURUTU))["trunk-local"]
    talking = world.nodes.check(RURUTU, [table.CALLS, "--last", "0"])
    assert re.search(rf"^\d+:\d\d\t103 .* — trunk-local {trunk}$", talking, re.MULTILINE), talking
    world.hush()
    read = ["sh", "-c", f"cat {table.RECORDS}/calls*.csv"]
    assert wait(lambda: '"103","40930000","40333333"' in world.nodes.check(RURUTU, read), 5)
    ended = world.nodes.check(RURUTU, [table.CALLS, "--last", "3"])
    assert "personne n'est au téléphone" in ended
    assert re.search(r"\t103 .*\t40333333\t\d:\d\d\trépondu", ended), ended
    old = f"{table.RECORDS}/calls-2020-01-01.csv"
    world.nodes.check(RURUTU, ["install", "-o", table.ACCOUNT, "/dev/null", old])
    world.nodes.check(RURUTU, ["systemctl", "start", table.KEEP_SERVICE])
    kept = world.nodes.check(RURUTU, ["ls", table.RECORDS])
    assert Path(old).name not in kept
    assert "calls.csv" not in kept.split()
    assert '"103","40930000","40333333"' in world.nodes.check(RURUTU, read)

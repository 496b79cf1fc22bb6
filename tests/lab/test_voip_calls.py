"""What becomes of calls, as it is told and paid for; codes of voicemails that people choose.

The world of test_voip: real phones call, and ``mairie-calls`` says what became of it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from mairie.files import voip as table
from mairie.lab.containers import Lab
from mairie.plan.host import HostSecrets
from mairie.plan.parts.voip import VOICEMAIL
from tests.lab.voip_containers import start
from tests.lab.voip_world import (
    OPERATORS,
    PHONE,
    PIN,
    RURUTU,
    Phone,
    World,
    wait,
)

pytestmark = [pytest.mark.lab, pytest.mark.voice, pytest.mark.timeout(900)]

CHOSEN, ROTATED, NEXT = "135790", "864202", "975311"
"""Codes: that somebody chose, that a rotation made, that is chosen to see whether one opens."""
TRIES = 8
"""Two calls at the same moment meet in half of the cases where nothing keeps them apart."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("voip") / "inventory"
    with Lab("test-voip-calls") as lab:
        yield start(lab, World(lab, folder))


@pytest.fixture(autouse=True)
def _quiet(world: World) -> Iterator[None]:
    world.revive()
    yield
    world.hush()


# What `mairie calls` says -------------------------------------------------------------------------


def told(world: World) -> str:
    """Return the last call as ``mairie-calls`` tells it, without its moment."""
    lines = world.nodes.check(RURUTU, [table.CALLS, "--last", "1"]).splitlines()
    return lines[-1].partition("\t")[2]


def made(world: World, phone: Phone, number: str, last: Callable[[], bool], seconds: float) -> str:
    """Call until something is so, hang up; return what is told of it."""
    world.dial(phone, number)
    assert wait(lambda: bool(world.channels(RURUTU)), 10)
    assert wait(last, seconds), world.channels(RURUTU)
    time.sleep(1)
    world.hush()
    return told(world)


def announced(world: World, prompt: str) -> bool:
    """Whether an announcement is heard, or what comes after a voicemail was reached."""
    return any(prompt in line[6] for line in world.channels(RURUTU))


def test_a_refused_number_is_told_as_refused(world: World) -> None:
    def refused() -> bool:
        return announced(world, "feature-not-avail-line")

    phone = world.phones["rurutu accueil"]
    premium = next(each for each in world.voip(RURUTU).classes if each.name == "services")
    assert premium.blocked
    assert made(world, phone, "3666", refused, 10) == "101 Accueil\t3666\t-\trefusé\tservices"
    assert made(world, phone, "0033142000000", refused, 10) == (
        "101 Accueil\t0033142000000\t-\trefusé\tinternational"
    )


def test_who_answers_is_told_as_answered(world: World) -> None:
    def out() -> bool:
        return len(world.seen("operator")) == 1

    said = made(world, world.phones["rurutu accueil"], "40123456", out, 10)
    assert re.fullmatch(r"101 Accueil\t40123456\t0:0\d\trépondu\tfixes", said), said


def test_nobody_there_is_told_as_no_answer(world: World) -> None:
    absent = world.phones["rurutu atelier"]
    world.switch_on(absent, answers=False)
    assert wait(lambda: world.is_registered(absent), 15)
    try:
        said = made(
            world,
            world.phones["rurutu accueil"],
            "104",
            lambda: announced(world, "vm-nobodyavail"),
            40,
        )
    finally:
        world.switch_on(absent)
    assert said == "101 Accueil\t104 Atelier\t-\tsans réponse"
    assert wait(lambda: world.is_registered(absent), 15)


@pytest.mark.parametrize("why", ["refused by the operators", "operators unreachable"])
def test_an_emergency_without_a_way_out_is_told_as_failed(world: World, why: str) -> None:
    """Whether operators refuse it, or answer nothing; so is an ordinary call."""
    gone = why == "operators unreachable"
    for operator in OPERATORS:
        if gone:
            world.cut(operator)
        else:
            rule = "_[+0-9]!,1,Hangup(34)"
            world.ask(operator, f"dialplan add extension {rule} into customers replace")
    try:

        def busy() -> bool:
            return announced(world, "all-circuits-busy-now")

        phone, before = world.phones["rurutu maire"], spent(world)
        assert made(world, phone, "15", busy, 120) == "103 Le maire\t15 SAMU\t-\téchec\tURGENCE"
        said = made(world, phone, "40123456", busy, 120)
        assert said == "103 Le maire\t40123456\t-\téchec\tfixes"
        assert spent(world) == before, "a call that found no way costs something"
        assert "0 results found" in world.ask(RURUTU, "database show reserved")
    finally:
        world.hush()
        for operator in OPERATORS:
            if gone:
                world.plug(operator)
            else:
                world.ask(operator, "dialplan reload")
    reached = r"Contact:\s+(trunk-\w+)/.*\bAvail\b"
    both = {f"trunk-{trunk.name}" for trunk in world.voip(RURUTU).trunks}
    assert wait(lambda: set(re.findall(reached, world.contacts(RURUTU))) == both, 90)


# Money --------------------------------------------------------------------------------------------


def today(world: World) -> str:
    """Return the day of the commune, as its calls are counted."""
    zone = world.plans[RURUTU].timezone
    return world.nodes.check(RURUTU, ["sh", "-c", f"TZ={zone} date +%Y%m%d"]).strip()


def spent(world: World) -> float:
    """Return what the calls of today cost, in hundredths."""
    shown = world.ask(RURUTU, "database show spent")
    found = re.search(rf"/{today(world)}\s*: (-?[\d.]+)", shown)
    assert found or "0 results found" in shown, f"Asterisk answered {shown!r}"
    return float(found[1]) if found else 0


def test_calls_at_the_same_moment_do_not_exceed_the_day(world: World) -> None:
    """A minute is left, two channels are free, two phones call: one gets through."""
    voip = world.voip(RURUTU)
    pair = [world.phones[f"rurutu {name}"] for name in ("accueil", "secretariat")]
    price = next(each.cents_per_minute for each in voip.classes if each.name == "fixes")
    day = today(world)
    at_once = " & ".join(
        f"python3 {PHONE} tell {phone.port + 1000} dial sip:40123456@{voip.ipv4}" for phone in pair
    )
    seen: list[tuple[int, float]] = []
    try:
        for _ in range(TRIES):
            world.revive()
            world.ask(RURUTU, f"database put spent {day} {voip.spending.daily_cents - price}")
            world.nodes.check(pair[0].node, ["sh", "-c", f"{at_once} & wait"])
            assert wait(lambda: announced(world, "im-sorry") or len(_out(world)) > 1, 10)
            assert wait(lambda: bool(_out(world)), 10)
            seen.append((len(_out(world)), spent(world)))
            if len(seen) == 1:
                world.hang_up()
                assert wait(world.quiet, 10)
                assert spent(world) == voip.spending.daily_cents, "a minute that began is paid"
            world.hush()
        assert seen == [(1, voip.spending.daily_cents)] * TRIES
        last = world.nodes.check(RURUTU, [table.CALLS, "--last", "2"])
        assert last.count("\t40123456\t-\tplafond du jour atteint\tfixes") == 1, last
    finally:
        world.ask(RURUTU, f"database put spent {day} 0")
    assert "0 results found" in world.ask(RURUTU, "database show reserved")


def test_a_call_that_finds_no_channel_gives_all_back(world: World) -> None:
    day = today(world)
    world.ask(RURUTU, f"database put spent {day} 1000")
    for operator in OPERATORS:
        rule = "_[+0-9]!,1,Hangup(34)"
        world.ask(operator, f"dialplan add extension {rule} into customers replace")
    try:
        world.dial(world.phones["rurutu maire"], "0033142000000")
        assert wait(lambda: announced(world, "all-circuits-busy-now"), 15)
        assert spent(world) == 1000
        assert "0 results found" in world.ask(RURUTU, "database show reserved")
    finally:
        world.ask(RURUTU, f"database put spent {day} 0")
        for operator in OPERATORS:
            world.ask(operator, "dialplan reload")


def _out(world: World) -> list[tuple[str, str, str]]:
    return world.seen("operator") + world.seen("reserve")


# Codes of voicemails ------------------------------------------------------------------------------


def code_file(number: str) -> str:
    """Return where Asterisk keeps a code that somebody chose."""
    return f"{VOICEMAIL}/mairie/{number}/secret.conf"


def choose(world: World, phone: Phone, code: str, new: str) -> bool:
    """Open the own voicemail with a code and choose another one; return whether that was done."""
    world.revive()
    world.dial(phone, "*97")
    assert wait(lambda: bool(world.channels(RURUTU)), 10)
    time.sleep(3)
    for keys, pause in ((f"{code}#", 3), ("0", 2), ("5", 2), (f"{new}#", 3), (f"{new}#", 3)):
        for key in keys:
            # A call that Asterisk ended takes no more keys.
            words = ["python3", PHONE, "tell", str(phone.port + 1000), "sndcode", key]
            world.nodes.exec(phone.node, words)
            time.sleep(0.15)
        time.sleep(pause)
    world.hush()
    return new in chosen(world, phone.extension.number)


def chosen(world: World, number: str) -> str:
    """Return the file of a chosen code with its age and owner; nothing where there is none."""
    script = f"[ ! -e {code_file(number)} ] || {{ stat -c '%Y %i %U %a' {code_file(number)}; "
    return world.nodes.check(RURUTU, ["sh", "-c", f"{script} cat {code_file(number)}; }}"])


def deploy(world: World) -> str:
    """Place everything and have Asterisk use it; return what was said."""
    world.place(RURUTU)
    done = world.nodes.exec(RURUTU, ["sh", "-c", f"sh -x {table.APPLY} 2>&1"], timeout=120)
    assert done.exit_code == 0, "it was refused"
    time.sleep(2)
    return done.stdout


def test_a_rotation_takes_back_a_chosen_code(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    phone = world.phones["rurutu secretariat"]
    theirs = f"[general]\npassword = {CHOSEN}\n"
    assert choose(world, phone, PIN, CHOSEN), "the first code does not open"
    folder = f"{VOICEMAIL}/mairie/101"
    install = f"install -d -o {table.ACCOUNT} -g {table.ACCOUNT} {folder}"
    world.nodes.check(RURUTU, ["sh", "-c", install])
    world.nodes.put(RURUTU, {code_file("101"): theirs.encode()})
    world.nodes.check(RURUTU, ["chown", f"{table.ACCOUNT}:", code_file("101")])
    other, kept = chosen(world, "101"), chosen(world, "102")
    deploy(world)
    assert chosen(world, "102") == kept, "an ordinary deploy takes a chosen code away"

    secrets = world.secrets

    def rotated(server: str) -> HostSecrets:
        known = secrets(server)
        return replace(known, others={**known.others, "voicemail-secretariat": ROTATED})

    monkeypatch.setattr(world, "secrets", rotated)
    try:
        # Every command that it runs, with its words
        said = deploy(world)
        assert not [code for code in (PIN, CHOSEN, ROTATED) if code in said]
        assert not chosen(world, "102")
        assert chosen(world, "101") == other, "somebody else's code is gone"
        assert not choose(world, phone, CHOSEN, NEXT), "the stolen code opens"
        assert choose(world, phone, ROTATED, NEXT), "the new code does not open"
        again = chosen(world, "102")
        deploy(world)
        assert chosen(world, "102") == again, "a second deploy changes something"
        log = world.nodes.check(RURUTU, ["cat", table.MESSAGES])
        assert not [code for code in (PIN, CHOSEN, ROTATED) if code in log]
    finally:
        monkeypatch.undo()
        deploy(world)
        world.nodes.check(RURUTU, ["rm", "-f", code_file("101"), code_file("102")])
        world.ask(RURUTU, "module reload app_voicemail.so")


# Who called for help ------------------------------------------------------------------------------


def test_who_called_for_help_is_forgotten(world: World) -> None:
    """Within four hours a centre may call back; the night after, nobody is remembered."""
    now = int(world.nodes.check(RURUTU, ["date", "+%s"]))
    moments = {"+68940930000": now - 60, "+68940930120": now - table.CALL_BACK_S - 60}
    for number, moment in moments.items():
        world.ask(RURUTU, f"database put emergency {number} 103-{moment}")
    world.nodes.check(RURUTU, ["systemctl", "start", table.KEEP_SERVICE])
    left = world.ask(RURUTU, "database show emergency")
    assert re.search(rf"/emergency/\+68940930000\s*: 103-{now - 60}\b", left), left
    assert "+68940930120" not in left
    assert "1 results found" in left
    world.ask(RURUTU, "database del emergency +68940930000")

"""Desk phones that speak TLS, with encrypted sound: they trust one authority, and call like others.

The other phones of the world speak UDP, with plain sound.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial

import pytest

from mairie.files import voip as table
from mairie.lab.containers import Lab
from mairie.plan.parts.voip import SIPS_PORT
from mairie.secrets.phone_certificates import AUTHORITY, new_certificate
from tests.lab.voip_containers import start
from tests.lab.voip_world import PASSWORD, RURUTU, Phone, World, wait

pytestmark = [pytest.mark.lab, pytest.mark.voice, pytest.mark.timeout(1800)]

CLEAR = 0.9
PORT = 5190
"""Of SIP; baresip listens for TLS one above."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("voip") / "inventory"
    with Lab("test-voip-tls") as lab:
        yield start(lab, World(lab, folder))


@pytest.fixture(autouse=True)
def _quiet(world: World) -> Iterator[None]:
    yield
    world.hush()


def secure(world: World, phone: Phone, authority: str) -> None:
    """Start a softphone that speaks TLS alone, and encrypts its sound where the far end can."""
    world.switch_on(phone)
    world.switch_off(phone)
    world.ask(RURUTU, "database deltree registrar")
    number = phone.extension.number
    account = (
        f'"{phone.extension.name}" <sip:{number}@{world.voip(RURUTU).ipv4}:{SIPS_PORT};'
        f"transport=tls>;auth_user={number};auth_pass={PASSWORD.format(phone.extension.name)};"
        "answermode=auto;regint=120;audio_codecs=PCMA;mediaenc=srtp\n"
    )
    config = world.nodes.check(phone.node, ["cat", f"{phone.folder}/config"])
    for old, new in (
        (f":{phone.port}\n", f":{PORT}\n"),
        ("sip_verify_server no", f"sip_verify_server yes\nsip_cafile {phone.folder}/authority.pem"),
        ("module g711.so", "module g711.so\nmodule srtp.so"),
    ):
        assert old in config
        config = config.replace(old, new)
    world.nodes.put(
        phone.node,
        {
            f"{phone.folder}/config": config.encode(),
            f"{phone.folder}/accounts": account.encode(),
            f"{phone.folder}/authority.pem": authority.encode(),
        },
    )
    script = (
        f"cd {phone.folder}; setsid baresip -f {phone.folder} >said 2>&1 </dev/null & "
        f"echo $! >{phone.folder}/pid"
    )
    world.nodes.check(phone.node, ["sh", "-c", script])


def over_tls(world: World, phone: Phone) -> bool:
    """Whether a phone is registered over TLS."""
    number = phone.extension.number
    shown = world.ask(RURUTU, "database show registrar")
    return bool(re.search(rf"contact/{number};.*sip:{number}[^\"]*;transport=tls", shown, re.I))


def in_call(world: World, phone: Phone) -> bool:
    name = f"PJSIP/{phone.extension.number}-"
    return any(
        line[0].startswith(name) and line[4] == "Up" and line[12]
        for line in world.channels(phone.server)
    )


def _answers(world: World) -> bool:
    return world.nodes.exec(RURUTU, ["asterisk", "-rx", "core show uptime"]).exit_code == 0


PLAIN, ENCRYPTED = 172, 182
"""20 ms of G.711 in RTP (RFC 3550, 3551), and with the mark of SRTP (RFC 3711: 80 bits)."""


def lengths(world: World, phone: Phone) -> dict[str, set[int]]:
    """Return the lengths of packets with sound, by who sends them, at the machine of a phone."""
    server = world.voip(RURUTU).ipv4
    script = f"timeout 8 tcpdump -c 80 -nqi eth0 udp and host {server} and portrange 10000-29999"
    found: dict[str, set[int]] = {"phone": set(), "server": set()}
    for line in world.nodes.check(phone.node, ["sh", "-c", f"{script} 2>/dev/null"]).splitlines():
        match = re.search(r"IP ([\d.]+)\.\d+ > .*length (\d+)", line)
        if match:
            found["server" if match[1] == server else "phone"].add(int(match[2]))
    return found


def hears(world: World, one: Phone, other: Phone) -> bool:
    """Whether a phone hears the tone of another one, and little else."""
    return world.heard(one)[other.tone] > CLEAR


def hear_each_other(world: World, *phones: Phone) -> None:
    """Both hear the other one's tone, and little else."""
    for one, other in (phones, phones[::-1]):
        seen = wait(partial(hears, world, one, other), 8)
        assert seen, f"{one.name} hears {world.heard(one)}"


@pytest.fixture
def desk(world: World) -> Phone:
    """A phone that speaks TLS, registered."""
    phone = world.phones["rurutu maire"]
    secure(world, phone, world.certificate(RURUTU)[AUTHORITY])
    assert wait(lambda: over_tls(world, phone), 15), world.contacts(RURUTU)
    return phone


def test_calls_go_both_ways(world: World, desk: Phone) -> None:
    """Sound is encrypted on one side and plain on the other: Asterisk stands between."""
    plain = world.phones["rurutu secretariat"]
    world.switch_on(plain)
    assert wait(lambda: world.is_registered(plain), 15)
    world.dial(desk, plain.extension.number)
    assert wait(lambda: in_call(world, plain), 10), world.channels(RURUTU)
    hear_each_other(world, desk, plain)
    both = {PLAIN, ENCRYPTED}
    assert lengths(world, desk) == {"phone": both, "server": both}
    world.hush()
    world.dial(plain, desk.extension.number)
    assert wait(lambda: in_call(world, desk), 10), world.channels(RURUTU)
    hear_each_other(world, desk, plain)
    assert lengths(world, desk) == {"phone": both, "server": both}


def test_15_gets_out(world: World, desk: Phone) -> None:
    world.dial(desk, "15")
    assert wait(lambda: any(call[2] == "15" for call in world.seen("operator")), 10)


def test_a_phone_that_trusts_another_authority_sends_no_password(world: World) -> None:
    phone = world.phones["rurutu maire"]
    stranger = new_certificate("x", "x", "x", "10.0.0.1", today=datetime.now(UTC).date())
    told = ["sh", "-c", f"grep -c /TLS/ {table.SECURITY} || :"]
    world.switch_off(phone)
    before = world.nodes.check(RURUTU, told)
    secure(world, phone, stranger[AUTHORITY])
    assert not wait(lambda: world.is_registered(phone), 6)
    assert world.nodes.check(RURUTU, told) == before


def test_another_certificate_waits_for_the_end_of_calls(world: World, desk: Phone) -> None:
    other = world.phones["rurutu secretariat"]
    world.switch_on(other)
    assert wait(lambda: world.is_registered(other), 15)

    began = 0

    def uptime() -> int:
        shown = world.nodes.exec(RURUTU, ["asterisk", "-rx", "core show uptime seconds"]).stdout
        found = re.search(r"uptime: (\d+)", shown)
        return int(found[1]) if found else began + 1  # on its way down, or up

    world.dial(desk, other.extension.number)
    assert wait(lambda: in_call(world, other), 10)
    began = uptime()
    world.nodes.exec(RURUTU, ["timeout", "3", "asterisk", "-rx", "core restart when convenient"])
    time.sleep(3)
    assert in_call(world, other), "the call is gone"
    hear_each_other(world, desk, other)
    assert uptime() > began
    world.hang_up(desk, other)
    assert wait(lambda: _answers(world) and uptime() < began, 60)
    world.nodes.check(RURUTU, ["asterisk", "-rx", "core waitfullybooted"])
    secure(world, desk, world.certificate(RURUTU)[AUTHORITY])
    assert wait(lambda: over_tls(world, desk), 15)

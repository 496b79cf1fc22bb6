"""Somebody guesses passwords of telephones, then floods: a person is told by mail, once each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from email.message import EmailMessage
from ipaddress import ip_network
from pathlib import Path

import pytest

from mairie.files import mail as table
from mairie.files import network, voip
from mairie.host.looks import sip
from mairie.lab.building import ensure_asterisk, offer
from mairie.lab.containers import Lab, Node
from mairie.lab.engine import ensure_engine
from mairie.lab.fabric import Attachment
from mairie.lab.image import ensure_images
from mairie.render import render
from tests.lab.mail_inventory import SENDER
from tests.lab.mail_world import MACHINE, OPERATOR, MailWorld
from tests.lab.voip_world import RURUTU, SHARE, wait

pytestmark = [pytest.mark.lab, pytest.mark.voice, pytest.mark.timeout(1800)]

ATTACKER = "attacker"
PROGRAM = "/srv/attack/attacker.py"
LOOK = ["systemctl", "start", table.ALERTS_SERVICE]


def guard(world: MailWorld) -> None:
    """Place the firewall and fail2ban as bricks network and voip do."""
    wanted = (network.NFTABLES, network.NFTABLES_UNIT, network.FIREWALL_STATE)
    for file in render(world.plans[RURUTU], world.secrets(RURUTU), "network"):
        if file.path in wanted:
            world.nodes.put(RURUTU, {file.path: file.text.encode()}, int(file.mode, 8))
    script = (
        "systemctl daemon-reload && systemctl enable --now nftables && "
        f"systemctl reload nftables && systemctl restart {voip.GUARD_SERVICE} && "
        f"systemctl enable --now {table.ALERTS_TIMER}"
    )
    world.nodes.check(RURUTU, ["sh", "-c", script])


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailWorld]:
    offer(ensure_asterisk(print), ensure_images(ensure_engine(print)).packages)
    with Lab("test-alerts") as lab:
        world = MailWorld(lab, tmp_path_factory.mktemp("mail") / "inventory")
        hosts = (RURUTU, OPERATOR, MACHINE)
        lab.up(
            [
                Node(name, "host" if name in hosts else "client", (Attachment("eth0", "flat"),))
                for name in (*world.names, ATTACKER)
            ]
        )
        world.install(RURUTU, "asterisk", voip.GUARD_PACKAGE, "nftables")
        world.install(OPERATOR, "asterisk")
        world.start()
        guard(world)
        voice = ip_network(world.phones["rurutu accueil"].extension.prefix_ipv4)
        script = f"ip link set eth0 up; ip address replace {voice[60]}/8 dev eth0"
        lab.check(ATTACKER, ["sh", "-ec", script])
        for path, source in (
            (PROGRAM, SHARE / "attacker.py"),
            ("/srv/attack/sip.py", Path(sip.__file__)),
        ):
            lab.put(ATTACKER, {path: source.read_bytes()})
        yield world


def attack(world: MailWorld, kind: str, *words: object) -> dict[str, int]:
    """Attack; return how often the attacker was told what."""
    argv = ["python3", PROGRAM, kind, world.voip(RURUTU).ipv4, *map(str, words)]
    found: dict[str, int] = json.loads(world.nodes.check(ATTACKER, argv, timeout=90))["told"]
    return found


def said(world: MailWorld) -> str:
    """Return what the program, the queue and fail2ban wrote down."""
    script = (
        "journalctl --no-pager -o cat -n 60; ls -l /var/lib/mairie-alerts; "
        f"tail -n 3 {voip.SECURITY}; fail2ban-client status {voip.JAIL}"
    )
    return world.nodes.check(RURUTU, ["sh", "-c", script])


def told(world: MailWorld) -> list[EmailMessage]:
    """Return the letters that the relay has, after the queue is empty."""
    assert wait(lambda: not world.queue(), 60), world.queue()
    return world.received()


def test_one_letter_for_each_kind_of_attack(world: MailWorld) -> None:
    timer = ["systemctl", "is-active", table.ALERTS_TIMER]
    assert world.nodes.check(RURUTU, timer).strip() == "active"
    world.nodes.check(RURUTU, LOOK)
    assert told(world) == []

    answers = attack(world, "guess", "102", 40, 5)
    assert answers.get("401 to a password", 0) > world.voip(RURUTU).guard.alert, answers
    address = str(ip_network(world.phones["rurutu accueil"].extension.prefix_ipv4)[60])
    listed = ["fail2ban-client", "status", voip.JAIL]
    assert wait(lambda: address in world.nodes.check(RURUTU, listed), 10)
    world.nodes.check(RURUTU, LOOK)
    assert wait(lambda: bool(world.received()), 60), said(world)
    (letter,) = told(world)
    assert letter["To"] == SENDER
    assert "quelqu'un devine des mots de passe" in letter["Subject"]
    text = letter.get_content()
    assert f"D'où : {address} (" in text
    assert "mauvais mot de passe 102" in text
    assert f"Tenu à l'écart : {address} : " in text

    world.nodes.check(RURUTU, LOOK)
    assert len(told(world)) == 1

    unban = ["fail2ban-client", "unban", "--all"]
    world.nodes.check(RURUTU, unban)
    attack(world, "flood", "101", 2000, 10)
    world.nodes.check(RURUTU, LOOK)
    assert wait(lambda: len(world.received()) == 2, 60), said(world)
    flood = next(each for each in told(world) if "inondé" in each["Subject"])
    assert address in flood.get_content()
    world.nodes.check(RURUTU, LOOK)
    assert len(told(world)) == 2

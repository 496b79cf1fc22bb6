"""Messages and faxes that become mail: a caller speaks, a relay receives; the link is cut between.

What is said to have arrived was listened to, and looked at.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from email.message import EmailMessage

import pytest

from mairie.files import mail as table
from mairie.files import voip
from mairie.lab.building import ensure_asterisk, offer
from mairie.lab.containers import Lab, Node
from mairie.lab.engine import ensure_engine
from mairie.lab.fabric import Attachment
from mairie.lab.image import ensure_images
from mairie.plan.parts.voip import VOICEMAIL
from tests.lab.fax_page import page, same
from tests.lab.mail_inventory import ADDRESS, FAX_ADDRESS, FAX_NUMBER, SENDER
from tests.lab.mail_world import MACHINE, OPERATOR, T38, MailWorld
from tests.lab.voip_world import PHONE, RURUTU, wait

pytestmark = [pytest.mark.lab, pytest.mark.voice, pytest.mark.timeout(1800)]

CLEAR = 0.9
"""Share of a tone in what is heard, when nothing else is."""
BY_ITSELF_S = 300
"""After the link is back: two tries follow each other within two minutes of the first failure."""
KNOWN = "/etc/ssl/certs/ca-certificates.crt"
"""Authorities that a host trusts."""
HANDED_OVER = f"From: x\\nTo: {ADDRESS}\\nSubject: essai\\n\\nUn essai.\\n"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailWorld]:
    offer(ensure_asterisk(print), ensure_images(ensure_engine(print)).packages)
    with Lab("test-mail") as lab:
        world = MailWorld(lab, tmp_path_factory.mktemp("mail") / "inventory")
        hosts = (RURUTU, OPERATOR, MACHINE)
        lab.up(
            [
                Node(name, "host" if name in hosts else "client", (Attachment("eth0", "flat"),))
                for name in world.names
            ]
        )
        for name in (RURUTU, OPERATOR):
            world.install(name, "asterisk")
        world.start()
        yield world


@pytest.fixture(autouse=True)
def _nothing_before(world: MailWorld) -> None:
    world.revive()
    world.forget()


def leave_a_message(world: MailWorld) -> None:
    """Have the mayor's phone speak its tone to the reception's voicemail; the phones then rest."""
    absent, caller = world.phones["rurutu accueil"], world.phones["rurutu maire"]
    world.switch_off(absent)
    try:
        world.dial(caller, absent.extension.number)
        found = wait(lambda: "VoiceMail" in {x[5] for x in world.channels(RURUTU)}, 60)
        assert found, world.channels(RURUTU)
        time.sleep(20)  # the announcement first
        world.hang_up(caller)
        assert wait(world.quiet, 20)
    finally:
        world.switch_on(absent)
    assert wait(lambda: world.is_registered(absent), 30)


def only(world: MailWorld, seconds: float) -> EmailMessage:
    """Return the one mail that arrives within some seconds."""
    assert wait(lambda: bool(world.received()), seconds), world.queue()
    (found,) = world.received()
    return found


def attached(mail: EmailMessage, kind: str) -> bytes:
    """Return the one file that is attached to a mail."""
    (part,) = mail.iter_attachments()
    assert part.get_content_type() == kind
    content = part.get_content()
    assert isinstance(content, bytes)
    return content


def has_tone(world: MailWorld, sound: bytes) -> bool:
    """Whether the end of an MP3 is the mayor's tone, and little else."""
    phone, folder = world.phones["rurutu maire"], "/srv/phone/decoded"
    world.nodes.put(RURUTU, {"/srv/sound.mp3": sound})
    world.nodes.check(RURUTU, ["lame", "--quiet", "--decode", "/srv/sound.mp3", "/srv/sound.wav"])
    text = world.nodes.check(RURUTU, ["base64", "-w0", "/srv/sound.wav"])
    world.nodes.put(phone.node, {f"{folder}/sound.b64": text.encode()})
    script = f"base64 -d {folder}/sound.b64 >{folder}/heard.wav"
    world.nodes.check(phone.node, ["sh", "-c", script])
    words = ["python3", PHONE, "heard", folder, str(phone.tone)]
    shares = json.loads(world.nodes.check(phone.node, words))
    return bool(shares[str(phone.tone)] > CLEAR)


def test_a_message_arrives_with_what_was_said(world: MailWorld) -> None:
    leave_a_message(world)
    mail = only(world, 60)
    assert mail["To"].addresses[0].addr_spec == ADDRESS
    assert mail["From"].addresses[0].addr_spec == mail["Return-Path"].strip("<>") == SENDER
    assert mail["Subject"].startswith('Message vocal de "Le maire" <103> pour Accueil, 0:')
    body = mail.get_body(("plain",))
    assert body is not None
    assert "a laissé un message à Accueil (poste 101)" in body.get_content()
    assert " with ESMTPSA " in mail["Received"], "not encrypted, or without a log-in"
    sound = attached(mail, "audio/mpeg")
    assert len(sound) < 60_000
    assert has_tone(world, sound)
    kept = world.nodes.check(RURUTU, ["ls", f"{VOICEMAIL}/mairie/101/INBOX"])
    assert "msg0000.wav" in kept
    assert not world.queue()


def test_while_the_link_is_cut_it_waits_then_leaves_by_itself(world: MailWorld) -> None:
    """The telephone system goes on meanwhile, and the queue outlives a death."""
    phones = world.phones
    world.cut(MACHINE)
    try:
        leave_a_message(world)
        assert wait(lambda: len(world.queue()) == 1, 30)
        caller, called = phones["rurutu maire"], phones["rurutu accueil"]
        world.dial(caller, called.extension.number)
        assert wait(lambda: world.heard(called)[caller.tone] > CLEAR, 20), world.heard(called)
        world.hang_up(caller)
        world.nodes.check(RURUTU, ["systemctl", "kill", "-s", "KILL", table.SERVICE])
        world.nodes.exec(RURUTU, ["systemctl", "restart", table.SERVICE])
        assert wait(lambda: "deferred" in "".join(world.queue()), 60), world.queue()
        assert not world.received()
    finally:
        world.plug(MACHINE)
    began = time.monotonic()
    mail = only(world, BY_ITSELF_S)
    print(f"The mail left by itself {time.monotonic() - began:.0f} s after the link was back")
    assert has_tone(world, attached(mail, "audio/mpeg"))
    assert wait(lambda: not world.queue(), 10)


def test_what_is_handed_over_waits_for_the_queue(world: MailWorld) -> None:
    world.nodes.check(RURUTU, ["systemctl", "stop", table.SERVICE])
    script = f"printf '{HANDED_OVER}' | runuser -u {voip.ACCOUNT} {voip.HAND_OVER}"
    world.nodes.check(RURUTU, ["sh", "-c", script])
    listed = ["sh", "-c", f"ls {voip.OUTBOX}"]
    time.sleep(5)
    assert world.nodes.check(RURUTU, listed).split()
    world.nodes.check(RURUTU, ["systemctl", "start", table.SERVICE])
    assert only(world, 120)["Subject"] == "essai"
    assert wait(lambda: not world.nodes.check(RURUTU, listed).split(), 10)


def test_a_relay_with_another_certificate_gets_nothing(world: MailWorld) -> None:
    """Nothing goes to somebody who only says that they are the relay."""
    # The first authority alone stays: not that of the relay.
    script = f"mv {KNOWN} /tmp/known && sed /-END/q /tmp/known >{KNOWN}"
    world.nodes.check(RURUTU, ["sh", "-c", script])
    world.nodes.check(RURUTU, ["systemctl", "restart", table.SERVICE])
    try:
        script = f"printf '{HANDED_OVER}' | runuser -u {voip.ACCOUNT} {voip.HAND_OVER}"
        world.nodes.check(RURUTU, ["sh", "-c", script])
        assert wait(lambda: "not verified" in "".join(world.queue()), 60), world.queue()
        assert not world.received()
    finally:
        world.nodes.check(RURUTU, ["mv", "/tmp/known", KNOWN])
        world.nodes.check(RURUTU, ["systemctl", "restart", table.SERVICE])
    assert only(world, BY_ITSELF_S)["Subject"] == "essai"


def test_nobody_else_reaches_the_queue(world: MailWorld) -> None:
    at = world.voip(RURUTU).ipv4
    script = f"import socket; socket.create_connection(('{at}', {table.PORT}), 5)"
    phone = world.phones["rurutu maire"]
    done = world.nodes.exec(phone.node, ["python3", "-c", script])
    assert "ConnectionRefusedError" in done.stderr


def send_a_fax(world: MailWorld) -> EmailMessage:
    """Have the operator's Asterisk fax a page to the town hall; return the mail that follows."""
    world.nodes.put(OPERATOR, {"/srv/page.tif": page()})
    called = FAX_NUMBER.removeprefix("+689")
    world.ask(
        OPERATOR, f"channel originate PJSIP/{called}@rurutu application SendFAX /srv/page.tif,f"
    )
    return only(world, 180)


def statistics(world: MailWorld, kind: str) -> int:
    """Return how many faxes Asterisk received over ``T.38`` or ``G.711``."""
    shown = world.ask(RURUTU, "fax show stats").partition(f"Spandsp {kind}")[2]
    return int(next(line for line in shown.splitlines() if "Success" in line).split()[-1])


@pytest.mark.parametrize("kind", ["T.38", "G.711"])
def test_a_fax_arrives_as_the_same_page(world: MailWorld, kind: str) -> None:
    if kind == "G.711":  # an operator without T.38
        first = T38.partition(" ")[0]
        world.nodes.check(OPERATOR, ["sed", "-i", f"/^{first}/d", f"{voip.LIVE}/pjsip.conf"])
        world.nodes.check(OPERATOR, ["systemctl", "restart", voip.SERVICE])
        known = "pjsip list contacts"
        assert wait(lambda: "rurutu/" in world.ask(OPERATOR, known), 150)
    before = statistics(world, kind)
    mail = send_a_fax(world)
    assert mail["To"].addresses[0].addr_spec == FAX_ADDRESS
    assert mail["Subject"] == "Télécopie d'un numéro masqué, 1 page"
    assert same(attached(mail, "application/pdf"))
    assert statistics(world, kind) == before + 1
    assert not world.nodes.check(RURUTU, ["ls", voip.FAXES]).split()

"""Linphone on a device of the agents: set up by the code on a slip, it calls and is called.

One gateway that is also the telephone host; a desk phone in segment voice, Linphone in segment
agents, and a visitor who found the slip.
"""

from __future__ import annotations

import io
import json
import math
import re
import struct
import time
import wave
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp

from mairie.files.phones import PROGRAM
from mairie.files.voip import SECURITY
from mairie.lab import clients, internet
from mairie.lab.building import ensure_asterisk, offer
from mairie.lab.containers import Lab
from mairie.lab.engine import ensure_engine
from mairie.lab.image import CLIENT, Recipe, ensure_images
from mairie.lab.session import Session
from mairie.lab.topology import Topology
from mairie.secrets.identity import find_identity
from mairie.secrets.telephony import Lines
from mairie.secrets.vault import Vault
from mairie.sheets.pdf import to_pdf
from mairie.sheets.softphones import invitations, pages
from tests.lab import softphone_inventory, test_phones
from tests.lab.softphone_inventory import NAME, NUMBER
from tests.lab.voip_world import NATIVE, SHARE, wait
from tests.lab.voip_world import PHONE as TELL

pytestmark = [pytest.mark.lab, pytest.mark.voice, pytest.mark.timeout(1800)]

BOX, COMMUNE = "rapa-mairie-box", "rapa"
DESK, AGENT, VISITOR = "rapa-mairie-voice", "rapa-mairie-agents", "rapa-mairie-public"
RECIPE = Recipe(client=(*CLIENT, "linphone-cli"))
"""140 MB more: for this lab alone."""
FOLDER = "/srv/linphone"
HOME = f"{FOLDER}/.local/share/linphone"
"""Where it has its databases."""
BARESIP = "/srv/phone/accueil"
DESK_TONE, TONE = 480, 1200
RATE = 8000
RATES = (1, 2, 6)
"""G.722 and Opus have so many times the rate; the file of what is heard says it only at its end."""
CLEAR = 0.8
SOUND = "/srv/tone.wav"
IP_UDP_RTP = 20 + 8 + 12
KINDS = 8
"""Plain Opus begins with what kind of packet it is (RFC 6716, section 3.1), which rarely changes;
encrypted, with any of 256 values."""


def tone() -> bytes:
    """Return two minutes of Linphone's tone, as a file that it plays."""
    turn = 2 * math.pi * TONE / RATE
    samples = [int(12000 * math.sin(turn * number)) for number in range(RATE * 120)]
    stream = io.BytesIO()
    with wave.open(stream, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(struct.pack(f"<{len(samples)}h", *samples))
    return stream.getvalue()


class World(test_phones.World):
    """The same gateway, with a device of the agents and a visitor's."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        session = self.session
        session.lab = Lab("test-softphones", print, RECIPE)
        whole = Session.of(folder, print, communes=(COMMUNE,), name="test-softphones").layout
        nodes = {node.name: node for node in whole.nodes}
        found = tuple(each for each in whole.clients if each.name in (DESK, AGENT, VISITOR))
        wanted = (internet.NAME, BOX, *(each.name for each in found))
        session.layout = Topology(tuple(nodes[name] for name in wanted), found, (BOX,))

    def invite(self, folder: Path, minutes: int = 30) -> str:
        """Make a slip; return what a camera reads on it."""
        printed = self.run(BOX, f"{PROGRAM} invite {NAME} --minutes {minutes} --by 'Hina T.'")
        path = folder / f"slip-{time.monotonic_ns()}.pdf"
        path.write_bytes(to_pdf(pages(self.plan, invitations(self.plan, printed)), "slip"))
        (page,) = pypdfium2.PdfDocument(path)
        (code,) = zxingcpp.read_barcodes(page.render(scale=2).to_pil())
        return code.text

    def ask(self, name: str, url: str) -> str:
        """Ask as Linphone does; return the status, 000 where nobody answers."""
        said = self.run(
            name,
            f"curl -s -m 5 -o /dev/null -w '%{{http_code}}' -H 'X-Linphone-Provisioning: 1' "
            f"'{url}'; true",
        )
        return said.strip()

    # Linphone -------------------------------------------------------------------------------------

    def start(self, name: str, url: str = "") -> None:
        """Start Linphone with nothing but an address, or with what it has when there is none."""
        self.stop(name)
        if url:
            settings = f"[misc]\nconfig-uri={url}\n"
            self.run(name, f"rm -rf {FOLDER}; mkdir -p {HOME}")
            self.session.lab.put(name, {f"{FOLDER}/rc": settings.encode()})
        self.run(
            name,
            f"cd {FOLDER}; rm -f in; mkfifo in; export HOME={FOLDER}; "
            "(sleep 100000 >in & echo $! >pids; "
            "setsid linphonec -c rc -d 6 -l log <in >>said 2>&1 & echo $! >>pids) </dev/null; "
            "sleep 2",
        )

    def stop(self, name: str) -> None:
        """Stop Linphone; it writes down what it knows."""
        script = (
            f"cd {FOLDER} 2>/dev/null || exit 0; [ -e pids ] || exit 0; "
            "timeout 2 sh -c 'echo quit >in'; sleep 2; kill -9 $(cat pids) 2>/dev/null; rm -f pids"
        )
        self.session.lab.exec(name, ["sh", "-c", script])

    def tell(self, name: str, *commands: str) -> None:
        """Give Linphone commands."""
        for command in commands:
            self.run(name, f"cd {FOLDER}; echo '{command}' >in; sleep 0.5")

    def contact(self, number: str) -> str:
        """Return where a number is registered; empty: nowhere."""
        shown = self.run(BOX, "asterisk -rx 'pjsip show contacts'")
        found = re.search(rf"\b{number}/(sips?:\S+)", shown)
        return found[1] if found else ""

    def said(self, name: str) -> str:
        """Return what Linphone said last, for whoever looks at a failure."""
        return self.run(name, f"tail -c 3000 {FOLDER}/said; tail -c 6000 {FOLDER}/log")

    def registered(self, name: str, url: str) -> None:
        """Set Linphone up and see it registered."""
        self.run(BOX, "asterisk -rx 'database deltree registrar' >/dev/null; true")
        self.start(name, url)
        assert wait(lambda: bool(self.contact(NUMBER)), 30), self.said(name)

    # The desk phone -------------------------------------------------------------------------------

    def desk(self) -> None:
        """Start the desk phone, which answers."""
        at = self.leases[DESK].ipv4
        settings = (SHARE / "baresip.conf").read_text()
        for word, value in (
            ("ADDRESS", at),
            ("CONTROL", "6060"),
            ("PORT", "5060"),
            ("TONE", str(DESK_TONE)),
            ("FOLDER", BARESIP),
        ):
            settings = settings.replace(word, value)
        account = (
            f"<sip:101@{self.phones.registrar};transport=udp>;auth_user=101;"
            f"auth_pass={self.password};answermode=auto;regint=120;audio_codecs=PCMA;mediaenc=\n"
        )
        texts = {"config": settings, "accounts": account, "contacts": "", "uuid": ""}
        files = {f"{BARESIP}/{name}": text.encode() for name, text in texts.items()}
        self.session.lab.put(DESK, {**files, TELL: (SHARE / "phone.py").read_bytes()})
        self.run(DESK, f"cd {BARESIP}; setsid baresip -f . >said 2>&1 </dev/null & sleep 1")
        assert wait(lambda: bool(self.contact("101")), 20), self.run(DESK, f"cat {BARESIP}/said")

    def hush(self) -> None:
        """End all calls."""
        self.run(BOX, "asterisk -rx 'channel request hangup all'; sleep 2")

    def heard(self, name: str, folder: str) -> dict[int, float]:
        """Return how loud each tone is in what a phone heard last, at either rate."""
        every = [tone // rate for tone in (DESK_TONE, TONE) for rate in RATES]
        words = " ".join(map(str, every))
        done = self.session.lab.exec(name, ["sh", "-c", f"python3 {TELL} heard {folder} {words}"])
        if done.exit_code:
            return {}
        found = json.loads(done.stdout)
        return {tone: max(found[f"{tone // rate}"] for rate in RATES) for tone in (DESK_TONE, TONE)}

    def hears(self, name: str, folder: str, tone: int) -> bool:
        """Whether a phone hears a tone, and little else."""
        return self.heard(name, folder).get(tone, 0) > CLEAR

    def hear_each_other(self) -> None:
        """Both hear the other one's tone, and little else."""
        for name, folder, tone in ((DESK, BARESIP, TONE), (AGENT, FOLDER, DESK_TONE)):
            clear = wait(partial(self.hears, name, folder, tone), 12)
            assert clear, f"{name} hears {self.heard(name, folder)}\n{self.said(AGENT)}"

    def first_bytes(self, way: str) -> list[int]:
        """Return what 60 packets of sound from or to Linphone begin with, behind RTP's header."""
        script = (
            f"timeout 6 tcpdump -c 60 -xtqi any udp and {way} {self.leases[AGENT].ipv4} "
            "and portrange 10000-20000 2>/dev/null"
        )
        shown = self.session.lab.exec(AGENT, ["sh", "-c", script]).stdout
        packets = re.split(r"(?m)^(?=\S)", shown)
        found = ["".join(re.findall(r"(?m)^\s+0x\w+:\s+(.*)$", each)) for each in packets]
        octets = [bytes.fromhex(each) for each in found if each]
        return [each[IP_UDP_RTP] for each in octets if len(each) > IP_UDP_RTP]

    def codec(self) -> str:
        """Return the codec of Linphone's call, as Asterisk has it."""
        listed = self.run(BOX, "asterisk -rx 'core show channels concise'")
        (name,) = re.findall(rf"(?m)^PJSIP/{NUMBER}-\w+", listed)
        shown = self.run(BOX, f"asterisk -rx 'core show channel {name}'")
        return ", ".join(re.findall(NATIVE, shown))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    images = ensure_images(ensure_engine(print), print, RECIPE)
    offer(ensure_asterisk(print), images.packages)
    folder = softphone_inventory.write(tmp_path_factory.mktemp("softphones") / "demo")
    found = World(folder)
    lab = found.session.lab
    with lab:
        lab.up(found.session.layout.nodes)
        internet.start(lab, found.session.plans)
        found.run(BOX, "apt-get update -q", timeout=120)
        found.first = found.act("apply", "network", "voip", "phones")
        found.second = found.act("apply", "network", "voip", "phones")
        found.leases = clients.connect(lab, found.session.layout.clients)
        lab.put(AGENT, {TELL: (SHARE / "phone.py").read_bytes(), SOUND: tone()})
        yield found


def test_a_second_deploy_changes_nothing(world: World) -> None:
    assert world.second.changed == ()


def test_linphone_is_set_up_by_a_slip_calls_and_is_called(world: World, tmp_path: Path) -> None:
    url = world.invite(tmp_path)
    world.registered(AGENT, url)
    world.desk()
    contact = world.contact(NUMBER)
    assert world.leases[AGENT].ipv4 in contact and "transport=tls" in contact.lower()
    assert world.ask(AGENT, url) == "403", "once"
    world.tell(AGENT, "soundcard use files", f"play {SOUND}", f"record {FOLDER}/heard.wav")
    world.tell(AGENT, "call 101")
    world.hear_each_other()
    assert world.codec() == "opus"
    for way in ("src", "dst"):
        found = world.first_bytes(way)
        assert len(found) > 40 and len(set(found)) > KINDS, (way, found)
    world.hush()
    world.tell(AGENT, "autoanswer enable", f"record {FOLDER}/heard.wav")
    world.run(DESK, f"python3 {TELL} tell 6060 dial sip:{NUMBER}@{world.phones.registrar}")
    world.hear_each_other()
    assert world.codec() == "opus"
    world.hush()
    log = world.run(BOX, f"{PROGRAM} log")
    assert [line.split("\t")[1] for line in log.splitlines()] == ["invité", "remis", "refusé"]
    assert url.rpartition("/")[2] not in log
    assert world.red() == []


def test_it_keeps_its_number_when_it_starts_again(world: World) -> None:
    world.stop(AGENT)
    kept = world.run(AGENT, f"cat {FOLDER}/rc")
    assert "config-uri" not in kept, "it would ask again at each start"
    before = world.run(BOX, f"{PROGRAM} log")
    world.run(BOX, "asterisk -rx 'database deltree registrar' >/dev/null")
    world.start(AGENT)
    assert wait(lambda: bool(world.contact(NUMBER)), 30), world.said(AGENT)
    assert world.run(BOX, f"{PROGRAM} log") == before
    assert "Infirmerie" in kept


def test_an_expired_or_closed_slip_gives_nothing(world: World, tmp_path: Path) -> None:
    lost = world.invite(tmp_path)
    world.run(BOX, f"{PROGRAM} close {NAME} --by 'Hina T.'")
    assert world.ask(AGENT, lost) == "403"
    late = world.invite(tmp_path, minutes=1)
    # As if the minute had passed: the host's own count of it is moved, not its clock.
    world.run(
        BOX,
        "python3 -c \"import json; p = '/var/lib/mairie-phones/phones.json'; "
        "d = json.load(open(p)); d['invited']['tablette']['until'] -= 60; "
        "json.dump(d, open(p, 'w'))\"",
    )
    assert world.ask(AGENT, late) == "403"
    assert "trop tard" in world.run(BOX, f"{PROGRAM} log").splitlines()[-1]


def test_a_visitor_with_the_slip_gets_nothing_and_uses_nothing_up(
    world: World, tmp_path: Path
) -> None:
    url = world.invite(tmp_path)
    before = world.run(BOX, f"{PROGRAM} log")
    assert world.ask(VISITOR, url) == "000", "the firewall lets no visitor ask"
    assert world.run(BOX, f"{PROGRAM} log") == before
    assert world.ask(DESK, url.replace("/s/", "/")) == "403"
    assert world.ask(AGENT, url) == "200"


def test_stolen_settings_register_from_nowhere_else(world: World, tmp_path: Path) -> None:
    """A visitor's device does not reach the host; a desk phone's account is refused to agents."""
    url = world.invite(tmp_path)
    world.registered(AGENT, url)
    world.stop(AGENT)
    kept = world.run(AGENT, f"cat {FOLDER}/rc").encode()
    world.run(BOX, "asterisk -rx 'database deltree registrar' >/dev/null")
    world.run(VISITOR, f"rm -rf {FOLDER}; mkdir -p {HOME}")
    world.session.lab.put(VISITOR, {f"{FOLDER}/rc": kept})
    world.start(VISITOR)
    assert not wait(lambda: bool(world.contact(NUMBER)), 10)
    world.stop(VISITOR)
    world.run(AGENT, f"rm -rf {FOLDER}; mkdir -p {HOME}")
    account = kept.decode().replace(f"sip:{NUMBER}@", "sip:101@")
    account = re.sub(r"(?m)^ha1=.*$", f"passwd={world.password}", account)
    account = re.sub(rf"(?m)^username={NUMBER}$", "username=101", account)
    world.session.lab.put(AGENT, {f"{FOLDER}/rc": account.encode()})
    world.start(AGENT)
    here = world.leases[AGENT].ipv4
    refused = f"grep -c 'FailedACL.*AccountID=\"101\".*TLS/{here}/' {SECURITY} || :"
    assert wait(lambda: int(world.run(BOX, refused)) > 0, 15), world.said(AGENT)
    assert here not in world.contact("101")
    world.stop(AGENT)


def test_another_password_asks_for_another_invitation(world: World, tmp_path: Path) -> None:
    """What was given opens nothing any more, and the list says what to do."""
    folder = world.session.folder
    world.registered(AGENT, world.invite(tmp_path))
    world.stop(AGENT)
    vault = Vault(folder, world.session.territory)
    Lines(vault).rotate(COMMUNE, NAME, find_identity(folder, demo=True))
    world.act("apply", "voip", "phones")
    world.run(BOX, "asterisk -rx 'database deltree registrar' >/dev/null")
    (line,) = (
        each for each in world.run(BOX, f"{PROGRAM} list").splitlines() if each.startswith(NAME)
    )
    assert line.endswith("changé depuis : à inviter"), line
    world.start(AGENT)
    assert not wait(lambda: bool(world.contact(NUMBER)), 8)
    world.registered(AGENT, world.invite(tmp_path))
    assert world.red() == []

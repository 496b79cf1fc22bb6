"""A phone from its DHCP lease to its first call; its file is given once; again when it is let.

One gateway that is also the telephone host; a device with the phone's MAC address in its segment.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console

from mairie.cli.main import main
from mairie.files.phones import AUTHORITY, FILES, PROGRAM
from mairie.host.events import Action, ControlResult
from mairie.inventory import load
from mairie.lab import clients, internet
from mairie.lab.building import ensure_asterisk, offer
from mairie.lab.clients import Lease
from mairie.lab.engine import ensure_engine
from mairie.lab.image import ensure_images
from mairie.lab.session import Session
from mairie.lab.topology import CLIENT_PORT, Topology
from mairie.plan.host import HostPlan
from mairie.plan.parts.phones import DeskPhone, PhonesPlan
from mairie.push import HostOutcome
from mairie.run import Run
from mairie.secrets.identity import find_identity
from mairie.secrets.telephony import Lines
from mairie.secrets.vault import Vault
from tests.lab.booting import MAKERS, BootingPhone
from tests.lab.breaks import Break
from tests.lab.breaks.phones import BREAKS
from tests.lab.voip_inventory import write
from tests.lab.voip_world import wait

pytestmark = [pytest.mark.lab, pytest.mark.voice, pytest.mark.timeout(1800)]

BOX, COMMUNE = "rapa-mairie-box", "rapa"
PHONE, STAFF = "rapa-mairie-voice", "rapa-mairie-agents"
OWN = ("network", "phones")
MESSAGES = "*97"
VOICE = 0.01
"""How loud a voice is at least; silence is 0."""


class World:
    """A gateway with phones, a phone and a staff PC."""

    first: HostOutcome
    second: HostOutcome

    def __init__(self, folder: Path) -> None:
        vault, identity = Vault(folder, load(folder)), find_identity(folder, demo=True)
        lines = Lines(vault)
        lines.generate(lambda: identity)
        for commune in ("rapa", "rurutu"):
            lines.put(commune, "trunk-local", "an operator's password", identity)
        self.password = vault.open(COMMUNE, identity).telephony["sip-accueil"]
        self.session = Session.of(folder, print, communes=(COMMUNE,), name="test-phones")
        layout = self.session.layout
        by_name = {client.name: client for client in layout.clients}
        nodes = {node.name: node for node in layout.nodes}
        self.session.layout = Topology(
            tuple(nodes[name] for name in (internet.NAME, BOX, PHONE, STAFF)),
            (by_name[PHONE], by_name[STAFF]),
            (BOX,),
        )
        self.session.plans = {BOX: self.session.plans[BOX]}
        self.leases: dict[str, Lease] = {}

    def plan_anew(self) -> None:
        """Read the inventory again: a file of it was changed."""
        folder, name = self.session.folder, self.session.lab.name
        fresh = Session.of(folder, print, communes=(COMMUNE,), name=name)
        self.session.territory = fresh.territory
        self.session.plans = {BOX: fresh.plans[BOX]}

    @property
    def plan(self) -> HostPlan:
        return self.session.plans[BOX]

    @property
    def phones(self) -> PhonesPlan:
        assert self.plan.phones is not None
        return self.plan.phones

    def phone(self, name: str) -> DeskPhone:
        return next(phone for phone in self.phones.phones if phone.name == name)

    def run(self, name: str, script: str, timeout: float = 120) -> str:
        return self.session.lab.check(name, ["sh", "-c", script], timeout=timeout)

    def act(self, action: Action, *only: str) -> HostOutcome:
        console = Console(file=io.StringIO())
        run = Run(self.session.plans, self.session.reach(), console, "demo", 1)
        (outcome,) = run.act(action, only)
        assert outcome.status == "done", outcome.message
        return outcome

    def red(self) -> list[ControlResult]:
        results = [
            item for item in self.act("verify", "phones").results if item.id.startswith("PHO-")
        ]
        assert len(results) > 15
        return [item for item in results if item.outcome != "pass"]

    def fetch(self, name: str, file: str) -> tuple[str, str]:
        """Ask as a phone that knows the authority; return status and what was got."""
        said = self.run(
            name,
            f"curl -s -m 8 --cacert /srv/authority.pem -w '\\n%{{http_code}}' "
            f"'{self.phones.url}{file}'; true",
        )
        content, _, status = said.rpartition("\n")
        return status, content

    def forget(self) -> None:
        self.run(BOX, "rm -f /var/lib/mairie-phones/*")


def of_three_makers(folder: Path) -> Path:
    """Give the commune a Snom and a Grandstream, too."""
    path = folder / "communes" / f"{COMMUNE}.yaml"
    text = path.read_text()
    yealink = 'mac: "00:15:65:10:41:12", model: yealink-t31g, label: Infirmerie}'
    assert yealink in text
    others = (
        'mac: "00:04:13:10:41:12", model: snom-d785, label: Infirmerie}\n'
        '  agence: {site: mairie, number: 103, mac: "00:0b:82:10:41:13", '
        "model: grandstream-grp2612, label: Agence postale}"
    )
    path.write_text(text.replace(yealink, others))
    return folder


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    found = World(of_three_makers(write(tmp_path_factory.mktemp("phones") / "demo")))
    lab = found.session.lab
    with lab:
        lab.up(found.session.layout.nodes)
        internet.start(lab, found.session.plans)
        found.first = found.act("apply", *OWN)
        found.second = found.act("apply", *OWN)
        found.leases = clients.connect(lab, found.session.layout.clients)
        authority = found.run(BOX, f"cat {FILES}/{AUTHORITY}")
        for name in (PHONE, STAFF):
            lab.put(name, {"/srv/authority.pem": authority.encode()})
        yield found


@pytest.fixture(autouse=True)
def anew(world: World) -> None:
    world.forget()


def test_a_second_deploy_changes_nothing(world: World) -> None:
    assert [each.name for each in world.first.changed if each.name.startswith("phones: ")]
    assert world.second.changed == ()


def test_dhcp_leads_a_phone_to_its_file(world: World) -> None:
    phone = world.phone("accueil")
    assert world.run(PHONE, f"cat /sys/class/net/{CLIENT_PORT}/address").strip() == phone.mac
    assert world.leases[PHONE].ipv4 == phone.address
    seen = world.run(
        PHONE,
        f"(timeout 20 tcpdump -lnvv -i {CLIENT_PORT} udp port 68 >/tmp/seen 2>/dev/null & sleep 2; "
        f"dhcpcd -4 -o tftp_server_name -T {CLIENT_PORT} >/dev/null 2>&1; sleep 2; cat /tmp/seen)",
    )
    # dnsmasq ends it with a NUL, which tcpdump shows as ^@.
    assert f'TFTP (66), length {len(world.phones.url) + 1}: "{world.phones.url}^@"' in seen, seen


def test_a_phone_gets_its_own_file_once_and_again_when_it_is_let(world: World) -> None:
    phone, other = world.phone("accueil"), world.phone("infirmerie")
    assert world.fetch(PHONE, other.file) == ("403", world.fetch(PHONE, other.file)[1])
    status, content = world.fetch(PHONE, phone.file)
    assert status == "200"
    assert f"account.1.password = {world.password}" in content.splitlines()
    status, content = world.fetch(PHONE, phone.file)
    assert status == "403"
    assert world.password not in content
    world.run(BOX, f"{PROGRAM} open accueil --minutes 5 --by 'Hina T.'")
    assert "accueil\t101\t00:15:65:10:41:11" in world.run(BOX, f"{PROGRAM} list")
    assert world.fetch(PHONE, phone.file)[0] == "200"
    assert world.fetch(PHONE, phone.file)[0] == "403"
    log = world.run(BOX, f"{PROGRAM} log")
    what = [line.split("\t")[1] for line in log.splitlines()]
    assert what == ["refusé", "refusé", "remis", "refusé", "ouvert", "remis", "refusé"]
    assert world.password not in log
    assert world.red() == []


def test_a_staff_pc_gets_nothing(world: World) -> None:
    phone = world.phone("accueil")
    assert world.fetch(STAFF, phone.file)[0] == "403"
    assert world.fetch(STAFF, "directory.xml")[0] == "404"
    assert world.fetch(PHONE, phone.file)[0] == "200", "it is still there for the phone"


def test_the_directory_is_there_for_phones(world: World) -> None:
    for _ in range(2):
        status, content = world.fetch(PHONE, "directory.xml")
        assert status == "200"
        assert "<Name>Infirmerie</Name>" in content
        assert "<Telephone>100</Telephone>" in content


def test_what_was_deployed_conforms(world: World) -> None:
    assert [f"{item.id} {item.subject}: {item.message}" for item in world.red()] == []


@pytest.mark.parametrize("item", BREAKS, ids=lambda item: item.control)
def test_damage_is_seen_and_repaired(world: World, item: Break) -> None:
    world.run(BOX, item.damage)
    try:
        red = world.red()
        assert item.control in {each.id for each in red if each.outcome == "fail"}, red
        assert {each.id for each in red} <= {item.control, *item.also}, red
    finally:
        if item.repair:
            world.session.lab.exec(BOX, ["sh", "-c", item.repair])
        world.act("apply", *OWN)
    assert world.red() == []


@pytest.fixture(scope="module")
def telephones(world: World) -> BootingPhone:
    """Have the box answer telephones; return one that may be any of them."""
    offer(ensure_asterisk(print), ensure_images(ensure_engine(print)).packages)
    world.run(BOX, "apt-get update -q", timeout=120)
    world.act("apply", "network", "voip", "phones")
    (client,) = (each for each in world.session.layout.clients if each.name == PHONE)
    return BootingPhone(world.session.lab, client)


@pytest.mark.parametrize("name", ["accueil", "infirmerie", "agence"])
def test_a_phone_boots_registers_and_calls(
    world: World, telephones: BootingPhone, name: str
) -> None:
    """A Yealink, a Snom, a Grandstream: all they know is what the network told them."""
    boots_and_calls(world, telephones, world.phone(name))


def test_a_phone_in_the_place_of_another(world: World, telephones: BootingPhone) -> None:
    """It broke: another one is swapped in, and has its number; the old one has nothing."""
    broken, coming = world.phone("accueil").mac, "00:15:65:aa:bb:cc"
    arguments = ["phone", "swap", COMMUNE, broken, coming, "-i", str(world.session.folder)]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    world.plan_anew()
    world.act("apply", *OWN)
    assert world.phone("accueil").mac == coming
    options = telephones.plug_in(broken)
    status, content = telephones.fetch(options[66] + MAKERS["yealink"].file(broken, options))
    assert status in ("403", "404")
    assert world.password not in content
    boots_and_calls(world, telephones, world.phone("accueil"))


def boots_and_calls(world: World, booting: BootingPhone, phone: DeskPhone) -> None:
    """Plug a phone in; it registers with what it fetched, and hears the telephone system."""
    maker = MAKERS[phone.maker]
    options = booting.plug_in(phone.mac)
    assert booting.address == phone.address
    status, content = booting.fetch(options[66] + maker.file(phone.mac, options))
    assert status == "200", content
    account = maker.read(content)
    assert account.number == str(phone.number)
    assert account.tls and account.encrypted
    booting.register(account)
    contact = rf"\b{account.number}/sip:[^@ ]+@{re.escape(phone.address)}:"
    shown = partial(world.run, BOX, "asterisk -rx 'pjsip show contacts'")
    assert wait(lambda: re.search(contact, shown()) is not None, 30), booting.said()
    booting.dial(MESSAGES)
    assert wait(lambda: booting.loud() > VOICE, 15), booting.said()
    booting.switch_off()

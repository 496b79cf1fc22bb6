"""The visitors' portal with real devices: one gateway, two visitors, one member of staff."""

from __future__ import annotations

import io
import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from mairie.files.backup import CLIENT_STATE, STATE
from mairie.files.portal import PROGRAM, SERVICE
from mairie.host.events import Action
from mairie.lab import clients, internet, visitors
from mairie.lab.clients import Lease
from mairie.lab.fabric import Attachment
from mairie.lab.internet import HOST_IPV4, HOST_IPV6
from mairie.lab.node import Node
from mairie.lab.session import Session
from mairie.lab.topology import Client, Topology
from mairie.plan.host import HostPlan
from mairie.plan.parts.network import Ports
from mairie.plan.parts.portal import PortalPlan
from mairie.plan.reach import Packet
from mairie.push import HostOutcome
from mairie.run import Run

pytestmark = [pytest.mark.lab, pytest.mark.timeout(900)]

DEMO = Path(__file__).parents[2] / "inventories" / "demo"
BOX, COMMUNE = "rapa-mairie-box", "rapa"
ONE, TWO, STAFF = "rapa-mairie-public", "rapa-mairie-public-2", "rapa-mairie-agents"
WEB, ANY = Ports(protocol="tcp", first=443, last=443), Ports(protocol="udp", first=4433, last=4433)
DNS = Ports(protocol="udp", first=53, last=53)
RESOLVER = "9.9.9.9"
OWN = ("network", "portal")
SPARE = "eth6"
"""A second port of the visitors' bridge."""
SETTLED_S = 8
"""The service looks every five seconds."""


class World:
    """A gateway without a hub, visitors and staff."""

    first: HostOutcome
    second: HostOutcome

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.session = self.reload()
        self.leases: dict[str, Lease] = {}

    def reload(self) -> Session:
        session = Session.of(self.folder, print, communes=(COMMUNE,), name="test-portal")
        by_name = {client.name: client for client in session.layout.clients}
        one = by_name[ONE]
        two = replace(one, name=TWO)
        nodes = {node.name: node for node in session.layout.nodes}
        # On a port of its own: what is behind one switch or access point is that device's to keep
        # apart (docs/network.md).
        (cable,) = nodes[ONE].attachments
        nodes[TWO] = Node(TWO, "client", (replace(cable, network=TWO, mac=None),))
        spare = Attachment(interface=SPARE, network=TWO)
        nodes[BOX] = replace(nodes[BOX], attachments=(*nodes[BOX].attachments, spare))
        session.layout = Topology(
            tuple(nodes[name] for name in (internet.NAME, BOX, ONE, TWO, STAFF)),
            (one, two, by_name[STAFF]),
            (BOX,),
        )
        session.plans = {BOX: session.plans[BOX]}
        return session

    @property
    def plan(self) -> HostPlan:
        return self.session.plans[BOX]

    @property
    def portal(self) -> PortalPlan:
        assert self.plan.portal is not None
        return self.plan.portal

    def client(self, name: str) -> Client:
        return next(client for client in self.session.layout.clients if client.name == name)

    def run(self, name: str, script: str, timeout: float = 120) -> str:
        return self.session.lab.check(name, ["sh", "-c", script], timeout=timeout)

    def act(self, action: Action, *only: str) -> HostOutcome:
        console = Console(file=io.StringIO())
        run = Run(self.session.plans, self.session.reach(), console, "demo", 1)
        (outcome,) = run.act(action, only)
        assert outcome.status == "done", outcome.message
        return outcome

    def write(self, *only: str, **settings: object) -> None:
        """Give the site these settings of the portal, and deploy: all bricks, or some."""
        path = self.folder / "communes" / f"{COMMUNE}.yaml"
        lines = [line for line in path.read_text().splitlines() if "portal: {" not in line]
        place = lines.index("    access_points:")
        inside = ", ".join(f"{key}: {value}" for key, value in settings.items())
        lines.insert(place, f"    portal: {{{inside}}}")
        path.write_text("\n".join(lines) + "\n")
        self.session = self.reload()
        self.act("apply", *only)

    def forget(self) -> None:
        """Send everybody back to the page."""
        self.run(
            BOX,
            f"systemctl stop {SERVICE}; rm -f /var/lib/mairie-portal/portal.sqlite; "
            "nft flush map inet mairie portal-devices; nft flush set inet mairie portal-sessions; "
            f"systemctl start {SERVICE}",
        )
        wait_for_page(self)

    def reaches(self, name: str, address: str, port: Ports = WEB) -> bool:
        packet = Packet(self.leases[name].ipv4, address, port.protocol, port.first)
        (answer,) = clients.send(self.session.lab, name, [(packet, False)])
        return answer == "answered"

    def out(self, name: str) -> tuple[bool, bool]:
        """Return whether a device gets out by IPv4 and by IPv6."""
        return self.reaches(name, HOST_IPV4), self.reaches(name, HOST_IPV6)

    def get(self, name: str, url: str) -> str:
        return self.run(name, f"curl -s -m 5 '{url}'; true")

    def page(self, name: str, path: str = "/") -> str:
        return self.get(name, f"http://{self.portal.ipv4}{path}")

    def accept(self, name: str, code: str = "") -> str:
        return visitors.post(self.session.lab, name, f"http://{self.portal.ipv4}/", code)


def wait_for_page(world: World) -> None:
    """Wait until the service answers."""
    end = time.monotonic() + 20
    while "<form" not in world.page(ONE) and time.monotonic() < end:
        time.sleep(0.5)


def settled(world: World, name: str, wanted: tuple[bool, bool]) -> bool:
    """Whether a device gets out, or no longer, once the service has looked."""
    end = time.monotonic() + SETTLED_S
    while time.monotonic() < end:
        if world.out(name) == wanted:
            return True
    return False


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("portal") / "demo"
    shutil.copytree(DEMO, folder)
    found = World(folder)
    lab = found.session.lab
    with lab:
        lab.up(found.session.layout.nodes)
        internet.start(lab, found.session.plans)
        # No hub answers here: a host that has tried once does not wait for it.
        tried = f"mkdir -p -m 700 {CLIENT_STATE} && echo '{{}}' >{STATE}"
        lab.check(BOX, ["sh", "-c", tried])
        found.first = found.act("apply")
        found.second = found.act("apply")
        found.run(
            BOX,
            f"ip link set {SPARE} master br-public up; bridge link set dev {SPARE} isolated on",
        )
        found.leases = clients.connect(lab, found.session.layout.clients)
        clients.install_probe(lab, internet.NAME)
        clients.listen(lab, [internet.NAME], {80, 443, 4433}, (HOST_IPV4, HOST_IPV6))
        clients.listen(lab, [TWO], {443})
        yield found


@pytest.fixture(autouse=True)
def anew(world: World) -> None:
    world.forget()


def test_a_second_deploy_changes_nothing(world: World) -> None:
    assert [each.name for each in world.first.changed if each.name.startswith("portal: ")]
    assert world.second.changed == ()


def test_before_acceptance_there_is_the_page_and_nothing_else(world: World) -> None:
    assert world.leases[ONE].ipv4 and world.leases[ONE].ipv6
    assert world.out(ONE) == (False, False)
    for port in (ANY, DNS, Ports(protocol="icmp", first=0, last=0)):
        assert not world.reaches(ONE, HOST_IPV4, port), port
        assert not world.reaches(ONE, HOST_IPV6, port), port
    assert not world.reaches(ONE, RESOLVER, DNS), "tunnels through a resolver outside"
    for address, own in ((HOST_IPV4, world.portal.ipv4), (HOST_IPV6, f"[{world.portal.ipv6}]")):
        assert visitors.led_to(world.session.lab, ONE, address) == f"http://{own}/"
        assert "Accepter et se connecter" in world.get(ONE, f"http://{own}/")


def test_acceptance_opens_both_families_to_one_device(world: World) -> None:
    assert world.accept(ONE) == "303"
    assert world.out(ONE) == (True, True)
    assert world.reaches(ONE, HOST_IPV4, ANY)
    assert "Vous êtes connecté" in world.page(ONE)
    assert "You are connected" in world.page(ONE, "/?lang=en")
    assert visitors.led_to(world.session.lab, ONE) == ""
    assert world.out(TWO) == (False, False)


def test_the_labs_own_visitors_accept_as_often_as_asked(world: World) -> None:
    client = world.client(ONE)
    assert visitors.is_visitor(client, world.plan)
    assert not visitors.is_visitor(world.client(STAFF), world.plan)
    for _ in range(2):
        visitors.accept(world.session.lab, client, world.plan)
        assert world.out(ONE) == (True, True)


def test_two_visitors_do_not_see_each_other(world: World) -> None:
    for name in (ONE, TWO):
        assert world.accept(name) == "303"
    assert world.out(TWO) == (True, True)
    for address in (world.leases[TWO].ipv4, world.leases[TWO].ipv6):
        assert not world.reaches(ONE, address)


def test_staff_meet_no_page(world: World) -> None:
    assert world.out(STAFF) == (True, True)
    assert "<form" not in world.page(STAFF)
    assert not world.reaches(STAFF, world.portal.ipv4, Ports(protocol="tcp", first=80, last=80))


def test_the_page_answers_visitors_alone(world: World) -> None:
    sockets = world.run(BOX, "ss -Hltn 'sport = :80'")
    listening = {line.split()[3] for line in sockets.splitlines()}
    assert listening == {f"{world.portal.ipv4}:80", f"[{world.portal.ipv6}]:80"}


def test_a_session_ends_with_its_time(world: World) -> None:
    assert world.accept(ONE) == "303"
    assert world.out(ONE) == (True, True)
    world.run(
        BOX,
        "python3 - <<'E'\nimport sqlite3, time\n"
        "db = sqlite3.connect('/var/lib/mairie-portal/portal.sqlite')\n"
        "db.execute('UPDATE session SET until = ?', (int(time.time()) + 2,))\ndb.commit()\nE\n",
    )
    assert settled(world, ONE, (False, False))
    assert "Accepter et se connecter" in world.page(ONE)


def test_the_kernel_ends_a_session_without_the_service(world: World) -> None:
    mac = world.run(ONE, "cat /sys/class/net/eth0/address").strip()
    world.run(
        BOX,
        f"systemctl stop {SERVICE}; nft add element inet mairie portal-sessions "
        "'{ 77 timeout 4s }'; nft add element inet mairie portal-devices "
        f"'{{ {mac} timeout 4s : 77 }}'",
    )
    assert world.out(ONE) == (True, True)
    time.sleep(5)
    assert world.out(ONE) == (False, False)
    world.run(BOX, f"systemctl start {SERVICE}")


def test_volume_ends_a_session_and_another_click_is_no_help(world: World) -> None:
    world.write(*OWN, data="1M", rate="2M")
    try:
        world.forget()
        assert world.accept(ONE) == "303"
        assert world.out(ONE) == (True, True)
        ping = f"ping -q -f -s 1200 -c 600 -w 20 {HOST_IPV4}; true"
        world.run(ONE, ping)
        assert world.out(ONE) == (False, False)
        assert world.accept(ONE) == "200"
        assert "Votre volume est épuisé" in world.page(ONE)
        assert world.out(ONE) == (False, False)
        world.run(BOX, "systemctl reload nftables.service; sleep 7")
        assert world.out(ONE) == (False, False)
    finally:
        world.write(*OWN, data="1G")


def test_what_was_deployed_conforms(world: World) -> None:
    assert world.accept(ONE) == "303"
    assert world.act("apply", *OWN).changed == (), "who is admitted is no change by hand"
    found = world.act("verify").results
    results = [item for item in found if item.id.startswith(("POR-", "NET-1"))]
    assert len(results) > 40
    assert [
        f"{item.id} {item.subject}: {item.message}" for item in results if item.outcome != "pass"
    ] == []


def test_nothing_opens_by_itself_after_a_restart_and_sessions_go_on(world: World) -> None:
    assert world.accept(ONE) == "303"
    for what in (
        "systemctl reload nftables.service",
        f"systemctl restart {SERVICE}",
        "systemctl restart nftables.service",
    ):
        world.run(BOX, what)
        assert settled(world, ONE, (True, True)), what
        assert world.out(TWO) == (False, False), what
    world.run(BOX, f"systemctl stop {SERVICE}; systemctl reload nftables.service")
    assert world.out(ONE) == (False, False)
    assert world.out(TWO) == (False, False)
    world.run(BOX, f"systemctl start {SERVICE}")
    assert settled(world, ONE, (True, True))


def test_a_device_put_in_by_hand_is_taken_out(world: World) -> None:
    mac = world.run(TWO, "cat /sys/class/net/eth0/address").strip()
    world.run(
        BOX,
        "nft add element inet mairie portal-sessions '{ 78 timeout 1h }'; "
        f"nft add element inet mairie portal-devices '{{ {mac} timeout 1h : 78 }}'",
    )
    assert settled(world, TWO, (False, False))


def test_vouchers(world: World) -> None:
    world.write(*OWN, mode="voucher")
    try:
        world.forget()
        assert "Votre code" in world.page(ONE)
        assert world.accept(ONE) == "200"
        assert world.accept(ONE, "AAAA-AAAA") == "200"
        assert world.out(ONE) == (False, False)
        made = world.run(BOX, f"{PROGRAM} new --count 3 --hours 2").splitlines()
        codes = [line.split("\t")[1] for line in made]
        assert len(set(codes)) == 3
        # As somebody types it who does not look.
        assert world.accept(ONE, codes[0].lower().replace("-", "+")) == "303"
        assert world.out(ONE) == (True, True)
        # On one device at a time.
        assert world.accept(TWO, codes[0]) == "303"
        assert world.out(TWO) == (True, True)
        assert world.out(ONE) == (False, False)
        listed = world.run(BOX, f"{PROGRAM} list")
        assert "1\t2 h\ten usage" in listed and "2\t2 h\tjamais utilisé" in listed
        assert not any(code in listed for code in codes)
        world.run(BOX, f"{PROGRAM} revoke 1 2")
        assert settled(world, TWO, (False, False))
        assert world.accept(TWO, codes[0]) == "200"
        assert world.accept(ONE, codes[1]) == "200"
        # Out of time.
        world.run(
            BOX,
            "python3 - <<'E'\nimport sqlite3\n"
            "db = sqlite3.connect('/var/lib/mairie-portal/portal.sqlite')\n"
            "db.execute('UPDATE voucher SET first_used = made - 7201 WHERE number = 3')\n"
            "db.commit()\nE\n",
        )
        assert world.accept(ONE, codes[2]) == "200"
        assert world.out(ONE) == (False, False)
        kept = world.run(
            BOX,
            "cat /var/lib/mairie-portal/*; journalctl -q -o cat; "
            "cat /proc/[0-9]*/cmdline 2>/dev/null; true",
        )
        for code in codes:
            assert code not in kept and code.replace("-", "") not in kept
    finally:
        world.write(*OWN, mode="click")


def test_with_the_link_cut_vouchers_still_count(world: World) -> None:
    world.write(*OWN, mode="voucher")
    try:
        world.forget()
        world.run(BOX, "ip link set eth0 down")
        code = visitors.voucher(world.session.lab, BOX)
        assert world.accept(ONE, code) == "303"
        assert "Vous êtes connecté" in world.page(ONE)
    finally:
        world.run(BOX, "ip link set eth0 up")
        world.write(*OWN, mode="click")


def test_a_site_without_portal_has_none(world: World) -> None:
    world.write(on="false")
    state = world.run(BOX, f"systemctl is-active {SERVICE} || true; ls {PROGRAM} || true")
    assert state.split() == ["inactive"]
    assert world.out(ONE) == (True, True)
    assert world.act("apply").changed == ()

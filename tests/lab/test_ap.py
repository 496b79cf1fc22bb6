"""A host that is an access point, in a container: what it lets in, carries, asks and refuses."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from rich.console import Console

from mairie.files.backup import CLIENT_STATE, STATE
from mairie.files.wifi import HOSTAPD, HOSTAPD_CHECK
from mairie.host.events import Action, ControlResult
from mairie.lab import internet
from mairie.lab.session import Session
from mairie.lab.topology import Topology
from mairie.plan.parts.network import SegmentInterface
from mairie.push import HostOutcome
from mairie.run import Run
from tests.lab.ap_site import FILE, NO_CLASS, YARD, inventory
from tests.lab.batches import all_breaks, batches, words
from tests.lab.rapa import BOX, COMMUNE

pytestmark = [pytest.mark.lab, pytest.mark.timeout(900)]

NEIGHBOUR = "rapa-mairie-public"
"""A visitor behind another access point, or a switch: it shares the cable alone."""
IN_CONTAINERS = {"BAS-50", "LES-10", "WIF-50", "WIF-52", *(f"WIF-6{number}" for number in range(8))}
"""Unknown there: settings of a kernel that is not theirs, and radios."""
STATION = """
setsid unshare --net sleep 1800 >/dev/null 2>&1 </dev/null &
pid=$!
sleep 1
ip link add visitor type veth peer name wlan0 netns $pid
ip link set visitor master br-public up
bridge link set dev visitor isolated on
nsenter --target $pid --net ip link set wlan0 up
nsenter --target $pid --net ip address add {address} dev wlan0
echo $pid
"""
"""What stands for somebody on the air: a port of the bridge that is isolated as a radio's is."""
CONNECT = "import socket, sys; socket.create_connection((sys.argv[1], 53), timeout=5)"


@dataclass
class World:
    """The gateway and the access point, deployed twice."""

    session: Session
    first: dict[str, HostOutcome]
    second: dict[str, HostOutcome]

    def act(self, action: Action, *hosts: str) -> dict[str, HostOutcome]:
        plans = {name: self.session.plans[name] for name in hosts or (BOX, YARD)}
        run = Run(plans, self.session.reach(), Console(file=io.StringIO()), "demo", 2)
        found = {outcome.name: outcome for outcome in run.act(action)}
        for outcome in found.values():
            assert outcome.status == "done", outcome.message
        return found

    def verify(self, host: str) -> dict[tuple[str, str], ControlResult]:
        """Return what is not green on a host."""
        results = self.act("verify", host)[host].results
        assert results
        return {(item.id, item.subject): item for item in results if item.outcome != "pass"}

    def run(self, host: str, script: str) -> str:
        return self.session.lab.check(host, ["sh", "-c", script], timeout=120)

    def segment(self, name: str) -> SegmentInterface:
        """Return a segment as the gateway has it."""
        segments = self.session.plans[BOX].network.segments
        return next(item for item in segments if item.segment == name)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = inventory(tmp_path_factory.mktemp("ap"), FILE.replace(NO_CLASS, ""))
    session = Session.of(folder, print, communes=(COMMUNE,), name="test-ap")
    nodes = (internet.NAME, BOX, YARD, NEIGHBOUR)
    layout = session.layout
    session.layout = Topology(
        tuple(node for node in layout.nodes if node.name in nodes),
        tuple(client for client in layout.clients if client.name == NEIGHBOUR),
        (BOX, YARD),
    )
    with session.lab as lab:
        lab.up(session.layout.nodes)
        internet.start(lab, session.plans)
        # No hub answers here: a host that has tried once does not wait for it.
        tried = f"mkdir -p -m 700 {CLIENT_STATE} && echo '{{}}' >{STATE}"
        lab.check(BOX, ["sh", "-c", tried])
        found = World(session, {}, {})
        found.first = found.act("apply")
        found.second = found.act("apply")
        yield found


def test_a_second_deploy_changes_nothing(world: World) -> None:
    assert [change for change in world.first[YARD].changed if change.name.startswith("wifi: ")]
    assert {name: outcome.changed for name, outcome in world.second.items()} == {BOX: (), YARD: ()}


def test_all_but_the_air_conforms(world: World) -> None:
    results = world.act("verify", YARD)[YARD].results
    assert {item.id for item in results if item.outcome == "unknown"} <= IN_CONTAINERS
    failed = [
        f"{item.id} {item.subject}: {item.message}" for item in results if item.outcome == "fail"
    ]
    assert failed == []
    passed = {item.id for item in results if item.outcome == "pass"}
    assert {
        "NET-12",
        "NET-17",
        "NET-30",
        "NET-36",
        "WIF-10",
        "WIF-51",
        "WIF-53",
        "WIF-54",
        "LES-01",
        "LES-07",
    } <= passed


def test_the_gateway_conforms_where_it_serves_access_points(world: World) -> None:
    results = world.act("verify", BOX)[BOX].results
    mine = [item for item in results if item.id.startswith(("WIF-", "NET-1", "NET-3"))]
    assert [f"{item.id} {item.message}" for item in mine if item.outcome == "fail"] == []
    assert {"WIF-01", "WIF-02", "WIF-21", "WIF-22"} <= {x.id for x in mine if x.outcome == "pass"}


def test_hostapd_understands_what_it_is_given(world: World) -> None:
    for host in (BOX, YARD):
        world.run(host, f"{HOSTAPD_CHECK} {HOSTAPD}/wlan?.conf")
        text = world.run(host, f"cat {HOSTAPD}/wlan?.conf {HOSTAPD}/wlan?*.bss")
        assert "wpa_key_mgmt=WPA-EAP WPA-EAP-SHA256 FT-EAP\n" in text
        assert "wpa_key_mgmt=SAE WPA-PSK WPA-PSK-SHA256 FT-SAE FT-PSK\n" in text


def test_both_ends_hand_devices_over_with_one_key(world: World) -> None:
    keys = {
        host: set(world.run(host, f"sed -n 's/^r[01]kh=.* //p' {HOSTAPD}/wlan*").split())
        for host in (BOX, YARD)
    }
    assert len(keys[BOX]) == 1
    assert keys[BOX] == keys[YARD]


def test_a_lesson_on_the_gateway_is_one_here_and_ends_by_itself(world: World) -> None:
    def until(word: str) -> str:
        """Wait for a word of the access point's own switch, ten seconds at most."""
        shown = "mairie-lessons status 2>/dev/null | head -1"
        return world.run(
            YARD,
            f"for _ in $(seq 10); do {shown} | grep -q {word} && break; sleep 1; done; {shown}",
        ).partition("\t")[0]

    assert until("éteint") == "éteint\n"
    world.run(BOX, "mairie-lessons on --minutes 30")
    assert until("allumé") == "allumé"
    refused = world.session.lab.exec(YARD, ["mairie-lessons", "off"])
    assert (refused.exit_code, "suit la passerelle" in refused.stderr) == (2, True)
    world.run(BOX, "systemctl stop mairie-lessons-page")
    try:
        time.sleep(6)
        assert until("allumé") == "allumé", "a gateway that says nothing ends no lesson"
        assert "LES-07" in {control for control, _ in world.verify(YARD)}
    finally:
        world.run(BOX, "systemctl start mairie-lessons-page; mairie-lessons off")
    assert until("éteint") == "éteint\n"
    log = world.run(YARD, "mairie-lessons log")
    assert [line.split("\t")[1:3] for line in log.splitlines()] == [
        ["marche", "passerelle"],
        ["arrêt", "passerelle"],
    ]


def test_it_has_one_address_and_forwards_nothing(world: World) -> None:
    found = world.run(YARD, "ip -brief -4 address show | grep -v '^lo'").split()
    assert found[0] == "br-admin"
    assert len(found) == 3
    assert world.run(YARD, "sysctl -n net.ipv4.ip_forward").strip() == "0"


def test_a_technician_on_site_reaches_it(world: World) -> None:
    address = world.session.plans[YARD].network.segments[0].ipv4.partition("/")[0]
    world.run(BOX, f"python3 -c 'import socket; socket.create_connection((\"{address}\", 22), 5)'")


def test_visitors_of_two_access_points_do_not_meet(world: World) -> None:
    segment = world.segment("public")
    prefix, _, length = segment.prefix_ipv4.partition("/")
    start = prefix.rpartition(".")[0]
    here, there = f"{start}.60", f"{start}.61"
    pid = world.run(YARD, STATION.format(address=f"{here}/{length}")).strip()
    world.run(NEIGHBOUR, f"ip address add {there}/{length} dev eth0; ip link set eth0 up")
    try:
        gateway = segment.ipv4.partition("/")[0]
        world.run(YARD, f"nsenter --target {pid} --net python3 -c '{CONNECT}' {gateway}")
        meets = f"ping -c 2 -W 2 {here} >/dev/null && echo yes || echo no"
        assert world.run(NEIGHBOUR, meets).strip() == "no"
        counted = world.run(YARD, "nft list counter bridge mairie dropped-relayed")
        assert "packets 0 " not in counted
        world.run(YARD, "nft flush chain bridge mairie relayed")
        assert world.run(NEIGHBOUR, meets).strip() == "yes"
        assert world.act("apply", YARD)[YARD].changed
        world.run(NEIGHBOUR, "ip neighbour flush dev eth0")
        assert world.run(NEIGHBOUR, meets).strip() == "no"
    finally:
        world.run(YARD, f"kill {pid}; ip link del visitor 2>/dev/null || :")


@pytest.mark.parametrize(("role", "host"), [("ap", YARD), ("ap-gateway", BOX)])
def test_damage_is_seen_and_repaired(world: World, role: str, host: str) -> None:
    before = world.verify(host)
    for batch in batches(item for item in all_breaks() if item.role == role):
        for item in batch:
            world.run(host, item.damage)
        after = {key: result for key, result in world.verify(host).items() if key not in before}
        red = {control for control, _ in after}
        assert {item.control for item in batch} <= red, words(batch)
        assert red <= {name for item in batch for name in (item.control, *item.also)}, after
        for item in batch:
            world.run(host, item.repair or ":")
        world.act("apply", host)
    assert set(world.verify(host)) <= set(before)


def test_a_gateway_takes_its_address_when_the_first_access_point_comes(world: World) -> None:
    """The bridge is there already: networkd changes it, and does not wait for a boot."""
    segment = world.segment("public")
    file = "/etc/systemd/network/40-br-public.network"
    world.run(
        BOX, f"sed -i /^MACAddress=/d {file}; ip link set br-public address 02:00:00:00:00:98"
    )
    assert [change for change in world.act("apply", BOX)[BOX].changed if file in change.name]
    shown = "for _ in 1 2 3 4 5; do cat /sys/class/net/br-public/address; sleep 1; done | tail -1"
    assert world.run(BOX, shown).strip() == segment.gateway_mac

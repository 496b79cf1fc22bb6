"""The tunnel in real containers: first contact, rotation of keys, a hub that moves, a dead link."""

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from mairie.lab.containers import Lab
from tests.lab.vpn_world import GW, GW2, HUB, WAN_ADDRESSES, World

pytestmark = [pytest.mark.lab, pytest.mark.timeout(900)]

RATE = 10
"""Pings a second while something changes."""
READ_PROCESSES = "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null; true"
AFTER_S = 8
"""How long the measure goes on after the change."""


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with Lab("test-vpn") as lab:
        world = World(lab)
        world.start()
        for host in (HUB, GW, GW2):
            world.deploy(host)
        yield world


def seconds_lost(world: World, action: Callable[[], object]) -> float:
    """Do something while the gateway pings its hub; return for how long in all it was cut off."""
    ping = f"echo $$ >/var/tmp/ping.pid; exec ping -q -i {1 / RATE} {world.tunnel_address(HUB)}"
    said: list[str] = []

    def measure() -> None:
        said.append(world.lab.exec(GW, ["sh", "-c", ping], timeout=300).stdout)

    thread = threading.Thread(target=measure)
    thread.start()
    time.sleep(1)
    try:
        action()
        time.sleep(AFTER_S)
    finally:
        world.lab.check(GW, ["sh", "-c", "kill -INT $(cat /var/tmp/ping.pid)"])
        thread.join()
    found = re.search(r"(\d+) packets transmitted, (\d+) received", said[0])
    assert found is not None, said[0]
    return (int(found[1]) - int(found[2])) / RATE


def wait(condition: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.5)
    return False


def look_now(world: World) -> None:
    """Do at once what the timer does within 30 s."""
    world.lab.exec(GW, ["systemctl", "restart", "mairie-wg.service"])


def test_sites_reach_the_hub_and_each_other(world: World) -> None:
    for host in (HUB, GW2):
        address = world.tunnel_address(host)
        assert wait(partial(world.pings, GW, address, 2), 60), host
    vpn = world.plan(GW).vpn
    assert vpn is not None
    assert world.pings(GW, vpn.hub_ipv6)


def test_own_traffic_has_the_tunnel_address(world: World) -> None:
    (route,) = json.loads(
        world.lab.check(GW, ["ip", "-j", "route", "get", world.tunnel_address(GW2)])
    )
    assert (route["dev"], route["prefsrc"]) == ("wg0", world.tunnel_address(GW))


def test_deploying_again_changes_nothing(world: World) -> None:
    before = world.wg(GW, "dump").split("\t")[:6], world.lab.check(GW, ["ip", "route"])
    assert seconds_lost(world, lambda: world.deploy(GW)) < 0.5
    assert (world.wg(GW, "dump").split("\t")[:6], world.lab.check(GW, ["ip", "route"])) == before


def test_a_key_the_hub_does_not_know_yet_cuts_nobody(world: World) -> None:
    world.keys.rotate(GW)
    assert seconds_lost(world, lambda: world.deploy(GW)) < 0.5
    assert world.wg(GW, "public-key") == world.keys.current[GW].public
    assert "next key yet" in world.lab.check(GW, ["journalctl", "-u", "mairie-wg", "-o", "cat"])


def test_rotation_of_a_gateway(world: World) -> None:
    """Follows the test above: now the hub is told."""
    world.deploy(HUB)
    # The gateway tries again within five minutes; the test does not wait for them.
    world.lab.check(GW, ["rm", "/var/lib/mairie/vpn/rekey-refused"])
    moved = world.keys.coming[GW].public

    def rotate() -> None:
        look_now(world)
        assert wait(lambda: world.wg(GW, "public-key") == moved, 60)

    assert seconds_lost(world, rotate) < 3
    assert f"{moved}\t10.44.192.0/20" in world.wg(HUB, "allowed-ips")
    assert seconds_lost(world, lambda: world.deploy(HUB)) < 3, "a deploy moves nobody back"
    world.keys.finish(GW)

    def deploy_both() -> None:
        world.deploy(HUB)
        world.deploy(GW)

    assert seconds_lost(world, deploy_both) < 0.5
    assert len(world.wg(HUB, "peers").splitlines()) == 6
    assert world.lab.exec(GW, ["test", "-e", "/etc/wireguard/wg0.next.key"]).exit_code == 1


def test_a_gateway_that_starts_on_the_old_key_finds_the_next_one(world: World) -> None:
    world.keys.rotate(GW)
    world.deploy(HUB)
    world.deploy(GW)
    world.keys.finish(GW)
    world.deploy(HUB)  # the hub forgets the old key; the gateway's files still have both
    world.lab.check(GW, ["systemctl", "restart", "wg-quick@wg0"])
    assert wait(lambda: world.wg(GW, "public-key") == world.keys.current[GW].public, 60)
    assert world.pings(GW, world.tunnel_address(HUB))
    world.deploy(GW)


def test_rotation_of_the_hub(world: World) -> None:
    world.keys.rotate(HUB)

    def announce() -> None:
        for host in (HUB, GW, GW2):
            world.deploy(host)

    assert seconds_lost(world, announce) < 0.5
    world.keys.finish(HUB)
    assert seconds_lost(world, lambda: world.deploy(HUB)) < 8
    for host in (GW, GW2):
        assert world.pings(host, world.tunnel_address(HUB), 15)
        world.deploy(host)
    assert world.wg(GW, "peers") == world.keys.current[HUB].public


def test_change_of_mtu_and_address_cuts_nobody(world: World) -> None:
    configuration = "/etc/wireguard/wg0.conf"
    before = world.lab.check(GW, ["cat", configuration])
    changed = re.sub(r"MTU = \d+", "MTU = 1300", before).replace(
        "AllowedIPs = 10.0.0.0/8", "AllowedIPs = 10.0.0.0/9, 10.128.0.0/9"
    )
    world.lab.put(GW, {configuration: changed.encode()}, mode=0o600)

    def reload() -> None:
        world.lab.check(GW, ["systemctl", "reload", "wg-quick@wg0"])

    assert seconds_lost(world, reload) < 0.5
    assert "mtu 1300" in world.lab.check(GW, ["ip", "link", "show", "wg0"])
    routes = world.lab.check(GW, ["ip", "route", "show", "dev", "wg0"])
    assert [line.split()[0] for line in routes.splitlines()] == ["10.0.0.0/9", "10.128.0.0/9"]
    world.deploy(GW)
    assert "10.0.0.0/8" in world.lab.check(GW, ["ip", "route", "show", "dev", "wg0"])


def test_nothing_of_the_tunnel_leaves_in_clear_while_it_is_down(world: World) -> None:
    world.lab.check(GW, ["systemctl", "stop", "wg-quick@wg0"])
    try:
        asked = world.lab.exec(GW, ["ip", "route", "get", world.tunnel_address(GW2)])
        assert "No route to host" in asked.stderr
    finally:
        world.lab.check(GW, ["systemctl", "start", "wg-quick@wg0"])
    assert wait(lambda: world.pings(GW, world.tunnel_address(HUB), 1), 20)


def test_a_tunnel_restarted_while_it_is_looked_at_is_looked_at_again(world: World) -> None:
    """No timer, which would do it half a minute later."""
    for _ in range(5):
        world.lab.check(GW, ["systemctl", "stop", "mairie-wg.timer"])
        look = "systemctl start --no-block mairie-wg.service"
        world.lab.check(GW, ["sh", "-c", f"{look} && systemctl restart wg-quick@wg0"])
        assert wait(lambda: world.pings(GW, world.tunnel_address(HUB), 1), 20)
        looked = "systemctl start mairie-wg.timer && systemctl is-failed mairie-wg.service"
        assert world.lab.exec(GW, ["sh", "-c", looked]).stdout.strip() != "failed"


def test_a_userspace_tunnel_that_died_comes_back(world: World) -> None:
    world.lab.check(GW, ["sh", "-c", "kill -9 $(pidof wireguard-go)"])
    assert wait(lambda: world.pings(GW, world.tunnel_address(HUB), 1), 60)


def test_the_hub_moves(world: World) -> None:
    old, new = WAN_ADDRESSES[HUB]
    world.name_is(new)
    world.lab.check(HUB, ["ip", "address", "add", f"{new}/24", "dev", "eth0"])
    world.lab.check(HUB, ["ip", "address", "delete", f"{old}/24", "dev", "eth0"])
    assert not world.pings(GW, world.tunnel_address(HUB), 2)
    # As after 150 s without a handshake, which the test does not wait for.
    world.lab.check(GW, ["/usr/local/libexec/mairie/wg-reresolve", "wg0", "--now"])
    assert wait(lambda: world.pings(GW, world.tunnel_address(HUB), 1), 20)
    assert new in world.wg(GW, "endpoints")
    look_now(world)
    assert new in world.lab.check(GW, ["cat", "/var/lib/mairie/vpn/endpoints.json"])


def test_an_address_inside_the_tunnel_is_never_its_endpoint(world: World) -> None:
    world.name_is(world.tunnel_address(HUB))
    try:
        world.lab.check(GW, ["/usr/local/libexec/mairie/wg-reresolve", "wg0", "--now"])
        assert WAN_ADDRESSES[HUB][1] in world.wg(GW, "endpoints")
    finally:
        world.name_is(WAN_ADDRESSES[HUB][1])


def test_boot_without_a_link_then_without_dns(world: World) -> None:
    """The hub still is at its second address; the gateway remembers it."""
    look_now(world)
    world.name_is(None)
    world.lab.fabric.cut(GW, "eth0")
    world.lab.check(GW, ["systemctl", "stop", "wg-quick@wg0", "mairie-wg.timer"])
    world.lab.check(GW, ["systemctl", "start", "wg-quick@wg0", "mairie-wg.timer"])
    assert world.wg(GW, "peers"), "the interface is up without a link"
    world.lab.fabric.mend(GW, "eth0")
    assert wait(lambda: world.pings(GW, world.tunnel_address(HUB), 1), 90)


def test_keys_are_not_shown_anywhere(world: World) -> None:
    secrets = world.secrets(GW)
    hidden = [secrets.wireguard_private_key, *secrets.preshared_keys.values()]
    journal = world.lab.check(GW, ["journalctl", "-o", "cat"])
    processes = world.lab.check(GW, ["sh", "-c", READ_PROCESSES])
    for value in hidden:
        assert value not in journal
        assert value not in processes

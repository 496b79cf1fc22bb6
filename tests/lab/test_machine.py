"""The QEMU machine: what containers cannot show with every kernel."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mairie.files import network
from mairie.inventory import load
from mairie.lab.errors import LabError
from mairie.lab.machine import Machine
from mairie.plan.host import HostSecrets
from mairie.plan.resolve import resolve
from mairie.render import render
from tests.lab import voip_inventory

pytestmark = [pytest.mark.machine, pytest.mark.timeout(1200)]

MODULES = ("wireguard", "8021q", "sch_netem", "sch_cake", "mac80211_hwsim")


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    with Machine() as running:
        yield running


def test_commands(machine: Machine) -> None:
    pieces: list[bytes] = []
    done = machine.exec(
        ["sh", "-c", 'echo "$WORD"; echo bad >&2; exit 3'],
        env={"WORD": "été"},
        on_output=pieces.append,
    )
    assert (done.exit_code, done.stdout, done.stderr) == (3, "été\n", "bad\n")
    assert b"".join(pieces).decode() == "été\n"
    assert machine.exec(["sleep", "60"], timeout=0.5).timed_out
    assert machine.exec(["no-such-program"]).exit_code == 127
    with pytest.raises(LabError, match=r"In the machine, this failed \(exit code 1\): false"):
        machine.run("false")


def test_files(machine: Machine) -> None:
    data = os.urandom(3_000_000)
    machine.put({"/srv/deep/bundle": data}, mode=0o600)
    assert machine.run("stat -c '%a %s' /srv/deep/bundle") == "600 3000000\n"
    with pytest.raises(LabError, match="cannot write /proc/nothing"):
        machine.put({"/proc/nothing": b""})


def test_machine_is_a_whole_debian(machine: Machine) -> None:
    assert machine.run("systemctl is-system-running --wait", timeout=120) == "running\n"
    machine.run("python3 -c 'import json'; command -v nft dnsmasq wg chronyd sshd hostapd iw")
    free = int(machine.run("df --output=avail -BM / | tail -1").strip().rstrip("M"))
    assert free > 2000


@pytest.mark.parametrize("module", MODULES)
def test_kernel_has(machine: Machine, module: str) -> None:
    machine.run(f"modprobe {module}; grep -q '^{module} ' /proc/modules")


def test_8021q_trunk_carries_two_vlans_apart(machine: Machine) -> None:
    """Two namespaces, one trunk; VLAN 10 and 20 in each, with addresses that would meet."""
    machine.run(
        """
        modprobe 8021q
        ip netns add gw; ip netns add sw
        ip link add trunk netns gw type veth peer name trunk netns sw
        for side in gw sw; do
            ip -n $side link set lo up
            ip -n $side link set trunk up
            for vlan in 10 20; do
                ip -n $side link add link trunk name vlan$vlan type vlan id $vlan
                ip -n $side link set vlan$vlan up
            done
        done
        ip -n gw address add 192.0.2.1/25 dev vlan10
        ip -n sw address add 192.0.2.2/25 dev vlan10
        ip -n gw address add 192.0.2.129/25 dev vlan20
        ip -n sw address add 192.0.2.130/25 dev vlan20
        # An address of VLAN 10's prefix that lives in VLAN 20 only.
        ip netns exec sw sysctl -qw net.ipv4.conf.all.arp_ignore=1
        ip -n sw address add 192.0.2.3/32 dev vlan20
        """
    )

    def pings(address: str) -> bool:
        return (
            machine.exec(
                ["ip", "netns", "exec", "gw", "ping", "-c", "1", "-W", "2", address]
            ).exit_code
            == 0
        )

    assert pings("192.0.2.2")
    assert pings("192.0.2.130")
    assert not pings("192.0.2.3")
    tags = machine.run(
        """
        ip netns exec sw timeout 20 tcpdump -nei trunk -c 2 icmp or vlan and icmp >/tmp/tags 2>&1 &
        sleep 3
        ip netns exec gw ping -c 1 -W 2 192.0.2.2 >/dev/null
        wait
        cat /tmp/tags
        """
    )
    assert "vlan 10" in tags
    assert "vlan 20" not in tags


def test_kernel_wireguard_makes_a_handshake(machine: Machine) -> None:
    handshakes = machine.run(
        """
        umask 077
        ip netns add a; ip netns add b
        ip link add wan netns a type veth peer name wan netns b
        ip -n a address add 198.51.100.1/24 dev wan; ip -n a link set wan up
        ip -n b address add 198.51.100.2/24 dev wan; ip -n b link set wan up
        for side in a b; do
            wg genkey >/root/$side.key
            wg pubkey </root/$side.key >/root/$side.pub
            ip -n $side link add wg0 type wireguard
        done
        ip netns exec a wg set wg0 private-key /root/a.key listen-port 51820 \
            peer "$(cat /root/b.pub)" allowed-ips 10.9.0.2/32
        ip netns exec b wg set wg0 private-key /root/b.key \
            peer "$(cat /root/a.pub)" allowed-ips 10.9.0.1/32 endpoint 198.51.100.1:51820
        ip -n a address add 10.9.0.1/24 dev wg0; ip -n a link set wg0 up
        ip -n b address add 10.9.0.2/24 dev wg0; ip -n b link set wg0 up
        ip netns exec b ping -c 2 -W 5 10.9.0.1 >/dev/null
        ip netns exec a wg show wg0 latest-handshakes
        ip netns exec b wg show wg0 latest-handshakes
        """
    )
    assert [int(line.split()[1]) > 0 for line in handshakes.splitlines()] == [True, True]


MARKED = (
    "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); "
    "s.setsockopt(0, 1, {}); [s.sendto(b'x', ('198.51.100.2', {})) for _ in range(20)]"
)


def test_calls_overtake_in_cake(machine: Machine, tmp_path: Path) -> None:
    """A gateway's own rules and program, with the queue that a real kernel has."""
    plans = resolve(load(voip_inventory.write(tmp_path / "demo"), secrets=False))
    plan, voip = plans["rurutu-mairie-gw"], plans["rurutu-mairie-srv"].voip
    assert voip is not None
    addresses = {item.segment: item.ipv4 for item in plan.network.segments}
    wanted = (network.NFTABLES, network.QUEUES, network.QUEUES_TABLE)
    for file in render(plan, HostSecrets(), "network"):
        if file.path in wanted:
            machine.put({file.path: file.text.encode()}, mode=int(file.mode, 8))
    staff = addresses["agents"].replace(".1/", ".50/")
    said = machine.run(
        f"""
        for name in hall exchange staff outside; do ip netns add $name; done
        ip link add eth0 netns hall type veth peer name eth0 netns outside
        ip link add br-servers netns hall type veth peer name eth0 netns exchange
        ip link add br-agents netns hall type veth peer name eth0 netns staff
        ip -n hall address add 198.51.100.1/24 dev eth0
        ip -n hall address add {addresses["servers"]} dev br-servers
        ip -n hall address add {addresses["agents"]} dev br-agents
        ip -n outside address add 198.51.100.2/24 dev eth0
        ip -n exchange address add {voip.ipv4}/24 dev eth0
        ip -n staff address add {staff} dev eth0
        for link in eth0 br-servers br-agents; do ip -n hall link set $link up; done
        for name in exchange staff outside; do ip -n $name link set eth0 up; done
        ip -n hall route add default via 198.51.100.2 metric 100
        ip -n exchange route add default via {addresses["servers"].partition("/")[0]}
        ip -n staff route add default via {addresses["agents"].partition("/")[0]}
        ip netns exec hall sysctl -qw net.ipv4.ip_forward=1
        ip netns exec hall nft -f {network.NFTABLES}
        ip netns exec hall {network.QUEUES}
        echo again; ip netns exec hall {network.QUEUES}
        ip netns exec exchange ping -qc1 {addresses["servers"].partition("/")[0]} >&2
        ip netns exec staff ping -qc1 {addresses["agents"].partition("/")[0]} >&2
        ip netns exec hall ping -qc1 198.51.100.2 >&2
        """
    )
    assert said == "eth0: cake, 3400 kbit/s\nagain\n"

    def tins() -> list[int]:
        listed = machine.run("ip netns exec hall tc -s -json qdisc show dev eth0")
        return [item["sent_packets"] for item in json.loads(listed)[0]["tins"]]

    before = tins()
    for name, mark, port in (("exchange", 184, 20000), ("staff", 184, 20000), ("hall", 0, 51820)):
        machine.run(f'ip netns exec {name} python3 -c "{MARKED.format(mark, port)}"')
    bulk, rest, middle, calls = (now - then for now, then in zip(tins(), before, strict=True))
    assert (bulk, middle) == (0, 20)
    # ARP goes with the calls: cake takes it for network control.
    assert 20 <= calls < 30
    assert 20 <= rest < 30


def test_machine_that_does_not_boot_in_time_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mairie.lab.machine._BOOT_SECONDS", 0.2)
    with (
        pytest.raises(LabError, match=r"The machine did not boot\. Its console ends"),
        Machine(),
    ):
        pass


def test_a_kernel_that_panics_is_told_at_once() -> None:
    began = time.monotonic()
    with (
        pytest.raises(LabError, match=r"(?s)Its console ends.*Kernel panic"),
        Machine() as machine,
    ):
        began = time.monotonic()
        machine.exec(["sh", "-c", "echo c >/proc/sysrq-trigger"], timeout=300)
    assert time.monotonic() - began < 60


def test_killed_process_leaves_no_machine(tmp_path: Path) -> None:
    code = (
        "import time; from mairie.lab.machine import Machine\n"
        "with Machine(lambda said: print(said, flush=True)): time.sleep(300)"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "TMPDIR": str(tmp_path)},
    )

    def machines() -> list[str]:
        return [
            pid.name
            for pid in Path("/proc").iterdir()
            if pid.name.isdigit() and str(tmp_path) in _command(pid)
        ]

    try:
        assert child.stdout is not None
        assert "Booting" in child.stdout.readline()
        _until(lambda: len(machines()) == 1)
        child.send_signal(signal.SIGKILL)
        child.wait(timeout=10)
        _until(lambda: machines() == [])
    finally:
        child.kill()


def _command(pid: Path) -> str:
    try:
        return (pid / "cmdline").read_text()
    except OSError:
        return ""


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 15
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)

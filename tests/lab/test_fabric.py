"""The lab's cables and switches, and the life of a lab, in real containers."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import docker
import pytest

from mairie.lab.containers import LABEL, Lab, Node
from mairie.lab.errors import LabError
from mairie.lab.fabric import Attachment, stable_mac

pytestmark = [pytest.mark.lab, pytest.mark.timeout(900)]

NODES = [
    Node("left", "client", (Attachment("eth0", "site/agents"), Attachment("eth1", "wan"))),
    Node("right", "client", (Attachment("lan", "site/agents", mac="02:00:5e:00:53:01"),)),
    Node("other", "client", (Attachment("eth0", "site/public", mtu=1400),)),
]
ADDRESSES = {
    "left": ("eth0", "192.0.2.1"),
    "right": ("lan", "192.0.2.2"),
    "other": ("eth0", "192.0.2.3"),
}


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab("test-fabric") as running:
        running.up(NODES)
        for name, (interface, address) in ADDRESSES.items():
            running.check(name, ["ip", "address", "add", f"{address}/24", "dev", interface])
            running.check(name, ["ip", "link", "set", interface, "up"])
        yield running


def pings(lab: Lab, name: str, address: str) -> bool:
    return lab.exec(name, ["ping", "-c", "1", "-W", "1", address]).exit_code == 0


def containers(name: str) -> list[str]:
    found = docker.from_env().containers.list(all=True, filters={"label": f"{LABEL}={name}"})
    return [str(each.name) for each in found]


def test_same_network_is_joined_and_others_are_apart(lab: Lab) -> None:
    assert pings(lab, "left", "192.0.2.2")
    assert not pings(lab, "left", "192.0.2.3")
    assert not pings(lab, "other", "192.0.2.2")


def test_interfaces_have_their_name_address_and_mtu(lab: Lab) -> None:
    link = lab.check("right", ["ip", "link", "show", "lan"])
    assert "link/ether 02:00:5e:00:53:01" in link
    assert "mtu 1500" in link
    assert stable_mac("left", "eth0") in lab.check("left", ["ip", "link", "show", "eth0"])
    assert "mtu 1400" in lab.check("other", ["ip", "link", "show", "eth0"])
    assert lab.check("left", ["ls", "/sys/class/net"]).split() == ["eth0", "eth1", "lo"]


def test_cable_cut_and_mended(lab: Lab) -> None:
    lab.fabric.cut("right", "lan")
    assert "NO-CARRIER" in lab.check("right", ["ip", "link", "show", "lan"])
    assert not pings(lab, "left", "192.0.2.2")
    lab.fabric.mend("right", "lan")
    assert pings(lab, "left", "192.0.2.2")


def test_ports_count_packets_of_the_container(lab: Lab) -> None:
    def left() -> tuple[int, int]:
        (port,) = [p for p in lab.fabric.ports() if (p.container, p.interface) == ("left", "eth0")]
        assert port.network == "site/agents"
        assert port.up
        return port.sent_packets, port.received_packets

    sent, received = left()
    lab.check("left", ["ping", "-c", "5", "-i", "0.01", "192.0.2.2"])
    assert left() >= (sent + 5, received + 5)


def test_unknown_cable(lab: Lab) -> None:
    with pytest.raises(LabError, match=r"no cable at left:eth7. The lab's cables: left:eth0, "):
        lab.fabric.cut("left", "eth7")


def test_restart_keeps_files_and_gets_its_cables_back(lab: Lab) -> None:
    lab.put("right", {"/srv/deep/kept": b"kept"}, mode=0o600)
    assert lab.restart("right") == []
    assert lab.check("right", ["stat", "-c", "%a %s", "/srv/deep/kept"]) == "600 4\n"
    assert "02:00:5e:00:53:01" in lab.check("right", ["ip", "link", "show", "lan"])
    lab.check("right", ["ip", "address", "add", "192.0.2.2/24", "dev", "lan"])
    lab.check("right", ["ip", "link", "set", "lan", "up"])
    assert pings(lab, "left", "192.0.2.2")


def test_command_outcome(lab: Lab) -> None:
    pieces: list[bytes] = []
    done = lab.exec(
        "left",
        ["sh", "-c", 'echo "$WORD"; echo bad >&2; exit 3'],
        env={"WORD": "été"},
        on_output=pieces.append,
    )
    assert (done.exit_code, done.stdout, done.stderr) == (3, "été\n", "bad\n")
    assert b"".join(pieces).decode() == "été\n"
    assert not done.timed_out
    assert lab.exec("left", ["sleep", "20"], timeout=0.5).timed_out
    with pytest.raises(LabError, match="On left, false failed"):
        lab.check("left", ["false"])


def test_put_refuses_memory_and_relative_paths(lab: Lab) -> None:
    with pytest.raises(LabError, match="/run/x is in memory"):
        lab.put("left", {"/run/x": b""})
    with pytest.raises(LabError, match="not an absolute path"):
        lab.put("left", {"x": b""})


def test_other_process_finds_the_running_lab(lab: Lab) -> None:
    again = Lab(lab.name)
    assert again.nodes() == sorted(NODES, key=lambda node: node.name)
    assert again.status() == dict.fromkeys(("left", "right", "other"), "running")
    assert again.shell_argv("left")[:3] == ["docker", "exec", "-it"]
    with pytest.raises(LabError, match="nobody is not running in the lab test-fabric"):
        again.shell_argv("nobody")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Node("A b", "host"), "'A b' cannot be a container"),
        (lambda: Attachment("interface-too-long", "x"), "cannot be an interface"),
        (lambda: Attachment("eth0", "x", mac="zz"), "not a MAC address"),
        (lambda: Attachment("eth0", "x", mtu=60), "MTU of 60 bytes is out of range"),
        (lambda: Attachment("eth0", 'x"'), "cannot be a network"),
        (
            lambda: Node("a", "host", (Attachment("eth0", "x"), Attachment("eth0", "y"))),
            "a has two interfaces named eth0",
        ),
        (lambda: Lab("UP"), "'UP' cannot be a lab"),
    ],
)
def test_refused(make: Callable[[], object], message: str) -> None:
    with pytest.raises(LabError, match=message):
        make()


CHILD = """
import signal, sys, time
from mairie.lab.containers import Lab, Node
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored, when the tests run behind "&"
with Lab(sys.argv[1]) as lab:
    lab.up([Node("a", "client"), Node("b", "host")])
    print("up", flush=True)
    time.sleep(300)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_stays_after_an_interruption(number: signal.Signals) -> None:
    name = f"test-left-{number.name.lower()}"
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, name],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == "up\n"
        assert len(containers(name)) == 3
        child.send_signal(number)
        child.wait(timeout=60)
    finally:
        child.kill()
    if number == signal.SIGKILL:
        # Nobody could clean: the next lab does, whatever its name.
        with Lab("test-next") as following:
            following.up([])
            assert containers(name) == []
    assert containers(name) == []

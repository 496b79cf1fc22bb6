"""The devices of the lab: they take their address by DHCP, answer on ports, and send packets."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.resources import files
from typing import Literal, Protocol

from mairie.lab.containers import Lab
from mairie.lab.errors import LabError
from mairie.lab.execution import ExecResult
from mairie.lab.topology import CLIENT_PORT, Client
from mairie.plan.reach import Packet

PROBE = "/usr/local/sbin/lab-probe"
LEASE_SECONDS = 45
PARALLEL = 16
"""Devices at a time: most of what they do is wait."""

Answer = Literal["answered", "silent"]


@dataclass(frozen=True)
class Lease:
    """What a device got from its segment."""

    ipv4: str
    """Empty when DHCP gave nothing in time."""
    ipv6: str
    """Empty when no router advertisement came in time."""
    resolvers: tuple[str, ...]


class Nodes(Protocol):
    """Where devices are: containers of a lab, or namespaces of the machine."""

    def exec(self, name: str, argv: Sequence[str], *, timeout: float = 60) -> ExecResult:
        """Run a command and return its outcome."""
        ...

    def check(self, name: str, argv: Sequence[str], *, timeout: float = 60) -> str:
        """Run a command that must succeed and return its output."""
        ...

    def put(self, name: str, files: Mapping[str, bytes], mode: int = 0o644) -> None:
        """Write files: absolute path → content."""
        ...


def connect(lab: Lab, clients: Sequence[Client]) -> dict[str, Lease]:
    """Ask for addresses on every device; return leases by device."""
    with ThreadPoolExecutor(PARALLEL) as pool:
        leases = pool.map(lambda client: _connect(lab, client.name), clients)
        return {client.name: lease for client, lease in zip(clients, leases, strict=True)}


def install_probe(lab: Nodes, node: str) -> None:
    """Put the program that sends and answers packets on a node that has Python."""
    lab.put(node, {PROBE: (files("mairie.lab") / "share" / "probe").read_bytes()}, 0o755)


def _connect(lab: Lab, name: str) -> Lease:
    install_probe(lab, name)
    # The lease is judged below, so that a device without one says which half is missing.
    lab.exec(
        name,
        [
            "sh",
            "-c",
            f"dhcpcd --nodev -x {CLIENT_PORT} 2>/dev/null; rm -f /var/lib/dhcpcd/*.lease*; "
            f"dhcpcd --quiet --nodev --noarp -b {CLIENT_PORT}; "
            "for _ in $(seq 60); do sleep 0.5; "
            f"has() {{ ip $1 -oneline address show dev {CLIENT_PORT} scope global -tentative "
            "| grep -q inet; }; has -4 && has -6 && exit 0; done",
        ],
        timeout=LEASE_SECONDS,
    )
    shown = json.loads(lab.check(name, ["ip", "-json", "address", "show", "dev", CLIENT_PORT]))
    addresses = [
        item
        for item in shown[0]["addr_info"]
        if item["scope"] == "global" and not item.get("tentative")
    ]
    words = lab.exec(name, ["cat", "/etc/resolv.conf"]).stdout.splitlines()
    return Lease(
        ipv4=_first(item["local"] for item in addresses if item["family"] == "inet"),
        ipv6=_first(item["local"] for item in addresses if item["family"] == "inet6"),
        resolvers=tuple(line.split()[1] for line in words if line.startswith("nameserver ")),
    )


def _first(values: Iterable[str]) -> str:
    return next(iter(values), "")


def listen(
    lab: Nodes,
    names: Iterable[str],
    ports: Iterable[int],
    addresses: Sequence[str] = ("0.0.0.0", "::"),  # noqa: S104 - a device in a lab
) -> None:
    """Make devices answer on ports, TCP and UDP, until they stop.

    A device with several addresses must say on which, so that UDP answers come from the right one.

    Raises:
        LabError: a device cannot listen.

    """
    numbers = " ".join(str(port) for port in sorted(set(ports)))
    script = (
        "kill $(cat /run/lab-probe.pid) 2>/dev/null; rm -f /run/lab-probe.said; "
        f"setsid {PROBE} listen {','.join(addresses)} {numbers} "
        ">/run/lab-probe.said 2>&1 </dev/null & "
        "echo $! >/run/lab-probe.pid; "
        "for _ in $(seq 100); do grep -q listening /run/lab-probe.said && exit 0; sleep 0.1; done; "
        "cat /run/lab-probe.said; exit 1"
    )
    with ThreadPoolExecutor(PARALLEL) as pool:
        list(pool.map(lambda name: lab.check(name, ["sh", "-c", script]), names))


def send(lab: Nodes, name: str, packets: Sequence[tuple[Packet, bool]]) -> list[Answer]:
    """Send packets from a node; return, in the same order, whether the far end answered.

    Each comes with whether an answer is expected: then a silence is tried again, twice.

    Raises:
        LabError: the node could not send.

    """
    items = [
        {
            "address": item.destination,
            "protocol": item.protocol,
            "port": item.port,
            "tries": 3 if hoped else 1,
        }
        for item, hoped in packets
    ]
    path = "/srv/probe/packets.json"
    lab.put(name, {path: json.dumps(items).encode()})
    answers: list[Answer] = json.loads(lab.check(name, [PROBE, "try", path], timeout=300))
    if len(answers) != len(packets):
        raise LabError(f"{name} answered for {len(answers)} packets of {len(packets)}.")
    return answers

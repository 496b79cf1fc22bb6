"""The lab's cables and switches.

One container, without any network of its own, holds a Linux bridge per link-layer network, and one
end of a veth pair per cable; the other end is an interface of a lab container. So nothing touches
the network of the machine that runs the lab, and removing that container removes every cable.
"""

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from mairie.lab.errors import LabError

_INTERFACE = re.compile(r"[a-zA-Z][a-zA-Z0-9_.-]{0,14}")
_MAC = re.compile(r"([0-9a-f]{2}:){5}[0-9a-f]{2}")
_SCRIPT = "/srv/fabric.batch"

_LOOKS = 10
"""How often the kernel's list of links is asked for, when it changes meanwhile."""


@dataclass(frozen=True)
class Attachment:
    """One interface of a container, on one link-layer network (a segment of a site, a WAN …).

    ``mac`` defaults to one derived from the names: the same at each run. ``mtu`` in bytes.
    """

    interface: str
    network: str
    mac: str | None = None
    mtu: int = 1500

    def __post_init__(self) -> None:
        """Refuse what the kernel would refuse, or split in two, later and in worse words."""
        if not _INTERFACE.fullmatch(self.interface):
            raise LabError(
                f"{self.interface!r} cannot be an interface: use 1 to 15 letters, digits, "
                "dots, dashes or underscores."
            )
        if not self.network or not self.network.isprintable() or '"' in self.network:
            raise LabError(f"{self.network!r} cannot be a network: use printable characters.")
        if self.mac is not None and not _MAC.fullmatch(self.mac):
            raise LabError(
                f"{self.mac!r} is not a MAC address: write it like 02:00:5e:00:00:01, lower case."
            )
        if not 1280 <= self.mtu <= 9000:
            raise LabError(f"An MTU of {self.mtu} bytes is out of range: 1280 to 9000.")


@dataclass(frozen=True)
class Cable:
    """An attachment of the running container ``container``, whose first process is ``pid``."""

    container: str
    pid: int
    attachment: Attachment

    @property
    def mac(self) -> str:
        """The MAC address of the container's end."""
        return self.attachment.mac or stable_mac(self.container, self.attachment.interface)


@dataclass(frozen=True)
class Port:
    """A cable seen from the switch; packets and bytes are counted from the container's side."""

    container: str
    interface: str
    network: str
    up: bool
    sent_packets: int
    sent_bytes: int
    received_packets: int
    received_bytes: int


class Shell(Protocol):
    """How the fabric's container is reached."""

    def run(self, argv: list[str]) -> str:
        """Return the output of a command; raise LabError when it fails."""

    def write(self, path: str, data: bytes) -> None:
        """Write one file."""


def stable_mac(container: str, interface: str) -> str:
    """Return a locally administered unicast MAC address derived from two names."""
    digest = hashlib.sha256(f"{container}/{interface}".encode()).digest()
    return ":".join(f"{byte:02x}" for byte in (0x02, *digest[:5]))


class Fabric:
    """The switches and cables held by one container."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell

    def connect(self, cables: Iterable[Cable]) -> None:
        """Lay all the cables in one go, with the switches they need.

        A container that was started again has lost its cables: connect it again.
        """
        cables = list(cables)
        links = self._links()
        bridges = {
            link["ifalias"]: link["ifname"]
            for link in links
            if link["ifname"].startswith("br") and "ifalias" in link
        }
        used = [int(link["ifname"][4:]) for link in links if link["ifname"].startswith("port")]
        number = max(used, default=0)
        lines = []
        for network in sorted({cable.attachment.network for cable in cables} - bridges.keys()):
            bridge = f"br{len(bridges) + 1}"
            bridges[network] = bridge
            # A dumb switch: forwards at once, floods multicast, MTU of the widest cable.
            lines += [
                f"link add name {bridge} type bridge stp_state 0 forward_delay 0 mcast_snooping 0",
                f'link set dev {bridge} up alias "{network}"',
            ]
        for cable in cables:
            number += 1
            wire = cable.attachment
            lines += [
                f"link add name port{number} mtu {wire.mtu} type veth peer name {wire.interface}"
                f" mtu {wire.mtu} address {cable.mac} netns {cable.pid}",
                f"link set dev port{number} master {bridges[wire.network]} up"
                f' alias "{cable.container} {wire.interface}"',
            ]
        if not lines:
            return
        self._shell.write(_SCRIPT, "\n".join(lines).encode() + b"\n")
        self._shell.run(["ip", "-batch", _SCRIPT])

    def cut(self, container: str, interface: str) -> None:
        """Unplug a cable: both ends lose their carrier."""
        self._shell.run(["ip", "link", "set", "dev", self._port(container, interface), "down"])

    def mend(self, container: str, interface: str) -> None:
        """Plug a cable back in."""
        self._shell.run(["ip", "link", "set", "dev", self._port(container, interface), "up"])

    def ports(self) -> list[Port]:
        """Return every cable with its counters, in the order they were laid."""
        links = self._links()
        names = {link["ifname"]: link.get("ifalias", "") for link in links}
        ports = []
        for link in links:
            if not link["ifname"].startswith("port"):
                continue
            container, interface = link["ifalias"].split(" ")
            # What the switch's end receives is what the container sent.
            sent, received = link["stats64"]["rx"], link["stats64"]["tx"]
            ports.append(
                Port(
                    container=container,
                    interface=interface,
                    network=names[link["master"]],
                    up="LOWER_UP" in link["flags"],
                    sent_packets=sent["packets"],
                    sent_bytes=sent["bytes"],
                    received_packets=received["packets"],
                    received_bytes=received["bytes"],
                )
            )
        return ports

    def _links(self) -> list[dict[str, Any]]:
        # ip(8) says nothing when links came or went while the kernel listed them.
        for _ in range(_LOOKS):
            said = self._shell.run(["ip", "-json", "-stats", "link", "show"])
            if said.strip():
                links: list[dict[str, Any]] = json.loads(said)
                return links
        raise LabError("The lab's cables change too fast to be listed.")

    def _port(self, container: str, interface: str) -> str:
        cables = {
            link["ifalias"]: link["ifname"]
            for link in self._links()
            if link["ifname"].startswith("port")
        }
        try:
            return str(cables[f"{container} {interface}"])
        except KeyError:
            known = ", ".join(sorted(name.replace(" ", ":") for name in cables)) or "none"
            raise LabError(
                f"There is no cable at {container}:{interface}. The lab's cables: {known}."
            ) from None

"""One container of a lab: what it is, and how Docker is asked for it."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import docker
from docker.errors import APIError, NotFound
from docker.types import LogConfig

from mairie.lab.errors import LabError
from mairie.lab.fabric import Attachment
from mairie.lab.image import Images, packages_mount

LABEL = "mairie.lab"
"""The label of all that labs make; its value is the lab's name."""

NODE, CABLES, IMAGE, OWNER = (f"{LABEL}.{word}" for word in ("node", "cables", "image", "owner"))
FABRIC = "fabric"
"""The node that holds the cables: no other may have this name."""

NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")

# systemd needs SYS_ADMIN (mounts), the network brick NET_ADMIN and NET_RAW. Not SYS_TIME: the
# clock is that of the machine that runs the lab.
_CAPABILITIES = ["AUDIT_WRITE", "NET_ADMIN", "NET_RAW", "SYS_ADMIN", "SYS_NICE", "SYS_PTRACE"]
_IPV6 = {"net.ipv6.conf.all.disable_ipv6": "0", "net.ipv6.conf.default.disable_ipv6": "0"}


@dataclass(frozen=True)
class Node:
    """One container: a ``host`` boots systemd, a ``client`` waits for commands."""

    name: str
    image: Literal["host", "client"]
    attachments: tuple[Attachment, ...] = ()

    def __post_init__(self) -> None:
        """Refuse names that are no host names, and an interface named twice."""
        if not NAME.fullmatch(self.name):
            raise LabError(
                f"{self.name!r} cannot be a container: use 1 to 63 of a-z, 0-9 and dashes."
            )
        interfaces = [wire.interface for wire in self.attachments]
        for interface in interfaces:
            if interfaces.count(interface) > 1:
                raise LabError(f"{self.name} has two interfaces named {interface}.")


@dataclass(frozen=True)
class Starter:
    """Starts the containers of the lab ``lab``; ``owner`` is the process it ends with, if any."""

    client: docker.DockerClient
    lab: str
    images: Images
    owner: str | None

    def node(self, node: Node) -> None:
        """Start a host or a client; it waits for its cables before it does anything."""
        self._start(
            node.name,
            self.images.host if node.image == "host" else self.images.client,
            {
                IMAGE: node.image,
                CABLES: json.dumps([asdict(wire) for wire in node.attachments]),
            },
            environment={
                "MAIRIE_LAB": self.lab,
                "MAIRIE_INTERFACES": " ".join(wire.interface for wire in node.attachments),
            },
            cap_add=_CAPABILITIES,
            devices=["/dev/net/tun:/dev/net/tun:rwm"],
            mounts=[packages_mount(self.images)],
            sysctls=_IPV6,
            stop_signal="SIGRTMIN+3" if node.image == "host" else "SIGTERM",
            tty=True,
        )

    def fabric(self) -> None:
        """Start the container of cables: it names the others by their process id."""
        self._start(
            FABRIC,
            self.images.client,
            {},
            command=["idle"],
            pid_mode="host",
            cap_add=["NET_ADMIN", "SYS_ADMIN", "SYS_PTRACE"],
            sysctls=dict.fromkeys(_IPV6, "1"),  # a switch has no address
        )

    def _start(self, name: str, image: str, labels: Mapping[str, str], **options: Any) -> None:
        owner = {OWNER: self.owner} if self.owner else {}
        try:
            self.client.containers.create(
                image,
                name=container_name(self.lab, name),
                hostname=name,
                labels={LABEL: self.lab, NODE: name, **owner, **labels},
                network_mode="none",
                security_opt=["seccomp=unconfined", "apparmor=unconfined"],
                tmpfs={"/run": "rw,nosuid,nodev,mode=755", "/tmp": "rw,nosuid,nodev,mode=1777"},  # noqa: S108
                cgroupns="private",
                log_config=LogConfig(type="json-file", config={"max-size": "1m"}),
                **options,
            ).start()
        except APIError as error:
            raise LabError(f"Docker cannot start {name}: {error.explanation}") from error


def container_name(lab: str, node: str) -> str:
    """Return the Docker name of a node."""
    return f"mairie-{lab}-{node}"


def remove(container: Any) -> None:
    """Remove a container, running or not; one that is gone is fine."""
    try:
        container.remove(force=True, v=True)
    except NotFound:
        return
    except APIError as error:
        if error.status_code != 409:  # 409: already being removed
            raise LabError(f"Docker cannot remove {container.name}: {error.explanation}") from error

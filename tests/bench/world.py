"""The lab of the bench: the demo's hub and gateway, and a host for the workload; SSH to them."""

from __future__ import annotations

import io
import shlex
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from mairie.lab import internet
from mairie.lab.containers import Lab, Node
from mairie.lab.session import Session
from mairie.run import Reach, Run
from mairie.transport import Docker, Ssh
from tests.bench.bridge import ContainerSsh
from tests.bench.figures import ROOT
from tests.bench.relay import Relay

DEMO = ROOT / "inventories" / "demo"
HUB, GATEWAY = "hub", "rurutu-mairie-gw"
TECHNICIAN = "hina"
PREPARE_S = 600


@dataclass(frozen=True)
class Door:
    """The SSH server of one host, through the relay."""

    relay: Relay
    known_hosts: Path
    """Holds its key, under ``alias`` and under the relay's address."""
    key: Path
    """The private key that opens."""
    alias: str

    @property
    def options(self) -> tuple[str, ...]:
        """What ssh needs beside the user, the address and the host's key."""
        return ("-F", "none", "-p", str(self.relay.port), "-i", str(self.key),
                "-o", "IdentitiesOnly=yes")  # fmt: skip

    def transport(self, user: str) -> Ssh:
        """Return mairie's way in."""
        return Ssh(
            f"{user}@127.0.0.1",
            known_hosts=self.known_hosts,
            host_key_alias=self.alias,
            options=self.options,
        )


@dataclass
class World:
    """The running lab."""

    session: Session
    folder: Path
    """For keys and configuration of this run."""
    say: Callable[[str], None]

    @property
    def lab(self) -> Lab:
        """Its containers."""
        return self.session.lab

    def cpu_s(self, host: str) -> float:
        """Return the processor time that a host has used since it booted, in seconds."""
        text = self.lab.check(host, ["cat", "/sys/fs/cgroup/cpu.stat"])
        fields = dict(line.split() for line in text.splitlines())
        return int(fields["usage_usec"]) / 1e6

    def deploy(self, host: str, *only: str) -> None:
        """Deploy a host through docker, unmeasured; ``only`` restricts it to bricks."""
        transport = Docker(self.lab.container(host))
        reach = Reach(self.session.reach().secrets, lambda _: transport)
        plans = {host: self.session.plans[host]}
        run = Run(plans, reach, Console(file=io.StringIO()), "deploy", 1)
        (outcome,) = run.act("apply", only)
        if outcome.status != "done":
            raise WorldError(f"{host} could not be deployed: {outcome.message}")

    def prepare_ssh(self, host: str, packages: Sequence[str]) -> None:
        """Install packages, start sshd and let the technician's key in as root."""
        public = (DEMO / "identity" / "hina-ssh.pub").read_text().strip()
        script = "\n".join(
            (
                "export DEBIAN_FRONTEND=noninteractive",
                "apt-get -q update",
                f"apt-get -q -y --no-install-recommends install {shlex.join(packages)}",
                "mkdir -p -m 700 /root/.ssh",
                f"echo {shlex.quote(public)} >/root/.ssh/authorized_keys",
                "systemctl enable --now ssh",
            )
        )
        self.lab.check(host, ["sh", "-ec", script], timeout=PREPARE_S)

    @contextmanager
    def door(self, host: str, rtt_s: float) -> Iterator[Door]:
        """Open the relay to a host."""
        text = self.lab.check(host, ["cat", "/etc/ssh/ssh_host_ed25519_key.pub"])
        public = " ".join(text.split()[:2])
        private = self.folder / "key"
        if not private.exists():
            private.touch(0o600)
            private.write_bytes((DEMO / "identity" / "hina-ssh").read_bytes())
        with Relay(ContainerSsh(self.lab.container(host)), rtt_s) as relay:
            known_hosts = self.folder / f"known-{host}"
            known_hosts.write_text(f"{host} {public}\n[127.0.0.1]:{relay.port} {public}\n")
            yield Door(relay, known_hosts, private, host)


class WorldError(RuntimeError):
    """The lab of the bench is not as it should be."""


@contextmanager
def world(
    folder: Path, say: Callable[[str], None], hosts: Sequence[str], inventory: Path = DEMO
) -> Iterator[World]:
    """Start these nodes, of an inventory or blank, and the internet; all end with the block."""
    session = Session.of(inventory, say, name="bench")
    known = {node.name: node for node in session.layout.nodes}
    nodes = [known.get(name, Node(name, "host")) for name in (internet.NAME, *hosts)]
    plans = {name: plan for name, plan in session.plans.items() if name in hosts}
    with session.lab as lab:
        lab.up(nodes)
        internet.start(lab, plans)
        yield World(session, folder, say)

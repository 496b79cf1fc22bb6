"""Ways to run one command on a host with its standard input and output in our hands."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol


class Transport(Protocol):
    """How to reach one host."""

    def argv(self, script: str, *arguments: str) -> list[str]:
        """Return the local command that runs a POSIX sh script on the host, as root.

        Args:
            script: text of the script.
            arguments: its ``$1`` and following.

        """
        ...

    def unreachable(self, status: int, stderr: str) -> str:
        """Return why the host could not be reached, or an empty string when it was.

        Args:
            status: exit status of the local command.
            stderr: what it wrote.

        """
        ...


def _sh(script: str, arguments: tuple[str, ...]) -> list[str]:
    return ["sh", "-c", script, "mairie", *arguments]


@dataclass(frozen=True, slots=True)
class Ssh:
    """The system's ssh: the user's configuration, jump hosts, agents and hardware keys count.

    The host key must be known beforehand: nothing is trusted on first use.
    """

    destination: str
    """``host``, ``user@host`` or a name of the user's configuration."""
    known_hosts: Path | None = None
    """The inventory's file of host keys; None: the user's own."""
    host_key_alias: str = ""
    """Name of the host in that file; empty: the destination's."""
    options: tuple[str, ...] = ()
    """More arguments for ssh, before the destination: ``("-p", "2222")``."""
    program: str = field(default="ssh")

    def argv(self, script: str, *arguments: str) -> list[str]:
        """Return the ssh command; root is reached with sudo where the account is another."""
        inner = shlex.join(_sh(script, arguments))
        become = f'[ "$(id -u)" = 0 ] && root= || root="sudo -n --"; exec $root {inner}'
        known = () if self.known_hosts is None else ("-o", f"UserKnownHostsFile={self.known_hosts}")
        alias = ("-o", f"HostKeyAlias={self.host_key_alias}") if self.host_key_alias else ()
        # fmt: off
        return [
            self.program, "-T",
            "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes", *known, *alias,
            "-o", "ConnectTimeout=30", "-o", "ServerAliveInterval=15",
            "-o", "ServerAliveCountMax=8", *self.options,
            "--", self.destination, f"exec sh -c {shlex.quote(become)}",
        ]
        # fmt: on

    def unreachable(self, status: int, stderr: str) -> str:
        """Status 255 is ssh's own."""
        if status != 255:
            return ""
        said = stderr.strip().splitlines()
        if any("verification failed" in line for line in said):
            return (
                f"The key of {self.destination} is unknown or has changed. If that is expected, "
                "record it with `mairie enrol`; else somebody may be in between."
            )
        why = said[-1] if said else "ssh gave no reason"
        return f"{self.destination} cannot be reached by ssh: {why}"


@dataclass(frozen=True, slots=True)
class Docker:
    """A running container, through ``docker exec``."""

    container: str

    def argv(self, script: str, *arguments: str) -> list[str]:
        """Return the docker command."""
        return ["docker", "exec", "-i", "-u", "0", self.container, *_sh(script, arguments)]

    def unreachable(self, status: int, stderr: str) -> str:
        """Tell docker's own errors, all with status 1 or 125 to 127, from the program's."""
        said = stderr.strip().splitlines()
        marks = ("No such container", "is not running", "Cannot connect to the Docker daemon")
        if status in {125, 126, 127} or any(mark in line for line in said for mark in marks):
            why = said[-1] if said else f"docker ended with status {status}"
            return f"The container {self.container} cannot be reached: {why}"
        return ""


@dataclass(frozen=True, slots=True)
class Local:
    """The machine mairie runs on: for a technician who works on the host."""

    def argv(self, script: str, *arguments: str) -> list[str]:
        """Return the command, through sudo when this process is not root."""
        return ["sh", "-c", 'if [ "$(id -u)" = 0 ]; then exec "$@"; else exec sudo -n -- "$@"; fi',
                "mairie", *_sh(script, arguments)]  # fmt: skip

    def unreachable(self, status: int, stderr: str) -> str:
        """Only a missing right to become root stands in the way."""
        return stderr.strip() if status and "sudo:" in stderr else ""

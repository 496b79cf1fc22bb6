"""Nodes inside the QEMU machine: each a network, mount and process namespace of its own.

For what stands around the one host that the machine is: its internet, its hub, a switch, devices.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from threading import Lock

from mairie.lab.errors import LabError
from mairie.lab.execution import ExecResult
from mairie.lab.machine import Machine

_START = """
for name in NAMES; do
    setsid unshare --net --mount --pid --fork --kill-child --mount-proc sh -c \
        'mount -t tmpfs node /run && mkdir /run/chrony && mount -t tmpfs node /srv &&
         ip link set lo up && echo ready >/run/node && exec sleep infinity' \
        >/dev/null 2>&1 </dev/null &
    pids="${pids-} $!"
done
for pid in $pids; do
    for _ in $(seq 300); do
        read -r child _ </proc/$pid/task/$pid/children || :
        if [ -n "${child-}" ] && [ -e /proc/$child/root/run/node ]; then
            echo $child
            continue 2
        fi
        sleep 0.1
    done
    exit 1
done
"""


class Namespaces:
    """The nodes of one machine, by name. Files in /run and /srv are each node's own."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._pids: dict[str, int] = {}
        self._turn = Lock()  # the machine runs one command at a time

    def start(self, names: Sequence[str]) -> None:
        """Start nodes without any cable.

        Raises:
            LabError: one does not start.

        """
        script = _START.replace("NAMES", shlex.join(names))
        pids = [int(line) for line in self._machine.run(script, timeout=300).splitlines()]
        self._pids |= dict(zip(names, pids, strict=True))

    def pid(self, name: str) -> int:
        """Return the node's first process, by which ``ip link … netns PID`` knows it."""
        return self._pids[name]

    def ip(self, name: str, lines: Sequence[str]) -> None:
        """Run ``ip -batch`` in a node's network, where the machine's process ids name the others.

        Raises:
            LabError: a line is refused.

        """
        path = "/run/lab-links"
        with self._turn:
            self._machine.put({path: "\n".join(lines).encode()})
            self._machine.run(f"nsenter --target {self.pid(name)} --net ip -batch {path}")

    def exec(
        self, name: str, argv: Sequence[str], *, timeout: float = 60, user: str = "root"
    ) -> ExecResult:
        """Run a command in a node and return its outcome; exit code 124: out of time."""
        if user != "root":
            raise LabError(f"Nodes of the machine have no account {user}: only root.")
        enter = ["nsenter", "--target", str(self.pid(name)), "--net", "--mount", "--pid"]
        with self._turn:
            return self._machine.exec([*enter, "--", *argv], timeout=timeout)

    def check(self, name: str, argv: Sequence[str], *, timeout: float = 60) -> str:
        """Run a command that must succeed and return its output.

        Raises:
            LabError: it failed, with what it said.

        """
        done = self.exec(name, argv, timeout=timeout)
        if done.exit_code != 0:
            said = f"{done.stdout}{done.stderr}".strip()[-2000:]
            raise LabError(
                f"In {name}, this failed (exit code {done.exit_code}): {shlex.join(argv)}\n{said}"
            )
        return done.stdout

    def together(self, scripts: Mapping[str, str], *, timeout: float = 60) -> dict[str, str]:
        """Run one shell script in each of some nodes, all at once; return what each printed.

        For what mostly waits. A script ends in ``timeout`` seconds or is killed; how it ends is its
        own affair, as is what it says on standard error.
        """
        path = "/srv/node/together"
        for name, script in scripts.items():
            self.put(name, {path: script.encode()})
        start = "\n".join(
            f"nsenter --target {pid} --net --mount --pid timeout -s KILL {timeout:g} sh -u {path} "
            f">/proc/{pid}/root{path}.out 2>/dev/null </dev/null &"
            for pid in map(self.pid, scripts)
        )
        with self._turn:
            self._machine.run(f"{start}\nwait", timeout=timeout + 60)
        return {name: self.check(name, ["cat", f"{path}.out"]) for name in scripts}

    def put(self, name: str, files: Mapping[str, bytes], mode: int = 0o644) -> None:
        """Write files (absolute path → content) as a node sees them."""
        root = f"/proc/{self.pid(name)}/root"
        with self._turn:
            self._machine.put({f"{root}{path}": data for path, data in files.items()}, mode)

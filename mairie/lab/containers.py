"""A lab: containers with systemd (hosts) or without (clients), joined by a fabric of cables.

Everything a lab makes carries the label ``mairie.lab``: removed when its ``with`` block ends, on
Ctrl-C or SIGTERM too; what a killed process left is removed by the next ``up``.
"""

import json
import shutil
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

from mairie.lab import execution
from mairie.lab.cache import Progress, silent
from mairie.lab.engine import ensure_engine
from mairie.lab.errors import LabError
from mairie.lab.execution import ExecResult
from mairie.lab.fabric import Attachment, Cable, Fabric
from mairie.lab.image import Recipe, ensure_images
from mairie.lab.node import (
    CABLES,
    FABRIC,
    IMAGE,
    LABEL,
    NAME,
    NODE,
    OWNER,
    Node,
    Starter,
    container_name,
    remove,
)
from mairie.lab.owner import is_alive, signals_end_politely, this_process

__all__ = ["LABEL", "Lab", "Node"]

_BOOT_SECONDS = 180
_PARALLEL = 8


class Lab:
    """The containers and cables of one lab, known by its name.

    In a ``with`` block everything is removed at the end. Without one, the lab stays until
    ``down()``, and another process reaches it by the same name.
    """

    def __init__(
        self, name: str, progress: Progress = silent, recipe: Recipe | None = None
    ) -> None:
        """Take a name; with a recipe, images of its own.

        Raises:
            LabError: no lab can have that name, or Docker is not there.

        """
        if not NAME.fullmatch(name):
            raise LabError(f"{name!r} cannot be a lab: use 1 to 63 of a-z, 0-9 and dashes.")
        self.name = name
        self.progress = progress
        self._recipe = recipe
        self._client = ensure_engine(progress)
        self._owner: str | None = None
        self._leaving = ExitStack()
        self.fabric = Fabric(_FabricShell(self))

    def __enter__(self) -> Self:
        """Own the lab: it ends with the block."""
        self._owner = this_process()
        self._leaving.enter_context(signals_end_politely())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Remove everything, whatever happened."""
        with self._leaving:
            self.down()
        self._owner = None

    def up(self, nodes: Sequence[Node]) -> None:
        """Build what is missing, start the containers, lay the cables, wait until hosts run.

        Removes first what an earlier lab of this name, or a killed process, left. Raises LabError,
        with the failed units named when a host boots badly.
        """
        names = [node.name for node in nodes]
        for name in names:
            if names.count(name) > 1 or name == FABRIC:
                raise LabError(f"Two containers of the lab are named {name}.")
        images = ensure_images(self._client, self.progress, self._recipe)
        self._sweep()
        self.progress(f"Starting {len(nodes)} containers")
        starter = Starter(self._client, self.name, images, self._owner)
        starter.fabric()
        self._clean_cgroups()
        with ThreadPoolExecutor(_PARALLEL) as pool:
            list(pool.map(starter.node, nodes))
            self._connect(nodes)
            hosts = [node.name for node in nodes if node.image == "host"]
            self.progress(f"Waiting for {len(hosts)} hosts to boot")
            list(pool.map(self._wait_whole, hosts))

    def nodes(self) -> list[Node]:
        """Return the nodes of the running lab, by name."""
        return sorted(
            (
                Node(
                    name=container.labels[NODE],
                    image=container.labels[IMAGE],
                    attachments=tuple(
                        Attachment(**wire) for wire in json.loads(container.labels[CABLES])
                    ),
                )
                for container in self._containers()
                if CABLES in container.labels
            ),
            key=lambda node: node.name,
        )

    def status(self) -> dict[str, str]:
        """Return node → Docker's word for its state (``running``, ``exited`` …)."""
        return {
            container.labels[NODE]: container.status
            for container in self._containers()
            if CABLES in container.labels
        }

    def exec(
        self,
        name: str,
        argv: Sequence[str],
        *,
        timeout: float = 60,
        env: Mapping[str, str] | None = None,
        user: str = "root",
        on_output: Callable[[bytes], None] | None = None,
    ) -> ExecResult:
        """Run a command in a node: see ``execution.execute``."""
        return execution.execute(
            self._client,
            self.container(name),
            argv,
            timeout=timeout,
            env=env,
            user=user,
            on_output=on_output,
        )

    def check(self, name: str, argv: Sequence[str], *, timeout: float = 60) -> str:
        """Run a command that must succeed; return its output, raise LabError otherwise."""
        done = self.exec(name, argv, timeout=timeout)
        if done.exit_code != 0:
            said = (done.stderr.strip() or done.stdout.strip())[-2000:]
            why = f"ran out of time ({timeout:g} s)" if done.timed_out else "failed"
            raise LabError(
                f"On {name}, {' '.join(argv)} {why} (exit code {done.exit_code}): {said}"
            )
        return done.stdout

    def put(self, name: str, files: Mapping[str, bytes], mode: int = 0o644) -> None:
        """Write files (absolute path → content) into a node: see ``execution.put``."""
        execution.put(self._client, self.container(name), files, mode)

    def shell_argv(self, name: str, argv: Sequence[str] = ("bash", "-l")) -> list[str]:
        """Return the command, to be executed in a terminal, that opens a shell in a node."""
        if not shutil.which("docker"):
            raise LabError("The program docker is needed for a shell: apt-get install docker-cli.")
        if self.status().get(name) != "running":
            known = ", ".join(node.name for node in self.nodes()) or "none: start the lab first"
            raise LabError(f"{name} is not running in the lab {self.name}. Its nodes: {known}.")
        return ["docker", "exec", "-it", self.container(name), *argv]

    def restart(self, name: str) -> list[str]:
        """Switch a node off and on, with its cables; return the units that failed on the way up."""
        (node,) = [node for node in self.nodes() if node.name == name]
        container = self._client.containers.get(self.container(name))
        container.kill()
        container.wait(timeout=30)
        self._clean_cgroups(name)
        container.start()
        self._connect([node])
        return self.wait_booted(name) if node.image == "host" else []

    def replace(self, name: str) -> None:
        """Put a blank machine in the place of a host, with the same cables, and wait for it.

        Raises:
            LabError: there is no such host, or the new one boots badly.

        """
        hosts = {node.name: node for node in self.nodes() if node.image == "host"}
        if name not in hosts:
            raise LabError(f"{name} is no host of the lab {self.name}: {', '.join(hosts)}.")
        images = ensure_images(self._client, self.progress, self._recipe)
        remove(self._client.containers.get(self.container(name)))
        self._clean_cgroups(name)
        Starter(self._client, self.name, images, self._owner).node(hosts[name])
        self._connect([hosts[name]])
        self._wait_whole(name)

    def _wait_whole(self, name: str) -> None:
        failed = self.wait_booted(name)
        if failed:
            raise LabError(
                f"{name} booted, but these units failed: {', '.join(failed)}.\n"
                + self.exec(name, ["systemctl", "status", "--no-pager", *failed]).stdout
            )

    def wait_booted(self, name: str) -> list[str]:
        """Wait until systemd has started everything; return the units that failed."""
        deadline = time.monotonic() + _BOOT_SECONDS
        while (left := deadline - time.monotonic()) > 0:
            done = self.exec(name, ["systemctl", "is-system-running", "--wait"], timeout=left)
            state = done.stdout.strip()
            if state == "running":
                return []
            if state == "degraded":
                listed = self.exec(
                    name, ["systemctl", "list-units", "--failed", "--plain", "--no-legend"]
                )
                return [line.split()[0] for line in listed.stdout.splitlines()]
            if self.status().get(name) != "running":
                break
            time.sleep(0.2)
        container = self._client.containers.get(self.container(name))
        logs = container.logs(tail=20).decode(errors="replace")
        raise LabError(f"{name} did not boot in {_BOOT_SECONDS} s. Its console ends with:\n{logs}")

    def down(self) -> None:
        """Remove all containers and cables of this lab; nothing to do is fine."""
        self._remove(self._containers())

    def container(self, name: str) -> str:
        """Return the Docker name of a node."""
        return container_name(self.name, name)

    def _containers(self) -> list[Any]:
        return list(
            self._client.containers.list(
                all=True, filters={"label": f"{LABEL}={self.name}"}, ignore_removed=True
            )
        )

    def _sweep(self) -> None:
        """Remove earlier containers of this lab, and those of labs whose process is gone."""
        left = self._containers()
        for container in self._client.containers.list(
            all=True, filters={"label": OWNER}, ignore_removed=True
        ):
            if not is_alive(container.labels[OWNER]) and container not in left:
                left.append(container)
        if left:
            self.progress(f"Removing {len(left)} containers of an earlier run")
            self._remove(left)

    def _remove(self, containers: Iterable[Any]) -> None:
        nodes = [each for each in containers if each.labels.get(NODE) != FABRIC]
        fabrics = [each for each in containers if each.labels.get(NODE) == FABRIC]
        with ThreadPoolExecutor(_PARALLEL) as pool:
            list(pool.map(remove, nodes))
        if fabrics:
            self._clean_cgroups()
        for each in fabrics:
            remove(each)

    def _clean_cgroups(self, name: str = "") -> None:
        """Remove the empty cgroups that lab-init made (cgroup v1 machines only)."""
        script = (
            "mkdir -p /run/cgroup2 && mount -t cgroup2 cgroup2 /run/cgroup2 || exit 0; "
            'find "/run/cgroup2/mairie/$1" -depth -type d -exec rmdir {} + 2>/dev/null; '
            "umount /run/cgroup2"
        )
        try:
            execution.execute(
                self._client,
                self.container(FABRIC),
                ["sh", "-c", script, "clean", f"{self.name}/{name}"],
            )
        except LabError:
            return  # The fabric is gone already; the next one cleans as it starts.

    def _connect(self, nodes: Iterable[Node]) -> None:
        cables = []
        for node in nodes:
            container = self._client.containers.get(self.container(node.name))
            pid = int(container.attrs["State"]["Pid"])
            if pid == 0:
                logs = container.logs(tail=20).decode(errors="replace")
                raise LabError(f"{node.name} stopped at once. Its console ends with:\n{logs}")
            cables += [Cable(node.name, pid, wire) for wire in node.attachments]
        self.fabric.connect(cables)


class _FabricShell:
    def __init__(self, lab: Lab) -> None:
        self._lab = lab

    def run(self, argv: list[str]) -> str:
        return self._lab.check(FABRIC, argv)

    def write(self, path: str, data: bytes) -> None:
        self._lab.put(FABRIC, {path: data})

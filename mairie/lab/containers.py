"""A lab: containers with systemd (hosts) or without (clients), joined by a fabric of cables.

Everything a lab makes carries the label ``mairie.lab``: removed when its ``with`` block ends, on
Ctrl-C or SIGTERM too; what a killed process left is removed by the next ``up``.
"""

import json
import os
import re
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Literal, Self

from docker.errors import APIError, NotFound
from docker.types import LogConfig

from mairie.lab import execution
from mairie.lab.cache import Progress, silent
from mairie.lab.engine import ensure_engine
from mairie.lab.errors import LabError
from mairie.lab.execution import ExecResult
from mairie.lab.fabric import Attachment, Cable, Fabric
from mairie.lab.image import Images, ensure_images, packages_mount

LABEL = "mairie.lab"
_NODE, _CABLES, _OWNER = f"{LABEL}.node", f"{LABEL}.cables", f"{LABEL}.owner"
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_BOOT_SECONDS = 180
_PARALLEL = 4

# systemd needs SYS_ADMIN (mounts), the network brick NET_ADMIN and NET_RAW. Not SYS_TIME: the
# clock is that of the machine that runs the lab.
_CAPABILITIES = ["AUDIT_WRITE", "NET_ADMIN", "NET_RAW", "SYS_ADMIN", "SYS_NICE", "SYS_PTRACE"]
_SYSCTLS = {"net.ipv6.conf.all.disable_ipv6": "0", "net.ipv6.conf.default.disable_ipv6": "0"}
_NO_IPV6 = dict.fromkeys(_SYSCTLS, "1")


@dataclass(frozen=True)
class Node:
    """One container: a ``host`` boots systemd, a ``client`` waits for commands."""

    name: str
    image: Literal["host", "client"]
    attachments: tuple[Attachment, ...] = ()

    def __post_init__(self) -> None:
        """Refuse names that are no host names, and an interface named twice."""
        if not _NAME.fullmatch(self.name):
            raise LabError(
                f"{self.name!r} cannot be a container: use 1 to 63 of a-z, 0-9 and dashes."
            )
        interfaces = [wire.interface for wire in self.attachments]
        for interface in interfaces:
            if interfaces.count(interface) > 1:
                raise LabError(f"{self.name} has two interfaces named {interface}.")


class Lab:
    """The containers and cables of one lab, known by its name.

    In a ``with`` block everything is removed at the end. Without one, the lab stays until
    ``down()``, and another process reaches it by the same name.
    """

    def __init__(self, name: str, progress: Progress = silent) -> None:
        if not _NAME.fullmatch(name):
            raise LabError(f"{name!r} cannot be a lab: use 1 to 63 of a-z, 0-9 and dashes.")
        self.name = name
        self._progress = progress
        self._client = ensure_engine(progress)
        self._owned = False
        self._signals: dict[int, Any] = {}
        self.fabric = Fabric(_FabricShell(self))

    def __enter__(self) -> Self:
        """Own the lab: it ends with the block."""
        self._owned = True
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGHUP):
                if signal.getsignal(number) == signal.SIG_DFL:  # nohup, say, stays obeyed
                    self._signals[number] = signal.signal(number, _leave)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Remove everything, whatever happened."""
        try:
            self.down()
        finally:
            for number, handler in self._signals.items():
                signal.signal(number, handler)
            self._owned = False

    def up(self, nodes: Sequence[Node]) -> None:
        """Build what is missing, start the containers, lay the cables, wait until hosts run.

        Removes first what an earlier lab of this name, or a killed process, left. Raises LabError,
        with the failed units named when a host boots badly.
        """
        names = [node.name for node in nodes]
        for name in names:
            if names.count(name) > 1 or name == "fabric":
                raise LabError(f"Two containers of the lab are named {name}.")
        images = ensure_images(self._client, self._progress)
        self._sweep()
        self._progress(f"Starting {len(nodes)} containers")
        self._start_fabric(images)
        with ThreadPoolExecutor(_PARALLEL) as pool:
            list(pool.map(lambda node: self._start(node, images), nodes))
            self._connect(nodes)
            hosts = [node.name for node in nodes if node.image == "host"]
            self._progress(f"Waiting for {len(hosts)} hosts to boot")
            for name, failed in zip(hosts, pool.map(self.wait_booted, hosts), strict=True):
                if failed:
                    raise LabError(
                        f"{name} booted, but these units failed: {', '.join(failed)}.\n"
                        + self.exec(name, ["systemctl", "status", "--no-pager", *failed]).stdout
                    )

    def nodes(self) -> list[Node]:
        """Return the nodes of the running lab, by name."""
        return sorted(
            (
                Node(
                    name=container.labels[_NODE],
                    image=container.labels[f"{LABEL}.image"],
                    attachments=tuple(
                        Attachment(**wire) for wire in json.loads(container.labels[_CABLES])
                    ),
                )
                for container in self._containers()
                if _CABLES in container.labels
            ),
            key=lambda node: node.name,
        )

    def status(self) -> dict[str, str]:
        """Return node → Docker's word for its state (``running``, ``exited`` …)."""
        return {
            container.labels[_NODE]: container.status
            for container in self._containers()
            if _CABLES in container.labels
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
        return f"mairie-{self.name}-{name}"

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
            all=True, filters={"label": _OWNER}, ignore_removed=True
        ):
            if not _alive(container.labels[_OWNER]) and container not in left:
                left.append(container)
        if left:
            self._progress(f"Removing {len(left)} containers of an earlier run")
            self._remove(left)

    def _remove(self, containers: Iterable[Any]) -> None:
        nodes = [each for each in containers if each.labels.get(_NODE) != "fabric"]
        fabrics = [each for each in containers if each.labels.get(_NODE) == "fabric"]
        with ThreadPoolExecutor(_PARALLEL) as pool:
            list(pool.map(_remove, nodes))
        if fabrics:
            self._clean_cgroups()
        for each in fabrics:
            _remove(each)

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
                self.container("fabric"),
                ["sh", "-c", script, "clean", f"{self.name}/{name}"],
            )
        except LabError:
            return  # The fabric is gone already; the next one cleans as it starts.

    def _create(self, node: str, image: str, labels: Mapping[str, str], **options: Any) -> Any:
        owner = {_OWNER: _me()} if self._owned else {}
        try:
            container = self._client.containers.create(
                image,
                name=self.container(node),
                hostname=node,
                labels={LABEL: self.name, _NODE: node, **owner, **labels},
                network_mode="none",
                security_opt=["seccomp=unconfined", "apparmor=unconfined"],
                tmpfs={"/run": "rw,nosuid,nodev,mode=755", "/tmp": "rw,nosuid,nodev,mode=1777"},  # noqa: S108
                cgroupns="private",
                log_config=LogConfig(type="json-file", config={"max-size": "1m"}),
                **options,
            )
            container.start()
        except APIError as error:
            raise LabError(f"Docker cannot start {node}: {error.explanation}") from error
        return container

    def _start_fabric(self, images: Images) -> None:
        self._create(
            "fabric",
            images.client,
            {},
            command=["idle"],
            pid_mode="host",
            cap_add=["NET_ADMIN", "SYS_ADMIN", "SYS_PTRACE"],
            sysctls=_NO_IPV6,
        )
        self._clean_cgroups()

    def _start(self, node: Node, images: Images) -> None:
        self._create(
            node.name,
            images.host if node.image == "host" else images.client,
            {
                f"{LABEL}.image": node.image,
                _CABLES: json.dumps([asdict(wire) for wire in node.attachments]),
            },
            environment={
                "MAIRIE_LAB": self.name,
                "MAIRIE_INTERFACES": " ".join(wire.interface for wire in node.attachments),
            },
            cap_add=_CAPABILITIES,
            devices=["/dev/net/tun:/dev/net/tun:rwm"],
            mounts=[packages_mount(images)],
            sysctls=_SYSCTLS,
            stop_signal="SIGRTMIN+3" if node.image == "host" else "SIGTERM",
            tty=True,
        )

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
        return self._lab.check("fabric", argv)

    def write(self, path: str, data: bytes) -> None:
        self._lab.put("fabric", {path: data})


def _remove(container: Any) -> None:
    try:
        container.remove(force=True, v=True)
    except NotFound:
        return
    except APIError as error:
        if error.status_code != 409:  # 409: already being removed
            raise LabError(f"Docker cannot remove {container.name}: {error.explanation}") from error


def _leave(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def _started(pid: int) -> str:
    """Return when a process started, in clock ticks since boot, or nothing."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19]
    except (FileNotFoundError, ProcessLookupError):
        return ""


def _me() -> str:
    return f"{os.getpid()}:{_started(os.getpid())}"


def _alive(owner: str) -> bool:
    pid, started = owner.split(":")
    return _started(int(pid)) == started

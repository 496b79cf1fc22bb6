"""A Debian 13 machine in QEMU, with Debian's own kernel.

For what containers cannot show where the kernel lacks it: 802.1Q, WireGuard, netem, cake, radios.
It has no network card: commands go through a virtio serial port to an agent inside.
"""

import base64
import json
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from mairie.lab.cache import Progress, silent
from mairie.lab.debian import ensure_programs
from mairie.lab.errors import LabError
from mairie.lab.execution import ExecResult
from mairie.lab.machine_image import MachineImage, MachineRecipe, ensure_machine_image

_QEMU = "qemu-system-x86_64"
_QEMU_IMG = "qemu-img"
_BOOT_SECONDS = 300
_POWER_OFF_SECONDS = 120
_PROBE_SECONDS = 3

# What takes seconds without KVM and shows nothing here is switched off.
_KERNEL_OPTIONS = (
    "console=ttyS0 quiet mitigations=off lsm=landlock,yama cryptomgr.notests no_timer_check "
    "8250.nr_uarts=1 systemd.show_status=no systemd.ssh_auto=no "
    # A kernel that panics restarts, which ends QEMU: whoever waits is told at once.
    "panic=-1"
)

# A boot sector that writes 0x10 to QEMU's exit port: exit code 0x10 * 2 + 1.
_PROBE = bytes([0xB0, 0x10, 0xE6, 0xF4, 0xF4, 0xEB, 0xFD])
_PROBE_EXIT = 33


class Machine:
    """A machine that runs for the length of a ``with`` block; commands run one at a time.

    Args:
        progress: told what is being done.
        recipe: of its image.
        memory: MiB.
        cpus: processors.
        disk: file of a disk that outlives the block, made when it is not there; without it, what
            was written is forgotten at the end.

    """

    def __init__(
        self,
        progress: Progress = silent,
        *,
        recipe: MachineRecipe | None = None,
        memory: int = 1024,
        cpus: int = 2,
        disk: Path | None = None,
    ) -> None:
        self._progress = progress
        self._recipe = recipe
        self._memory = memory
        self._cpus = cpus
        self._disk = disk
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self._folder = Path()
        self._buffer = b""

    def __enter__(self) -> Self:
        """Boot, and return once the machine takes commands."""
        ensure_programs({_QEMU: "qemu-system-x86"}, self._progress)
        image = ensure_machine_image(self._progress, self._recipe)
        self._folder = Path(tempfile.mkdtemp(prefix="mairie-machine-"))
        try:
            accelerator = fastest_accelerator(self._folder)
            self._progress(f"Booting the machine ({accelerator})")
            port = self._folder / "agent.sock"
            command = [
                # QEMU ends with the thread that started it, even a killed one.
                *["setpriv", "--pdeathsig", "KILL"],
                *[_QEMU, "-nodefaults", "-no-reboot", "-display", "none", "-monitor", "none"],
                *["-machine", "pc", "-accel", accelerator],
                *(["-cpu", "host"] if accelerator == "kvm" else []),
                *["-smp", str(self._cpus), "-m", str(self._memory), "-nic", "none"],
                *["-kernel", str(image.kernel), "-initrd", str(image.initrd)],
                *["-append", _KERNEL_OPTIONS],
                # unsafe: nothing waits until what a test wrote is safely on a disk.
                *["-drive", f"{self._drive(image)},if=virtio,cache=unsafe"],
                *["-serial", f"file:{self._folder / 'console'}"],
                *["-chardev", f"socket,id=agent,path={port},server=on,wait=off"],
                *["-device", "virtio-serial-pci"],
                *["-device", "virtserialport,chardev=agent,name=mairie.lab"],
                *["-chardev", f"socket,id=push,path={self.push_port},server=on,wait=off"],
                *["-device", "virtserialport,chardev=push,name=mairie.push"],
                *["-object", "rng-random,id=rng,filename=/dev/urandom"],
                *["-device", "virtio-rng-pci,rng=rng"],
            ]
            with (self._folder / "qemu.log").open("wb") as log:
                self._process = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=log, stderr=log
                )
            self._connect(port)
            self._answer(time.monotonic() + _BOOT_SECONDS, "did not boot")
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Switch the machine off; nothing of it stays."""
        self._stop()

    def _drive(self, image: MachineImage) -> str:
        """Return the disk in QEMU's words: the image itself is read, never written."""
        if self._disk is None:
            return f"file={image.disk},format=raw,snapshot=on"
        if not self._disk.exists():
            ensure_programs({_QEMU_IMG: "qemu-utils"}, self._progress)
            layered = ["-q", "-f", "qcow2", "-b", str(image.disk), "-F", "raw", str(self._disk)]
            subprocess.run([_QEMU_IMG, "create", *layered], check=True)
        return f"file={self._disk},format=qcow2"

    def power_off(self) -> None:
        """Shut down as by its button, so that a disk of its own holds what was written.

        Raises LabError when it does not go off.
        """
        self.exec(["systemctl", "--no-block", "poweroff"])
        if self._process is None:
            return
        try:
            self._process.wait(_POWER_OFF_SECONDS)
        except subprocess.TimeoutExpired:
            raise LabError(self._lost("does not go off")) from None

    @property
    def push_port(self) -> Path:
        """Unix socket of a second serial port, for ``mairie.lab.serial``."""
        return self._folder / "push.sock"

    def exec(
        self,
        argv: Sequence[str],
        *,
        timeout: float = 60,
        env: Mapping[str, str] | None = None,
        on_output: Callable[[bytes], None] | None = None,
    ) -> ExecResult:
        """Run ``argv`` (no shell) as root and return its outcome.

        ``timeout`` in seconds: then it is killed and the exit code is 124. ``on_output`` receives
        pieces of standard output as they come. Raises LabError when the machine is lost.
        """
        self._send({"argv": list(argv), "env": dict(env or {}), "timeout": timeout})
        deadline = time.monotonic() + timeout + 60
        output: list[bytes] = []
        errors: list[bytes] = []
        while True:
            answer = self._answer(deadline, "does not answer")
            if "out" in answer:
                output.append(base64.b64decode(answer["out"]))
                if on_output:
                    on_output(output[-1])
            if "err" in answer:
                errors.append(base64.b64decode(answer["err"]))
            if "exit" in answer:
                return ExecResult(
                    exit_code=answer["exit"],
                    stdout=b"".join(output).decode(errors="replace"),
                    stderr=b"".join(errors).decode(errors="replace"),
                )

    def run(self, script: str, *, timeout: float = 60) -> str:
        """Run a bash script that must succeed (``set -e``) and return its output.

        Raises LabError with what it said otherwise.
        """
        done = self.exec(["bash", "-euc", script], timeout=timeout)
        if done.exit_code != 0:
            said = f"{done.stdout}{done.stderr}".strip()[-2000:]
            why = f"ran out of time ({timeout:g} s)" if done.timed_out else "failed"
            raise LabError(
                f"In the machine, this {why} (exit code {done.exit_code}): {script.strip()}\n{said}"
            )
        return done.stdout

    def put(self, files: Mapping[str, bytes], mode: int = 0o644) -> None:
        """Write files (absolute path → content), owned by root, folders made."""
        for path, data in sorted(files.items()):
            encoded = base64.b64encode(data).decode()
            self._send({"path": path, "mode": mode, "data": encoded})
            problem = b""
            deadline = time.monotonic() + 60
            while "exit" not in (answer := self._answer(deadline, "does not answer")):
                problem += base64.b64decode(answer["err"])
            if answer["exit"] != 0:
                raise LabError(f"In the machine, cannot write {path}: {problem.decode().strip()}")

    def _connect(self, port: Path) -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            channel = socket.socket(socket.AF_UNIX)
            try:
                channel.connect(str(port))
            except OSError:
                channel.close()
                if self._process is None or self._process.poll() is not None:
                    break
                time.sleep(0.05)
            else:
                self._socket = channel
                return
        raise LabError(self._lost("did not start"))

    def _send(self, request: Mapping[str, Any]) -> None:
        if self._socket is None:
            raise LabError("The machine is off: use it inside its with block.")
        self._socket.settimeout(120)
        try:
            self._socket.sendall(json.dumps(request).encode() + b"\n")
        except OSError as error:
            raise LabError(self._lost("is gone")) from error

    def _answer(self, deadline: float, problem: str) -> dict[str, Any]:
        """Return the next message of the agent; raise LabError at the deadline."""
        if self._socket is None:
            raise LabError("The machine is off: use it inside its with block.")
        while b"\n" not in self._buffer:
            self._socket.settimeout(max(0.1, deadline - time.monotonic()))
            try:
                data = self._socket.recv(65536)
            except TimeoutError:
                data = b""
            if not data:
                raise LabError(self._lost(problem))
            self._buffer += data
        line, self._buffer = self._buffer.split(b"\n", 1)
        message: dict[str, Any] = json.loads(line)
        return message

    def _lost(self, problem: str) -> str:
        ends = []
        for name in ("qemu.log", "console"):
            path = self._folder / name
            if path.exists():
                lines = path.read_text(errors="replace").splitlines()
                ends += [line for line in lines[:-15] if "Kernel panic" in line] + lines[-15:]
        return f"The machine {problem}. Its console ends with:\n" + "\n".join(ends)

    def _stop(self) -> None:
        if self._socket:
            self._socket.close()
            self._socket = None
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None
        shutil.rmtree(self._folder, ignore_errors=True)


def fastest_accelerator(scratch: Path) -> str:
    """Return ``kvm`` where it runs real code, and at its usual speed; else ``tcg``.

    /dev/kvm may be there and refuse, or be emulated so slowly that TCG is better: run a boot
    sector to know.
    """
    if not Path("/dev/kvm").exists():
        return "tcg"
    sector = scratch / "probe"
    sector.write_bytes(_PROBE.ljust(510, b"\0") + b"\x55\xaa")
    command = [
        *[_QEMU, "-accel", "kvm", "-machine", "pc", "-m", "32", "-nodefaults"],
        *["-display", "none", "-device", "isa-debug-exit,iobase=0xf4,iosize=4"],
        *["-drive", f"file={sector},format=raw,if=ide,snapshot=on"],
    ]
    try:
        done = subprocess.run(command, capture_output=True, check=False, timeout=_PROBE_SECONDS)
    except subprocess.TimeoutExpired:
        return "tcg"
    return "kvm" if done.returncode == _PROBE_EXIT else "tcg"

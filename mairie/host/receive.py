"""The host's end of a push: says what it lacks, receives it, runs the work, streams its events.

Standard library only and one file: its source is sent before anything else is on the host. The
work runs in a session of its own and writes to a log, so that it ends whatever happens to the
connection; this program only copies the log to its client.

stdout: one line ``{"mairie": 1, "platform": …, "need": […]}``, then events, one per line.
stdin: for each needed part a line ``{"size": n, "digest": …}`` and n bytes; later, ``stop``.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import io
import json
import lzma
import os
import platform
import select
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

STATE = Path(os.environ.get("MAIRIE_STATE_DIR", "/var/lib/mairie"))
LOGS = Path(os.environ.get("MAIRIE_LOG_DIR", "/var/log/mairie"))
KEPT_LOGS = 40
KEPT_RUNTIMES = 2  # two versions of mairie in one team must not send theirs back and forth
PERIOD_S = 0.05


def say(**fields: Any) -> None:
    """Write one line to the client."""
    sys.stdout.buffer.write(json.dumps(fields).encode() + b"\n")
    sys.stdout.buffer.flush()


def fail(message: str) -> NoReturn:
    """Say why nothing was done, and stop."""
    say(type="failed", message=message)
    sys.exit(1)


def read_exactly(size: int) -> bytes:
    """Read one part from the client."""
    parts = []
    while size:
        part = os.read(0, min(size, 1 << 16))
        if not part:
            sys.exit(1)  # the client is gone: nothing was touched
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def read_line() -> str:
    """Read one line from the client, byte by byte so that nothing after it is lost."""
    line = b""
    while not line.endswith(b"\n"):
        line += read_exactly(1)
    return line.decode()


def hold(folder: Path) -> int:
    """Mark the folder as in use by this process and its children; return the descriptor."""
    descriptor = os.open(folder, os.O_RDONLY)
    os.set_inheritable(descriptor, True)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    os.utime(folder)
    return descriptor


def receive(kind: str) -> Path:
    """Receive one archive and unpack it under its digest; return its folder."""
    header = json.loads(read_line())
    data = read_exactly(header["size"])
    try:
        content = lzma.decompress(data)
    except lzma.LZMAError:
        content = b""
    if hashlib.sha256(content).hexdigest() != header["digest"]:
        fail(f"The {kind} arrived damaged; run the same command again.")
    folder = STATE / kind / str(header["digest"])
    fresh = STATE / kind / f".{header['digest']}.{os.getpid()}"
    shutil.rmtree(fresh, ignore_errors=True)
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        tar.extractall(fresh, filter="data")
    try:
        fresh.rename(folder)
    except OSError:  # another client brought the same one meanwhile
        shutil.rmtree(fresh)
    return folder


def prune(kind: str, keep: int) -> None:
    """Remove old folders nobody uses, all but the ``keep`` last used."""
    folders = sorted((STATE / kind).iterdir(), key=lambda p: p.stat().st_mtime, reverse=True)
    for folder in folders[keep:]:
        with contextlib.suppress(OSError):
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder)
            finally:
                os.close(descriptor)


def follow(log: BinaryIO, worker: subprocess.Popen[bytes], durable: bool) -> bytes:
    """Copy the log to the client until the work ends; pass ``stop`` on.

    A client that goes away ends this copy. Work that is not durable, since it changes nothing,
    ends with it, and at once when asked to stop.
    """
    inputs: list[int] = [0]
    last = b""
    while True:
        ended = worker.poll() is not None
        chunk = log.read()
        if chunk:
            last = (last + chunk)[-65536:]
            try:
                sys.stdout.buffer.write(chunk)
                sys.stdout.buffer.flush()
            except OSError:
                if not durable:
                    os.killpg(worker.pid, signal.SIGKILL)
                os._exit(1)
        if ended:
            return last
        ready, _, _ = select.select(inputs, [], [], PERIOD_S)
        if ready:
            words = os.read(0, 4096)
            if not words:
                inputs = []
            elif b"stop" in words:
                if not durable:
                    os.killpg(worker.pid, signal.SIGKILL)
                    worker.wait()
                    say(type="done", ok=False, stopped=True)
                    sys.exit(0)
                worker.send_signal(signal.SIGTERM)  # it ends after the brick in hand


def main(request: dict[str, Any]) -> None:
    """Serve one request: ``{runtimes, bundle, module, order}``."""
    os.umask(0o077)
    version = ".".join(platform.python_version_tuple()[:2])
    here = f"{platform.machine()}-{version}"
    for folder in (STATE / "runtime", STATE / "bundle", LOGS):
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
    # An account may pass through to a folder of its own (the hub's store), and list nothing.
    STATE.chmod(0o711)
    known = request["runtimes"].get(here)
    folders = {
        "runtime": STATE / "runtime" / known if known else None,
        "bundle": STATE / "bundle" / request["bundle"],
    }
    held = {kind: hold(path) for kind, path in folders.items() if path and path.is_dir()}
    need = [kind for kind in folders if kind not in held]
    say(mairie=1, platform=here, need=need)
    for kind in need:
        folders[kind] = receive(kind)
        held[kind] = hold(folders[kind])
    prune("runtime", KEPT_RUNTIMES)
    prune("bundle", 1)
    for old in sorted(LOGS.glob("*.jsonl"))[:-KEPT_LOGS]:
        old.unlink(missing_ok=True)
        old.with_suffix(".err").unlink(missing_ok=True)

    action = request["order"]["action"]
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    path = LOGS / f"{stamp}-{action}-{os.getpid()}.jsonl"
    words = path.with_suffix(".err")
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": ":".join(str(folder) for folder in folders.values()),
        "PYTHONSAFEPATH": "1",
        "LANG": "C.UTF-8",
        "HOME": "/root",
        "TERM": "dumb",
        "DEBIAN_FRONTEND": "noninteractive",
        "MAIRIE_STATE_DIR": str(STATE),
    }
    bundle = str(folders["bundle"])
    command = [sys.executable, "-m", request["module"], bundle, json.dumps(request["order"])]
    with path.open("wb") as out, words.open("wb") as err:
        worker = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            env=environment,
            cwd=bundle,
            start_new_session=True,
            pass_fds=list(held.values()),
        )
    with path.open("rb") as log:
        last = follow(log, worker, durable=action == "apply")
    if b'"type":"done"' not in last:
        output = words.read_text(errors="replace")[-4000:]
        ended = f"ended early with status {worker.returncode}"
        if worker.returncode == -signal.SIGALRM:
            ended = f"did not end within {request['order']['limit_s']} s and was given up"
        say(type="failed", message=f"The program on the host {ended}.", output=output)
    if not words.stat().st_size:
        words.unlink()
    sys.exit(0 if worker.returncode == 0 else 1)


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        main(json.loads(sys.argv[1]))

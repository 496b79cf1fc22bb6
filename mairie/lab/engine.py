"""The Docker Engine: found, installed and started as needed."""

import os
import shutil
import subprocess
import time
from pathlib import Path

import docker
from docker.errors import DockerException

from mairie.lab.cache import Progress, cache_dir, silent
from mairie.lab.debian import as_root, ensure_programs
from mairie.lab.errors import LabError

_SOCKET = Path("/var/run/docker.sock")
_START_SECONDS = 60


def ensure_engine(progress: Progress = silent) -> docker.DockerClient:
    """Return a client of a Docker Engine that answers.

    Uses the engine that runs (``DOCKER_HOST`` is honoured); else starts the one installed; else
    installs Debian's ``docker.io`` first. Raises LabError with what to do when that fails.
    """
    client = _answering()
    if client:
        return client
    if host := os.environ.get("DOCKER_HOST"):
        raise LabError(
            f"The Docker Engine at {host} (DOCKER_HOST) does not answer. Start it, or unset "
            "DOCKER_HOST to use the engine of this machine."
        )
    ensure_programs({"dockerd": "docker.io"}, progress)
    log = _start(progress)
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        client = _answering()
        if client:
            return client
        time.sleep(0.5)
    raise LabError(
        f"The Docker Engine was started but does not answer after {_START_SECONDS} s. "
        f"Its log: {log}."
    )


def _answering() -> docker.DockerClient | None:
    try:
        client = docker.from_env()
        client.ping()
    except DockerException as error:
        if "Permission denied" in str(error):
            raise LabError(
                f"The Docker Engine runs, but this user may not talk to it ({_SOCKET}). Add the "
                "user to the group docker (adduser USER docker), log in again, then try again; "
                "or run this as root."
            ) from error
        return None
    return client


def _start(progress: Progress) -> str:
    """Start the engine and return where its log is, in words."""
    progress("Starting the Docker Engine")
    if Path("/run/systemd/system").is_dir():
        done = subprocess.run(
            as_root(["systemctl", "start", "docker.service"]),
            check=False,
            capture_output=True,
            text=True,
        )
        if done.returncode != 0:
            raise LabError(
                f"systemd could not start the Docker Engine: {done.stderr.strip()} "
                "See: journalctl -u docker.service"
            )
        return "journalctl -u docker.service"
    # No systemd here (a container, a CI runner): run the engine ourselves, detached.
    if not any(Path("/sys/fs/cgroup").iterdir()):
        ensure_programs({"cgroupfs-mount": "cgroupfs-mount"}, progress)
        subprocess.run(as_root(["cgroupfs-mount"]), check=False)
    log = cache_dir() / "dockerd.log"
    with log.open("a") as handle:
        program = shutil.which("dockerd") or "/usr/sbin/dockerd"
        subprocess.Popen(
            as_root([program]),
            stdin=subprocess.DEVNULL,
            stdout=handle,
            stderr=handle,
            start_new_session=True,
        )
    return str(log)

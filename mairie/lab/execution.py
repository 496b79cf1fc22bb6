"""Commands and files in running containers, over the Docker API."""

import io
import tarfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import docker

from mairie.lab.errors import LabError

_TMPFS = ("/run", "/tmp", "/dev", "/proc", "/sys")  # noqa: S108 (paths refused, not used)
_KILLED = (124, 137)


@dataclass(frozen=True)
class ExecResult:
    """The outcome of a command in a container; ``exit_code`` is 124 when it ran out of time."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def timed_out(self) -> bool:
        """Whether the command was stopped because it ran out of time."""
        return self.exit_code == 124


def execute(
    client: docker.DockerClient,
    container: str,
    argv: Sequence[str],
    *,
    timeout: float = 60,
    env: Mapping[str, str] | None = None,
    user: str = "root",
    on_output: Callable[[bytes], None] | None = None,
) -> ExecResult:
    """Run ``argv`` (no shell) in a container and return its outcome.

    ``timeout`` in seconds: then the command gets SIGTERM, and SIGKILL 5 s later. ``on_output``
    receives pieces of standard output as they come. Raises LabError when the container is not
    there or not running.
    """
    bounded = ["timeout", "--kill-after=5", f"{timeout:g}", *argv]
    api: Any = client.api
    try:
        started = api.exec_create(
            container, bounded, user=user, environment=dict(env or {}), stdout=True, stderr=True
        )
        output: list[bytes] = []
        errors: list[bytes] = []
        for out, err in api.exec_start(started["Id"], stream=True, demux=True):
            if out:
                output.append(out)
                if on_output:
                    on_output(out)
            if err:
                errors.append(err)
        status = api.exec_inspect(started["Id"])["ExitCode"]
    except docker.errors.APIError as error:
        raise LabError(f"Cannot run a command in {container}: {error.explanation}") from error
    return ExecResult(
        exit_code=124 if status in _KILLED else status,
        stdout=b"".join(output).decode(errors="replace"),
        stderr=b"".join(errors).decode(errors="replace"),
    )


def put(
    client: docker.DockerClient, container: str, files: Mapping[str, bytes], mode: int = 0o644
) -> None:
    """Write files (absolute path → content) into a container, owned by root, folders made.

    Docker loses files copied to a tmpfs: such paths are refused with LabError.
    """
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        made: set[str] = set()
        for path, data in sorted(files.items()):
            target = PurePosixPath(path)
            if not target.is_absolute() or ".." in target.parts:
                raise LabError(f"{path} is not an absolute path: write it like /srv/file.")
            if any(target.is_relative_to(folder) for folder in _TMPFS):
                raise LabError(
                    f"{path} is in memory, where Docker loses copied files: choose a path outside "
                    f"{', '.join(_TMPFS)}."
                )
            for folder in reversed(target.parents[:-2]):
                name = str(folder).lstrip("/")
                if name not in made:
                    made.add(name)
                    info = tarfile.TarInfo(name)
                    info.type, info.mode = tarfile.DIRTYPE, 0o755
                    tar.addfile(info)
            info = tarfile.TarInfo(path.lstrip("/"))
            info.mode, info.size = mode, len(data)
            tar.addfile(info, io.BytesIO(data))
    try:
        done = client.api.put_archive(container, "/", archive.getvalue())
    except docker.errors.APIError as error:
        raise LabError(f"Cannot write files in {container}: {error.explanation}") from error
    if not done:
        raise LabError(f"Cannot write files in {container}: Docker refused them.")

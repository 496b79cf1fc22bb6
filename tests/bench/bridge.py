"""From the relay into a container's SSH server, although the container has no network to us.

``docker exec`` carries the bytes. Starting one takes a while, so one always waits in reserve: what
it costs is not counted as the link's.
"""

from __future__ import annotations

import asyncio
import contextlib
from asyncio.subprocess import PIPE, Process
from dataclasses import dataclass

PIECE = 1 << 16
# Waits for a line, then connects. Both ends end when either does; only bash is needed.
SCRIPT = """read -r _ || exit; exec 3<>/dev/tcp/127.0.0.1/22 || exit
{ cat >&3; sleep 1; kill $$; } <&0 2>/dev/null & exec cat <&3"""


@dataclass
class ExecChannel:
    """One connection."""

    process: Process
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def close(self) -> None:
        """End the program that carries it."""
        await _end(self.process)


class ContainerSsh:
    """The SSH server of a container; an ``Upstream`` of the relay."""

    def __init__(self, container: str) -> None:
        self._container = container
        self._reserve: asyncio.Task[Process] | None = None

    async def open(self) -> ExecChannel:
        """Connect."""
        process = await (self._reserve or self._start())
        self._reserve = asyncio.create_task(self._start())
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"\n")
        return ExecChannel(process, process.stdout, process.stdin)

    async def close(self) -> None:
        """End the one in reserve."""
        if self._reserve is not None:
            await _end(await self._reserve)

    async def _start(self) -> Process:
        return await asyncio.create_subprocess_exec(
            "docker", "exec", "-i", self._container, "bash", "-c", SCRIPT,
            stdin=PIPE, stdout=PIPE, limit=PIECE, start_new_session=True,
        )  # fmt: skip


async def _end(process: Process) -> None:
    assert process.stdin is not None
    process.stdin.close()
    try:
        await asyncio.wait_for(process.wait(), 5)
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()

"""A relay that makes a local connection as slow as a satellite's, and counts what goes through.

It stands on loopback between a client and whatever an ``Upstream`` opens. Every byte waits half the
round trip in each direction; bandwidth is limited when asked, for all connections together and each
direction apart. Opening a connection costs one round trip, as TCP's handshake does.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

T = TypeVar("T")

PIECE = 1 << 16
SMALL_PIECE = 1 << 13
"""Read at once where bandwidth is limited, so that connections share it."""
BACKLOG_S = 0.2
"""How much of the link's time may wait in front of it; then senders wait."""
GRACE_S = 2.0
"""How long the far end may take to end after its client has."""


@dataclass
class Traffic:
    """What went through, counted at the client's end."""

    connections: int = 0
    turns: int = 0
    """Direction turns: bursts that the client sent after it had heard the host; each may have had
    to wait a whole round trip."""
    sent: int = 0
    """Bytes from the client to the host."""
    received: int = 0
    """Bytes from the host to the client."""

    @property
    def total(self) -> int:
        """Bytes in both directions."""
        return self.sent + self.received


class Line:
    """One direction of a link: bytes leave one after the other at its rate."""

    def __init__(self, bits_per_s: float | None) -> None:
        self._bits_per_s = bits_per_s
        self._free_at = 0.0

    @property
    def piece(self) -> int:
        """How much to read at once."""
        return SMALL_PIECE if self._bits_per_s else PIECE

    async def room(self) -> None:
        """Wait until the link takes more."""
        loop = asyncio.get_running_loop()
        while (ahead := self._free_at - loop.time() - BACKLOG_S) > 0:
            await asyncio.sleep(ahead)

    def leaves(self, size: int) -> float:
        """Return when the last of so many bytes has left, on the loop's clock."""
        now = asyncio.get_running_loop().time()
        if not self._bits_per_s:
            return now
        self._free_at = max(now, self._free_at) + size * 8 / self._bits_per_s
        return self._free_at


class Channel(Protocol):
    """One open connection to the far end."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def close(self) -> None:
        """Let go of it, whatever its state."""


class Upstream(Protocol):
    """Where connections lead."""

    async def open(self) -> Channel:
        """Open one connection."""
        ...

    async def close(self) -> None:
        """Let go of what waits for further connections."""


class Relay:
    """Listens on a port of 127.0.0.1 while its ``with`` block lasts, in a thread of its own.

    ``rtt_s``, the round-trip time added, in seconds, may be changed between two connections.
    ``bits_per_s`` is the rate of each direction; None: no limit.
    """

    def __init__(self, upstream: Upstream, rtt_s: float, bits_per_s: float | None = None) -> None:
        self.rtt_s = rtt_s
        self._up, self._down = Line(bits_per_s), Line(bits_per_s)
        self.port = 0
        self._upstream = upstream
        self._traffic = Traffic()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

    def __enter__(self) -> Self:
        """Start to listen."""
        self._thread.start()
        self._run(self._listen())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End every connection."""
        self._run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def take(self) -> Traffic:
        """Return what went through since the last call, and count from zero again."""

        async def swap() -> Traffic:
            taken, self._traffic = self._traffic, Traffic()
            return taken

        return self._run(swap())

    def hang_up(self) -> None:
        """End every connection, such as one that a tool keeps for its next run."""
        self._run(self._drop())

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        future: Future[T] = asyncio.run_coroutine_threadsafe(work, self._loop)
        return future.result()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _end(self) -> None:
        if self._server is not None:
            self._server.close()
        await self._drop()
        await self._upstream.close()

    async def _drop(self) -> None:
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            with contextlib.suppress(asyncio.CancelledError):  # hung up: this task's usual end
                await self._join(reader, writer)
        finally:
            self._open.discard(task)
            writer.close()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._traffic.connections += 1
        heard = True  # the first burst is a turn too
        half = self.rtt_s / 2

        def sends(size: int) -> None:
            nonlocal heard
            self._traffic.sent += size
            self._traffic.turns += heard
            heard = False

        def hears(size: int) -> None:
            nonlocal heard
            self._traffic.received += size
            heard = True

        # The host hears of the connection when the third packet of the handshake arrives.
        await asyncio.sleep(3 * half)
        channel = await self._upstream.open()
        there = asyncio.create_task(
            _carry(
                reader, channel.writer, delay_s=half, line=self._up, on_read=sends, on_write=None
            )
        )
        back = asyncio.create_task(
            _carry(
                channel.reader, writer, delay_s=half, line=self._down, on_read=None, on_write=hears
            )
        )
        try:
            await asyncio.wait({there, back}, return_when=asyncio.FIRST_COMPLETED)
            if not back.done():
                await asyncio.wait({back}, timeout=self.rtt_s + GRACE_S)
        finally:
            for task in (there, back):
                task.cancel()
            await asyncio.gather(there, back, return_exceptions=True)
            await channel.close()


async def _carry(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    *,
    delay_s: float,
    line: Line,
    on_read: Callable[[int], None] | None,
    on_write: Callable[[int], None] | None,
) -> None:
    """Carry one direction until its end, every piece ``delay_s`` late."""
    loop = asyncio.get_running_loop()
    under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def arrive() -> None:
        while True:
            due, piece = await under_way.get()
            await asyncio.sleep(max(0.0, due - loop.time()))
            if not piece:
                writer.write_eof()
                return
            if on_write is not None:
                on_write(len(piece))
            writer.write(piece)
            await writer.drain()

    arriving = asyncio.create_task(arrive())
    try:
        while not arriving.done():
            await line.room()
            piece = await _read(reader, line.piece)
            if piece and on_read is not None:
                on_read(len(piece))
            under_way.put_nowait((line.leaves(len(piece)) + delay_s, piece))
            if not piece:
                break
        with contextlib.suppress(OSError):
            await arriving
    finally:
        arriving.cancel()


async def _read(reader: asyncio.StreamReader, size: int) -> bytes:
    try:
        return await reader.read(size)
    except OSError:
        return b""  # reset: as good as ended


@dataclass
class TcpChannel:
    """A TCP connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def close(self) -> None:
        """Close it."""
        self.writer.close()


@dataclass(frozen=True)
class Tcp:
    """A TCP server."""

    host: str
    port: int

    async def open(self) -> TcpChannel:
        """Connect."""
        return TcpChannel(*await asyncio.open_connection(self.host, self.port))

    async def close(self) -> None:
        """Nothing waits."""

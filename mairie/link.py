"""The local process that talks to one host: lines in, bytes out, a clean end."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import threading
from collections.abc import Sequence
from typing import IO, cast


class Link:
    """One run of ssh, docker or sh, with a program on the host at its other end.

    Args:
        argv: the local command, as ``Transport.argv`` gives it.

    """

    def __init__(self, argv: Sequence[str]) -> None:
        # A session of its own: Ctrl-C in the terminal is for us, who tell the host to finish.
        self._process = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self._lines: queue.Queue[bytes] = queue.Queue()
        self._words: list[bytes] = []
        self._threads = [
            threading.Thread(target=self._read_lines, args=(self._process.stdout,), daemon=True),
            threading.Thread(target=self._read_words, args=(self._process.stderr,), daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def _read_lines(self, stream: IO[bytes]) -> None:
        for line in stream:
            self._lines.put(line)
        self._lines.put(b"")

    def _read_words(self, stream: IO[bytes]) -> None:
        for line in stream:
            self._words = [*self._words[-60:], line]

    def next_line(self, timeout_s: float) -> bytes | None:
        """Return the next line, ``b""`` at the end, None when nothing came in time."""
        try:
            return self._lines.get(timeout=timeout_s)
        except queue.Empty:
            return None

    def send(self, data: bytes) -> None:
        """Send bytes; a host that has gone away is noticed when reading."""
        stream = cast("IO[bytes]", self._process.stdin)
        try:
            stream.write(data)
            stream.flush()
        except BrokenPipeError:
            return

    def close(self, *, abort: bool) -> tuple[int, str]:
        """End the local process; return its status and what it wrote on stderr.

        Args:
            abort: do not wait for the host's goodbye, which over a satellite takes a turn or two
                and says nothing new after the last event.

        """
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if abort:
                os.killpg(self._process.pid, signal.SIGKILL)
        with contextlib.suppress(BrokenPipeError):
            if self._process.stdin is not None:
                self._process.stdin.close()
        try:
            status = self._process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            status = self._process.wait()
        for thread in self._threads:
            thread.join(timeout=5)
        return status, b"".join(self._words).decode(errors="replace")

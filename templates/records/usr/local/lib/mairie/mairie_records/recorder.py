"""The service: listens to the kernel's translations, looks at addresses and at the clock, writes.

It keeps nothing but who holds an address: what it has written is all that it knows.
"""

from __future__ import annotations

import fcntl
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from types import FrameType
from typing import IO, Any

from mairie_records import clock, days, flows, holders, netlink
from mairie_records.book import Book, Room
from mairie_records.chain import Chain
from mairie_records.settings import Places, Settings

FLUSH_S = 1.0
LOOK_S = 5.0
SYNC_S = 10.0
CLOCK_S = 60.0
BUFFER_BYTES = 16 << 20
"""Of the socket on which the kernel tells its events: more than a second of a flood."""
PIPE_BYTES = 1 << 20
"""Between a listener and the recorder: what an unprivileged process may have."""
LISTENING_S = 20.0
"""What a listener may take to begin, on a machine that starts everything at once."""
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class ListenerEndedError(Exception):
    """``conntrack`` ended, or never began: the service starts again."""


def stamp(moment: datetime) -> str:
    """Return a moment as records have it: UTC, milliseconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


class Recorder:
    """What is done with each thing that is seen.

    Args:
        known: settings of the host.
        places: files.
        now: the time of day, UTC.
        boot: what tells one start of the machine from another.

    """

    def __init__(
        self, known: Settings, places: Places, now: Callable[[], datetime], boot: str
    ) -> None:
        self._known, self._places, self._now, self._boot = known, places, now, boot
        room = Room(known.day_bytes, known.source_bytes)
        self._book = Book(places.records, Chain(places.days), room, known.host)
        self._holders: set[holders.Holder] = set()
        self._macs: dict[str, str] = {}
        self._clock: clock.Clock | None = None
        self._flows = 0
        self._lost = 0

    def start(self) -> None:
        """Open the day, and say that nothing was seen until now."""
        self.turn()
        self._add(kind="start", boot=self._boot)

    def stop(self) -> None:
        """Say that nothing will be seen from now on."""
        self._add(kind="stop")
        self._book.close()

    def turn(self) -> None:
        """Have the right day open; a new one begins with who holds what, and stands by itself."""
        trusted = self._places.trusted.exists()
        day = days.day_to_write(self._now().date(), self._book.earliest(), trusted=trusted)
        if self._book.turn_to(day, self._moment()):
            self._flows = self._lost = 0
            if self._clock is not None:
                self._tell_clock(self._clock)
            for holder in sorted(self._holders):
                self._tell_holder("holder", holder)

    def flow(self, line: str) -> None:
        """Write down the beginning or the end of a translation."""
        found = flows.parse(line)
        if found is None or not self._on_duty():
            return
        self._flows += 1
        self._book.add(
            {
                "time": stamp(found.moment or self._now()),
                "kind": found.kind,
                "protocol": found.protocol,
                "source": flows.place(found.source, found.source_port),
                "uplink": flows.place(found.uplink, found.uplink_port),
                "id": found.id,
            },
            self._device(found.source),
        )

    def lost(self, words: str) -> None:
        """Write down that the kernel had more to tell than was read."""
        if "ENOBUFS" in words:
            self._lost += 1
            self._add(kind="lost")

    def hold(self, seen: set[holders.Holder]) -> None:
        """Write down who came and who left."""
        if not self._on_duty():
            seen = set()
        for holder in sorted(seen - self._holders):
            self._tell_holder("holder", holder)
        for holder in sorted(self._holders - seen):
            self._tell_holder("left", holder)
        self._holders = seen
        self._macs = {holder.address: holder.mac for holder in sorted(seen)}

    def tell_time(self, seen: clock.Clock) -> None:
        """Write down what chrony follows, when it is another than before."""
        before, self._clock = self._clock, seen
        if seen.synchronised:
            self._places.trusted.touch()
        if before is None or (before.synchronised, before.source) != (
            seen.synchronised,
            seen.source,
        ):
            self._tell_clock(seen)

    def jumped(self, seconds: float) -> None:
        """Write down that the clock was set."""
        self._add(kind="clock-set", by_s=seconds)

    def flush(self, *, sync: bool = False) -> None:
        """Have on the disk what was seen."""
        self._book.flush(sync=sync)

    def say(self) -> None:
        """Write the state for controls: no address is in it."""
        book = self._book
        state = {
            "time": self._moment(),
            "day": f"{book.day}",
            "bytes": book.size,
            "flows": self._flows,
            "lost": self._lost,
            "omitted": book.omitted,
            "refused": book.failed,
            "full": book.full,
            "crowded": len(book.crowded),
            "on_duty": self._on_duty(),
            "synchronised": bool(self._clock and self._clock.synchronised),
        }
        staging = self._places.state.with_suffix(".new")
        staging.write_text(json.dumps(state) + "\n")
        staging.replace(self._places.state)

    def _on_duty(self) -> bool:
        day: date = self._book.day or self._now().date()
        return days.days_kept(day, self._known.periods) > 0

    def _device(self, address: str) -> str:
        """Return whose room is used: an IPv6 device has as many addresses as it likes."""
        return self._macs.get(address, address)

    def _tell_holder(self, kind: str, holder: holders.Holder) -> None:
        line = {"address": holder.address, "mac": holder.mac, "by": holder.by}
        self._book.add({"time": self._moment(), "kind": kind, **line}, holder.mac)

    def _tell_clock(self, seen: clock.Clock) -> None:
        self._add(
            kind="clock",
            synchronised=seen.synchronised,
            source=seen.source,
            offset_s=seen.offset_s,
        )

    def _add(self, **line: Any) -> None:
        self._book.add({"time": self._moment(), **line})

    def _moment(self) -> str:
        return stamp(self._now())


def run(known: Settings, places: Places) -> int:
    """Record until told to stop.

    Raises:
        ListenerEndedError: a listener ended by itself.

    """
    recorder = Recorder(known, places, lambda: datetime.now(UTC), BOOT_ID.read_text().strip())
    ended: list[int] = []

    def stop(number: int, _: FrameType | None) -> None:
        ended.append(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    listeners = [_listen(family, prefix) for family, prefix in _prefixes(known)]
    try:
        recorder.start()
        _await(listeners)
        for family, prefix in _prefixes(known):
            _list_open(recorder, family, prefix)
        _follow(recorder, known, places, listeners, ended)
    finally:
        for listener in listeners:
            listener.kill()
            listener.wait()
        recorder.stop()
    return 0


def _prefixes(known: Settings) -> tuple[tuple[str, str], ...]:
    return ("ipv4", f"{known.ipv4}"), ("ipv6", f"{known.ipv6}")


def _listen(family: str, prefix: str) -> subprocess.Popen[bytes]:
    wanted = ["-f", family, "--orig-src", prefix, "--src-nat", "-o", "timestamp,id"]
    return subprocess.Popen(
        ["conntrack", "-E", "-e", "NEW,DESTROY", *wanted],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def _await(listeners: list[subprocess.Popen[bytes]]) -> None:
    """Wait until the kernel tells them its events: what is open is listed then, and none missed."""
    patience = time.monotonic() + LISTENING_S
    for listener in listeners:
        while (descriptor := netlink.told_on(listener.pid)) is None:
            if listener.poll() is not None or time.monotonic() > patience:
                raise ListenerEndedError
            time.sleep(0.02)
        try:
            # Its own option -b widens another socket, on which nothing comes (conntrack 1.4.8).
            netlink.give_room(listener.pid, descriptor, BUFFER_BYTES)
        except OSError as error:
            sys.stderr.write(f"a flood will overrun conntrack: its socket stays small ({error})\n")


def _list_open(recorder: Recorder, family: str, prefix: str) -> None:
    """Write down what was opened while nobody listened."""
    wanted = ["-f", family, "--orig-src", prefix, "--src-nat", "-o", "id"]
    said = subprocess.run(
        ["conntrack", "-L", *wanted], capture_output=True, text=True, check=False, timeout=60
    )
    for line in said.stdout.splitlines():
        recorder.flow(line)


def _follow(
    recorder: Recorder,
    known: Settings,
    places: Places,
    listeners: list[subprocess.Popen[bytes]],
    ended: list[int],
) -> None:
    pipes = selectors.DefaultSelector()
    for listener in listeners:
        for stream, take in ((listener.stdout, recorder.flow), (listener.stderr, recorder.lost)):
            if stream is not None:
                os.set_blocking(stream.fileno(), False)
                fcntl.fcntl(stream.fileno(), fcntl.F_SETPIPE_SZ, PIPE_BYTES)
                pipes.register(stream, selectors.EVENT_READ, _Lines(stream, take))
    due = dict.fromkeys((FLUSH_S, LOOK_S, SYNC_S, CLOCK_S), 0.0)
    wall, steady = time.time(), time.monotonic()
    while not ended:
        for key, _ in pipes.select(FLUSH_S):
            key.data.read()
        now_wall, now = time.time(), time.monotonic()
        moved = clock.jump((wall, now_wall), (steady, now))
        wall, steady = now_wall, now
        if moved:
            recorder.jumped(moved)
        recorder.turn()
        for period, last in due.items():
            if now - last < period and last:
                continue
            due[period] = now
            if period == LOOK_S:
                seen = holders.look(places.leases, known.interface, known.ipv4, known.ipv6)
                recorder.hold(seen)
                recorder.say()
            elif period == CLOCK_S:
                recorder.tell_time(clock.look())
            else:
                recorder.flush(sync=period == SYNC_S)


class _Lines:
    """Whole lines of a pipe that does not wait."""

    def __init__(self, stream: IO[bytes], take: Callable[[str], None]) -> None:
        self._stream, self._take, self._rest = stream, take, b""

    def read(self) -> None:
        data = os.read(self._stream.fileno(), 1 << 18)
        if not data:
            raise ListenerEndedError
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._take(line.decode(errors="replace"))

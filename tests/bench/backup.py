"""What a night costs the link, and how fast data comes back.

restic and its server are Debian's and run on this machine: the server on loopback, behind the relay
where a satellite link is meant. What is run is what a host runs: ``mairie_backup.upload``.
"""

from __future__ import annotations

import os
import random
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench.figures import ROOT, Figure, verdict
from tests.bench.process import run
from tests.bench.relay import Relay, Tcp, Traffic
from tests.bench.resolve import BenchError

sys.path.insert(0, str(ROOT / "templates/backup/usr/local/lib/mairie"))

from mairie_backup import targets
from mairie_backup.places import Places
from mairie_backup.settings import Settings, parse
from mairie_backup.upload import Uploaded, upload
from mairie_restic import Restic, ResticError

DATA_BYTES = 1_000_000_000
TYPICAL = (11.8, 1.4)
"""Mean and deviation of the logarithm of a file's size: most are some 100 kB, some many MB."""
LARGEST = 80_000_000
CHANGED = 0.01
NIGHT_BYTES = 300_000
NIGHT_S = 90
LINK_BITS = 1_000_000
SHARE_PERCENT = 30
"""Of the uplink, as a satellite's class says."""
LIMIT_S = 900
PROGRAMS = ("restic", "restic-rest-server")


@dataclass(frozen=True)
class World:
    """One host's data and its store."""

    folder: Path
    settings: Settings
    places: Places
    port: int
    """Of the store."""
    log: Path
    """Where the store writes a line for each request."""

    @property
    def data(self) -> Path:
        """The folder that is saved."""
        return self.folder / "data"

    def restic(self, port: int, *options: str) -> Restic:
        """Return the way to the repository through a port of loopback."""
        return Restic(
            repository=f"http://127.0.0.1:{port}/host/",
            secrets={"RESTIC_PASSWORD": "bench"},
            cache=str(self.places.cache),
            options=options,
        )

    def requests(self) -> int:
        """Return how many requests the store has had."""
        return self.log.read_text().count("\n") if self.log.exists() else 0


@dataclass(frozen=True)
class Cost:
    """What one backup cost."""

    wall_s: float
    traffic: Traffic
    requests: int
    uploaded: Uploaded | None = None

    def sentence(self) -> str:
        """Return it for a person."""
        total = self.traffic.total
        size = f"{total / 1000:.0f} kB" if total < 1e7 else f"{total / 1e6:.0f} MB"
        return f"{size}, {self.wall_s:.1f} s, {self.requests} requests"


def figures(rtt_s: float, patience_s: float, *, alone: bool) -> Iterator[Figure]:
    """Measure; without ``alone`` restic's own defaults, cp and borg too."""
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if missing:
        raise BenchError(f"{' and '.join(missing)} not there: apt-get install {' '.join(PROGRAMS)}")
    with tempfile.TemporaryDirectory(prefix="mairie-bench-") as name, _world(Path(name)) as world:
        count = fill(world.data, DATA_BYTES)
        first = night(world, 0, None)
        yield Figure(
            part="backup",
            what=f"first backup of 1 GB ({count} files), no link in between",
            measured=first.sentence(),
            beside=f"{DATA_BYTES / first.wall_s / 1e6:.0f} MB/s; at {LINK_BITS // 10**6} Mbit/s "
            f"the bytes alone take {first.traffic.total * 8 / LINK_BITS / 3600:.1f} h",
            values=_values(first),
        )
        yield from _unchanged(world, rtt_s, patience_s, alone=alone)
        change(world.data, CHANGED)
        changed = night(world, rtt_s, LINK_BITS)
        yield Figure(
            part="backup",
            what=f"1 % of the files changed, {_link(rtt_s)}",
            measured=changed.sentence(),
            beside=_sent(changed),
            values=_values(changed),
        )
        yield from _restored(world, alone=alone)


def _unchanged(world: World, rtt_s: float, patience_s: float, *, alone: bool) -> Iterator[Figure]:
    quiet = night(world, rtt_s, LINK_BITS)
    total = quiet.traffic.total
    beside = [f"{quiet.traffic.turns} turns"]
    if not alone:
        for label, options in (("defaults", ()), ("without cache", ("--no-cache",))):
            cost = plain(world, rtt_s, options, patience_s)
            cut = "> " if cost.wall_s >= patience_s else ""
            beside.append(f"restic's {label}: {cut}{cost.sentence()}")
    yield Figure(
        part="backup",
        what=f"unchanged night of 1 GB, {_link(rtt_s)}",
        budget=f"≤ {NIGHT_BYTES // 1000} kB, ≤ {NIGHT_S} s",
        measured=quiet.sentence(),
        verdict=verdict(total <= NIGHT_BYTES, quiet.wall_s <= NIGHT_S),
        beside="; ".join(beside),
        values=_values(quiet),
    )
    prune(world)
    pruned = night(world, rtt_s, LINK_BITS)
    yield Figure(
        part="backup",
        what=f"unchanged night after the hub has pruned, {_link(rtt_s)}",
        measured=pruned.sentence(),
        beside="once a week: what the hub wrote anew is fetched into the cache",
        values=_values(pruned),
    )


def _restored(world: World, *, alone: bool) -> Iterator[Figure]:
    target = world.folder / "back"
    began = time.monotonic()
    try:
        world.restic(world.port).run("restore", "latest", f"--target={target}", "--sparse")
    except ResticError as error:
        raise BenchError(f"the restore failed: {error.detail}") from error
    wall = time.monotonic() - began
    same = subprocess.run(
        ["diff", "-rq", world.data, target / str(world.data).lstrip("/")],
        capture_output=True, check=False,
    )  # fmt: skip
    shutil.rmtree(target)
    beside = [] if alone else [_cp(world), _borg(world)]
    yield Figure(
        part="backup",
        what="restore of 1 GB, no link in between",
        measured=f"{wall:.1f} s, {DATA_BYTES / wall / 1e6:.0f} MB/s",
        verdict="" if same.returncode == 0 else "failed",
        beside="; ".join(beside),
        values={"wall_s": wall},
    )


def _cp(world: World) -> str:
    target = world.folder / "copy"
    spent = run(["cp", "-a", world.data, target], limit_s=LIMIT_S)
    shutil.rmtree(target)
    return f"cp -a: {spent.wall_s:.1f} s, {DATA_BYTES / spent.wall_s / 1e6:.0f} MB/s"


def _borg(world: World) -> str:
    if shutil.which("borg") is None:
        return "borg: not there"
    store, target = world.folder / "borg", world.folder / "borg-back"
    environment = {
        "BORG_PASSPHRASE": "bench", "BORG_BASE_DIR": str(world.folder / "borg-base"),
    }  # fmt: skip
    target.mkdir()
    said = []
    for what, argv in (
        ("init", ["borg", "init", "--encryption=repokey", store]),
        ("create", ["borg", "create", f"{store}::one", world.data]),
        ("extract", ["borg", "extract", f"{store}::one"]),
    ):
        spent = run(argv, limit_s=LIMIT_S, environment=environment, folder=target)
        if spent.status != 0:
            return f"borg: {what} failed: {spent.output[-200:]}"
        said.append(f"{what} {spent.wall_s:.1f} s")
    shutil.rmtree(target)
    return f"borg, local folder: {', '.join(said[1:])}"


def night(world: World, rtt_s: float, bits_per_s: float | None) -> Cost:
    """Save as a host does at night, through the relay."""
    (world.data / "canary").write_text(secrets.token_hex(32))
    options = targets.limits(world.settings) if bits_per_s else targets.limits(world.settings)[2:]
    with Relay(Tcp("127.0.0.1", world.port), rtt_s, bits_per_s) as relay:
        before, began = world.requests(), time.monotonic()
        uploaded = upload(
            world.restic(relay.port, *options), world.settings, world.places,
            when=None, limit_s=LIMIT_S, scan=False, progress=lambda *_: None,
        )  # fmt: skip
        wall = time.monotonic() - began
        if not uploaded.saved:
            raise BenchError(f"the backup failed: {uploaded.failure} {uploaded.detail}")
        return Cost(wall, relay.take(), world.requests() - before, uploaded)


def plain(world: World, rtt_s: float, options: tuple[str, ...], patience_s: float) -> Cost:
    """Save with restic's defaults, through the same relay."""
    (world.data / "canary").write_text(secrets.token_hex(32))
    with Relay(Tcp("127.0.0.1", world.port), rtt_s, LINK_BITS) as relay:
        before, began = world.requests(), time.monotonic()
        cached = [] if options else ["--cache-dir", world.places.cache]
        spent = run(
            ["restic", "-q", "-r", f"rest:http://127.0.0.1:{relay.port}/host/", *cached, *options,
             "backup", "--host", world.settings.host, world.data],
            limit_s=patience_s,
            environment={"RESTIC_PASSWORD": "bench"},
        )  # fmt: skip
        if spent.status != 0 and not spent.timed_out:
            raise BenchError(f"restic failed: {spent.output[-400:]}")
        wall = time.monotonic() - began
        return Cost(wall, relay.take(), world.requests() - before)


def prune(world: World) -> None:
    """Keep the last two snapshots and give back the room, as the hub does on its own disk."""
    restic = Restic(
        repository=str(world.folder / "store" / "host"), secrets={"RESTIC_PASSWORD": "bench"}
    )
    restic.run("unlock", "--remove-all")
    restic.run("forget", "--keep-last=2", "--group-by=host", "--prune")


def fill(folder: Path, size: int) -> int:
    """Write files as a town hall has them, all different; return how many."""
    draw = random.Random(7)  # noqa: S311 - sizes
    count = total = 0
    while total < size:
        wanted = min(int(draw.lognormvariate(*TYPICAL)), LARGEST, size - total) or 1
        path = folder / f"{count % 60:02}" / f"{count % 7}" / f"document-{count}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.urandom(wanted))
        total += wanted
        count += 1
    return count


def change(folder: Path, share: float) -> None:
    """Write other content into files that hold this share of the bytes."""
    left = DATA_BYTES * share
    for path in sorted(folder.glob("*/*/document-*")):
        size = path.stat().st_size
        if size <= left / 4:
            path.write_bytes(os.urandom(size))
            left -= size


@contextmanager
def _world(folder: Path) -> Iterator[World]:
    """Run an append-only store on loopback."""
    port = _free_port()
    places = Places(folder / "host")
    places.home.mkdir(parents=True)
    settings = parse(
        {
            "host": "bench", "domain": "", "repository": f"http://127.0.0.1:{port}/host/",
            "window": {"start": "00:00", "minutes": 45},
            "upload": LINK_BITS * SHARE_PERCENT // 100, "download": LINK_BITS, "connections": 5,
            "pack_bytes": 4 << 20, "folders": [str(folder / "data")], "excludes": [],
            "databases": [], "local_target": "", "alert_nights": 3,
            "drill": {"files": 1, "max_bytes": 1, "max_age_days": 1},
        }
    )  # fmt: skip
    (folder / "data").mkdir()
    log = folder / "requests.log"
    Restic(repository=str(folder / "store" / "host"), secrets={"RESTIC_PASSWORD": "bench"}).run(
        "init"
    )
    server = subprocess.Popen(
        ["restic-rest-server", "--listen", f"127.0.0.1:{port}", "--path", folder / "store",
         "--append-only", "--no-auth", "--log", log],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _wait(port)
        yield World(folder, settings, places, port, log)
    finally:
        server.terminate()
        server.wait(10)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def _wait(port: int) -> None:
    end = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError as error:
            if time.monotonic() > end:
                raise BenchError("restic-rest-server does not start") from error
            time.sleep(0.05)
        else:
            return


def _link(rtt_s: float) -> str:
    return f"{rtt_s * 1000:.0f} ms and {LINK_BITS // 10**6} Mbit/s"


def _sent(cost: Cost) -> str:
    assert cost.uploaded is not None
    return (
        f"{cost.uploaded.sent_bytes / 1e6:.1f} MB were new, sent with {SHARE_PERCENT} % of the link"
    )


def _values(cost: Cost) -> dict[str, float]:
    return {
        "wall_s": cost.wall_s,
        "bytes": cost.traffic.total,
        "requests": cost.requests,
        "turns": cost.traffic.turns,
    }

"""A host saves itself to its hub with real restic on both sides, and gets everything back."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from mairie.lab.execution import ExecResult
from mairie.lab.session import Session
from mairie.lab.topology import Topology
from mairie.plan.parts.backup import Database
from mairie.run import Run
from tests.lab.uplinks import with_fast_uplinks

pytestmark = [pytest.mark.lab, pytest.mark.timeout(900)]

DEMO = Path(__file__).parents[2] / "inventories" / "demo"
HUB, BOX = "hub", "rapa-mairie-box"
SETTINGS = "/etc/mairie/backup/backup.json"
CREDENTIAL = "/etc/mairie/backup/credential.env"
STORE = f"/var/lib/mairie/store/{BOX}"
DATABASES = (
    Database(name="etat-civil", engine="postgresql", source="etatcivil"),
    Database(name="cantine", engine="mariadb", source="cantine"),
    Database(name="registre", engine="sqlite", source="/srv/registre.sqlite"),
)
SLOW = 16_000_000
"""Bit/s: slow enough to be cut in the middle."""
FILM = 60_000_000
"""Bytes, none of which compress."""
CUT = 40_000_000
"""Bytes after whose arrival an upload is cut."""

FILL = r"""
set -e
mkdir -p /srv/actes/2026
cd /srv/actes
for n in $(seq 40); do head -c 30000 /dev/urandom >2026/acte-$n; done
printf x >'2026/délibération nº 1 "été" [a]*?.txt'
printf y >"$(printf '2026/line\nbreak')"
printf z >"$(printf '2026/\377\376')"
printf '$HOME' >'2026/ $HOME '
head -c 2000000 /dev/urandom >2026/scan.pdf
ln 2026/scan.pdf 2026/again.pdf
ln -s ../nowhere 2026/link
truncate -s 50M 2026/sparse.img
printf x | dd of=2026/sparse.img bs=1 seek=30000000 conv=notrunc status=none
mkfifo 2026/pipe
mkdir -m 2770 shared
install -m 4751 -o nobody -g www-data /dev/null shared/tool
python3 -c 'import os; os.setxattr("/srv/actes/2026/scan.pdf", "user.commune", b"rapa\0x")'
touch -h -d '2019-03-04 05:06:07.123456789' 2026/link
touch -d '2020-01-02 03:04:05.678901234' 2026/scan.pdf
touch -d '2021-01-01' 2026 .
chown -h nobody:www-data 2026/link
"""
DATA = r"""
set -e
cd /
runuser -u postgres -- psql -qXd postgres -c "create role compta login" -c "create database etatcivil owner compta"
runuser -u postgres -- psql -qXd etatcivil -c "set role compta; create table acte as select g as n, md5(g::text) as t from generate_series(1, 20000) g"
mariadb -e "create database cantine; use cantine; create table repas (n int primary key, t text); insert into repas select seq, md5(seq) from seq_1_to_5000; create user 'regie'@'localhost'; grant all on cantine.* to 'regie'@'localhost'"
python3 - <<'PYTHON'
import sqlite3
base = sqlite3.connect("/srv/registre.sqlite")
base.execute("pragma journal_mode = wal")
base.execute("create table ligne (n integer primary key, t text)")
base.executemany("insert into ligne (t) values (?)", [(f"ligne {n}",) for n in range(3000)])
base.commit()
PYTHON
"""  # noqa: E501 - SQL
COUNT = r"""
cd /
runuser -u postgres -- psql -qXAtd etatcivil -c "select count(*), max(t), (select tableowner from pg_tables where tablename = 'acte') from acte"
mariadb -NBe "select count(*), max(t) from cantine.repas"
python3 -c 'import sqlite3; print(sqlite3.connect("/srv/registre.sqlite").execute("select count(*), max(t) from ligne").fetchone())'
"""  # noqa: E501 - SQL
LOSE = r"""
set -e
cd /
rm -rf /srv/actes/2026/again.pdf /srv/actes/2026/sparse.img /srv/actes/shared
printf encrypted >/srv/actes/2026/scan.pdf
chown root:root /srv/actes/2026/acte-1
runuser -u postgres -- psql -qXd postgres -c "drop database etatcivil" -c "drop role compta"
mariadb -e "delete from cantine.repas where n > 7"
python3 -c 'import sqlite3; b = sqlite3.connect("/srv/registre.sqlite"); b.execute("delete from ligne"); b.commit()'
"""  # noqa: E501 - SQL
MANIFEST = r"""
import hashlib, json, os, stat, sys
found, inodes = {}, {}
for folder, folders, files in os.walk(b"/srv/actes"):
    for path in [folder, *(os.path.join(folder, each) for each in files)]:
        at = os.lstat(path)
        regular = stat.S_ISREG(at.st_mode)
        content = os.readlink(path).hex() if stat.S_ISLNK(at.st_mode) else ""
        if regular:
            with open(path, "rb") as file:
                content = hashlib.sha256(file.read()).hexdigest()
        found[path.hex()] = [
            oct(at.st_mode), at.st_uid, at.st_gid, at.st_mtime_ns, content,
            sorted((key, os.getxattr(path, key, follow_symlinks=False).hex())
                   for key in os.listxattr(path, follow_symlinks=False)),
            inodes.setdefault(at.st_ino, path.hex()) if regular else "",
            bool(regular and at.st_size > 10**6 and at.st_blocks * 512 < at.st_size / 2),
        ]
print(json.dumps(found))
"""
YESTERDAY = r"""
import asyncio, re, sys
from email.utils import formatdate, parsedate_to_datetime
def shift(match):
    at = parsedate_to_datetime(match[1].decode()).timestamp() - 86_400
    return b"\r\nDate: " + formatdate(at, usegmt=True).encode()
async def carry(reader, writer, change):
    while data := await reader.read(65_536):
        writer.write(re.sub(rb"\r\nDate: ([^\r]{29})", shift, data) if change else data)
        await writer.drain()
    writer.close()
async def serve(reader, writer):
    there, send = await asyncio.open_connection(sys.argv[1], 8000)
    await asyncio.gather(carry(reader, send, False), carry(there, writer, True))
async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 8009)
    await asyncio.wait_for(server.serve_forever(), 60)
asyncio.run(main())
"""
"""A relay that makes the hub's clock a day late: then this host's is a day ahead of it."""


class World:
    """The hub and one host, deployed, with something to lose."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.original = ""

    def exec(self, name: str, script: str, timeout: float = 120) -> ExecResult:
        return self.session.lab.exec(name, ["sh", "-c", script], timeout=timeout)

    def run(self, name: str, script: str, timeout: float = 120) -> str:
        return self.session.lab.check(name, ["sh", "-c", script], timeout=timeout)

    def ask(self, what: str, timeout: float = 180) -> dict[str, Any]:
        """Run ``mairie-backup``; return its result, with its notes and exit code."""
        done = self.exec(BOX, f"mairie-backup {what} --json", timeout)
        lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        assert lines, (what, done)
        notes = [line["text"] for line in lines if line["kind"] == "note"]
        return {**lines[-1], "notes": notes, "code": done.exit_code}

    def settle(self, **changed: Any) -> None:
        """Change the host's settings."""
        data = {**json.loads(self.original), **changed}
        self.session.lab.put(BOX, {SETTINGS: json.dumps(data).encode()})

    def state(self) -> dict[str, Any]:
        known: dict[str, Any] = json.loads(self.run(BOX, "mairie-backup status --json"))
        return known

    def manifest(self) -> dict[str, list[object]]:
        """Return everything there is to know of the files."""
        found: dict[str, list[object]] = json.loads(
            self.session.lab.check(BOX, ["python3", "-c", MANIFEST])
        )
        return found

    def sent(self) -> int:
        """Return the bytes that went into the tunnel so far."""
        return int(self.run(BOX, "cat /sys/class/net/wg0/statistics/tx_bytes"))

    def arrived(self) -> int:
        """Return the bytes of data packs on the hub."""
        # A pack gets its name when it is whole: a file may go while find looks.
        sizes = self.exec(HUB, f"find {STORE}/data -type f -printf '%s\\n'").stdout
        return sum(int(size) for size in sizes.split())

    @contextmanager
    def in_the_middle(self, what: str, size: int) -> Iterator[None]:
        """Have a run under way of which so many bytes have arrived; wait for its end."""
        before = self.arrived()
        self.run(
            BOX,
            f"systemd-run -q --unit=in-the-middle --collect mairie-backup {what}",
        )
        try:
            wait(lambda: self.arrived() > before + size, 60)
            yield
            self.run(BOX, "while systemctl -q is-active in-the-middle; do sleep 0.2; done", 120)
        finally:
            self.run(BOX, "systemctl stop in-the-middle 2>/dev/null; true")


def wait(condition: Callable[[], object], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to that in time"
        time.sleep(0.5)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    session = Session.of(DEMO, print, communes=("rapa",), name="test-backup-client")
    nodes = tuple(node for node in session.layout.nodes if node.name in ("internet", HUB, BOX))
    session.layout = Topology(nodes, (), (HUB, BOX))
    plans = {name: with_fast_uplinks(session.plans[name]) for name in (HUB, BOX)}
    backup = plans[BOX].backup
    assert backup is not None
    plans[BOX] = replace(plans[BOX], backup=replace(backup, databases=DATABASES))
    session.plans = plans
    with session.lab:
        session.up()
        world = World(session)
        run = Run(plans, session.reach(), Console(file=io.StringIO(), width=200), "demo", 2)
        assert [outcome.message for outcome in run.act("apply")] == ["", ""]
        world.original = world.run(BOX, f"cat {SETTINGS}")
        world.run(BOX, FILL)
        world.run(BOX, DATA)
        yield world


def test_everything_lost_comes_back_byte_for_byte(world: World) -> None:
    saved = world.ask("now")
    assert (saved["outcome"], saved["code"]) == ("done", 0), saved
    drilled = world.ask("drill")
    assert drilled["outcome"] == "done", drilled
    counted = {name: (each["tables"], each["rows"]) for name, each in drilled["databases"].items()}
    assert counted == {"etat-civil": (1, 20_000), "cantine": (1, 5_000), "registre": (2, 3_200)}
    assert drilled["same"] > 0
    assert world.exec(BOX, "test -e /var/lib/mairie-drill").exit_code == 1

    files, rows = world.manifest(), world.run(BOX, COUNT)
    assert "compta" in rows
    world.run(BOX, LOSE)
    kept = world.ask("restore --in-place --path /srv/actes")
    assert kept["overwritten"] == 0, "nothing is overwritten unless it was said"
    assert world.run(BOX, "cat /srv/actes/2026/scan.pdf") == "encrypted"
    back = world.ask("restore --in-place --path /srv/actes --overwrite if-changed --databases")
    assert back["outcome"] == "done", back
    after = world.manifest()
    assert {
        path: (was, after.get(path)) for path, was in files.items() if after.get(path) != was
    } == {}
    assert world.run(BOX, COUNT) == rows


def test_a_second_night_sends_next_to_nothing(world: World) -> None:
    assert world.ask("now")["outcome"] == "done"
    before = world.sent()
    again = world.ask("now")
    assert again["outcome"] == "done", again
    assert world.sent() - before < 300_000


def test_an_interrupted_upload_is_not_sent_twice(world: World) -> None:
    world.run(BOX, f"head -c {FILM} /dev/urandom >/srv/film.mp4")
    world.settle(upload=SLOW)
    before = world.sent()
    with world.in_the_middle("now", CUT):
        world.run(BOX, "systemctl kill --signal=KILL in-the-middle")
    assert world.state()["run"]["ended"] is None
    world.settle()
    # What a timer on the hub does once nothing has come for a quarter of an hour.
    world.run(
        HUB,
        f"find {STORE} -exec touch -d '30 minutes ago' {{}} + "
        f"&& find {STORE}/data -exec touch -d '20 minutes ago' {{}} + && mairie-store settle",
        180,
    )
    saved = world.ask("now")
    assert saved["outcome"] == "done", saved
    assert world.state()["run"]["snapshot"] == saved["snapshot"]
    sent = world.sent() - before
    print(f"{sent} bytes sent in all for {FILM} new ones, cut after {CUT}")
    plan = json.loads(world.original)
    # What was under way is lost: at most a pack for each request at the same time. The tunnel and
    # the protocol add some per cent.
    under_way = plan["pack_bytes"] * plan["connections"]
    bound = 1.08 * (FILM + under_way)
    assert bound < FILM + CUT, "else this shows nothing"
    assert sent < bound


def test_a_hub_lost_in_the_middle_is_said_and_the_next_night_is_whole(world: World) -> None:
    world.run(BOX, f"head -c {FILM} /dev/urandom >/srv/film2.mp4")
    # Outside its hour a run has as long as a window.
    later = world.run(BOX, "date -d '2 hours' +%H:%M").strip()
    world.settle(upload=SLOW, window={"start": later, "minutes": 1}, alert_nights=1)
    doors = f"mairie-store@{BOX}.socket nginx"
    try:
        with world.in_the_middle("now --window", CUT // 10):
            world.run(HUB, f"systemctl stop {doors} mairie-store@{BOX}.service")
        lost = world.state()["run"]
        assert (lost["outcome"], lost["snapshot"]) == ("link-down", ""), lost
        assert "coupé" in lost["text"]
        assert world.ask("list")["code"] == 3
    finally:
        world.run(HUB, f"systemctl start {doors}")
    world.settle()
    whole = world.ask("now")
    assert whole["outcome"] == "done", whole
    assert world.ask("drill")["outcome"] == "done"


def test_a_clock_a_day_ahead_dates_nothing_in_the_future(world: World) -> None:
    address = json.loads(world.original)["server"].partition(":")[0]
    world.session.lab.put(BOX, {"/root/yesterday.py": YESTERDAY.encode()})
    world.run(
        BOX, f"systemd-run -q --unit=yesterday --collect python3 /root/yesterday.py {address}"
    )
    world.settle(repository=f"http://127.0.0.1:8009/{BOX}/")
    wait(lambda: world.exec(BOX, "ss -Hltn sport = :8009").stdout, 20)
    try:
        said = world.ask("now")
    finally:
        world.run(BOX, "systemctl stop yesterday; true")
        world.settle()
    assert said["outcome"] == "incomplete", said
    assert any("avance de 24 h" in note for note in said["notes"]), said["notes"]
    lines = world.run(BOX, "mairie-backup list --json").splitlines()
    times = {
        line["id"]: line["time"] for line in map(json.loads, lines) if line["kind"] == "snapshot"
    }
    yesterday = world.run(BOX, "date -u -d yesterday +%Y-%m-%d").strip()
    assert times[said["snapshot"]].startswith(yesterday)
    assert world.ask("now")["outcome"] == "done"


def test_a_credential_or_a_tunnel_key_that_changed_is_named(world: World) -> None:
    world.run(BOX, f"cp {CREDENTIAL} /run/kept && sed -i 's/PASSWORD=./PASSWORD=+/' {CREDENTIAL}")
    refused = world.ask("now")
    world.run(BOX, f"cp /run/kept {CREDENTIAL}")
    assert (refused["outcome"], refused["code"]) == ("failed", 1)
    assert "refuse l'identifiant" in refused["text"]

    world.run(BOX, "systemctl stop mairie-wg.timer")  # it would heal what follows
    world.run(BOX, "wg genkey >/run/other && wg set wg0 private-key /run/other")
    lost = world.ask("list")
    world.run(BOX, "systemctl restart wg-quick@wg0 && systemctl start mairie-wg.timer")
    assert (lost["outcome"], lost["code"]) == ("link-down", 3), lost
    wait(lambda: world.exec(BOX, "mairie-backup list --json").exit_code == 0, 60)
    assert world.ask("now")["outcome"] == "done"


def test_a_disk_of_its_own_gets_a_second_copy(world: World) -> None:
    world.run(BOX, "mkdir -p /mnt/usb")
    world.settle(local_target="/mnt/usb")
    absent = world.ask("now")
    assert (absent["outcome"], absent["local"]["outcome"]) == ("done", "absent")
    world.run(BOX, "mount -t tmpfs tmpfs /mnt/usb")
    there = world.ask("now")
    assert there["local"]["outcome"] == "done", there
    back = world.ask("restore --local --path /srv/actes --to /srv/back")
    world.run(BOX, "diff -r --no-dereference -x pipe /srv/actes /srv/back/srv/actes")
    assert back["outcome"] == "done"
    world.run(BOX, "mount -o remount,ro /mnt/usb")
    worn = world.ask("now")
    world.run(BOX, "umount /mnt/usb; rm -r /srv/back")
    assert (worn["outcome"], worn["local"]["outcome"]) == ("incomplete", "failed"), worn
    assert worn["seconds"] < 60, "the disk of the second copy held the night up"
    world.settle()


def test_what_is_wrong_with_a_backup_is_seen_by_the_drill(world: World) -> None:
    key = "/etc/mairie/backup/password"
    world.run(BOX, f"mv {key} /run/key")
    lost = world.ask("drill")
    world.run(BOX, f"mv /run/key {key}")
    assert "perdu" in lost["text"]

    world.run(
        BOX,
        "printf '#!/bin/sh\\ntruncate -s 90000 $1/etat-civil.pgdump\\n' "
        ">/etc/mairie/backup/hooks.d/zz && chmod 755 /etc/mairie/backup/hooks.d/zz",
    )
    world.ask("now")
    broken = world.ask("drill")
    world.run(BOX, "rm /etc/mairie/backup/hooks.d/zz")
    assert "etat-civil ne se charge pas" in broken["text"], broken

    world.settle(folders=[])
    world.ask("now")
    empty = world.ask("drill")
    world.settle()
    assert "vide" in empty["text"], empty

    assert world.ask("now")["outcome"] == "done"
    assert world.ask("drill")["outcome"] == "done"
    damage = (
        f"for f in {STORE}/data/*/*; do printf damage | dd of=$f bs=1 seek=20 conv=notrunc; done"
    )
    world.run(HUB, damage)
    damaged = world.ask("drill")
    assert (damaged["outcome"], damaged["code"]) == ("failed", 1), damaged
    assert "endommagé" in damaged["text"], damaged

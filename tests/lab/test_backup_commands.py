"""What a technician types about backups, over ssh; a lost server comes back with its data."""

from __future__ import annotations

import io
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from rich.console import Console

from mairie.asking import ask_hosts
from mairie.backups.ask import Answer, Verb
from mairie.lab.limits import shared_kernel
from mairie.lab.session import Session
from mairie.lab.topology import Topology
from mairie.rebuild import Rebuilding, Step, traces
from mairie.run import Reach, Run
from tests.bench import world as doors
from tests.bench.world import TECHNICIAN
from tests.lab.uplinks import with_fast_uplinks

pytestmark = [pytest.mark.lab, pytest.mark.timeout(1200)]

DEMO = Path(__file__).parents[2] / "inventories" / "demo"
SERVER = "rurutu-mairie-srv"
HOSTS = ("hub", "rurutu-mairie-gw", SERVER)
NODES = ("internet", *HOSTS)
REGISTER = "/srv/registre/registre.sqlite"
"""Database of the demo's server, filled by the lab."""

FILL = r"""
set -e
useradd --system --no-create-home application
mkdir -p /srv/actes/2026 /home/hina/notes
cd /srv/actes
printf 'Délibération nº 1\n' > '2026/délibération nº 1 "été".txt'
printf 'a' > "$(printf '2026/line\nbreak')"
head -c 3000000 /dev/urandom > 2026/scan.pdf
ln 2026/scan.pdf 2026/again.pdf
ln -s ../nowhere 2026/link
truncate -s 50M 2026/sparse.img
printf x | dd of=2026/sparse.img bs=1 seek=30000000 conv=notrunc status=none
mkfifo 2026/pipe
mkdir -m 2770 shared
printf secret > shared/key
chmod 600 shared/key
chown -R application:www-data shared
setcap cap_net_bind_service+ep 2026/scan.pdf 2>/dev/null || true
touch -h -d '2019-03-04 05:06:07.123456789' 2026/link
touch -d '2020-01-02 03:04:05.678901234' 2026/scan.pdf
printf 'à faire\n' > /home/hina/notes/note
chown -R hina:hina /home/hina/notes
python3 - <<'PYTHON'
import os
os.setxattr("/srv/actes/2026/sparse.img", "user.origine", "numérisation".encode())
PYTHON
touch -d '2021-01-01' /srv/actes/2026 /srv/actes
"""

MANIFEST = r"""
import hashlib, json, os, pwd, grp, stat, sys
def name(table, number):
    try:
        return table(number)[0]
    except KeyError:
        return str(number)
found, inodes = {}, {}
for root in sys.argv[1:]:
    for folder, folders, files in os.walk(root):
        for path in [folder, *(os.path.join(folder, each) for each in folders + files)]:
            at = os.lstat(path)
            kind = stat.S_IFMT(at.st_mode)
            content = ""
            if kind == stat.S_IFREG:
                with open(path, "rb") as file:
                    content = hashlib.sha256(file.read()).hexdigest()
            elif kind == stat.S_IFLNK:
                content = os.readlink(path)
            found[path] = [
                oct(at.st_mode), name(pwd.getpwuid, at.st_uid), name(grp.getgrgid, at.st_gid),
                at.st_mtime_ns, at.st_size if kind == stat.S_IFREG else 0, content,
                sorted((key, os.getxattr(path, key, follow_symlinks=False).hex())
                       for key in os.listxattr(path, follow_symlinks=False)),
                inodes.setdefault(at.st_ino, path) if kind == stat.S_IFREG else "",
                bool(kind == stat.S_IFREG and at.st_blocks * 512 < at.st_size),
            ]
print(json.dumps(found))
"""
FOLDERS = ("/srv", "/home/hina/notes")
SETTINGS = "/etc/mairie/backup/backup.json"
SLOW = 16_000_000
"""Bit/s: a restore of the film below can be stopped in the middle."""
FILM = 60_000_000
"""Bytes, none of which compress."""

PREPARED = f"""
set -e
export DEBIAN_FRONTEND=noninteractive
apt-get -q update
apt-get -q -y --no-install-recommends install openssh-server sudo
useradd --create-home --shell /bin/bash {TECHNICIAN}
(umask 337 && echo '{TECHNICIAN} ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/installer)
mkdir -p -m 700 ~{TECHNICIAN}/.ssh
cat >~{TECHNICIAN}/.ssh/authorized_keys
chown -R {TECHNICIAN}: ~{TECHNICIAN}/.ssh
systemctl enable --now ssh
"""
"""A blank Debian as whoever stands there leaves it: an account, its key, sudo."""


@dataclass(frozen=True)
class Terminal:
    """Commands are typed here, each a process of its own."""

    inventory: Path
    programs: Path

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Type ``mairie WORD…`` about the server."""
        return subprocess.Popen(
            [
                *(sys.executable, "-m", "mairie.cli.main", *words, SERVER),
                *("-i", str(self.inventory), "--address", f"{TECHNICIAN}@127.0.0.1"),
            ],
            env={**os.environ, "PATH": f"{self.programs}:{os.environ['PATH']}", "COLUMNS": "200"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def type(self, *words: str) -> tuple[int, str]:
        """Return the exit code and what was said."""
        with self.start(*words) as process:
            said, _ = process.communicate(timeout=300)
        return process.returncode, said


class World:
    """The hub, a gateway and a server, deployed, with something to lose.

    The server is reached as a technician does: by ssh, under an account of their own, with sudo.
    """

    def __init__(self, session: Session, folder: Path) -> None:
        self.session = session
        self.doors = doors.World(session, folder, print)
        self.console = Console(file=io.StringIO(), width=200)

    def prepare(self) -> None:
        """Let the technician in."""
        key = (DEMO / "identity" / f"{TECHNICIAN}-ssh.pub").read_text().strip()
        script = f"printf '%s\\n' '{key}' | sh -c \"$1\""
        self.session.lab.check(SERVER, ["sh", "-c", script, "sh", PREPARED], timeout=300)

    @contextmanager
    def reach(self) -> Iterator[Reach]:
        """Return how to get at the hosts: the server by ssh."""
        known = self.session.reach()
        with self.doors.door(SERVER, 0) as door:
            by_ssh = door.transport(TECHNICIAN)
            yield Reach(
                known.secrets, lambda host: by_ssh if host == SERVER else known.transport(host)
            )

    def ask(self, verb: Verb, *arguments: str) -> Answer:
        plans = {SERVER: self.session.plans[SERVER]}
        with self.reach() as reach:
            (answer,) = ask_hosts(plans, reach.transport, verb, arguments, console=self.console)
        return answer

    @contextmanager
    def terminal(self, folder: Path) -> Iterator[Terminal]:
        """Return where a technician types: an inventory of theirs, and an ssh that finds the host.

        The demo's key and the relay's port stand for what ~/.ssh/config says at their desk.
        """
        inventory, programs = folder / "inventory", folder / "bin"
        shutil.copytree(DEMO, inventory)
        programs.mkdir()
        with self.doors.door(SERVER, 0) as door:
            shutil.copy(door.known_hosts, inventory / "known_hosts")
            ssh = programs / "ssh"
            found = shlex.join([str(shutil.which("ssh")), *door.options])
            ssh.write_text(f'#!/bin/sh\nexec {found} "$@"\n')
            ssh.chmod(0o755)
            yield Terminal(inventory, programs)

    def run(self, script: str) -> str:
        return self.session.lab.check(SERVER, ["sh", "-c", script], timeout=120)

    def received(self) -> int:
        """Return the bytes of all that came in so far."""
        return sum(
            int(word) for word in self.run("cat /sys/class/net/[ew]*/statistics/rx_bytes").split()
        )

    def manifest(self) -> dict[str, list[object]]:
        """Return everything there is to know of the data, owners by name."""
        argv = ["python3", "-c", MANIFEST, *FOLDERS]
        found: dict[str, list[object]] = json.loads(self.session.lab.check(SERVER, argv))
        return found


def wait(condition: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to that in time"
        time.sleep(0.3)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    session = Session.of(DEMO, print, communes=("rurutu",), name="test-rebuild")
    layout = session.layout
    nodes = tuple(node for node in layout.nodes if node.name in NODES)
    session.layout = Topology(nodes, (), HOSTS)
    session.plans = {name: with_fast_uplinks(session.plans[name]) for name in HOSTS}
    with session.lab:
        session.up()
        world = World(session, tmp_path_factory.mktemp("ssh"))
        world.prepare()
        with world.reach() as reach:
            outcomes = Run(session.plans, reach, world.console, "demo", 3).act("apply")
        assert [outcome.message for outcome in outcomes] == ["", "", ""]
        world.run(FILL)
        yield world


def test_commands_as_a_technician_types_them(world: World, tmp_path: Path) -> None:
    with world.terminal(tmp_path) as terminal:
        code, said = terminal.type("backup", "now")
        assert (code, SERVER in said) == (0, True), said
        code, said = terminal.type("backup", "list", "--json", str(tmp_path / "list.json"))
        newest = json.loads((tmp_path / "list.json").read_text())["hosts"][-1]["snapshots"][-1]
        assert (code, newest["id"][:8] in said) == (0, True), said
        code, said = terminal.type("backup", "status")
        assert code == 0, said
        code, said = terminal.type("drill")
        assert (code, "comparés octet par octet" in said) == (0, True), said


def test_a_restore_that_was_interrupted_goes_on_where_it_was(world: World, tmp_path: Path) -> None:
    film, back = "/srv/actes/film.mp4", "/srv/back"
    world.run(f"head -c {FILM} /dev/urandom >{film}")
    saved = world.ask("now")
    assert saved.outcome == "done", saved
    world.run(f"cp {SETTINGS} /run/settings")
    original = json.loads(world.run(f"cat {SETTINGS}"))
    slow = {**original, "download": SLOW}
    world.session.lab.put(SERVER, {SETTINGS: json.dumps(slow).encode()})
    restore = ("restore", "--path", "/srv/actes", "--to", back)
    with world.terminal(tmp_path) as terminal:
        before = world.received()
        with terminal.start(*restore) as process:
            # restic gives a file its size on the disk before its content.
            wait(lambda: world.received() - before > FILM // 2)
            process.send_signal(signal.SIGINT)
            said, _ = process.communicate(timeout=60)
        assert process.returncode != 0, said
        assert "reprend" in said
        assert world.run(f"cmp -s {film} {back}{film} && echo whole; true") == "", "it was stopped"
        world.run(f"cp /run/settings {SETTINGS}")
        before = world.received()
        code, said = terminal.type(*restore)
        received = world.received() - before
    assert code == 0, said
    assert "La restauration interrompue reprend" in said
    world.run(f"diff -r --no-dereference -x pipe /srv/actes {back}/srv/actes")
    print(f"{received} bytes received after the interruption, for {FILM}")
    assert received < 0.75 * FILM, "what had arrived was fetched again"
    world.run(f"rm -rf {back} {film}")


def test_a_server_is_rebuilt_on_a_blank_machine(world: World) -> None:
    session = world.session
    saved = world.ask("now")
    assert saved.outcome == "done", saved
    before = world.manifest()
    assert len(before) > 10

    session.replace(SERVER)
    assert world.run("ls -A /srv") == ""
    world.prepare()
    # The same account gets another number here, as when packages came in another order.
    world.run("useradd --system --no-create-home earlier && useradd --system application")

    def tell(step: Step) -> None:
        print(f"{step.seconds:6.1f} s  {step.title} : {step.text}")

    with world.reach() as reach:
        assert traces(reach.transport(SERVER), session.plans[SERVER]) == []
        rebuilding = Rebuilding(session.plans[SERVER], reach, world.console, tell)
        assert rebuilding.go(), rebuilding.steps
    print(f"{sum(step.seconds for step in rebuilding.steps):6.1f} s  in all")
    assert rebuilding.snapshot is not None
    assert rebuilding.snapshot.id == saved.measures["snapshot"]

    after = world.manifest()
    changed = {
        path: (was, after.get(path)) for path, was in before.items() if after.get(path) != was
    }
    # The database is loaded from its dump: its rows are compared below.
    assert set(changed) <= {REGISTER, str(Path(REGISTER).parent)}, changed
    assert set(after) == set(before)
    count = "select count(*), max(titre) from acte"
    read = f"import sqlite3; print(sqlite3.connect('{REGISTER}').execute('{count}').fetchone())"
    assert world.run(f'python3 -c "{read}"') == "(200, 'Acte 99')\n"

    (report,) = rebuilding.run.reports()
    bad = [
        f"{item.id} {item.subject}: {item.outcome}: {item.message}"
        for item in report.controls
        if item.outcome != "pass" and not shared_kernel(item)
    ]
    assert report.controls
    assert not bad, "\n".join(bad)

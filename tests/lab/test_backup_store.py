"""The hub's store against root of a host that has its password and credential, and against time.

Real restic, nginx and restic-rest-server as they are deployed. The tests follow each other.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from mairie.bundle import make_bundle
from mairie.host.events import Order
from mairie.lab.containers import Lab, Node
from mairie.lab.execution import ExecResult
from mairie.lab.fabric import Attachment
from mairie.plan.host import HostPlan
from mairie.push import Target, push
from mairie.runtime import host_runtime
from mairie.transport import Docker
from tests.lab.restic_forge import index, master_key, pack
from tests.render.conftest import demo_plans, secrets_of

pytestmark = [pytest.mark.lab, pytest.mark.timeout(600)]

HUB, HOST, NEIGHBOUR = "hub", "rapa-mairie-box", "rurutu-mairie-srv"
PLATFORM = "x86_64-3.13"
QUOTA = 60_000_000
STORE = "/var/lib/mairie/store"
REPOSITORY = f"{STORE}/{HOST}"
DATA = "/srv/data"
FILES = 40
FILE_BYTES = 400_000
"""Below restic's smallest cut: a file is one block, named after its SHA-256."""

SHIFT = r"""
import os, sys
for folder, _, files in os.walk(sys.argv[1]):
    for name in files:
        path = os.path.join(folder, name)
        at = os.stat(path)
        os.utime(path, ns=(at.st_atime_ns, at.st_mtime_ns - int(sys.argv[2]) * 10**9))
"""
FILL = f"""
set -e
mkdir -p {DATA}
for n in $(seq {FILES}); do head -c {FILE_BYTES} /dev/urandom >{DATA}/f$n; done
"""


class World:
    """The hub as deployed, and a host on which everybody is root."""

    def __init__(self, lab: Lab, plan: HostPlan) -> None:
        self.lab = lab
        assert plan.store is not None
        self.url = f"http://{plan.store.address}:{plan.store.port}"
        self.secrets = secrets_of(plan).others
        self.good = ""

    def hub(self, script: str, timeout: float = 120) -> str:
        return self.lab.check(HUB, ["sh", "-c", script], timeout=timeout)

    def host(self, script: str, timeout: float = 120) -> ExecResult:
        """Run a script as root of the host, with all that the host knows."""
        env = {
            "RESTIC_REPOSITORY": f"rest:{self.url}/{HOST}/",
            "RESTIC_PASSWORD": self.secrets[f"backup-password:{HOST}"],
            "RESTIC_REST_USERNAME": HOST,
            "RESTIC_REST_PASSWORD": self.secrets[f"backup-credential:{HOST}"],
            "RESTIC_CACHE_DIR": "/var/cache/restic",
            "RESTIC_HOST": HOST,
        }
        return self.lab.exec(HOST, ["sh", "-c", script], timeout=timeout, env=env)

    def backup(self, *options: str, folder: str = DATA) -> str:
        """Send a snapshot and return its name."""
        done = self.host(f"restic backup --json --pack-size 4 {' '.join(options)} {folder}")
        assert done.exit_code == 0, done
        name: str = json.loads(done.stdout.splitlines()[-1])["snapshot_id"]
        return name

    def http(self, method: str, path: str, body: bytes = b"", repository: str = HOST) -> int:
        """Ask the store something no restic would; return the status."""
        self.lab.put(HOST, {"/root/body": body})
        done = self.host(
            "curl -s -m 20 --path-as-is -o /root/answer -w '%{http_code}' "
            '-u "$RESTIC_REST_USERNAME:$RESTIC_REST_PASSWORD" '
            f"-X {method} --data-binary @/root/body '{self.url}/{repository}{path}'"
        )
        return int(done.stdout)

    def post(self, kind: str, body: bytes) -> int:
        """Add a file of any content under the name it must have."""
        return self.http("POST", f"/{kind}/{hashlib.sha256(body).hexdigest()}", body)

    def files(self, kind: str = "") -> dict[str, str]:
        """Return path → SHA-256 of what the hub keeps for the host, locks left out."""
        listed = self.hub(
            f"cd {REPOSITORY} && find ./{kind} -type f ! -path './locks/*' -exec sha256sum {{}} +"
        )
        return {line[66:]: line[:64] for line in listed.splitlines()}

    def maintain(self) -> dict[str, Any]:
        self.hub(f"mairie-store maintain --host {HOST}")
        return self.status()

    def status(self, host: str = HOST) -> dict[str, Any]:
        known: dict[str, Any] = json.loads(self.hub(f"mairie-store status --host {host} --json"))
        return known

    def kinds(self) -> set[str]:
        """Return why the guard holds."""
        return {reason["key"].partition(":")[0] for reason in self.status()["guard"]["reasons"]}

    def restored_is(self, snapshot: str, truth: str) -> bool:
        """Restore a snapshot and compare it with what was there."""
        # A full quota refuses even the lock of a restore.
        restore = f"restic restore -q --no-lock {snapshot} --target /root/back"
        script = (
            f"rm -rf /root/back && {restore} && diff -r --no-dereference {truth} /root/back{DATA}"
        )
        return self.host(script).exit_code == 0


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    plan = demo_plans()[HUB]
    store = plan.store
    assert store is not None
    kept = tuple(
        replace(host, quota_bytes=QUOTA, folders=(DATA,))
        for host in store.hosts
        if host.name in {HOST, NEIGHBOUR}
    )
    plan = replace(plan, store=replace(store, hosts=kept, check_slices=2, free_percent=0))
    wire = (Attachment("eth9", "site/cable"),)
    with Lab("test-backup-store") as lab:
        lab.up([Node(HUB, "host", wire), Node(HOST, "host", wire)])
        network = store.address.rpartition(".")[0]
        for name, address in ((HUB, store.address), (HOST, f"{network}.200")):
            lab.check(name, ["ip", "address", "add", f"{address}/24", "dev", "eth9"])
            lab.check(name, ["ip", "link", "set", "eth9", "up"])
        outcome = push(
            Target(HUB, Docker(lab.container(HUB))),
            make_bundle(plan, secrets_of(plan)),
            Order(action="apply", only=("base", "backup")),
            runtime=host_runtime,
            known_runtimes={PLATFORM: host_runtime(PLATFORM).digest},
        )
        assert outcome.status == "done", outcome.message
        packages = "restic curl diffutils"
        script = f"apt-get update -q && apt-get install -q -y --no-install-recommends {packages}"
        lab.check(HOST, ["sh", "-c", script], timeout=180)
        lab.check(HOST, ["sh", "-c", FILL])
        world = World(lab, plan)
        world.good = a_good_night(world)
        yield world


def a_good_night(world: World) -> str:
    """Return the snapshot of a night when all was well; an older one is behind it."""
    world.host(f"head -c 900000 /dev/urandom >{DATA}/old")
    world.backup()
    world.host(f"rm {DATA}/old")
    snapshot = world.backup()
    world.host(f"cp -a {DATA} /root/truth")
    known = world.maintain()
    assert known["guard"]["verdict"] == "clear"
    assert known["last_maintenance"]["outcome"] == "done"
    assert known["guard"]["known_good"] == snapshot
    return snapshot


def test_a_second_preparation_changes_nothing(world: World) -> None:
    before = world.files()
    world.hub("mairie-store provision")
    assert world.files() == before
    assert len([path for path in before if path.startswith("./keys/")]) == 2
    owners = world.hub(f"find {REPOSITORY} -printf '%u %m\\n' | sort -u")
    assert {line.split()[0] for line in owners.splitlines()} == {"mairie-store"}


def test_root_of_a_host_takes_nothing_away(world: World) -> None:
    before = world.files()
    for path in [*before]:
        name = path.removeprefix("./")
        parts = name.split("/")
        address = f"/{parts[0]}/{parts[-1]}" if len(parts) > 1 else f"/{name}"
        assert world.http("DELETE", address) == 403, address
        assert world.http("POST", address, b"overwritten") == 403, address
    assert world.http("DELETE", "/") in {403, 405}
    assert world.post("keys", os.urandom(300)) == 403
    assert world.http("POST", "/?create=true") == 403
    assert world.http("POST", "/config", b"another") == 403
    for command in (
        "forget --no-lock --prune latest",
        "prune --no-lock",
        "key remove $(restic key list --json | tr , '\\n' | grep -m1 -o '[0-9a-f]\\{64\\}')",
        "rewrite --forget --exclude '*' latest",
        "repair index",
    ):
        world.host(f"timeout 20 restic {command}; timeout 20 restic unlock --remove-all", 60)
    after = world.files()
    assert {path: after.get(path) for path in before} == before


def test_root_of_a_host_reads_no_neighbour(world: World) -> None:
    assert world.http("GET", "/config", repository=NEIGHBOUR) == 401
    for path in (f"/../{NEIGHBOUR}/config", f"/data/..%2f..%2f{NEIGHBOUR}/config"):
        assert world.http("GET", path) in {301, 400, 401, 404}, path
    assert world.http("GET", "/config") == 200


def test_junk_keeps_nobody_out(world: World) -> None:
    """restic 0.18 falls over a snapshot, an index, a key or a lock of nine bytes."""
    for kind in ("snapshots", "index", "keys", "locks", "data"):
        for body in (b"ninebytes", os.urandom(300)):
            world.post(kind, body)
    assert world.host("timeout 20 restic snapshots").exit_code != 0
    known = world.maintain()
    assert known["guard"]["verdict"] == "held"
    # With the junk, the emptied copy that "rewrite" left in the test before.
    assert world.kinds() >= {"unreadable", "pack", "shrink"}
    assert world.host("restic snapshots").exit_code == 0
    world.hub(f"mairie-store approve --set-aside {HOST}")
    known = world.maintain()
    assert known["guard"]["verdict"] == "clear"
    assert known["guard"]["known_good"] == world.good


def test_forged_data_cannot_have_the_good_data_pruned(world: World) -> None:
    """A data file that claims to hold every block, and an index that vouches for it."""
    password = world.secrets[f"backup-password:{HOST}"]
    key = None
    for path in world.files("keys"):
        content = world.hub(f"cat {REPOSITORY}/{path}").encode()
        try:
            key = master_key(content, password)
        except ValueError:
            continue
    assert key is not None
    listed = world.hub(f"cat {STORE}-state/{HOST}.packs")
    new = b"a block that the next snapshot needs"
    sums = world.host(f"sha256sum {DATA}/*").stdout.splitlines()
    blocks = [(hashlib.sha256(new).hexdigest(), new), *((line[:64], b"lie") for line in sums)]
    lie = pack(key, blocks)
    name = hashlib.sha256(lie).hexdigest()
    assert name not in listed
    assert world.post("data", lie) == 200
    assert world.post("index", index(key, name, blocks)) == 200
    world.lab.put(HOST, {f"{DATA}/new": new})
    snapshot = world.backup()
    known = world.maintain()
    assert known["guard"]["verdict"] == "held"
    assert known["guard"]["known_good"] == world.good
    assert known["strange"]["packs"] == [name]
    world.hub(f"mairie-store approve --set-aside {HOST}")
    known = world.maintain()
    assert known["last_maintenance"]["outcome"] == "done", known["last_maintenance"]
    assert snapshot not in known["seen"]
    assert world.restored_is(world.good, "/root/truth")
    world.host(f"rm {DATA}/new")


def test_ransomware_and_forged_dates_push_nothing_out(world: World) -> None:
    world.host(f"for file in {DATA}/*; do head -c {FILE_BYTES} /dev/urandom >$file; done")
    forged = [world.backup(f"--time '{year}-12-31 23:59:59'") for year in (2020, 2031)]
    world.host("mkdir -p /srv/empty")
    forged.append(world.backup(folder="/srv/empty"))
    forged.append(world.backup("--host another"))
    before = world.files("snapshots")
    known = world.maintain()
    assert known["last_maintenance"]["outcome"] == "held"
    assert world.kinds() == {"date", "paths", "lost", "shrink", "host"}
    assert known["guard"]["known_good"] == world.good
    assert world.files("snapshots") == before
    said = world.hub("journalctl -q -o cat -t mairie-store -p err --since -60s")
    assert "sauvegardes suspectes, rien n'est effacé" in said
    world.hub(f"mairie-store approve --set-aside {HOST}")
    known = world.maintain()
    assert known["last_maintenance"]["outcome"] == "done"
    assert not set(forged) & set(known["seen"])
    assert world.good in known["pinned"]
    assert world.restored_is(world.good, "/root/truth")
    world.host(f"rm -r {DATA} && cp -a /root/truth {DATA}")


def test_a_full_disk_stops_one_night_only(world: World) -> None:
    """The repository on a disk of its own for the length of this test, with 6 MB left."""
    doors = f"mairie-store@{HOST}.socket mairie-store@{HOST}.service"
    world.hub(
        f"systemctl stop {doors}; cp -a {REPOSITORY} /root/kept && "
        f"mount -t tmpfs -o size=$(($(du -sm /root/kept | cut -f1) + 6))m store {REPOSITORY} && "
        f"cp -a /root/kept/. {REPOSITORY} && chmod --reference=/root/kept {REPOSITORY} && "
        f"chown --reference=/root/kept {REPOSITORY} && systemctl start mairie-store@{HOST}.socket"
    )
    try:
        before = world.files("snapshots")
        world.host(f"head -c 15000000 /dev/urandom >{DATA}/night")
        done = world.host(f"timeout 25 restic backup --pack-size 4 {DATA}", 60)
        assert done.exit_code != 0
        assert world.files("snapshots") == before
        world.hub(f"mairie-store settle --host {HOST}")
        assert world.restored_is(world.good, "/root/truth")
        world.hub(f"mount -o remount,size=200m {REPOSITORY}")
        world.host("restic unlock")
        assert world.restored_is(world.backup(), DATA)
    finally:
        world.hub(
            f"systemctl stop {doors}; umount {REPOSITORY} && rm -r /root/kept && "
            f"systemctl start mairie-store@{HOST}.socket"
        )
        world.host(f"rm {DATA}/night")


def test_what_arrived_before_an_interruption_is_not_sent_again(world: World) -> None:
    content = 24_000_000
    world.host(f"head -c {content} /dev/urandom >{DATA}/big")
    sent = "cat /sys/class/net/eth9/statistics/tx_bytes"
    whole = f"find {REPOSITORY}/data -size +2M -regex '.*/[0-9a-f]*' | wc -l"
    packs, before = int(world.hub(whole)), int(world.host(sent).stdout)
    options = "--pack-size 4 -o rest.connections=2 --limit-upload 1500"
    world.host(f"setsid restic backup {options} {DATA} >/dev/null 2>&1 & echo $! >/root/pid")
    end = time.monotonic() + 60
    while int(world.hub(whole)) < packs + 2:
        assert time.monotonic() < end
        time.sleep(0.3)
    world.host("kill -KILL $(cat /root/pid)")
    first = int(world.host(sent).stdout) - before
    world.hub(f"python3 -c '{SHIFT}' {REPOSITORY} 1000")
    world.hub(f"mairie-store settle --host {HOST}")
    known = world.status()["interrupted"]
    assert 4_000_000 < known["bytes"] <= first
    assert world.files("locks") == {}
    world.backup()
    total = int(world.host(sent).stdout) - before
    # Two data files were on their way when it was cut.
    assert content < total < content * 1.06 + (first - known["bytes"])
    print(f"sent {first} then {total - first} of {content} bytes, {known['bytes']} had arrived")


def test_a_damaged_data_file_is_found_within_the_cycle(world: World) -> None:
    # What is damaged before it was read once is a false file; this is about what was good.
    assert world.maintain()["last_maintenance"]["outcome"] == "done"
    listed = world.hub(f"find {REPOSITORY}/data -type f -printf '%s %p\\n' | sort -n | tail -n1")
    path = listed.split()[1]
    flip = (
        f"import os; f = open('{path}', 'r+b'); f.seek(100); b = f.read(1)[0]; "
        "f.seek(100); f.write(bytes([b ^ 1]))"
    )
    world.hub(f'python3 -c "{flip}"')
    found = [world.maintain() for _ in range(2)][-1]
    assert found["check"]["outcome"] == "damaged"
    assert found["check"]["packs"] == [path.rpartition("/")[2]]
    assert found["last_maintenance"]["outcome"] == "damaged"
    world.hub(f'python3 -c "{flip}"')
    assert world.maintain()["check"]["outcome"] == "sound"


def test_a_killed_upkeep_leaves_no_door_closed(world: World) -> None:
    world.hub("systemctl start --no-block mairie-store-maintain.service")
    sockets = f"systemctl is-active mairie-store@{HOST}.socket"
    end = time.monotonic() + 60
    while world.lab.exec(HUB, ["sh", "-c", sockets]).stdout.strip() == "active":
        assert time.monotonic() < end
    world.hub("systemctl kill -s KILL mairie-store-maintain.service")
    world.hub("systemctl start mairie-store-settle.service; systemctl reset-failed")
    assert world.hub(sockets).strip() == "active"
    world.backup()
    assert world.maintain()["last_maintenance"]["outcome"] == "done"


def test_a_host_fills_its_quota_and_no_more(world: World) -> None:
    world.host(f"head -c {QUOTA} /dev/urandom >{DATA}/huge")
    done = world.host(f"timeout 25 restic backup --pack-size 4 {DATA}", 60)
    assert done.exit_code != 0
    assert "507" in done.stderr
    world.hub("mairie-store settle")
    known = world.status()
    assert known["warning"]
    assert known["bytes"] <= QUOTA
    assert not world.status(NEIGHBOUR)["warning"]
    assert world.restored_is(world.good, "/root/truth")

"""Connection records with real visitors: what is written, who may read it, and when it goes."""

from __future__ import annotations

import gzip
import io
import tarfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mairie.errors import EXIT_NOT_CONFORMING
from mairie.files.backup import CLIENT_SETTINGS
from mairie.files.records import COMMAND, FOLDER, KEEP, LOG, SERVICE, TIMER
from mairie.lab import clients, internet
from mairie.plan.reach import Packet
from mairie.requisitions import ask, sealed
from tests.lab.records_world import AGENT, BOX, VISITOR, World

pytestmark = [pytest.mark.lab, pytest.mark.timeout(900)]

PORT = 8080
YEAR = 365
BURST = 1000
"""Connections at once."""
Line = dict[str, Any]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    found = World(tmp_path_factory.mktemp("records") / "demo")
    with found.session.lab:
        found.begin()
        for node in (VISITOR, AGENT):
            for address in (internet.HOST_IPV4, internet.HOST_IPV6):
                connect(found, node, address)
        yield found


def connect(world: World, node: str, address: str) -> None:
    """Have a device reach the internet, TCP and UDP."""
    packets = [
        (Packet(source="", destination=address, protocol=protocol, port=PORT), True)
        for protocol in ("tcp", "udp")
    ]
    assert clients.send(world.session.lab, node, packets) == ["answered"] * 2


def opened(lines: list[Line], family: str = "") -> list[Line]:
    return [
        line
        for line in lines
        if line["kind"] == "open" and (not family or line["source"].startswith(family))
    ]


def uplink_addresses(world: World) -> set[str]:
    said = world.run(BOX, "ip -oneline address show dev eth0 scope global")
    return {line.split()[3].partition("/")[0] for line in said.splitlines()}


def host_key(world: World) -> str:
    return world.run(BOX, "cat /etc/ssh/ssh_host_ed25519_key.pub").strip()


def extract(world: World, address: str = "", port: str = "") -> bytes:
    """Ask as ``mairie requisition`` does."""
    now = datetime.now(UTC)
    wish = ask.Wish(
        since=now - timedelta(hours=1),
        until=now + timedelta(minutes=1),
        address=address,
        port=port,
        reference="PV 2027/118",
        by="hina@poste",
    )
    return ask.extract(BOX, world.session.reach().transport(BOX), wish)


def test_a_second_deploy_changes_nothing(world: World) -> None:
    assert [item for item in world.first.changed if item.name.startswith("records: ")]
    assert world.second.changed == ()


def test_what_was_deployed_conforms(world: World) -> None:
    results = [item for item in world.act("verify").results if item.id.startswith("REC-")]
    assert len(results) > 20
    assert [
        f"{item.id} {item.subject}: {item.message}" for item in results if item.outcome != "pass"
    ] == []


def test_a_visitor_is_recorded_with_the_right_translation(world: World) -> None:
    own = uplink_addresses(world)
    lease = world.leases[VISITOR]
    found = opened(world.lines())
    for address, family in ((lease.ipv4, lease.ipv4), (lease.ipv6, f"[{lease.ipv6}]")):
        mine = opened(found, f"{family}:")
        assert {line["protocol"] for line in mine} == {"tcp", "udp"}, address
        for line in mine:
            uplink, _, port = line["uplink"].rpartition(":")
            assert uplink.strip("[]") in own
            assert 0 < int(port) < 65536


def test_the_translation_is_the_kernels(world: World) -> None:
    listed = world.run(BOX, "conntrack -L --src-nat -o id 2>/dev/null")
    by_id = {line["id"]: line for line in opened(world.lines())}
    prefix = world.leases[VISITOR].ipv4
    seen = [line for line in listed.splitlines() if f"src={prefix} " in line]
    assert seen
    for line in seen:
        words = line.split()
        record = by_id[words[-1].removeprefix("id=")]
        ports = [word.partition("=")[2] for word in words if word.startswith("dport=")]
        assert record["uplink"].endswith(f":{ports[1]}")


def test_an_agent_is_not_recorded(world: World) -> None:
    assert clients.send(
        world.session.lab,
        AGENT,
        [(Packet(source="", destination=internet.HOST_IPV4, protocol="tcp", port=PORT), True)],
    ) == ["answered"]
    text = str(world.lines())
    for address in (world.leases[AGENT].ipv4, world.leases[AGENT].ipv6):
        assert address not in text


def test_no_destination_is_recorded(world: World) -> None:
    text = str(world.lines())
    assert internet.HOST_IPV4 not in "".join(str(line) for line in opened(world.lines()))
    assert internet.HOST_IPV6 not in text


def test_who_had_the_address_is_recorded(world: World) -> None:
    mac = world.run(VISITOR, "cat /sys/class/net/eth0/address").strip()
    lease = world.leases[VISITOR]
    found = {
        (line["address"], line["by"])
        for line in world.lines()
        if line["kind"] == "holder" and line["mac"] == mac
    }
    assert {(lease.ipv4, "dhcp"), (lease.ipv6, "neighbour")} <= found


def test_the_time_is_utc_and_says_what_it_follows(world: World) -> None:
    for _ in range(30):
        lines = world.lines()
        if [line["synchronised"] for line in lines if line["kind"] == "clock"][-1]:
            break
        time.sleep(4)
    else:
        pytest.fail("the clock was not synchronised within two minutes")
    last = datetime.fromisoformat(lines[-1]["time"].replace("Z", "+00:00"))
    assert abs(datetime.now(UTC) - last) < timedelta(minutes=10)


def test_a_requisition_answers_and_verifies(world: World) -> None:
    lease = world.leases[VISITOR]
    end = opened(world.lines(), f"{lease.ipv4}:")[0]["uplink"]
    address, _, port = end.rpartition(":")
    found = sealed.read(extract(world, address, port), "x.tar")
    sealed.verify(found, host_key(world), "x.tar")
    records = [line for line in found.records.decode().splitlines() if '"kind":"open"' in line]
    assert records
    assert all(f'"uplink":"{end}"' in line for line in records)
    assert f'"address":"{lease.ipv4}"' in found.records.decode()
    assert found.manifest["host_key"] == host_key(world)


def test_an_edited_extract_does_not_verify(world: World) -> None:
    data = extract(world, world.leases[VISITOR].ipv4)
    lease = world.leases[VISITOR].ipv4
    other = lease[:-1] + str((int(lease[-1]) + 1) % 10)
    edited = data.replace(f'"source":"{lease}:'.encode(), f'"source":"{other}:'.encode())
    assert edited != data
    with pytest.raises(sealed.NotIntactError) as raised:
        sealed.verify(sealed.read(edited, "x.tar"), host_key(world), "x.tar")
    assert raised.value.exit_code == EXIT_NOT_CONFORMING


def test_the_host_remembers_who_asked(world: World) -> None:
    extract(world)
    said = world.run(BOX, f"cat {LOG}/requisitions.jsonl; journalctl -q -t mairie-records -o cat")
    assert '"reference":"PV 2027/118","asked_by":"hina@poste","account":"root"' in said
    assert "requisition 'PV 2027/118' by hina@poste (root)" in said
    assert world.check() == (0, "")
    world.run(
        BOX, f"cp -p {LOG}/requisitions.jsonl /root/kept; sed -i '1d' {LOG}/requisitions.jsonl"
    )
    try:
        code, said = world.check()
        assert (code, said.partition(" : ")[0]) == (4, "requisitions.jsonl, ligne 1")
    finally:
        world.run(BOX, f"mv /root/kept {LOG}/requisitions.jsonl")


def test_nobody_else_reads_them(world: World) -> None:
    for path in (FOLDER, LOG):
        done = world.session.lab.exec(
            BOX, ["setpriv", "--reuid=65534", "--clear-groups", "ls", path]
        )
        assert (done.exit_code != 0, done.stdout) == (True, "")


def test_no_backup_has_them(world: World) -> None:
    said = world.run(
        BOX,
        f"export RESTIC_PASSWORD=x; restic init -q -r /root/try && restic backup -q -r /root/try "
        f"--exclude=$(python3 -c 'import json; print([each for each in "
        f'json.load(open("{CLIENT_SETTINGS}"))["excludes"] if each.endswith("/records")][0])\') '
        "/var/lib/mairie && restic ls -q -r /root/try latest; rm -r /root/try",
    )
    assert f"{LOG}/requisitions.jsonl" in said
    assert f"{FOLDER}/" not in said


def put(world: World, day: date, text: bytes = b"") -> None:
    world.session.lab.put(BOX, {f"{FOLDER}/{day}.jsonl.gz": gzip.compress(text)}, 0o600)


def test_the_timer_erases_what_is_due_and_nothing_else(world: World) -> None:
    today = datetime.now(UTC).date()
    due, last = today - timedelta(days=YEAR + 1), today - timedelta(days=YEAR)
    for day in (due, last):
        put(world, day)
    world.run(BOX, f"systemctl start {KEEP}")
    names = world.run(BOX, f"ls {FOLDER}").split()
    assert f"{due}.jsonl.gz" not in names
    assert {f"{last}.jsonl.gz", f"{today}.jsonl"} <= set(names)
    assert f'"kind":"erased","day":"{due}"' in world.run(BOX, f"cat {LOG}/days.jsonl")
    world.run(BOX, f"rm {FOLDER}/{last}.jsonl.gz")


def test_a_clock_that_was_never_right_erases_nothing(world: World) -> None:
    due = datetime.now(UTC).date() - timedelta(days=YEAR + 1)
    put(world, due)
    world.run(BOX, f"systemctl stop {SERVICE} chrony; rm /run/mairie-records/clock-was-right")
    try:
        world.run(BOX, f"systemctl start {KEEP}; test -e {FOLDER}/{due}.jsonl.gz")
        said = world.run(BOX, f"journalctl -q -o cat -u {KEEP}")
        assert "nothing erased: the clock has not been right since the start" in said
    finally:
        world.run(BOX, f"systemctl start chrony {SERVICE}; rm {FOLDER}/{due}.jsonl.gz")


def test_a_connection_of_before_the_start_is_written_by_the_start(world: World) -> None:
    world.run(BOX, f"systemctl stop {SERVICE}")
    connect(world, VISITOR, internet.HOST_IPV4)
    before = len(opened(world.lines()))
    world.run(BOX, f"systemctl start {SERVICE}; sleep 3")
    assert len(opened(world.lines())) > before
    kinds = [line["kind"] for line in world.lines()]
    assert kinds.index("stop") < len(kinds) - 1 - kinds[::-1].index("start")


def test_what_comes_while_the_recorder_is_held_up_is_all_written(world: World) -> None:
    """More than the kernel would keep in a socket of ordinary size."""
    world.run(BOX, f"systemctl kill --signal=STOP {SERVICE}")
    try:
        send = f"for _ in $(seq {BURST}); do echo >/dev/udp/{internet.HOST_IPV4}/{PORT}; done"
        world.session.lab.check(VISITOR, ["bash", "-c", send])
    finally:
        world.run(BOX, f"systemctl kill --signal=CONT {SERVICE}")
    listed = world.run(
        BOX, f"conntrack -L -p udp -s {world.leases[VISITOR].ipv4} --src-nat -o id 2>/dev/null"
    )
    known = {line.split()[-1].removeprefix("id=") for line in listed.splitlines()}
    assert len(known) > BURST * 0.9, "a source port may come twice"
    lines = world.lines()
    assert known - {line["id"] for line in opened(lines)} == set()
    assert "lost" not in {line["kind"] for line in lines}


def test_the_program_alone_verifies_with_openssh(world: World) -> None:
    data = extract(world)
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        names = tar.getnames()
    assert names == ["manifest.json", "manifest.json.sig", "records.jsonl"]
    world.session.lab.put(BOX, {"/root/x.tar": data})
    said = world.run(
        BOX,
        'cd /root && tar xf x.tar && echo "host $(cat /etc/ssh/ssh_host_ed25519_key.pub)" >signers '
        "&& ssh-keygen -Y verify -f signers -I host -n mairie-requisition -s manifest.json.sig "
        "<manifest.json && sha256sum records.jsonl",
    )
    assert 'Good "mairie-requisition" signature' in said
    assert said.split()[-2] == sealed.read(data, "x").manifest["records"]["sha256"]


def test_status_is_for_controls_and_names_nobody(world: World) -> None:
    said = world.run(BOX, f"{COMMAND} status")
    assert '"on_duty": true' in said
    assert world.leases[VISITOR].ipv4 not in said


def test_a_site_without_visitors_still_has_its_last_year_erased(world: World) -> None:
    path: Path = world.folder / "communes" / "rapa.yaml"
    text = path.read_text()
    path.write_text(text.replace(", voice, public]", ", voice]").replace(", public: eth5}", "}"))
    world.reload()
    retired = "files of bricks this host no longer has"
    world.act("apply")  # the portal's files go at once
    assert world.act("apply").changed == ()
    # As after the next start of the machine: nobody records, days are erased all the same.
    world.run(BOX, f"systemctl restart {SERVICE}")
    due = datetime.now(UTC).date() - timedelta(days=YEAR + 1)
    put(world, due)
    script = f"systemctl is-active {SERVICE}; systemctl start {KEEP}; systemctl is-active {TIMER}"
    assert world.run(BOX, script).split() == ["inactive", "active"]
    assert f"{due}.jsonl.gz" not in world.run(BOX, f"ls {FOLDER}").split()
    # A year later.
    world.run(BOX, f"rm {FOLDER}/*")
    assert retired in [item.name for item in world.act("apply").changed]
    units = f"systemctl is-active {SERVICE} {TIMER}; pgrep -x conntrack; ls {COMMAND}; true"
    assert world.run(BOX, units).split() == ["inactive", "inactive"]
    assert world.act("apply").changed == ()

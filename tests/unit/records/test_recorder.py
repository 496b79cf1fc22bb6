"""What is written of visitors, in which file, and how much of it at most."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from mairie_records import clock, days, flows, holders
from mairie_records.chain import Chain
from mairie_records.check import faults
from mairie_records.holders import Holder
from mairie_records.settings import Period
from tests.unit.records.host import MAC, NOON, VISITOR, Gateway, event, settings

ICMP = (
    "[1795347389.172710]\t    [NEW] icmp     1 30 src=10.41.4.57 dst=203.0.113.1 type=8 code=0 "
    "id=606 [UNREPLIED] src=203.0.113.1 dst=203.0.113.7 type=0 code=0 id=606 id=3247963586"
)
IPV6 = (
    "[1795347390.250601]\t[DESTROY] tcp      6 118 TIME_WAIT src=fd00:4::57 dst=2001:db8::1 "
    "sport=50116 dport=80 src=2001:db8::1 dst=2001:db8::7 sport=80 dport=50999 [ASSURED] "
    "id=3704992338 [USERSPACE] portid=3985241364 progname=conntrack"
)
LISTED = (
    "udp      17 28 src=10.41.4.57 dst=9.9.9.9 sport=40975 dport=53 src=9.9.9.9 "
    "dst=203.0.113.7 sport=53 dport=40975 mark=0 use=1 id=2882689354"
)


@pytest.mark.parametrize(
    ("line", "kind", "source", "uplink", "number"),
    [
        (event(NOON), "open", "10.41.4.57:50222", "203.0.113.7:50222", "7"),
        (ICMP, "open", "10.41.4.57", "203.0.113.7", "3247963586"),
        (IPV6, "close", "[fd00:4::57]:50116", "[2001:db8::7]:50999", "3704992338"),
        (LISTED, "open", "10.41.4.57:40975", "203.0.113.7:40975", "2882689354"),
    ],
)
def test_a_translation(line: str, kind: str, source: str, uplink: str, number: str) -> None:
    found = flows.parse(line)
    assert found is not None
    ends = [
        flows.place(found.source, found.source_port),
        flows.place(found.uplink, found.uplink_port),
    ]
    assert (found.kind, *ends, found.id) == (kind, source, uplink, number)
    assert [flows.place(*flows.split(end)) for end in ends] == ends


@pytest.mark.parametrize(
    "line",
    [
        "",
        "conntrack v1.4.8 (conntrack-tools): connection tracking table",
        "tcp 6 src=10.41.4.57 dst=10.41.4.1 sport=1 dport=53 src=10.41.4.1 dst=10.41.4.57 "
        "sport=53 dport=1 id=4",
    ],
)
def test_what_is_no_translation(line: str) -> None:
    assert flows.parse(line) is None


def test_no_destination_is_written(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path)
    gateway.opens()
    (line,) = [line for line in gateway.lines() if line["kind"] == "open"]
    assert line == {
        "time": "2027-03-01T12:00:00.000Z",
        "kind": "open",
        "protocol": "tcp",
        "source": "10.41.4.57:50222",
        "uplink": "203.0.113.7:50222",
        "id": "7",
    }
    assert "198.51.100.80" not in str(gateway.lines())


def test_files_are_for_root_alone(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path)
    gateway.pass_days(1)
    gateway.recorder.flush()
    found = [*gateway.places.records.iterdir(), gateway.places.days]
    assert [f"{path.stat().st_mode & 0o777:o}" for path in found] == ["600"] * 3


def test_who_holds_an_address_comes_and_leaves(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path)
    seen = {Holder(VISITOR, MAC, "dhcp"), Holder("fd00::1", MAC, "neighbour")}
    gateway.recorder.hold(seen)
    gateway.recorder.hold(seen)
    gateway.recorder.hold({Holder(VISITOR, MAC, "dhcp")})
    found = [(line["kind"], line["address"]) for line in gateway.lines() if "mac" in line]
    assert found == [("holder", VISITOR), ("holder", "fd00::1"), ("left", "fd00::1")]


def test_each_day_stands_by_itself(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path)
    gateway.recorder.tell_time(clock.Clock(synchronised=True, source="10.0.0.1", offset_s=0.0))
    gateway.recorder.hold({Holder(VISITOR, MAC, "dhcp")})
    gateway.pass_days(1)
    assert gateway.kinds() == ["day", "clock", "holder"]
    first = gateway.lines()[0]
    (sealed,) = Chain(gateway.places.days).lines()
    assert first["previous"] == {"day": "2027-03-01", "sha256": sealed["sha256"]}
    assert not list(faults(gateway.places))


def test_leases_and_neighbours_of_the_segment_alone() -> None:
    known = settings()
    leases = (
        "1795390589 02:00:00:00:00:57 10.41.4.57 phone-of-ana 01:02\n"
        "1795390589 02:00:00:00:00:20 10.41.2.9 * *\nduid 00:01\n"
    )
    assert holders.leased(leases, known.ipv4) == {Holder(VISITOR, MAC, "dhcp")}
    said = (
        '[{"dst":"10.41.4.57","lladdr":"02:00:00:00:00:57","state":["REACHABLE"]},'
        '{"dst":"fe80::1","lladdr":"02:00:00:00:00:57","state":["STALE"]},'
        '{"dst":"fd00:0:0:4::57","lladdr":"02:00:00:00:00:57","state":["STALE"]},'
        '{"dst":"10.41.4.99","state":["FAILED"]},'
        '{"dst":"10.41.4.98","lladdr":"02:00:00:00:00:98","state":["INCOMPLETE"]}]'
    )
    assert {item.address for item in holders.neighbours(said, known.ipv4, known.ipv6)} == {
        VISITOR,
        "fd00:0:0:4::57",
    }


def test_a_neighbour_that_confirms_a_lease_is_written_once() -> None:
    leased, other = Holder(VISITOR, MAC, "dhcp"), Holder(VISITOR, "02:00:00:00:00:99", "neighbour")
    confirmed = Holder(VISITOR, MAC, "neighbour")
    assert holders.together({leased}, {confirmed, other}) == {leased, other}
    assert holders.together(set(), {confirmed}) == {confirmed}


def test_a_power_cut_costs_one_line(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path)
    gateway.opens()
    gateway.recorder.flush()
    path = gateway.places.records / "2027-03-01.jsonl"
    path.write_bytes(path.read_bytes()[:-20])
    gateway.start()
    gateway.opens(number=8)
    gateway.recorder.flush()
    kinds = [line["kind"] for line in days.lines_of(path)]
    assert kinds == ["day", "start", "start", "open"]
    gateway.pass_days(1)
    assert not list(faults(gateway.places))


def test_a_day_that_nobody_sealed_is_sealed_by_the_next_start(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path)
    gateway.opens()
    gateway.recorder.flush()
    gateway.now += timedelta(days=3)
    gateway.start()
    sealed = [line["day"] for line in Chain(gateway.places.days).lines()]
    assert sealed == ["2027-03-01"]
    assert not list(faults(gateway.places))


def test_an_edit_of_the_open_day_shows_once_it_is_sealed(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path)
    gateway.opens()
    gateway.recorder.flush()
    path = gateway.places.records / "2027-03-01.jsonl"
    path.write_text(path.read_text().replace(VISITOR, "10.41.4.58"))
    gateway.pass_days(1)
    assert list(faults(gateway.places)) == [
        "2027-03-01.jsonl : modifié depuis que la journée est close"
    ]


def test_a_flood_fills_the_part_of_one_device(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path, settings(day_bytes=300_000, source_bytes=50_000))
    gateway.recorder.hold({Holder(VISITOR, MAC, "dhcp"), Holder("fd00::1", MAC, "neighbour")})
    for number in range(2_000):
        gateway.opens(number=number, source=VISITOR if number % 2 else "fd00::1")
    gateway.opens(source="10.41.4.60", number=1)
    kinds = gateway.kinds()
    assert kinds.count("device-full") == 1
    assert kinds.count("open") < 400
    assert gateway.lines()[-1]["source"].startswith("10.41.4.60")
    gateway.pass_days(1)
    omitted = gateway.lines(date(2027, 3, 1))[-1]
    assert (omitted["kind"], omitted["lines"]) == ("omitted", 2_001 - kinds.count("open"))


def test_a_flood_of_devices_fills_the_day_and_no_more(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path, settings(day_bytes=200_000, source_bytes=50_000))
    for number in range(5_000):
        gateway.opens(number=number, source=f"10.41.4.{number % 250}")
    gateway.recorder.jumped(3.0)
    path = gateway.places.records / "2027-03-01.jsonl"
    assert [gateway.kinds().count(kind) for kind in ("full", "clock-set")] == [1, 1]
    assert path.stat().st_size <= 200_000


def test_a_flood_of_addresses_is_counted_as_one(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path, settings(day_bytes=8 << 20, source_bytes=20_000))
    for number in range(6_000):
        gateway.opens(number=number, source=f"fd00::{number:x}")
    assert {line["device"] for line in gateway.lines() if "device" in line} == {"others"}


def test_what_the_kernel_could_not_tell_is_said(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path)
    gateway.recorder.lost("WARNING: We have hit ENOBUFS! We are losing events.")
    gateway.recorder.lost("This message means that the current netlink socket buffer is too small.")
    assert gateway.kinds() == ["day", "start", "lost"]


def test_where_no_law_asks_nothing_of_visitors_is_written(tmp_path: Path) -> None:
    over = (Period(date(2021, 10, 21), date(2027, 2, 28), 365),)
    gateway = Gateway(tmp_path, settings(periods=over))
    gateway.opens()
    gateway.recorder.hold({Holder(VISITOR, MAC, "dhcp")})
    assert gateway.kinds() == ["day", "start"]


# Time ---------------------------------------------------------------------------------------------

TODAY = date(2027, 3, 1)


@pytest.mark.parametrize(
    ("today", "earliest", "trusted", "expected"),
    [
        (TODAY, None, False, TODAY),
        (TODAY, TODAY, False, TODAY),
        (TODAY, date(2027, 2, 27), False, TODAY),
        # No battery: the machine thinks it is 1970, or another century.
        (date(1970, 1, 1), TODAY, False, TODAY),
        (date(2099, 1, 1), TODAY, False, TODAY),
        # Away for a season, and a clock that is right.
        (date(2027, 8, 1), TODAY, True, date(2027, 8, 1)),
        # A step back over midnight writes on: no sealed day is opened again.
        (TODAY, date(2027, 3, 2), True, date(2027, 3, 2)),
    ],
)
def test_the_day_that_is_written_to(
    today: date, earliest: date | None, trusted: bool, expected: date
) -> None:
    assert days.day_to_write(today, earliest, trusted=trusted) == expected


def test_days_are_utc(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path)
    # The evening of 28 February in Tahiti is 1 March everywhere else.
    gateway.at(datetime.fromisoformat("2027-03-01T23:59:59-10:00").astimezone(UTC))
    assert gateway.kinds()[0] == "day"
    assert gateway.lines()[0]["day"] == "2027-03-02"


def test_a_clock_that_goes_back_opens_no_sealed_day(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path)
    gateway.pass_days(1)
    gateway.at(NOON)
    gateway.start()
    gateway.opens()
    assert gateway.kinds(date(2027, 3, 2)) == ["day", "start", "open"]
    assert not list(faults(gateway.places))


@pytest.mark.parametrize(
    ("said", "synchronised", "source"),
    [
        (
            "0A000001,10.0.0.1,3,1795347000.1,0.000012,0,0,0,0,0,0,0,16.1,Normal",
            True,
            "10.0.0.1",
        ),
        ("7F7F0101,,12,1795347000.1,0.0,0,0,0,0,0,0,0,16.1,Normal", False, ""),
        ("00000000,,0,0.0,0.0,0,0,0,0,0,0,0,0.0,Not synchronised", False, ""),
        ("506 Cannot talk to daemon", False, ""),
    ],
)
def test_what_chrony_says(said: str, synchronised: bool, source: str) -> None:
    found = clock.Clock.of(said)
    assert (found.synchronised, found.source) == (synchronised, source)


def test_a_cut_link_is_said_once(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path)
    right = clock.Clock(synchronised=True, source="10.0.0.1", offset_s=0.001)
    lost = clock.Clock(synchronised=False, source="", offset_s=0.002)
    for seen in (right, right, lost, lost):
        gateway.recorder.tell_time(seen)
    told = [line["synchronised"] for line in gateway.lines() if line["kind"] == "clock"]
    assert told == [True, False]


@pytest.mark.parametrize(
    ("wall", "steady", "expected"),
    [((100.0, 101.0), (7.0, 8.0), 0.0), ((100.0, 3701.0), (7.0, 8.0), 3600.0)],
)
def test_a_clock_that_was_set(
    wall: tuple[float, float], steady: tuple[float, float], expected: float
) -> None:
    assert clock.jump(wall, steady) == expected

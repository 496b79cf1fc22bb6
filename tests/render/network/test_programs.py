"""The small programs of brick network, as they are written on a gateway."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import ModuleType

import pytest

from mairie.render import RenderedFile

Rendered = Callable[[str, str], dict[str, RenderedFile]]


@pytest.fixture
def program(rendered: Rendered) -> Callable[[str], ModuleType]:
    """Load a program by name, without running it."""

    def load(name: str) -> ModuleType:
        path = f"/usr/local/libexec/mairie/{name}"
        module = ModuleType(name)
        code = compile(rendered("network", "rurutu-mairie-gw")[path].text, path, "exec")
        module.__dict__["__name__"] = name
        exec(code, module.__dict__)  # noqa: S102 - our own text
        return module

    return load


WEEK = {"name": "s", "days": ["mon", "tue"], "start": "07:00", "end": "18:00", "interfaces": ["b"]}
NIGHT = {**WEEK, "start": "22:00", "end": "06:00"}


@pytest.mark.parametrize(
    ("schedule", "moment", "expected"),
    [
        (WEEK, "2026-11-23 06:59", False),  # a Monday
        (WEEK, "2026-11-23 07:00", True),
        (WEEK, "2026-11-23 17:59", True),
        (WEEK, "2026-11-23 18:00", False),
        (WEEK, "2026-11-25 12:00", False),
        ({**WEEK, "end": "24:00"}, "2026-11-24 23:59", True),
        ({**WEEK, "end": "24:00"}, "2026-11-25 00:00", False),
        (NIGHT, "2026-11-23 21:59", False),
        (NIGHT, "2026-11-23 05:00", False),  # Sunday's night is not one of its days
        (NIGHT, "2026-11-24 05:59", True),
        (NIGHT, "2026-11-25 05:59", True),
        (NIGHT, "2026-11-25 06:00", False),
        (NIGHT, "2026-11-25 23:00", False),
    ],
)
def test_hours(
    program: Callable[[str], ModuleType], schedule: dict[str, object], moment: str, expected: bool
) -> None:
    found = program("access-hours").is_open(schedule, datetime.fromisoformat(moment))
    assert found is expected


def test_hours_are_one_transaction(program: Callable[[str], ModuleType]) -> None:
    monday = datetime(2026, 11, 23, 12, 0)
    assert program("access-hours").commands([WEEK], monday) == (
        'flush set inet mairie open-s\nadd element inet mairie open-s { "b" }\n'
    )
    sunday = datetime(2026, 11, 22, 12, 0)
    assert program("access-hours").commands([WEEK], sunday) == "flush set inet mairie open-s\n"


def test_an_uplink_is_left_late_and_taken_back_later(
    program: Callable[[str], ModuleType],
) -> None:
    uplink = program("uplink-watch").Uplink("fibre", "eth0", 20)
    assert [uplink.heard(False) for _ in range(2)] == [False, False]
    assert uplink.heard(True) is False, "one answer starts the count again"
    assert [uplink.heard(False) for _ in range(3)] == [False, False, True]
    assert uplink.alive is False
    assert [uplink.heard(True) for _ in range(6)] == [False] * 5 + [True]
    assert uplink.alive is True


def test_when_nothing_answers_nothing_moves(program: Callable[[str], ModuleType]) -> None:
    watch = program("uplink-watch")
    fibre, mobile = watch.Uplink("fibre", "eth0", 20), watch.Uplink("4g", "eth2", 60)
    assert watch.choose([fibre, mobile]) is fibre
    fibre.alive = False
    assert watch.choose([fibre, mobile]) is mobile
    mobile.alive = False
    assert watch.choose([fibre, mobile]) is None


def test_a_spare_uplink_is_probed_rarely(program: Callable[[str], ModuleType]) -> None:
    watch = program("uplink-watch")
    both = fibre, mobile = watch.Uplink("fibre", "eth0", 20), watch.Uplink("4g", "eth2", 60)
    assert [watch.interval(item, fibre, list(both)) for item in both] == [10, 60]
    fibre.against = 1
    assert watch.interval(mobile, fibre, list(both)) == 10


def test_the_laid_route_follows_the_one_of_networkd(
    program: Callable[[str], ModuleType],
) -> None:
    watch = program("uplink-watch")
    found = [
        {"dev": "eth0", "gateway": "192.0.2.1", "metric": 100},
        {"dev": "eth2", "gateway": "198.51.100.1", "metric": 50},
        {"dev": "eth2", "gateway": "198.51.100.1", "metric": 200},
        {"dev": "ppp0", "metric": 300},
    ]
    route = "default via 198.51.100.1 dev eth2 proto static metric 50"
    assert watch.wanted(found, "eth2") == route.split()
    without_gateway = "default dev ppp0 proto static metric 50"
    assert watch.wanted(found, "ppp0") == without_gateway.split()
    assert watch.wanted(found, "eth9") is None
    assert watch.wanted(found, None) is None


def test_a_dns_question(program: Callable[[str], ModuleType]) -> None:
    found = program("names-watch").question(258, "hub.example")
    assert found == (
        b"\x01\x02\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03hub\x07example\x00\x00\x01\x00\x01"
    )


def test_the_resolver_file_is_replaced_at_once(
    program: Callable[[str], ModuleType], tmp_path: Path
) -> None:
    path = tmp_path / "resolvers"
    watch = program("names-watch")
    watch.write(path, ["192.0.2.53", "2001:db8::53"])
    first = path.stat().st_ino
    assert path.read_text() == "nameserver 192.0.2.53\nnameserver 2001:db8::53\n"
    watch.write(path, ["192.0.2.54"])
    assert path.stat().st_ino != first, "dnsmasq tells a new file by its inode"


def test_the_hub_is_not_given_up_for_one_silence(program: Callable[[str], ModuleType]) -> None:
    verdict = program("names-watch").Verdict(True)
    assert [verdict.heard(answer) for answer in (False, True, False, False)] == [
        False, False, False, True,
    ]  # fmt: skip
    assert verdict.good is False


SATELLITE = {
    "interface": "eth0", "uplink": "eth0", "rate": 3_400_000, "rtt_ms": 600, "overhead": 0,
    "translated": True,
}  # fmt: skip
MOBILE = {**SATELLITE, "interface": "eth2", "uplink": "eth2", "rate": 1_600_000, "rtt_ms": 60}
TUNNEL = {**SATELLITE, "interface": "wg0", "rate": 1_700_000, "overhead": 80, "translated": False}
SPARE_TUNNEL = {**TUNNEL, "uplink": "eth2", "rate": 800_000}
EMPTY = {"kind": "noqueue", "handle": "0:"}


def test_the_tunnel_has_the_rate_of_the_uplink_in_use(
    program: Callable[[str], ModuleType],
) -> None:
    queues = program("queues")
    known = [SATELLITE, MOBILE, TUNNEL, SPARE_TUNNEL]
    assert queues.wanted(known, "eth0") == [SATELLITE, MOBILE, TUNNEL]
    assert queues.wanted(known, "eth2") == [SATELLITE, MOBILE, SPARE_TUNNEL]


def test_a_queue_with_cake(program: Callable[[str], ModuleType]) -> None:
    queues = program("queues")
    replaced = "qdisc replace dev {} root handle 1: cake bandwidth {}bit diffserv4 rtt {}ms {}"
    assert [" ".join(line) for line in queues.commands(SATELLITE, "cake", EMPTY)] == [
        replaced.format("eth0", 3_400_000, 600, "nat raw")
    ]
    assert [" ".join(line) for line in queues.commands(SPARE_TUNNEL, "cake", EMPTY)] == [
        replaced.format("wg0", 800_000, 600, "nonat overhead 80")
    ]
    assert queues.shape(MOBILE, "cake")["rtt"] == 100_000, "cake's own least"


def test_a_queue_without_cake_is_changed_in_place(program: Callable[[str], ModuleType]) -> None:
    queues = program("queues")
    first = [" ".join(line) for line in queues.commands(TUNNEL, "htb", EMPTY)]
    assert first[0] == "qdisc add dev wg0 root handle 1: htb default 2"
    again = queues.commands(TUNNEL, "htb", queues.shape(SPARE_TUNNEL, "htb"))
    assert [" ".join(line) for line in again] == first[1:]
    assert not [line for line in first[1:] if " replace " not in line]


def test_a_queue_of_others_makes_way(program: Callable[[str], ModuleType]) -> None:
    queues = program("queues")
    others = {"kind": "tbf", "handle": "1:"}
    for kind in ("cake", "htb"):
        found = queues.commands(SATELLITE, kind, others)
        assert found[0] == ["qdisc", "del", "dev", "eth0", "root"]
    better = queues.commands(SATELLITE, "cake", queues.shape(SATELLITE, "htb"))
    assert better[0] == ["qdisc", "del", "dev", "eth0", "root"]

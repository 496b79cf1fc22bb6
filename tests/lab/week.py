"""A week without the link: the uplinks carry nothing, and a week passes.

What is faked: the week itself. The clock is set a week ahead in one step, which time alone never
does, so that records rightly say that it was set. Timers of the calendar run as they would; what
counts elapsed time (leases, sessions, keys) sees minutes.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

from mairie.files.records import COMMAND, FOLDER
from mairie.lab import internet
from mairie.lab.air import Air
from tests.lab import world_clock

DAYS = 7
CLOCK_SECONDS = 150
"""The recorder looks at chrony once a minute."""
SYNC_SECONDS = 1200
"""A clock whose sources were silent asks them every 1,024 s at most."""
LOST_SECONDS = 2
"""In a week, by a clock that nothing corrects: 3 millionths."""
WORLD_CLOCK = "/run/world_clock.py"
# What a provider's box still does when nothing is behind it: it gives leases.
CUT = """
nft -f - <<'end'
table inet cut {
    chain forward { type filter hook forward priority -10; policy drop; }
    chain input {
        type filter hook input priority -10; policy drop;
        udp dport 67 accept
        icmpv6 type { nd-router-solicit, nd-neighbor-solicit, nd-neighbor-advert } accept
    }
}
end
"""


def cut(air: Air) -> None:
    """Let the uplinks carry nothing; their ports and leases stay."""
    air.nodes.check(internet.NAME, ["sh", "-ec", CUT])


def pass_a_week(air: Air) -> date:
    """Set the clock a week ahead; return the UTC day that it is then."""
    said = air.machine.run(
        f"date --set \"$(date --date='+{DAYS} days' --iso-8601=ns)\" >/dev/null; date -u +%F"
    )
    return date.fromisoformat(said.strip())


def look_for_a_page(air: Air, name: str) -> None:
    """Have a visitor's device ask for a page of the internet, be it there or not."""
    air.nodes.exec(name, ["curl", "-s", "-m", "3", f"http://{internet.HOST_IPV4}/"])


def records(air: Air, day: str = "*") -> list[dict[str, Any]]:
    """Return what is recorded of a day, or of all, once what was seen is on the disk."""
    said = air.machine.run(f"sleep 2; zcat -f {FOLDER}/{day}.jsonl*")
    return [json.loads(line) for line in said.splitlines()]


def holds(air: Air) -> bool:
    """Whether the host finds the chain of all its days whole."""
    return air.machine.exec([COMMAND, "check", "--all"]).exit_code == 0


def wait_for_clock(air: Air, *, synchronised: bool) -> bool:
    """Wait until the recorder has seen what chrony follows; tell whether it has."""
    word = str(synchronised).lower()
    script = (
        f"for _ in $(seq {CLOCK_SECONDS // 5}); do "
        f'grep -h \'"kind":"clock"\' {FOLDER}/*.jsonl | tail -n 1 | '
        f"grep -q '\"synchronised\":{word}' && exit 0; sleep 5; done; exit 1"
    )
    return air.machine.exec(["sh", "-c", script], timeout=CLOCK_SECONDS + 120).exit_code == 0


def follows_itself(air: Air) -> bool:
    """Whether the gateway's clock has nothing but itself to follow."""
    tracking = air.machine.run("chronyc -c tracking").split(",")
    return tracking[0] == "7F7F0101"


def follows_the_world(air: Air) -> bool:
    """Wait until the gateway's clock follows another, and is within 0.1 s of it."""
    words = ["chronyc", "waitsync", str(SYNC_SECONDS // 5), "0.1", "0", "5"]
    return air.machine.exec(words, timeout=SYNC_SECONDS + 60).exit_code == 0


def asked_for_time(air: Air, name: str, address: str) -> bool:
    """Whether a device of the site gets the time from an address."""
    ask = ["chronyd", "-Q", "-x", "-u", "root", "-t", "20", "-f", "/dev/null"]
    words = [f"server {address} iburst", "pidfile /run/chronyd-asks.pid"]
    return air.nodes.exec(name, [*ask, *words], timeout=60).exit_code == 0


def come_back(air: Air) -> None:
    """Let the uplinks carry again; the world's clock stands ahead of the one that was alone.

    The world gets a clock of its own: its node shares the kernel of the gateway, whose clock would
    otherwise lead the one that it is to follow.
    """
    world = Path(world_clock.__file__).read_bytes()
    air.nodes.put(internet.NAME, {WORLD_CLOCK: world}, 0o755)
    start = (
        f"pkill chronyd; setsid python3 {WORLD_CLOCK} serve {internet.HOST_IPV4} {LOST_SECONDS} "
        ">/dev/null 2>&1 & "
        f"until [ -s {world_clock.BASE} ]; do sleep 0.2; done"
    )
    air.nodes.check(internet.NAME, ["sh", "-c", start])
    air.nodes.check(internet.NAME, ["nft", "delete", "table", "inet", "cut"])


def behind_the_world(air: Air) -> float:
    """Return how many seconds the gateway's clock is behind the world's."""
    return float(air.nodes.check(internet.NAME, ["python3", WORLD_CLOCK, "ahead"]))

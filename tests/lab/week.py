"""A week without the link: the uplinks carry nothing, a week passes, and the world comes back.

What is faked: the week itself. The clock is set a week ahead in one step, which time alone never
does, so that records rightly say that it was set. Timers of the calendar run as they would; what
counts elapsed time (leases, sessions, keys) sees minutes. The world's clock is then ahead of the
gateway's by as much as a bad crystal loses in a week.
"""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from mairie.files.records import COMMAND, FOLDER
from mairie.lab import internet, visitors
from mairie.lab.topology import Client
from tests.lab.radio_site import Radio

DAYS = 7
AHEAD_S = 5.0
"""Ten parts in a million, as uncorrected crystals have, make 6 s a week."""
CLOCK_SECONDS = 150
"""The recorder looks at chrony once a minute."""
BACK_SECONDS = 600
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
NTP_SERVER = "/srv/node/ntp-server"
NTP_SERVER_TEXT = b"""#!/usr/bin/python3
import socket, struct, sys, time
asked = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
IP_PKTINFO = 8
asked.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
asked.bind(("", 123))
while True:
    request, notes, _, client = asked.recvmsg(512, 256)
    now = time.time() + float(sys.argv[1])
    stamp = struct.pack("!II", int(now) + 2208988800, int(now % 1 * 2**32))
    head = struct.pack("!BBBb2I4s", 0x24, 2, request[2], -20, 0, 0, b"TEST")
    own = struct.pack("I4s4s", 0, notes[0][2][8:12], bytes(4))
    note = (socket.IPPROTO_IP, IP_PKTINFO, own)
    asked.sendmsg([head + stamp + request[40:48] + stamp + stamp], [note], 0, client)
"""


def cut(radio: Radio) -> None:
    """Let the uplinks carry nothing; their ports and leases stay."""
    radio.trunk.nodes.check(internet.NAME, ["sh", "-ec", CUT])


def pass_a_week(radio: Radio) -> date:
    """Set the clock a week ahead; return the UTC day that it is then."""
    said = radio.trunk.machine.run(
        f"date --set \"$(date --date='+{DAYS} days' --iso-8601=ns)\" >/dev/null; date -u +%F"
    )
    return date.fromisoformat(said.strip())


def come_back(radio: Radio) -> None:
    """Let the uplinks carry again, to a world whose clocks are ahead."""
    nodes = radio.trunk.nodes
    serve = f"setsid python3 {NTP_SERVER} {AHEAD_S} >/dev/null 2>&1 </dev/null &"
    for name in (internet.NAME, radio.trunk.site.hub.name):
        nodes.put(name, {NTP_SERVER: NTP_SERVER_TEXT})
        nodes.check(name, ["sh", "-ec", f"pkill chronyd; sleep 1; {serve}"])
    nodes.check(internet.NAME, ["nft", "destroy", "table", "inet", "cut"])


def visitor(radio: Radio) -> Client:
    """Return the device that plays a visitor, by cable."""
    return next(each for each in radio.trunk.site.clients if each.segment == "public")


def visit(radio: Radio) -> str:
    """Have a visitor come, accept the terms and look for a page; return their IPv4 address."""
    client, nodes = visitor(radio), radio.trunk.nodes
    lease = radio.trunk.world.lease(client.name)
    visitors.accept(nodes, client, radio.trunk.plan)
    nodes.exec(client.name, ["curl", "-s", "-m", "3", f"http://{internet.HOST_IPV4}/"])
    return lease.ipv4


def records(radio: Radio, day: str = "*") -> list[dict[str, Any]]:
    """Return what is recorded of a day, or of all, once what was seen is on the disk."""
    said = radio.trunk.machine.run(f"sleep 2; zcat -f {FOLDER}/{day}.jsonl*")
    return [json.loads(line) for line in said.splitlines()]


def chain(radio: Radio) -> tuple[int, str]:
    """Return what the host says of all its days."""
    done = radio.trunk.machine.exec([COMMAND, "check", "--all"])
    return done.exit_code, done.stdout


def wait_for_clock(radio: Radio, *, synchronised: bool) -> bool:
    """Wait until the recorder has seen what chrony follows; tell whether it has."""
    word = str(synchronised).lower()
    script = (
        f"for _ in $(seq {CLOCK_SECONDS // 5}); do "
        f'grep -h \'"kind":"clock"\' {FOLDER}/*.jsonl | tail -n 1 | '
        f"grep -q '\"synchronised\":{word}' && exit 0; sleep 5; done; exit 1"
    )
    machine = radio.trunk.machine
    return machine.exec(["sh", "-c", script], timeout=CLOCK_SECONDS + 120).exit_code == 0


def follows_itself(radio: Radio) -> bool:
    """Whether the gateway's clock has nothing but itself to follow."""
    tracking = radio.trunk.machine.run("chronyc -c tracking").split(",")
    return tracking[0] == "7F7F0101"


def follows_the_world(radio: Radio) -> bool:
    """Wait until the gateway's clock follows another, and is within 0.1 s of it."""
    words = ["chronyc", "waitsync", str(BACK_SECONDS // 5), "0.1", "0", "5"]
    return radio.trunk.machine.exec(words, timeout=BACK_SECONDS + 60).exit_code == 0


def asked_for_time(radio: Radio, name: str, address: str) -> bool:
    """Whether a device of the site gets the time from an address."""
    ask = ["chronyd", "-Q", "-x", "-u", "root", "-t", "20", "-f", "/dev/null"]
    words = [f"server {address} iburst", "pidfile /run/chronyd-asks.pid"]
    return radio.trunk.nodes.exec(name, [*ask, *words], timeout=60).exit_code == 0

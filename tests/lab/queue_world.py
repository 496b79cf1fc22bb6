"""Rurutu's town hall behind a slow line, its hub and an operator, deployed; two softphones.

The line is the provider's end of the wire: a bucket of the rate that the inventory names, before
it a queue of half a second, as modems have. There is no delay of a satellite in it.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import quantiles

from rich.console import Console

from mairie.host.events import Action
from mairie.inventory import load
from mairie.lab import building, clients, internet
from mairie.lab.containers import Node
from mairie.lab.fabric import Attachment
from mairie.lab.session import Session
from mairie.lab.topology import Topology
from mairie.plan.host import HostPlan
from mairie.plan.parts.voip import Extension, Trunk
from mairie.run import Run
from mairie.secrets.identity import find_identity
from mairie.secrets.signing import Signing
from mairie.secrets.telephony import Lines
from mairie.secrets.vault import Vault
from tests.lab import voip_inventory
from tests.lab.voip_world import SHARE, wait

HUB, GATEWAY, SERVER, OPERATOR = "hub", "rurutu-mairie-gw", "rurutu-mairie-srv", "operator"
PHONES, STAFF = "rurutu-mairie-voice", "rurutu-mairie-agents"
HOSTS = (HUB, GATEWAY, SERVER)
BEFORE = ("base", "network", "vpn")
OPERATOR_ADDRESS = internet.provider("fibre").ipv4(77)
TRAFFIC, PHONE = "/srv/traffic.py", "/srv/phone/phone.py"
LINE = "ifb0"
"""Where the outside takes what the gateway sends."""
LINE_BYTES = 250_000
"""Room before the line: half a second of a satellite's 4 Mbit/s."""
STREAMS = 16
"""Connections of an upload: a browser's, or a backup's with as much in flight."""
PHONE_OF = {5070: "accueil", 5071: "secretariat"}
"""Port of SIP → key of the phone."""
RAPA_ANSWERS = "041101"
"""Of Rapa, where nobody is: the hub itself answers, and says back what it hears."""
OPERATOR_ACCOUNT = """\
[rurutu](customer)
aors = rurutu
set_var = CHANNELS=2
[rurutu]
type = aor
max_contacts = 1
remove_existing = yes
[rurutu]
type = identify
endpoint = rurutu
match = {}/24
"""


@dataclass(frozen=True)
class Heard:
    """What came of one call's sound in one direction."""

    sent: int
    lost: int
    delays: tuple[float, ...]
    """Of each packet that came, milliseconds, one way."""
    jitter: float
    """RFC 3550, 6.4.1, at the end, milliseconds."""

    @property
    def lost_percent(self) -> float:
        """Share of packets that never came."""
        return 100 * self.lost / max(1, self.sent)

    @property
    def median(self) -> float:
        """Of the delays."""
        return sorted(self.delays)[len(self.delays) // 2] if self.delays else 0.0

    @property
    def p95(self) -> float:
        """Delay that one packet in twenty exceeds."""
        return quantiles(self.delays, n=20)[-1] if len(self.delays) > 1 else 0.0


class World:
    """The machines, deployed, with two calls under way."""

    def __init__(self, folder: Path) -> None:
        voip_inventory.write(folder)
        territory, identity = load(folder, secrets=False), find_identity(folder, demo=True)
        vault = Vault(folder, territory)
        lines = Lines(vault)
        lines.generate(lambda: identity)
        Signing(vault).generate(lambda: identity)
        for commune in territory.communes:
            lines.put(commune, "trunk-local", "nobody asks for it", identity)
        self.filled = 0, 0
        """Of the last measure: bytes before the line, packets dropped there."""
        self._passwords = vault.open("rurutu", identity).telephony
        building.offer_asterisk(print)
        self.session = Session.of(folder, print, name="test-voip-queue")
        self.lab = self.session.lab
        plans = self.session.plans
        self.session.plans = {name: _with_operator(plan) for name, plan in plans.items()}

    def start(self) -> None:
        """Boot, deploy, put the slow line in, switch the phones on."""
        layout = self.session.layout
        named = (internet.NAME, *HOSTS, PHONES, STAFF)
        nodes = tuple(node for node in layout.nodes if node.name in named)
        operator = Node(OPERATOR, "host", (Attachment("eth0", internet.provider("fibre").network),))
        devices = tuple(each for each in layout.clients if each.name in (PHONES, STAFF))
        self.session.layout = Topology((*nodes, operator), devices, HOSTS)
        self.lab.up(self.session.layout.nodes)
        internet.start(self.lab, self.session.plans)
        self.act("apply", HUB, GATEWAY, only=BEFORE)
        self._start_operator()
        self.act("apply", SERVER, HUB, only=(*BEFORE, "voip"))
        self.leases = clients.connect(self.lab, devices)
        self._lay_line()
        for name in (internet.NAME, HUB, GATEWAY, SERVER, OPERATOR, STAFF):
            self.lab.put(name, {TRAFFIC: (SHARE / "traffic.py").read_bytes()})
        for name, port in ((internet.NAME, 443), (HUB, 8000)):
            self.run(name, f"setsid python3 {TRAFFIC} sink {port} >/dev/null 2>&1 </dev/null &")
        for command in ("1,Answer", "2,Echo"):
            said = self.ask(HUB, f"dialplan add extension {RAPA_ANSWERS},{command} into communes")
            assert "added" in said, said
        for port in PHONE_OF:
            self._switch_on(port)

    # Machines -------------------------------------------------------------------------------------

    def plan(self, host: str) -> HostPlan:
        """Return what a host is deployed with."""
        return self.session.plans[host]

    def act(self, action: Action, *hosts: str, only: tuple[str, ...] = ()) -> None:
        """Do one thing on some hosts, which must succeed."""
        plans = {name: self.plan(name) for name in hosts}
        run = Run(plans, self.session.reach(), Console(file=io.StringIO()), "demo", 2)
        for outcome in run.act(action, only):
            assert outcome.status == "done", (outcome.message, outcome.failed)

    def run(self, name: str, script: str, timeout: float = 120) -> str:
        """Run a shell script that must succeed; return its output."""
        return self.lab.check(name, ["sh", "-c", script], timeout=timeout)

    def ask(self, host: str, command: str) -> str:
        """Return what an Asterisk answers."""
        return self.lab.check(host, ["asterisk", "-rx", command])

    def _lay_line(self) -> None:
        rate = self.plan(GATEWAY).network.uplinks[0].up
        port = internet.provider("satellite").port
        self.run(
            internet.NAME,
            f"ip link add {LINE} type ifb && ip link set {LINE} up && "
            f"tc qdisc add dev {port} ingress && tc filter add dev {port} parent ffff: "
            f"protocol all u32 match u32 0 0 action mirred egress redirect dev {LINE} && "
            f"tc qdisc add dev {LINE} root tbf rate {rate} burst 5000 limit {LINE_BYTES}",
        )

    def line(self) -> tuple[int, int]:
        """Return bytes that wait before the line now, and packets that it had no room for."""
        said = ""
        while not said:  # of a machine with much to do, Docker loses an answer now and then
            said = self.run(internet.NAME, f"tc -s -json qdisc show dev {LINE}")
        (found,) = json.loads(said)
        return int(found["backlog"]), int(found["drops"])

    def calls_dropped(self) -> int:
        """Return how many packets of calls the gateway's queues had no room for."""
        dropped = 0
        for port in ("eth0", "wg0"):
            said = self.run(GATEWAY, f"tc -s -json class show dev {port}")
            found = [item for item in json.loads(said) if item.get("handle") == "1:4"]
            dropped += sum(item["stats"]["drops"] for item in found)
        return dropped

    def queues(self, *, on: bool) -> None:
        """Have the gateway's queues, or none."""
        if on:
            self.run(GATEWAY, "systemctl start mairie-queues.timer mairie-queues.service")
            return
        self.run(
            GATEWAY,
            "systemctl stop mairie-queues.timer mairie-queues.service; "
            "for port in eth0 wg0; do tc qdisc del dev $port root 2>/dev/null || :; done",
        )

    @contextmanager
    def hub_cut(self) -> Iterator[None]:
        """Have nothing come to the hub, and nothing leave it."""
        chains = "".join(
            f"chain {hook} {{ type filter hook {hook} priority -400; policy drop; }}; "
            for hook in ("input", "output")
        )
        self.run(HUB, f"nft 'table inet cut {{ {chains}}}'")
        try:
            yield
        finally:
            self.run(HUB, "nft delete table inet cut")

    # Calls ----------------------------------------------------------------------------------------

    def _start_operator(self) -> None:
        self.run(
            OPERATOR,
            f"ip link set eth0 up; ip address replace {OPERATOR_ADDRESS}/24 dev eth0; "
            f"ip route replace default via {internet.provider('fibre').ipv4(1)}; "
            "apt-get update -q; apt-get install -qy --no-install-recommends asterisk",
            timeout=300,
        )
        texts = {
            path.name: path.read_text().replace("ADDRESS", OPERATOR_ADDRESS)
            for path in sorted((SHARE / "operator").glob("*.conf"))
        }
        satellite = internet.provider("satellite").ipv4(0)
        texts["pjsip_customers.conf"] = OPERATOR_ACCOUNT.format(satellite)
        self.run(OPERATOR, "rm -rf /etc/asterisk/*")
        files = {f"/etc/asterisk/{name}": text.encode() for name, text in texts.items()}
        self.lab.put(OPERATOR, files)
        self.run(OPERATOR, "chown -R asterisk: /etc/asterisk; systemctl restart asterisk.service")

    def extension(self, name: str) -> Extension:
        """Return a phone by its key."""
        voip = self.plan(SERVER).voip
        assert voip is not None
        return next(each for each in voip.extensions if each.name == name)

    @property
    def server(self) -> str:
        """Address of the telephone host."""
        voip = self.plan(SERVER).voip
        assert voip is not None
        return voip.ipv4

    @property
    def hub(self) -> str:
        """Address of the exchange, in the tunnel."""
        exchange = self.plan(HUB).exchange
        assert exchange is not None
        return exchange.ipv4

    def _switch_on(self, port: int) -> None:
        name = PHONE_OF[port]
        number, folder = self.extension(name).number, f"/srv/phone/{name}"
        account = (
            f'"{name}" <sip:{number}@{self.server};transport=udp>;auth_user={number};'
            f"auth_pass={self._passwords[f'sip-{name}']};answermode=auto;regint=120;"
            "audio_codecs=PCMA;mediaenc=\n"
        )
        settings = (SHARE / "baresip.conf").read_text()
        for word, value in (
            ("ADDRESS", self.leases[PHONES].ipv4.partition("/")[0]),
            ("CONTROL", str(port + 1000)),
            ("PORT", str(port)),
            ("TONE", "440"),
            ("FOLDER", folder),
        ):
            settings = settings.replace(word, value)
        texts = {"config": settings, "accounts": account, "contacts": "", "uuid": ""}
        self.lab.put(PHONES, {f"{folder}/{key}": text.encode() for key, text in texts.items()})
        self.lab.put(PHONES, {PHONE: (SHARE / "phone.py").read_bytes()})
        self.run(PHONES, f"cd {folder}; setsid baresip -f {folder} >said 2>&1 </dev/null & sleep 2")
        known = f"{number}/sip:{number}"
        registered = wait(lambda: known in self.ask(SERVER, "pjsip list contacts"), 20)
        assert registered, self.run(PHONES, f"cat {folder}/said")

    def call(self, port: int, number: str) -> None:
        """Have a phone call a number; wait until it is answered."""
        # A softphone falls over, now and then, when a call ends.
        alive = self.lab.exec(PHONES, ["python3", PHONE, "tell", str(port + 1000), "reginfo"])
        if alive.exit_code:
            self._switch_on(port)
        before = self._up()
        self.run(PHONES, f"python3 {PHONE} tell {port + 1000} dial sip:{number}@{self.server}")
        assert wait(lambda: self._up() >= before + 2, 20), self.ask(SERVER, "core show channels")

    def _up(self) -> int:
        return self.ask(SERVER, "core show channels concise").count("!Up!")

    def hang_up(self) -> None:
        """End both calls."""
        self.ask(SERVER, "channel request hangup all")
        assert wait(lambda: self._up() == 0, 15)

    def marks_from_offices(self) -> set[int]:
        """Have somebody in the offices send packets marked as calls; return marks outside."""
        self.run(
            internet.NAME,
            f"setsid timeout 30 tcpdump -nn -v -c 5 -i {LINE} udp dst port 4569 "
            ">/srv/marks 2>&1 </dev/null &",
        )

        def seen() -> str:
            return self.run(internet.NAME, "cat /srv/marks")

        assert wait(lambda: "listening" in seen(), 10)
        self.run(
            STAFF,
            'python3 -c "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); '
            "s.setsockopt(0, 1, 184); "
            f"[s.sendto(b'x', ('{internet.HOST_IPV4}', 4569)) for _ in range(5)]\"",
        )
        assert wait(lambda: "5 packets captured" in seen(), 15), seen()
        return {int(mark, 16) for mark in re.findall(r"tos (0x[0-9a-f]+)", seen())}

    # Measures -------------------------------------------------------------------------------------

    def fill(self, upload: str, seconds: int) -> None:
        """Begin an upload: the night's backup to the hub, or that of somebody in the offices."""
        name, address, port = {
            "backup": (SERVER, self.hub, 8000),
            "office": (STAFF, internet.HOST_IPV4, 443),
        }[upload]
        self.run(
            name,
            f"setsid python3 {TRAFFIC} send {address} {port} {STREAMS} {seconds} "
            ">/srv/sent 2>&1 </dev/null &",
        )

    def sent(self, upload: str) -> int:
        """Return bytes that the last upload got rid of."""
        return int(self.run(SERVER if upload == "backup" else STAFF, "cat /srv/sent") or 0)

    def listen(self, seconds: int) -> None:
        """Begin to time the sound that leaves the telephone host, and before it what comes."""
        for name, interface, end, address in (
            (HUB, "wg0", "from", self.server),
            (OPERATOR, "eth0", "to", OPERATOR_ADDRESS),
            (GATEWAY, "br-servers", "from", self.server),
        ):
            self.run(
                name,
                f"setsid python3 {TRAFFIC} watch {interface} {end} {address} {seconds} "
                ">/srv/watched 2>/srv/watch-failed </dev/null & sleep 0.5",
            )

    def heard(self, seconds: float) -> dict[str, Heard]:
        """Return what came of the sound, by where it went: ``tunnel``, ``outside``.

        Packets of the first seconds count, so that even those that waited long could come.
        """
        left = [json.loads(line) for line in self.run(GATEWAY, "cat /srv/watched").splitlines()]
        assert left, self.run(GATEWAY, "cat /srv/watch-failed")
        end = min(item[0] for item in left) + seconds * 1e9
        found = {}
        for way, name, to in (
            ("tunnel", HUB, self.hub),
            ("outside", OPERATOR, OPERATOR_ADDRESS),
        ):
            came = {}
            for line in self.run(name, "cat /srv/watched").splitlines():
                at, _, source, number = json.loads(line)
                came[(source, number)] = at
            sent = [(at, source, n) for at, where, source, n in left if where == to and at < end]
            found[way] = _heard(sent, came)
        return found


def _heard(sent: list[tuple[int, int, int]], came: dict[tuple[int, int], int]) -> Heard:
    delays: list[float] = []
    jitter = 0.0
    for at, source, number in sent:
        arrived = came.get((source, number))
        if arrived is None:
            continue
        delay = (arrived - at) / 1e6
        if delays:
            jitter += (abs(delay - delays[-1]) - jitter) / 16
        delays.append(delay)
    return Heard(len(sent), len(sent) - len(delays), tuple(delays), jitter)


def _with_operator(plan: HostPlan) -> HostPlan:
    """Give trunks the operator's address, and SIP that needs no certificate."""
    if plan.voip is None:
        return plan

    def at(trunk: Trunk) -> Trunk:
        return replace(trunk, host=OPERATOR_ADDRESS, port=5060, transport="udp", srtp=False)

    first = at(plan.voip.trunks[0])
    return replace(plan, voip=replace(plan.voip, trunks=(first,)))

"""A second access point beside the gateway of ``Air``, and devices that walk from one to the other.

Simulated radios are all in one kernel, so the access point is a node of the gateway's machine, with
a cable of its own to the gateway's trunk. It runs the files that its bundle would bring: hostapd's,
and the rules of its firewall. Its links are laid by ``ip`` from the same plan.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from mairie.files.wifi import HOSTAPD, configuration_of, control_of
from mairie.lab import internet, outside
from mairie.lab.air import Air, radios_of
from mairie.lab.errors import LabError
from mairie.lab.stations import CONTROL, RADIO
from mairie.plan.host import HostPlan, HostSecrets
from mairie.plan.parts.wifi import Radio
from mairie.render import render

POINT: Final = "point"
"""The node that is the access point."""
STREAM_PORT: Final = 443
"""Of the internet: every segment that roams may reach it."""
TURNS: Final = 20
"""Questions a second."""
_LOG: Final = "/run/hostapd.log"
_ECHO: Final = f"""
import socket, threading
def stream(one):
    with one:
        while data := one.recv(4096):
            one.sendall(data)
waiting = socket.create_server(("", {STREAM_PORT}))
while True:
    threading.Thread(target=stream, args=(waiting.accept()[0],), daemon=True).start()
"""
_WALK: Final = f"""
import json, select, socket, struct, sys, time
server, gateway, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
stream = socket.create_connection((server, {STREAM_PORT}), timeout=20)
stream.setblocking(False)
echoes = socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP)
echoes.connect((gateway, 0))
began = last = time.monotonic()
sent = answered = written = 0
gap, read = 0.0, b""
def look(wait):
    global answered, last, gap, read
    for each in select.select([stream, echoes], [], [], wait)[0]:
        try:
            data = each.recv(4096)
        except OSError:
            continue
        if each is stream:
            assert data, "the stream was closed"
            read += data
        else:
            now = time.monotonic()
            gap, last, answered = max(gap, now - last), now, answered + 1
while time.monotonic() < began + seconds:
    due = began + sent / {TURNS}
    while (left := due - time.monotonic()) > 0:
        look(left)
    try:
        echoes.send(struct.pack("!BBHHH", 8, 0, 0, 0, sent))
    except OSError:
        pass
    sent += 1
    if sent % 4 == 0:
        try:
            written += stream.send(b"%07d\\n" % sent)
        except BlockingIOError:
            pass
gap = max(gap, time.monotonic() - last)
until = time.monotonic() + 60
while len(read) < written and time.monotonic() < until:
    look(0.5)
print(json.dumps({{"gap": gap, "sent": sent, "answered": answered,
    "whole": len(read) == written > 0, "address": stream.getsockname()[0]}}))
"""


@dataclass(frozen=True)
class Walk:
    """What somebody noticed who went from one access point to the other."""

    left: str
    """Address on the air (BSSID) of the access point that they left."""
    reached: str
    method: str
    """How they proved who they are there: ``FT-EAP``, ``WPA2-EAP-SHA256``, ``FT-SAE`` …"""
    gap: float
    """Longest time without an answer, seconds; ``1 / TURNS`` is none at all."""
    sent: int
    answered: int
    address: str
    whole: bool
    """Whether the stream that was open before carried everything, both ways, afterwards."""


class Roaming(Air):
    """``Air`` with an access point beside the gateway, that is switched on later."""

    def __init__(
        self,
        gateway: tuple[HostPlan, HostSecrets],
        point: tuple[HostPlan, HostSecrets],
        stations: Sequence[str],
        say: Callable[[str], None],
    ) -> None:
        """Prepare; nothing is started yet.

        Args:
            gateway: plan and secrets of a gateway with radios and a trunk.
            point: those of an access point of its site, whose radios have other names.
            stations: names of the devices.
            say: told what is being done, a sentence at a time.

        """
        super().__init__(*gateway, stations, say)
        self.point, self._point_secrets = point

    @property
    def radios(self) -> tuple[Radio, ...]:
        """Those of both."""
        return (*super().radios, *radios_of(self.point))

    def lay(self) -> None:
        """Lay the world around the gateway, with a cable to the access point."""
        self.say(f"Laying the internet, an access point and {len(self._stations)} radios")
        self.nodes.start([internet.NAME, POINT, *self._stations])
        self.machine.run("modprobe -a 8021q bridge veth")
        outside.lay(self.nodes, {self.host: self.plan}, outside.cables_of(self.plan))
        (trunk,) = {item.trunk for item in self.plan.network.segments}
        (port,) = {item.trunk for item in self.point.network.segments}
        cable = f"ip link add {trunk} type veth peer name {port} netns {self.nodes.pid(POINT)}"
        self.machine.run(cable)
        self._radio_waves((POINT, *self._stations))
        for radio in radios_of(self.point):
            rename = ["ip", "link", "set", RADIO, "name", radio.name]
            self.nodes.check(POINT, rename)
        self._links(port)
        self.nodes.put(internet.NAME, {"/srv/echo.py": _ECHO.encode()})
        start = "setsid python3 /srv/echo.py >/run/echo.log 2>&1 </dev/null &"
        self.nodes.check(internet.NAME, ["sh", "-c", start])

    def _links(self, port: str) -> None:
        """Lay the access point's VLANs, bridges and address, then its firewall."""
        lines = [f"link set {port} up"]
        for item in self.point.network.segments:
            lines += [
                f"link add {item.bridge} type bridge stp_state 0 mcast_snooping 0",
                f"link add link {port} name {item.member} type vlan id {item.vlan}",
                f"link set {item.member} master {item.bridge} up",
                f"link set {item.bridge} up",
            ]
            if item.ipv4:
                lines.append(f"address add {item.ipv4} dev {item.bridge}")
                lines.append(f"route add default via {item.gateway_ipv4}")
        self.nodes.ip(POINT, lines)
        rules = self._rendered("network")["/etc/nftables.conf"]
        self.nodes.put(POINT, {"/srv/node/nftables.conf": rules}, 0o600)
        self.nodes.check(POINT, ["nft", "-f", "/srv/node/nftables.conf"])

    def _rendered(self, brick: str) -> dict[str, bytes]:
        return {
            file.path: file.text.encode() for file in render(self.point, self._point_secrets, brick)
        }

    def switch_on(self) -> None:
        """Put the access point's networks on the air.

        Raises:
            LabError: hostapd does not start, or is not on the air within two minutes.

        """
        self.nodes.check(POINT, ["sh", "-c", f"mkdir -p {HOSTAPD} && mount -t tmpfs own {HOSTAPD}"])
        files = {k: v for k, v in self._rendered("wifi").items() if k.startswith(f"{HOSTAPD}/")}
        self.nodes.put(POINT, files, 0o600)
        for radio in radios_of(self.point):
            asked = f"hostapd_cli -p {control_of(radio)} -i {radio.name} status"
            isolated = " ".join(
                name
                for network in radio.networks
                if network.isolated
                for name in network.interfaces
            )
            script = f"""
                mkdir -p {control_of(radio)}
                hostapd -B -t -f {_LOG} {configuration_of(radio)} || {{ cat {_LOG} >&2; exit 1; }}
                for _ in $(seq 120); do
                    {asked} | grep -q state=ENABLED && break
                    sleep 1
                done
                {asked} | grep -q state=ENABLED || {{ cat {_LOG} >&2; exit 1; }}
                for name in {isolated}; do bridge link set dev $name isolated on; done
            """
            self.nodes.check(POINT, ["sh", "-ec", script], timeout=180)

    def walk(self, name: str, ssid: str, *, seconds: float = 18) -> Walk:
        """Have a device that is connected go to the other access point, with a session open.

        Args:
            name: of the station.
            ssid: of its network.
            seconds: how long it is watched.

        Raises:
            LabError: no session could be opened before the walk, or it was closed on the way.

        """
        before = self.status(name)
        goal = self._other(ssid, before["bssid"])
        tell = f"wpa_cli -s /run -p {CONTROL} -i {RADIO}"
        frequencies = ",".join(map(str, self._frequencies()))
        self.nodes.put(name, {"/srv/walk.py": _WALK.encode()})
        script = f"""
            for _ in $(seq 20); do
                {tell} scan freq={frequencies} >/dev/null
                sleep 3
                {tell} scan_results | grep -q {goal} && break
            done
            gateway=$(set -- $(ip -4 route show default); echo $3)
            sysctl -qw net.ipv4.ping_group_range='0 0'
            python3 /srv/walk.py {internet.HOST_IPV4} $gateway {seconds:g} >/run/walk.said 2>&1 &
            sleep 4
            {tell} roam {goal} >/dev/null
            wait
            cat /run/walk.said
        """
        printed = self.nodes.check(name, ["sh", "-c", script], timeout=seconds + 240)
        if not printed.startswith("{"):
            raise LabError(f"{name} could not walk: {printed}")
        after = self.status(name)
        return Walk(
            left=before["bssid"],
            reached=after["bssid"],
            method=after["key_mgmt"],
            **json.loads(printed),
        )

    def said(self) -> str:
        """Return what the access point's hostapd has logged."""
        return self.nodes.check(POINT, ["cat", _LOG])

    def _other(self, ssid: str, bssid: str) -> str:
        return next(
            network.bssid
            for radio in self.radios
            for network in radio.networks
            if network.ssid == ssid and network.bssid != bssid
        )

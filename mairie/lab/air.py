"""One gateway in the QEMU machine with radios of its own, and stations on the air around it.

The machine is the gateway: the same bundle is pushed to it as to a real one. The radios are
mac80211_hwsim's: everything above the antenna is Debian's kernel, hostapd and wpa_supplicant. Each
station has a radio in a network of its own, so that its packets have no way but the air.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Literal

from mairie.host.looks.air import unescaped
from mairie.lab import internet, leasing, outside
from mairie.lab.clients import Lease
from mairie.lab.guest import Guest
from mairie.lab.stations import CONTROL, FOLDER, RADIO, Station
from mairie.plan.host import Brick, HostPlan, HostSecrets
from mairie.plan.parts.network import SegmentInterface
from mairie.plan.parts.wifi import Radio

JOIN_SECONDS: Final = 120
"""Without KVM an EAP-TLS log-in takes several seconds, and a dozen of them share a processor."""
LEASE_SECONDS: Final = 120
SCAN_SECONDS: Final = (5, 20, 20)
"""For each try to hear what is there."""
_LOG: Final = "/run/supplicant.log"
_PID: Final = "/run/supplicant.pid"
_CONFIGURATION: Final = f"{FOLDER}/supplicant.conf"
_REFUSALS: Final = (
    "CTRL-EVENT-EAP-FAILURE",
    "CTRL-EVENT-ASSOC-REJECT",
    "CTRL-EVENT-AUTH-REJECT",
    "CTRL-EVENT-SSID-TEMP-DISABLED",
)
OF_RADIOS: Final[tuple[Brick, ...]] = ("network", "wifi", "lessons")
"""Bricks that radios need."""
MARK: Final = "--- mairie ---\n"
"""Between the parts of what a station prints."""

Verdict = Literal["connected", "refused", "silent"]


@dataclass(frozen=True)
class Joined:
    """What came of a station that looked for its network."""

    verdict: Verdict
    """``refused``: a network answered and said no; ``silent``: none was there, or none answered."""
    seconds: float
    """From the start of wpa_supplicant to the verdict."""
    status: Mapping[str, str]
    """What wpa_supplicant says of the connection: ``ssid``, ``bssid``, ``key_mgmt``, ``pmf`` …"""
    lease: Lease
    named: bool
    """Whether a resolver that DHCP named answered a question."""
    said: str = field(repr=False)

    @property
    def has_addresses(self) -> bool:
        """Whether it is connected, with an address of each family."""
        return self.verdict == "connected" and bool(self.lease.ipv4 and self.lease.ipv6)


class Air(Guest):
    """The machine for the length of a ``with`` block: booted, with the world around the gateway."""

    def __init__(
        self,
        plan: HostPlan,
        secrets: HostSecrets,
        stations: Sequence[str],
        say: Callable[[str], None],
        *,
        bricks: tuple[Brick, ...] = OF_RADIOS,
        disk: Path | None = None,
    ) -> None:
        """Prepare; nothing is started yet.

        Args:
            plan: of a gateway with radios.
            secrets: of the gateway.
            stations: names of the devices.
            say: told what is being done, a sentence at a time.
            bricks: those that are deployed, of what the gateway has; the trunk shows the whole.
            disk: see :class:`mairie.lab.machine.Machine`.

        """
        super().__init__(with_bricks(plan, bricks), secrets, say, disk=disk)
        self._bricks = bricks
        self._stations = tuple(stations)

    @property
    def radios(self) -> tuple[Radio, ...]:
        """Those of all access points."""
        return radios_of(self.plan)

    def segment(self, name: str) -> SegmentInterface:
        """Return a segment of the gateway."""
        return next(item for item in self.plan.network.segments if item.segment == name)

    def change(self, plan: HostPlan, secrets: HostSecrets) -> None:
        """Take another plan of the same host for what is deployed from now on."""
        self.plan, self.secrets = with_bricks(plan, self._bricks), secrets

    def lay(self) -> None:
        """Lay the world around the gateway: the internet, idle ports, radios."""
        self.say(f"Laying the internet and {len(self._stations)} radios around the gateway")
        self.nodes.start([internet.NAME, *self._stations])
        self.machine.run("modprobe -a 8021q bridge dummy veth")
        if "base" not in self._bricks:
            # Opening hours count in the commune's time, which brick base sets.
            self.machine.run(f"ln -sf /usr/share/zoneinfo/{self.plan.timezone} /etc/localtime")
        outside.lay(self.nodes, {self.host: self.plan}, outside.cables_of(self.plan))
        # Of copper, the segments have only ports where nothing is plugged in.
        ports = {item.trunk or item.member for item in self.plan.network.segments}
        self.machine.run("\n".join(f"ip link add {port} type dummy" for port in sorted(ports)))
        self._radio_waves(self._stations)

    def _radio_waves(self, nodes: Sequence[str]) -> None:
        """Make radios: the gateway keeps the first, each node gets one."""
        own = [radio.name for radio in radios_of(self.plan)]
        count = len(own) + len(nodes)
        lines = [
            f"modprobe mac80211_hwsim radios={count} support_p2p_device=0",
            "udevadm settle",
            "phy() { cat /sys/class/net/$1/phy80211/name; }",
        ]
        for number, radio in enumerate(own):
            lines.append(f"[ wlan{number} = {radio} ] || ip link set wlan{number} name {radio}")
        for number, name in enumerate(nodes, len(own)):
            lines.append(f"iw phy $(phy wlan{number}) set netns {self.nodes.pid(name)}")
        self.machine.run("\n".join(lines), timeout=120)
        for number, name in enumerate(nodes, len(own)):
            self.nodes.check(name, ["ip", "link", "set", f"wlan{number}", "name", RADIO])
            self.nodes.put(name, {leasing.HOOK: leasing.HOOK_TEXT}, 0o755)

    def join(self, stations: Iterable[Station]) -> dict[str, Joined]:
        """Set stations up, all at once, and say what came of each; one that runs starts anew.

        Who belongs here and has no address after that does it again, as its owner would: on a busy
        machine hostapd may give up on a handshake whose end its station has seen.
        """
        chosen = list(stations)
        found = self._join(chosen)
        late = [each for each in chosen if each.segment and not found[each.name].has_addresses]
        return found | (self._join(late) if late else {})

    def _join(self, stations: Iterable[Station]) -> dict[str, Joined]:
        chosen = {station.name: station for station in stations}
        question = self.plan.network.dns.records[0].name if self.plan.network.dns else ""
        for name, station in chosen.items():
            text = station.configuration(self._frequencies(station.near))
            files = {_CONFIGURATION: text, **station.files}
            self.nodes.put(name, {path: data.encode() for path, data in files.items()}, 0o600)
        scripts = {name: _join(station, question) for name, station in chosen.items()}
        printed = self.nodes.together(scripts, timeout=JOIN_SECONDS + LEASE_SECONDS)
        return {name: joined(text) for name, text in printed.items()}

    def state(self, name: str) -> str:
        """Return where a station that was set up stands now: ``COMPLETED`` is connected."""
        return self.status(name)["wpa_state"]

    def status(self, name: str) -> dict[str, str]:
        """Return what the wpa_supplicant of a station says: ``bssid``, ``key_mgmt`` and more."""
        asked = ["wpa_cli", "-s", "/run", "-p", CONTROL, "-i", RADIO, "status"]
        lines = self.nodes.check(name, asked).splitlines()
        return dict(line.split("=", 1) for line in lines if "=" in line)

    def losses(self, name: str) -> int:
        """Return how often a station that was set up has lost its network since."""
        log = f"grep -c CTRL-EVENT-DISCONNECTED {_LOG} || true"
        return int(self.nodes.check(name, ["sh", "-c", log]))

    def heard(self, name: str) -> dict[str, str]:
        """Return the networks that a station without supplicant hears: SSID → what it announces."""
        frequencies = [str(item) for item in self._frequencies()]
        self.nodes.check(name, ["ip", "link", "set", RADIO, "up"])
        scan = f"iw dev {RADIO} scan flush freq {' '.join(frequencies)}"
        # A scan whose end iw misses would be waited for without end.
        tries = " || ".join(f"timeout {seconds} {scan}" for seconds in SCAN_SECONDS)
        cells = self.nodes.check(name, ["sh", "-c", tries]).split("\nBSS ")
        found = {}
        for cell in cells:
            ssid = re.search(r"^\s*SSID: (.*)$", cell, re.MULTILINE)
            if ssid:
                found[unescaped(ssid[1])] = cell
        return found

    def _frequencies(self, near: str = "") -> list[int]:
        return sorted({frequency(radio) for radio in self.radios if near in ("", radio.name)})


def radios_of(plan: HostPlan) -> tuple[Radio, ...]:
    """Return the radios of a host."""
    return plan.wifi.radios if plan.wifi is not None else ()


def frequency(radio: Radio) -> int:
    """Return the middle of a radio's first 20 MHz, in MHz (IEEE 802.11, annex E)."""
    return {"2.4": 2407, "5": 5000, "6": 5950}[radio.band] + 5 * radio.channel


def with_bricks(plan: HostPlan, chosen: tuple[Brick, ...]) -> HostPlan:
    """Return a plan with some of its bricks."""
    bricks = tuple(brick for brick in plan.bricks if brick in chosen)
    return replace(plan, bricks=bricks, backup=None, store=None)


def _join(station: Station, question: str) -> str:
    # Who belongs here tries again, as every device does: on a busy machine an answer may be late.
    ends = ("CTRL-EVENT-CONNECTED",) if station.segment else ("CTRL-EVENT-CONNECTED", *_REFUSALS)
    events = "|".join(ends)
    return f"""
        [ ! -e {_PID} ] || kill $(cat {_PID})
        while [ -e {_PID} ]; do sleep 0.2; done
        rm -f {_LOG}
        ip address flush dev {RADIO}
        ip link set {RADIO} down
        ip link set {RADIO} address {station.mac}
        read -r began _ </proc/uptime
        wpa_supplicant -B -D nl80211 -i {RADIO} -c {_CONFIGURATION} -f {_LOG} -P {_PID} >&2
        while read -r ended _ </proc/uptime; do
            grep -qE '{events}' {_LOG} && break
            [ $((${{ended%.*}} - ${{began%.*}})) -lt {JOIN_SECONDS} ] || break
            sleep 0.5
        done
        connected() {{ grep -q CTRL-EVENT-CONNECTED {_LOG}; }}
        if connected; then
            {leasing.script(RADIO)}
        fi
        printf %s '{MARK}'
        if connected; then
            read -r resolver _ </run/resolvers && busybox nslookup {question} $resolver >&2 &&
                echo yes
        fi
        printf %s '{MARK}'
        # Only now: a busy hostapd may have taken the station out once, and in again.
        wpa_cli -s /run -p {CONTROL} -i {RADIO} status
        echo "began=$began"
        echo "ended=$ended"
        connected || kill $(cat {_PID})
        printf %s '{MARK}'
        cat {_LOG}
    """


def joined(text: str) -> Joined:
    """Return what the script of ``Air.join`` printed.

    Raises:
        ValueError: it did not come to its end.

    """
    parts = text.split(MARK)
    if len(parts) != 4:
        raise ValueError(f"a station did not come to its end: {text[-2000:]}")
    lease, named, lines, said = parts
    status = dict(line.split("=", 1) for line in lines.splitlines() if "=" in line)
    verdict: Verdict = "silent"
    if "CTRL-EVENT-CONNECTED" in said:
        verdict = "connected"
    elif any(event in said for event in _REFUSALS):
        verdict = "refused"
    return Joined(
        verdict=verdict,
        seconds=float(status.pop("ended")) - float(status.pop("began")),
        status=status,
        lease=leasing.read(lease) if lease.strip() else Lease("", "", ()),
        named=named.strip() == "yes",
        said=said,
    )

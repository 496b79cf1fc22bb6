"""From the kernel's start to the first device on the Wi-Fi, in the QEMU machine."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.console import Console

from mairie.lab.air import Air, frequency
from mairie.lab.machine import Machine
from mairie.lab.namespaces import Namespaces
from mairie.lab.stations import Station
from tests.bench.figures import Figure, verdict
from tests.bench.world import WorldError
from tests.lab.air_site import AirSite

VISITOR, AGENT = "visitor", "password"
LATER_S: Final = 15
"""Than with Debian's hostapd alone, which has one network and no firewall, names or log-ins."""
LIMIT_S = 300
STATIONS = {VISITOR: "wlan2", AGENT: "wlan3"}
"""Radio of each; the gateway has the first two."""
STATION = "/usr/local/sbin/station"
UNIT = "/etc/systemd/system/station@.service"
FILES: Final = {
    "/etc/modules-load.d/air.conf": "mac80211_hwsim\n",
    "/etc/modprobe.d/air.conf": "options mac80211_hwsim radios=4 support_p2p_device=0\n",
    UNIT: f"""\
[Unit]
After=systemd-modules-load.service
[Service]
ExecStart={STATION} %i
[Install]
WantedBy=multi-user.target
""",
    STATION: """\
#!/bin/sh -e
# station NAME: looks for its network until it is there.
read -r radio </srv/stations/$1.radio
until [ -e /sys/class/net/$radio/phy80211 ]; do sleep 0.2; done
ip netns add $1
iw phy $(cat /sys/class/net/$radio/phy80211/name) set netns name $1
ip netns exec $1 wpa_supplicant -B -D nl80211 -i $radio -c /srv/stations/$1.conf -f /run/$1.log
until grep -q CTRL-EVENT-CONNECTED /run/$1.log; do sleep 0.2; done
cat /proc/uptime >/run/$1.connected
exec sleep infinity
""",
}
"""What the machine has beside the gateway: radios from the start, and devices around it."""
MEMORY = "grep -h VmRSS $(pgrep 'hostapd|freeradius' | sed 's|.*|/proc/&/status|')"


@dataclass(frozen=True)
class Booted:
    """One start of a machine."""

    seconds: Mapping[str, float]
    """Station → from the kernel's start until it was connected."""
    memory_mb: float
    """Of hostapd and the RADIUS server."""


def figures(say: Callable[[str], None], *, alone: bool) -> Iterator[Figure]:
    """Measure a deployed gateway that starts again, and Debian's hostapd on the same machine.

    Args:
        say: told what is being done.
        alone: leave Debian's hostapd out.

    """
    with tempfile.TemporaryDirectory(prefix="mairie-bench-") as name:
        folder = Path(name)
        site = AirSite(folder / "inventory")
        stations = [site.stations[each] for each in STATIONS]
        ours = _gateway(site, folder / "gateway", stations, say)
        theirs = None if alone else _debian(site, folder / "debian", stations[:1], say)
    words = {VISITOR: "a visitor is on the Wi-Fi", AGENT: "somebody has logged in by name"}
    for station, what in words.items():
        seconds = ours.seconds[station]
        known = theirs.seconds.get(VISITOR) if theirs else None
        yield Figure(
            part="air",
            what=f"gateway with two radios: from the kernel's start until {what}",
            budget=f"≤ {LATER_S} s more than Debian's hostapd alone",
            measured=f"{seconds:.1f} s, {ours.memory_mb:.0f} MB",
            verdict=verdict(seconds <= known + LATER_S) if known else "",
            beside=f"one open network of Debian's hostapd: {known:.1f} s, {theirs.memory_mb:.0f} MB"
            if known and theirs
            else "",
            values={"seconds": seconds, "memory_mb": ours.memory_mb},
        )


class _Kept(Air):
    """A gateway whose machine can be started again."""

    def __init__(self, site: AirSite, disk: Path, say: Callable[[str], None]) -> None:
        super().__init__(site.plan, site.secrets, (), say)
        self.machine = Machine(say, disk=disk)
        self.nodes = Namespaces(self.machine)


def _gateway(
    site: AirSite, disk: Path, stations: list[Station], say: Callable[[str], None]
) -> Booted:
    with _Kept(site, disk, say) as air:
        say("Deploying the gateway")
        outcome = air.act("apply", Console(file=io.StringIO()))
        if outcome.status != "done":
            raise WorldError(f"{air.host} could not be deployed: {outcome.message}")
        frequencies = [frequency(radio) for radio in air.radios[:1]]
        _surround(air.machine, stations, frequencies)
        air.machine.power_off()
    say("Starting it again")
    return _boot(disk, stations, say)


def _debian(
    site: AirSite, disk: Path, stations: list[Station], say: Callable[[str], None]
) -> Booted:
    ssid = site.network("public").ssid
    text = f"interface=wlan0\ndriver=nl80211\nssid={ssid}\nhw_mode=g\nchannel=6\n"
    with Machine(say, disk=disk) as machine:
        machine.put({"/etc/hostapd/hostapd.conf": text.encode()})
        machine.run("systemctl unmask hostapd.service && systemctl enable hostapd.service")
        _surround(machine, stations, [2437])
        machine.power_off()
    say("Starting the machine again with Debian's hostapd")
    return _boot(disk, stations, say)


def _surround(machine: Machine, stations: list[Station], frequencies: list[int]) -> None:
    """Have radios and stations there from the next start on."""
    machine.put({path: text.encode() for path, text in FILES.items()}, 0o755)
    for station in stations:
        own = {
            f"/srv/stations/{station.name}.conf": station.configuration(frequencies),
            f"/srv/stations/{station.name}.radio": f"{STATIONS[station.name]}\n",
            **station.files,
        }
        machine.put({path: text.encode() for path, text in own.items()}, 0o600)
        machine.run(f"systemctl enable station@{station.name}.service")


def _boot(disk: Path, stations: list[Station], say: Callable[[str], None]) -> Booted:
    connected = {station.name: f"/run/{station.name}.connected" for station in stations}
    with Machine(say, disk=disk) as machine:
        for path in connected.values():
            machine.run(f"until [ -s {path} ]; do sleep 1; done", timeout=LIMIT_S)
        seconds = {
            name: float(machine.run(f"cat {path}").split()[0]) for name, path in connected.items()
        }
        memory = sum(int(line.split()[1]) for line in machine.run(MEMORY).splitlines())
    return Booted(seconds, memory / 1024)

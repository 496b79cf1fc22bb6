"""How long after power-on the first device is on the air: mairie's radios beside Debian's hostapd.

In the QEMU machine, whose boot is most of it: figures of a machine with and without KVM cannot be
compared, only the two of one run.
"""

from __future__ import annotations

import io
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from rich.console import Console

from mairie.files.wifi import service_of
from mairie.lab.air import Air, frequency
from mairie.lab.errors import LabError
from mairie.lab.machine import Machine
from mairie.lab.stations import CONTROL
from mairie.plan.parts.wifi import Radio
from tests.bench.figures import Figure
from tests.lab.air_site import AirSite

VISITOR, NETWORK = "visitor", "public"
PATIENCE_S = 600
SEEN = "/run/first-association"
RADIOS = {
    "/etc/modules-load.d/radios.conf": "mac80211_hwsim\n",
    "/etc/modprobe.d/radios.conf": "options mac80211_hwsim radios=3 support_p2p_device=0\n",
}
"""Two of the gateway and one of a visitor, there from the start of the machine."""
LOOK_FOR_A_NETWORK = f"""#!/bin/sh
# A visitor's device beside the gateway: when was its network there for it?
set -eu
until [ -e /sys/class/net/wlan2/phy80211/name ]; do sleep 0.2; done
ip netns add visitor
iw phy "$(cat /sys/class/net/wlan2/phy80211/name)" set netns name visitor
ip netns exec visitor wpa_supplicant -B -i wlan2 -c /etc/visitor.conf -f /run/visitor.log
until wpa_cli -s /run -p {CONTROL} -i wlan2 scan_interval 1; do sleep 0.2; done
until grep -q CTRL-EVENT-CONNECTED /run/visitor.log; do sleep 0.2; done
cut -d' ' -f1 /proc/uptime >{SEEN}.new
mv {SEEN}.new {SEEN}
"""
UNIT = """[Unit]
Description=A visitor's device looks for its network
[Service]
ExecStart=/usr/local/sbin/visitor
[Install]
WantedBy=multi-user.target
"""


def figures(runs: int, say: Callable[[str], None]) -> Iterator[Figure]:
    """Measure in machines that end with the last figure; ``runs`` boots of each kind."""
    with tempfile.TemporaryDirectory(prefix="mairie-bench-") as name:
        disk = Path(name) / "disk.qcow2"
        site = AirSite(Path(name) / "demo")
        say("Deploying a gateway with two radios in a machine")
        with Air(site.plan, site.secrets, (), say, disk=disk) as air:
            outcome = air.act("apply", Console(file=io.StringIO()))
            if outcome.status != "done":
                raise LabError(outcome.message)
            _place_visitor(air, site)
            radios = air.radios
            air.machine.power_off()
        own = [first_association(disk, say) for _ in range(runs)]
        _make_debian(disk, radios, say)
        debian = [first_association(disk, say) for _ in range(runs)]
    ours, theirs = statistics.median(own), statistics.median(debian)
    yield Figure(
        part="air",
        what="power-on to first association, a visitor",
        measured=f"{ours:.0f} s",
        beside=f"Debian's hostapd with that one network: {theirs:.0f} s; emulated without KVM",
        values={"mairie_s": ours, "debian_s": theirs},
    )


def first_association(disk: Path, say: Callable[[str], None]) -> float:
    """Switch the machine on; return the seconds until the visitor's device is on the air.

    Raises:
        LabError: it was not within PATIENCE_S.

    """
    with Machine(say, disk=disk) as machine:
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            seen = machine.exec(["cat", SEEN])
            if seen.exit_code == 0:
                machine.power_off()
                return float(seen.stdout)
            time.sleep(1)
        log = machine.exec(["tail", "-n", "5", "/run/visitor.log"]).stdout
        raise LabError(f"No device was on the air {PATIENCE_S} s after power-on: {log}")


def _place_visitor(air: Air, site: AirSite) -> None:
    station = site.stations[VISITOR]
    text = station.configuration(frequency(radio) for radio in air.radios)
    files = {**RADIOS, "/etc/visitor.conf": text, "/etc/systemd/system/visitor.service": UNIT}
    air.machine.put({path: data.encode() for path, data in files.items()})
    air.machine.put({"/usr/local/sbin/visitor": LOOK_FOR_A_NETWORK.encode()}, 0o755)
    air.machine.run("systemctl enable visitor.service")


def _make_debian(disk: Path, radios: tuple[Radio, ...], say: Callable[[str], None]) -> None:
    """Put Debian's own hostapd in the place of ours, with the visitors' network alone."""
    radio = radios[0]
    (network,) = (each for each in radio.networks if each.name == NETWORK)
    mode = "g" if radio.band == "2.4" else "a"
    text = (
        f"interface={radio.name}\nssid={network.ssid}\nhw_mode={mode}\n"
        f"channel={radio.channel}\nctrl_interface=/run/hostapd\n"
    )
    ours = " ".join(service_of(each) for each in radios)
    with Machine(say, disk=disk) as machine:
        machine.put({"/etc/hostapd/hostapd.conf": text.encode()})
        machine.run(
            f"systemctl disable {ours}; systemctl mask {ours}; "
            "systemctl unmask hostapd.service; systemctl enable hostapd.service",
            timeout=300,
        )
        machine.power_off()

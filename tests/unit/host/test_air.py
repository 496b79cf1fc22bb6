"""What ``iw`` says of radios, read."""

from __future__ import annotations

import pytest

from mairie.host.looks.air import INTERFACES, REGULATORY, countries, on_air
from mairie.host.probe import CannotLookError, Output, Probe

CONTAINER = "systemd-detect-virt --quiet --container"
SAID = """\
phy#1
\tInterface wlan1.20
\t\tifindex 30
\t\taddr 3e:45:37:49:75:c0
\t\ttype AP/VLAN
\t\tchannel 36 (5180 MHz), width: 80 MHz, center1: 5210 MHz
\t\ttxpower 15.00 dBm
\tInterface wlan1-1
\t\tifindex 17
\t\taddr 3e:45:37:49:75:c1
\t\tssid Rapa \\xc3\\x89cole
\t\ttype AP
\t\tchannel 36 (5180 MHz), width: 80 MHz, center1: 5210 MHz
\t\ttxpower 15.00 dBm
\t\tmulticast TXQ:
\t\t\tqsz-byt\tqsz-pkt
phy#0
\tInterface wlan0
\t\taddr 02:00:00:00:00:00
\t\ttype managed
\t\ttxpower 0.00 dBm
"""


def probe(**said: Output) -> Probe:
    found = Probe()
    found._known = {output.command: output for output in said.values()}
    return found


def test_interfaces() -> None:
    found = on_air(probe(air=Output(INTERFACES, 0, SAID, "")))
    assert {name: item.kind for name, item in found.items()} == {
        "wlan1.20": "AP/VLAN",
        "wlan1-1": "AP",
        "wlan0": "managed",
    }
    school = found["wlan1-1"]
    assert (school.ssid, school.address) == ("Rapa École", "3e:45:37:49:75:c1")
    assert (school.channel, school.width, school.power) == (36, 80, 15.0)
    assert (found["wlan0"].channel, found["wlan0"].ssid) == (0, "")


@pytest.mark.parametrize(
    ("inside", "expected"), [(0, "un conteneur n'a pas de radio"), (1, "« iw dev » : no nl80211")]
)
def test_no_radio_subsystem(inside: int, expected: str) -> None:
    asked = probe(
        air=Output(INTERFACES, 1, "", "no nl80211"), container=Output(CONTAINER, inside, "", "")
    )
    with pytest.raises(CannotLookError, match=expected):
        on_air(asked)


def test_countries() -> None:
    said = "global\ncountry 00: DFS-UNSET\n\t(2402 - 2472 @ 40)\n\nphy#0\ncountry PF: DFS-ETSI\n"
    assert countries(probe(air=Output(REGULATORY, 0, said, ""))) == {"00", "PF"}

"""What a host that is an access point gets, beside a gateway with a radio of its own."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from mairie.files.wifi import HOSTAPD, RADIUS
from mairie.plan.host import HostPlan
from mairie.render import RenderedFile
from tests.render.conftest import demo_plans, secrets_of
from tests.render.wifi.test_radios import CABLES, WLAN0, sections

Rendered = Callable[[str, str], dict[str, RenderedFile]]
GATEWAY, YARD = "rurutu-mairie-gw", "rurutu-mairie-cour"
RADIO = "radios: {wlan0: {band: 2.4, channel: 6}}"
POINT = "      cour: {roles: [ap], trunk: eth0, radios: {wlan0: {band: 2.4, channel: 11}}}\n"
SERVER = "      srv:"
HOSTS = "    hosts:\n"
NO_CLASS = f"    networks: {{school: {{lessons: false}}}}\n{HOSTS}"


def with_access_point(text: str) -> str:
    """Give the gateway of Rurutu's town hall a radio, and its courtyard an access point."""
    with_radio = text.replace(CABLES, f"{CABLES[:-1]}, {RADIO}}}").replace(HOSTS, NO_CLASS, 1)
    return with_radio.replace(SERVER, f"{POINT}{SERVER}")


@pytest.fixture(scope="session")
def demo() -> dict[str, HostPlan]:
    """Resolve the demo with an access point once."""
    return demo_plans(with_access_point)


@pytest.mark.parametrize("brick", ["network", "wifi"])
def test_whole_output(brick: str, compare: Callable[..., None]) -> None:
    compare(brick, YARD)


def test_nothing_of_a_radius_server_is_on_it(rendered: Rendered) -> None:
    files = rendered("wifi", YARD)
    assert not [path for path in files if path.startswith(RADIUS)]
    own = sections(files[WLAN0].text)["wlan0"]
    assert (own["auth_server_addr"], own["own_ip_addr"]) == ("10.44.192.1", "10.44.192.9")


def test_radios_of_a_site_know_each_other(rendered: Rendered) -> None:
    keys = set()
    for host, other in ((GATEWAY, YARD), (YARD, GATEWAY)):
        own, theirs = (sections(rendered("wifi", each)[WLAN0].text) for each in (host, other))
        for name in ("wlan0", "wlan0-1"):
            bssid, identifier, key = own[name]["r0kh"].split()
            assert (bssid, identifier) == (theirs[name]["bssid"], theirs[name]["nas_identifier"])
            assert own[name]["r1kh"].split() == [bssid, bssid, key]
            assert own[name]["mobility_domain"] == theirs[name]["mobility_domain"]
            keys.add(key)
        assert "mobility_domain" not in own["wlan0-2"]
    assert len(keys) == 1


def test_devices_without_fast_transition_still_come(rendered: Rendered) -> None:
    found = sections(rendered("wifi", YARD)[WLAN0].text)
    assert found["wlan0"]["wpa_key_mgmt"] == "WPA-EAP WPA-EAP-SHA256 FT-EAP"
    assert found["wlan0-1"]["wpa_key_mgmt"] == "SAE WPA-PSK WPA-PSK-SHA256 FT-SAE FT-PSK"


def test_the_key_stands_in_files_only_root_may_read(
    rendered: Rendered, demo: dict[str, HostPlan]
) -> None:
    key = secrets_of(demo[YARD]).others["wifi-roaming"]
    holders = [file for file in rendered("wifi", YARD).values() if key in file.text]
    assert [file.path for file in holders] == [f"{HOSTAPD}/wlan0.conf"]
    assert all(file.secret and file.mode == "600" for file in holders)


def test_the_gateway_is_told_from_other_visitors(rendered: Rendered) -> None:
    bridge = rendered("network", GATEWAY)["/etc/systemd/network/40-br-public.network"].text
    (mac,) = re.findall(r"^MACAddress=(\S+)$", bridge, re.MULTILINE)
    rules = rendered("network", YARD)["/etc/nftables.conf"].text
    assert f'iifname "eth0.40" ether saddr != {mac} counter name dropped-relayed drop' in rules
    assert (
        "MACAddress"
        not in rendered("network", GATEWAY)["/etc/systemd/network/40-br-agents.network"].text
    )

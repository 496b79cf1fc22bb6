"""What brick wifi renders for a gateway with radios: hostapd's files, and who reads them."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from mairie.files.wifi import CLIENTS, CONFIGURATION, HOSTAPD, HOSTAPD_UNIT, RADIUS
from mairie.plan.host import HostPlan
from mairie.render import RenderedFile, render
from tests.render.conftest import demo_plans, secrets_of

Rendered = Callable[[str, str], dict[str, RenderedFile]]
GATEWAY = "rurutu-mairie-gw"
SCHOOL = f"{HOSTAPD}/wlan0-1.bss"
WLAN0, WLAN1 = f"{HOSTAPD}/wlan0.conf", f"{HOSTAPD}/wlan1.conf"
CABLES = "4g: eth2}, trunk: eth1}"
RADIOS = "{wlan0: {band: 2.4, channel: 6}, wlan1: {band: 5, width: 40, power: 15}}"
METER = '{segment: things, mac: "02:00:00:00:05:00", label: Compteur, wifi: true}'
PRINTER = "    equipment:\n      printer:"


def with_radios(text: str) -> str:
    """Give the gateway of Rurutu's town hall radios, and a device that comes by them."""
    text = text.replace(CABLES, f"{CABLES[:-1]}, radios: {RADIOS}}}")
    return text.replace(PRINTER, PRINTER.replace("printer:", f"meter: {METER}\n      printer:"))


def without_people(text: str) -> str:
    """Switch off the network that asks a RADIUS server."""
    off = "    networks: {agents: {'on': false}}\n"
    return with_radios(text.replace(PRINTER, off + PRINTER))


@pytest.fixture(scope="session")
def demo() -> dict[str, HostPlan]:
    """Resolve the demo with radios once."""
    return demo_plans(with_radios)


def sections(text: str) -> dict[str, dict[str, str]]:
    """Return the settings of each interface of a configuration."""
    parts = re.split(r"^(?:interface|bss)=(.*)\n", text, flags=re.MULTILINE)
    return {
        name: dict(line.split("=", 1) for line in body.splitlines() if "=" in line)
        for name, body in zip(parts[1::2], parts[2::2], strict=True)
    }


def test_whole_output(compare: Callable[..., None]) -> None:
    compare("wifi", GATEWAY)


def test_secrets_stand_in_files_only_root_may_read(demo: dict[str, HostPlan]) -> None:
    secrets = secrets_of(demo[GATEWAY])
    kinds = ("wifi-network:", "wifi-device:", "wifi-secret:own_radios")
    values = {value for name, value in secrets.others.items() if name.startswith(kinds)}
    assert len(values) == 3
    seen = set()
    for file in render(demo[GATEWAY], secrets, "wifi"):
        if file.path.startswith(f"{HOSTAPD}/"):
            assert (file.mode, file.owner, file.group) == ("600", "root", "root"), file.path
        held = {value for value in values if value in file.text}
        seen |= held
        assert not held or file.secret, file.path
    assert seen == values


def test_both_ends_know_one_secret(rendered: Rendered) -> None:
    files = rendered("wifi", GATEWAY)
    client = r'client own_radios \{\s+ipaddr = 127.0.0.1\s+secret = "(.*)"'
    given = re.findall(client, files[CLIENTS].text)
    asked = re.findall(r"^auth_server_shared_secret=(.*)", files[WLAN0].text, re.MULTILINE)
    assert len(given) == 1
    assert asked == given
    listens = re.findall(r"^\t\tipaddr = (\S+)", files[CONFIGURATION].text, re.MULTILINE)
    assert listens == ["127.0.0.1"]


def test_who_may_come_how(rendered: Rendered) -> None:
    files = rendered("wifi", GATEWAY)
    found = {**sections(files[WLAN0].text), **sections(files[SCHOOL].text)}
    keys = ("wpa_key_mgmt", "ieee80211w", "bridge", "ap_isolate")
    assert {name: tuple(each.get(key) for key in keys) for name, each in found.items()} == {
        "wlan0": ("WPA-EAP WPA-EAP-SHA256", "1", "br-agents", "0"),
        "wlan0-1": ("SAE WPA-PSK WPA-PSK-SHA256", "1", "br-school", "0"),
        "wlan0-2": (None, None, "br-public", "1"),
        "wlan0-3": ("OWE", "2", "br-public", "1"),
        "wlan0-4": ("WPA-PSK WPA-PSK-SHA256", "1", "br-things", "0"),
    }
    assert found["wlan0-2"]["owe_transition_ifname"] == "wlan0-3"
    assert found["wlan0-3"]["owe_transition_ifname"] == "wlan0-2"
    assert found["wlan0-4"]["macaddr_acl"] == "1"
    assert found["wlan0"]["dynamic_vlan"] == "2"


def test_a_network_for_lessons_is_not_there_when_hostapd_starts(rendered: Rendered) -> None:
    files = rendered("wifi", GATEWAY)
    assert "wlan0-1" not in sections(files[WLAN0].text)
    assert set(sections(files[SCHOOL].text)) == {"wlan0-1"}
    assert "CONFIGURATION=/etc/hostapd/mairie/wlan0.conf" in files[f"{HOSTAPD}/wlan0.power"].text
    start = "ExecStart=/usr/sbin/hostapd -g /run/mairie-hostapd/%i/global $CONFIGURATION"
    assert start in files[HOSTAPD_UNIT].text.splitlines()


def test_without_lessons_nothing_comes_and_goes() -> None:
    off = "    networks: {school: {'on': false}}\n"
    plan = demo_plans(lambda text: with_radios(text.replace(PRINTER, off + PRINTER)))[GATEWAY]
    files = {file.path: file.text for file in render(plan, secrets_of(plan), "wifi")}
    assert "ExecStart=/usr/sbin/hostapd /etc/hostapd/mairie/%i.conf" in files[HOSTAPD_UNIT]
    assert not [path for path in files if path.endswith(".bss")]
    assert "CONFIGURATION" not in files[f"{HOSTAPD}/wlan0.power"]
    assert plan.lessons is None


def test_a_radio_for_lessons_alone_starts_with_nothing() -> None:
    """The first network of a lesson has the radio's own interface then."""
    alone = "    networks: {agents: {'on': false}, public: {'on': false}, things: {'on': false}}\n"
    plan = demo_plans(
        lambda text: text.replace(CABLES, f"{CABLES[:-1]}, radios: {RADIOS}}}").replace(
            PRINTER, alone + PRINTER
        )
    )[GATEWAY]
    files = {file.path: file.text for file in render(plan, secrets_of(plan), "wifi")}
    assert WLAN0 not in files
    assert set(sections(files[f"{HOSTAPD}/wlan0.bss"])) == {"wlan0"}
    assert "CONFIGURATION=\n" in files[f"{HOSTAPD}/wlan0.power"]


def test_no_80211b(rendered: Rendered) -> None:
    files = rendered("wifi", GATEWAY)
    rates = sections(files[WLAN0].text)["wlan0"]["supported_rates"].split()
    assert not {"10", "20", "55", "110"} & set(rates)
    assert "supported_rates" not in files[WLAN1].text


def test_everything_of_hostapd_comes_before_its_configuration(rendered: Rendered) -> None:
    """What a configuration names has to be there when hostapd is asked about it."""
    files = rendered("wifi", GATEWAY)
    paths = list(files)
    named = re.findall(rf"={HOSTAPD}/\S+", files[WLAN0].text)
    assert len(named) == 3
    assert all(paths.index(name[1:]) < paths.index(WLAN0) for name in named)


def test_a_gateway_whose_radios_ask_nobody_has_no_radius_server() -> None:
    plan = demo_plans(without_people)[GATEWAY]
    files = {file.path: file.text for file in render(plan, secrets_of(plan), "wifi")}
    assert not [path for path in files if path.startswith(RADIUS)]
    assert WLAN0 in files
    assert "radius" not in re.sub("InaccessiblePaths=.*", "", files[HOSTAPD_UNIT])

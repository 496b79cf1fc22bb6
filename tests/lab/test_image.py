"""The lab's images, in real containers."""

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mairie.lab.cache import forget_unused
from mairie.lab.containers import Lab, Node
from mairie.lab.debian import ensure_programs
from mairie.lab.engine import ensure_engine
from mairie.lab.errors import LabError
from mairie.lab.fabric import Attachment
from mairie.lab.image import Recipe, ensure_images

pytestmark = [pytest.mark.lab, pytest.mark.timeout(900)]

WAN = Attachment("eth0", "wan")


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab("test-image") as running:
        running.up(
            [
                Node("one", "host", (WAN,)),
                Node("two", "host", (WAN,)),
                Node("pc", "client", (WAN,)),
            ]
        )
        yield running


def test_images_are_built_once() -> None:
    engine = ensure_engine()
    first = ensure_images(engine)
    said: list[str] = []
    assert ensure_images(engine, said.append) == first
    assert said == []


def test_another_recipe_is_another_image() -> None:
    recipe = Recipe()
    assert Recipe().key == recipe.key
    assert replace(recipe, client=(*recipe.client, "less")).key != recipe.key


def test_host_is_a_blank_debian_13(lab: Lab) -> None:
    assert "VERSION_CODENAME=trixie" in lab.check("one", ["cat", "/etc/os-release"])
    assert lab.exec("one", ["sh", "-c", "command -v sshd sudo nft"]).stdout == ""
    assert lab.check("one", ["python3", "-c", "print(6 * 7)"]) == "42\n"
    assert lab.check("one", ["systemctl", "is-system-running"]) == "running\n"
    assert lab.check("one", ["cat", "/etc/hostname"]) == "one\n"


def test_files_docker_binds_can_be_replaced(lab: Lab) -> None:
    for file in ("hostname", "hosts", "resolv.conf"):
        lab.check("two", ["sh", "-c", f"cp /etc/{file} /etc/new && mv /etc/new /etc/{file}"])


def test_apt_installs_offline_and_services_start(lab: Lab) -> None:
    lab.check("one", ["apt-get", "update"])
    lab.check(
        "one",
        ["apt-get", "install", "-y", "chrony", "nftables", "wireguard-go"],
        timeout=180,
    )
    assert lab.check("one", ["systemctl", "is-active", "chrony"]) == "active\n"
    lab.check("one", ["nft", "add", "table", "inet", "test"])
    lab.check("one", ["wireguard-go", "wg0"])
    assert "wg0" in lab.check("one", ["ip", "link", "show", "wg0"])
    assert lab.check("one", ["systemctl", "is-system-running"]) == "running\n"


def test_machine_around_the_lab_is_out_of_reach(lab: Lab) -> None:
    """The clock and the kernel's sysctls are shared with it: a host may not set them."""
    assert lab.exec("two", ["date", "-s", "2001-01-01"]).exit_code != 0
    assert lab.exec("two", ["sysctl", "-w", "kernel.printk=1"]).exit_code != 0
    assert lab.exec("two", ["sysctl", "-w", "net.ipv4.ip_forward=1"]).exit_code == 0


def test_hosts_do_not_share_a_cgroup(lab: Lab) -> None:
    """On cgroup v1 machines Docker leaves all containers in one v2 cgroup."""
    unit = ["systemd-run", "--unit=same-name", "sleep", "300"]
    lab.check("one", unit)
    lab.check("two", unit)
    lab.check("one", ["systemctl", "kill", "--signal=KILL", "same-name"])
    lab.check("one", ["systemctl", "stop", "same-name"])
    assert lab.check("two", ["systemctl", "is-active", "same-name"]) == "active\n"


def test_client_takes_an_address_by_dhcp(lab: Lab) -> None:
    lab.check("two", ["sh", "-c", "apt-get update && apt-get install -y dnsmasq-base"], timeout=120)
    lab.check("two", ["ip", "address", "add", "192.0.2.1/24", "dev", "eth0"])
    lab.check("two", ["ip", "link", "set", "eth0", "up"])
    lab.check(
        "two",
        ["dnsmasq", "--port=0", "--interface=eth0", "--dhcp-range=192.0.2.10,192.0.2.10,1h"],
    )
    lab.check("pc", ["ip", "link", "set", "eth0", "up"])
    lab.check("pc", ["dhcpcd", "--waitip=4", "--noarp", "--timeout", "20", "eth0"], timeout=40)
    assert "192.0.2.10/24" in lab.check("pc", ["ip", "-4", "address", "show", "eth0"])
    lab.check("pc", ["ping", "-c", "1", "-W", "2", "192.0.2.1"])


def test_images_unused_for_two_weeks_are_forgotten(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MAIRIE_CACHE", str(tmp_path))
    for key, days in {"now": 90, "lately": 13, "old": 15}.items():
        (tmp_path / f"images-{key}").mkdir()
        then = time.time() - days * 24 * 3600
        os.utime(tmp_path / f"images-{key}", (then, then))
    assert forget_unused("images", "now") == ["old"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["images-lately", "images-now"]


def test_engine_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent.sock")
    with pytest.raises(LabError, match=r"DOCKER_HOST\) does not answer. Start it, or unset"):
        ensure_engine()


def test_package_that_does_not_exist() -> None:
    with pytest.raises(LabError, match="apt could not install no-such-package-here"):
        ensure_programs({"no-such-program-here": "no-such-package-here"}, lambda _message: None)

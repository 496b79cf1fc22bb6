"""Brick ``wifi``: a host's radios, and the gateway's RADIUS server that says who may log in.

Debian's own services are masked before their packages come: nothing of a default configuration
ever answers, not even for the moment of the installation.
"""

from __future__ import annotations

from pyinfra.api.operation import OperationMeta
from pyinfra.context import host
from pyinfra.facts.files import FindLinks, Link
from pyinfra.operations import files, server, systemd

from mairie.files import wifi as table
from mairie.host.deploy import BRICKS_FOLDER, Placed, folder, place, this_host, to_activate
from mairie.host.packages import have_packages
from mairie.host.units import restarted, unit
from mairie.plan.parts.wifi import WifiPlan

WANTS = "/etc/systemd/system/multi-user.target.wants"


def deploy() -> None:
    """Install, configure, activate."""
    plan, _ = this_host()
    wifi = plan.wifi
    if wifi is None:
        return
    _install(wifi)
    _without(wifi)
    placed, _ = place("wifi")
    units = [placed[path] for path in (table.UNIT, table.HOSTAPD_UNIT) if path in placed]
    systemd.daemon_reload(
        name="wifi: systemd reads its units again", _if=to_activate("wifi", *units)
    )
    if wifi.has_radius:
        _radius(placed)
    if wifi.radios:
        _radios(wifi, placed)
        if wifi.has_radius:
            _ask_again(wifi, placed)


def _install(wifi: WifiPlan) -> None:
    packages: list[str] = []
    if wifi.has_radius:
        _mask(table.DEBIAN_SERVICE)
        packages += table.PACKAGES
    if wifi.radios:
        for service in table.DEBIAN_HOSTAPD:
            _mask(service)
        packages += table.HOSTAPD_PACKAGES
    have_packages(name="wifi: packages", packages=packages)
    folder("wifi", BRICKS_FOLDER)
    if wifi.has_radius:
        folder("wifi", table.RADIUS, mode="750", group=table.GROUP)
    if wifi.radios:
        folder("wifi", table.HOSTAPD, mode="700")


def _without(wifi: WifiPlan) -> None:
    """Stop the radios of an earlier plan, and its RADIUS server, while their files are there."""
    wanted = {table.service_of(radio) for radio in wifi.radios}
    name = table.HOSTAPD_TEMPLATE.replace("@", "@*")
    for path in sorted(host.get_fact(FindLinks, path=WANTS, fname=name)):
        service = path.rpartition("/")[2]
        if service not in wanted:
            unit(name=f"wifi: no {service}", service=service, running=False, enabled=False)
    if not wifi.has_radius:
        name = f"wifi: no {table.SERVICE}"
        unit(name=name, service=table.SERVICE, running=False, enabled=False)


def _mask(service: str) -> None:
    files.link(
        name=f"wifi: Debian's own {service} never starts",
        path=f"/etc/systemd/system/{service}",
        target="/dev/null",
    )


def _radius(placed: Placed) -> None:
    unit(name="wifi: RADIUS server runs", service=table.SERVICE, running=True, enabled=True)
    # All of it is read at the start alone: who was removed must not come in by what is remembered.
    restarted(
        name="wifi: RADIUS server restarted",
        service=table.SERVICE,
        _if=to_activate("wifi", *_read_by_radius(placed), placed[table.UNIT]),
    )


def _read_by_radius(placed: Placed) -> list[OperationMeta]:
    return [operation for path, operation in placed.items() if path.startswith(table.RADIUS)]


def _radios(wifi: WifiPlan, placed: Placed) -> None:
    read = [path for path in placed if path.startswith(f"{table.NETWORKD}/")]
    if read:
        systemd.service(
            name="wifi: systemd-networkd reads its files again",
            service="systemd-networkd.service",
            reloaded=True,
            _if=to_activate("wifi", *(placed[path] for path in read)),
        )
    lists = [path for path in placed if path.endswith((".vlan", ".accept", ".keys"))]
    for radio in wifi.radios:
        service = table.service_of(radio)
        # A radio that is not there yet is started when it comes.
        there = bool(host.get_fact(Link, path=f"/sys/class/net/{radio.name}/phy80211"))
        unit(
            name=f"wifi: radio {radio.name} on the air",
            service=service,
            running=True if there else None,
            enabled=True,
        )
        own = [table.power_of(radio), table.neighbours_of(radio), *table.configurations_of(radio)]
        read = [path for path in (table.HOSTAPD_UNIT, *own, *lists) if path in placed]
        restarted(
            name=f"wifi: radio {radio.name} starts again",
            service=service,
            _if=to_activate("wifi", *(placed[path] for path in read)),
        )


def _ask_again(wifi: WifiPlan, placed: Placed) -> None:
    """Let everybody who is connected by name log in again.

    hostapd lets in who logged in within the last hour without asking, and those connected stay.
    """
    for radio in wifi.radios:
        for network in radio.networks:
            if network.security != "enterprise":
                continue
            folder, interface = table.control_of(radio), network.interface
            tell = f"timeout 20 hostapd_cli -p {folder} -i {interface}"
            server.shell(
                name=f"wifi: people on {interface} log in again",
                commands=[
                    f"[ ! -S {folder}/{interface} ] || "
                    f"{{ {tell} pmksa_flush && {tell} deauthenticate ff:ff:ff:ff:ff:ff; }}"
                ],
                _if=to_activate("wifi", *_read_by_radius(placed)),
            )

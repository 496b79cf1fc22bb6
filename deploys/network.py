"""Brick ``network``: links, firewall, addresses and names of the segments, uplinks."""

from __future__ import annotations

from pathlib import Path

from pyinfra.api.operation import OperationMeta
from pyinfra.context import host
from pyinfra.operations import files, server, systemd

from mairie.files import network as table
from mairie.host.deploy import Placed, place, this_host, to_activate
from mairie.host.facts import PlacedFiles
from mairie.host.known import known
from mairie.host.network import FirewallChanged, LegacyInterfaces, UplinkOverride
from mairie.host.operations import managed_file
from mairie.host.packages import have_packages
from mairie.host.units import look_at, reloaded, restarted, state_of, unit
from mairie.plan.host import HostPlan
from mairie.render import MANAGED

DNSMASQ_UNIT = "/etc/systemd/system/dnsmasq.service.d/mairie.conf"
DNSMASQ_UNIT_TEXT = f"""\
# {MANAGED}
# Never with the package's own settings, which answer on every interface.
[Unit]
ConditionPathExists={table.DNSMASQ}
After=nftables.service
"""

QUEUES_TIMER = Path(table.QUEUES_TIMER).name
NETWORKD = "systemd-networkd.service"
WAIT_ONLINE = "/etc/systemd/system/systemd-networkd-wait-online.service"


def deploy() -> None:
    """Install, configure, activate: the firewall before anything is forwarded or answered."""
    plan, _ = this_host()
    units = install(plan)
    look_at(
        "nftables.service", NETWORKD, "systemd-resolved.service", "dnsmasq.service",
        "names-watch.service", "access-hours.timer", "uplink-watch.service", table.FILTER_SERVICE,
        QUEUES_TIMER,
    )  # fmt: skip
    retire(plan)
    gone = links_gone(plan)
    placed, removed = place("network")
    systemd.daemon_reload(
        name="network: systemd reads its units again",
        _if=to_activate("network", units, *_under(placed, "/etc/systemd/system/"), removed),
    )
    firewall(placed)
    links(placed, removed, gone)
    names(plan, placed)
    schedules(plan, placed)
    uplinks(plan, placed)
    queues(plan, placed)


def _under(placed: Placed, *prefixes: str) -> list[OperationMeta]:
    return [operation for path, operation in placed.items() if path.startswith(prefixes)]


def packages(plan: HostPlan) -> list[str]:
    """Return what this host needs for its network."""
    wanted = ["iproute2", "nftables", "procps"]
    if plan.network.dns is not None:
        wanted.append("dnsmasq")
    if table.is_watched(plan):
        wanted.append("iputils-ping")
    return wanted


def install(plan: HostPlan) -> OperationMeta:
    """Have the packages; dnsmasq waits for its settings."""
    wanted = packages(plan)
    unit = (
        managed_file(
            name=f"network: {DNSMASQ_UNIT}",
            path=DNSMASQ_UNIT,
            content=DNSMASQ_UNIT_TEXT,
            brick="network",
        )
        if plan.network.dns is not None
        else files.file(name="network: no dnsmasq here", path=DNSMASQ_UNIT, present=False)
    )
    have_packages(name="network: packages", packages=wanted)
    return unit


def retire(plan: HostPlan) -> None:
    """Stop what this host no longer needs, while its files are still there."""
    if not plan.network.firewall.schedules:
        _stopped("access-hours.timer")
    if not table.is_watched(plan):
        _stopped("uplink-watch.service")
        if laid := host.get_fact(UplinkOverride):
            server.shell(
                name="network: no route of the uplink watch",
                commands=[f"ip {family} route del default metric 50" for family in laid],
            )
    if plan.network.queueing is None:
        _stopped(QUEUES_TIMER)
    if plan.network.dns is None:
        _stopped("dnsmasq.service")
    if plan.network.dns is None or not plan.network.dns.hub_address:
        _stopped("names-watch.service")
    if plan.network.name_filter is None:
        _stopped(table.FILTER_SERVICE)


def _stopped(service: str) -> OperationMeta:
    return unit(name=f"network: no {service}", service=service, running=False, enabled=False)


def links_gone(plan: HostPlan) -> list[str]:
    """Return virtual links of an earlier plan: networkd makes links but never removes them."""
    wanted = {file.path for file in table.files(plan)}
    before = known(PlacedFiles).get("network", ())
    netdevs = [path for path in before if path.endswith(".netdev") and path not in wanted]
    return [path.removesuffix(".netdev").rpartition("/")[2].partition("-")[2] for path in netdevs]


def firewall(placed: Placed) -> None:
    """Load the rules in one transaction; the unit lets packets be forwarded after that only."""
    unit(name="network: firewall", service="nftables.service", running=True, enabled=True)
    reloaded(
        name="network: firewall reads its rules again",
        service="nftables.service",
        _if=to_activate(
            "network",
            *_under(
                placed,
                table.NFTABLES,
                table.NFTABLES_UNIT,
                table.ACCESS_HOURS,
                table.FIREWALL_STATE,
            ),
        ),
    )
    if host.get_fact(FirewallChanged, program=table.FIREWALL_STATE):
        reloaded(
            name="network: firewall as its file says, after a change by hand",
            service="nftables.service",
        )


def links(placed: Placed, removed: OperationMeta, gone: list[str]) -> None:
    """Give the links to systemd-networkd; only those whose file changed are touched."""
    was_running = state_of(NETWORKD).is_up
    # A site must have its addresses and names with every uplink down: nothing waits for one.
    files.link(
        name="network: nothing waits for an uplink",
        path=WAIT_ONLINE,
        target="/dev/null",
        force=True,
        force_backup=False,
    )
    if legacy := host.get_fact(LegacyInterfaces):
        server.shell(
            name=f"network: {', '.join(legacy)} from ifupdown to systemd-networkd",
            commands=[table.TAKE_OVER],
        )
    unit(name="network: links", service=NETWORKD, running=True, enabled=True)
    if was_running:
        restarted(
            name="network: systemd-networkd restarted",
            service=NETWORKD,
            _if=to_activate("network", placed[table.NETWORKD_CONF]),
        )
        server.shell(
            name="network: changed links configured again",
            commands=["networkctl reload"],
            _if=to_activate("network", *_under(placed, f"{table.NETWORKD}/"), removed),
        )
    if gone:
        server.shell(
            name=f"network: without {', '.join(gone)}",
            commands=[f"ip link delete {name} 2>/dev/null || :" for name in gone],
        )
    _stopped("systemd-resolved.service")


def names(plan: HostPlan, placed: Placed) -> None:
    """Answer DNS and DHCP; dnsmasq reads its settings only when it starts."""
    if plan.network.dns is None:
        return
    if plan.network.dns.hub_address:
        watch = _under(placed, table.NAMES_WATCH, table.NAMES_WATCH_SERVICE)
        _service("names-watch.service", watch)
    _service("dnsmasq.service", [placed[table.DNSMASQ]])
    if plan.network.name_filter is not None:
        _service(table.FILTER_SERVICE, _under(placed, table.FILTER, table.FILTER_UNIT))


def schedules(plan: HostPlan, placed: Placed) -> None:
    """Open and close segments at their hours."""
    if plan.network.firewall.schedules:
        _service("access-hours.timer", [placed[table.ACCESS_HOURS_TIMER]])


def uplinks(plan: HostPlan, placed: Placed) -> None:
    """Watch over several uplinks."""
    if table.is_watched(plan):
        watch = _under(placed, table.UPLINK_WATCH, table.UPLINK_WATCH_SERVICE)
        _service("uplink-watch.service", watch)


def queues(plan: HostPlan, placed: Placed) -> None:
    """Have packets wait here, where calls overtake; a queue that is right already stays."""
    if plan.network.queueing is None:
        return
    changes = _under(placed, table.QUEUES, table.QUEUES_TABLE, table.QUEUES_SERVICE)
    unit(name="network: mairie-queues.service", service="mairie-queues.service", enabled=True)
    looked_at = unit(
        name=f"network: {QUEUES_TIMER}", service=QUEUES_TIMER, running=True, enabled=True
    )
    restarted(
        name=f"network: {QUEUES_TIMER} restarted",
        service=QUEUES_TIMER,
        _if=to_activate("network", placed[table.QUEUES_TIMER]),
    )
    server.shell(
        name="network: queues as their table says",
        commands=["systemctl start mairie-queues.service"],
        _if=to_activate("network", looked_at, *changes),
    )


def _service(service: str, changes: list[OperationMeta]) -> None:
    """Have a unit running and enabled, and restarted when its files changed."""
    unit(name=f"network: {service}", service=service, running=True, enabled=True)
    restarted(
        name=f"network: {service} restarted",
        service=service,
        _if=to_activate("network", *changes),
    )

"""Brick ``base``: names, accounts, SSH, time, journal, upgrades, hardening."""

from __future__ import annotations

from pyinfra.api.operation import OperationMeta
from pyinfra.context import host
from pyinfra.operations import files, server, systemd

from mairie.files import base as table
from mairie.host.accounts import close_accounts, have_accounts, have_group, open_accounts
from mairie.host.deploy import Placed, place, this_host, to_activate
from mairie.host.operations import managed_file
from mairie.host.packages import have_packages, no_packages
from mairie.host.system import OwnClock, journal_on_disk, kernel_parameters, whole_packages
from mairie.host.units import look_at, reloaded, restarted, unit
from mairie.plan.host import HostPlan
from mairie.plan.parts.base import BasePlan
from mairie.render import MANAGED

SHARED_CLOCK = "/etc/systemd/system/chrony.service.d/mairie-shared-clock.conf"
SHARED_CLOCK_TEXT = f"""\
# {MANAGED}
# A container has its machine's clock: measure and serve time, never set it.
[Unit]
ConditionCapability=

[Service]
ExecStart=
ExecStart=!/usr/sbin/chronyd -x $DAEMON_OPTS
"""


def deploy() -> None:
    """Install, configure, activate."""
    plan, _ = this_host()
    clock = share_clock()
    install(plan.base)
    accounts(plan.base)
    placed = configure(plan)
    activate(placed, clock)


def install(base: BasePlan) -> None:
    """Have the packages that belong, and none that do not."""
    whole_packages(name="base: packages left half installed")
    have_packages(name="base: packages", packages=base.packages_present)
    no_packages(name="base: packages that do not belong", packages=base.packages_absent)


def accounts(base: BasePlan) -> None:
    """Have one account per technician, none for those who left; keys come with the files."""
    names = [user.name for user in base.users]
    have_group(name="base: group of technicians", group=table.GROUP)
    have_accounts(name="base: accounts of technicians", users=base.users, group=table.GROUP)
    open_accounts(name="base: accounts open by key alone", names=names)
    close_accounts(name="base: accounts no longer wanted", group=table.GROUP, keep=names)


def share_clock() -> OperationMeta:
    """Keep chronyd from setting a clock that is not this host's own: before it is installed."""
    if host.get_fact(OwnClock):
        return files.file(name="base: clock of its own", path=SHARED_CLOCK, present=False)
    return managed_file(
        name="base: clock shared with the machine",
        path=SHARED_CLOCK,
        content=SHARED_CLOCK_TEXT,
        brick="base",
    )


def configure(plan: HostPlan) -> Placed:
    """Place every file; returns path → operation."""
    placed, _ = place("base")
    files.link(
        name=f"base: time zone {plan.timezone}",
        path="/etc/localtime",
        target=f"/usr/share/zoneinfo/{plan.timezone}",
        force=True,
        force_backup=False,
    )
    server.hostname(name=f"base: host name {plan.name}", hostname=plan.name)
    kernel_parameters(name="base: kernel parameters", parameters=plan.base.sysctl)
    return placed


def activate(placed: Placed, clock: OperationMeta) -> None:
    """Tell each service what changed for it, and no other."""

    def changed(*paths: str) -> list[OperationMeta]:
        return [placed[path] for path in paths]

    look_at("ssh.service", "chrony.service", "apt-daily.timer", "apt-daily-upgrade.timer")
    timers = changed(table.LISTS_TIMER, table.UPGRADES_TIMER)
    systemd.daemon_reload(
        name="base: systemd reads its units again",
        _if=to_activate("base", *timers, *changed(table.MANAGER), clock),
    )
    restarted(
        name="base: journal restarted",
        service="systemd-journald.service",
        _if=to_activate("base", *changed(table.JOURNAL)),
    )
    journal_on_disk(name="base: journal on disk")
    unit(name="base: ssh", service="ssh.service", running=True, enabled=True)
    reloaded(
        name="base: ssh reads its settings again",
        service="ssh.service",
        _if=to_activate("base", *changed(table.SSHD)),
    )
    unit(name="base: chrony", service="chrony.service", running=True, enabled=True)
    restarted(
        name="base: chrony restarted",
        service="chrony.service",
        _if=to_activate("base", *changed(table.CHRONY), clock),
    )
    for timer, path in (
        ("apt-daily.timer", table.LISTS_TIMER),
        ("apt-daily-upgrade.timer", table.UPGRADES_TIMER),
    ):
        unit(name=f"base: {timer}", service=timer, running=True, enabled=True)
        restarted(
            name=f"base: {timer} restarted",
            service=timer,
            _if=to_activate("base", *changed(path)),
        )

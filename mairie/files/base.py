"""Files of the brick base, in the order they are placed: what a check needs comes before it."""

from __future__ import annotations

from mairie.files import TemplateFile
from mairie.plan.host import HostPlan
from mairie.plan.parts.base import Ntp

GROUP = "mairie-technicians"
"""Group of technicians' accounts: it alone may use sudo, and the brick owns its members."""

HELPERS = "/usr/local/libexec/mairie"
"""Folder of small programs that mairie's own commands call."""

SSHD = "/etc/ssh/sshd_config.d/10-mairie.conf"
UPGRADES = "/etc/apt/apt.conf.d/52mairie-upgrades"
SOURCE = "/etc/apt/sources.list.d/mairie.sources"
PINS = "/etc/apt/preferences.d/mairie"
LISTS_TIMER = "/etc/systemd/system/apt-daily.timer.d/mairie.conf"
UPGRADES_TIMER = "/etc/systemd/system/apt-daily-upgrade.timer.d/mairie.conf"
CHRONY = "/etc/chrony/chrony.conf"
JOURNAL = "/etc/systemd/journald.conf.d/10-mairie.conf"
MANAGER = "/etc/systemd/system.conf.d/10-mairie.conf"
SYSCTL = "/etc/sysctl.d/60-mairie.conf"
MODULES = "/etc/modprobe.d/mairie.conf"

_LISTS_MINUTES = 20
"""How long before the upgrade the package lists are fetched: enough for a slow satellite link."""


def lists_at(upgrades_at: str) -> str:
    """Return the local time ``HH:MM`` at which package lists are fetched for that upgrade."""
    hours, minutes = upgrades_at.split(":")
    total = (int(hours) * 60 + int(minutes) - _LISTS_MINUTES) % (24 * 60)
    return f"{total // 60:02d}:{total % 60:02d}"


def local_stratum(ntp: Ntp) -> int:
    """Return the stratum of this host's own clock: two below the hub's, so that the hub's wins."""
    return min(ntp.local_stratum + 2, 15) if ntp.preferred else ntp.local_stratum


def files(plan: HostPlan) -> tuple[TemplateFile, ...]:
    """Return every file of the brick for this host."""
    owner = plan.place.commune_label or plan.domain
    # A hub or a gateway is the way in (ssh -J) to what stands behind it; a server is not.
    jump = plan.is_hub or plan.is_gateway
    return (
        TemplateFile(path=f"{HELPERS}/check-sshd", mode="755"),
        TemplateFile(path=f"{HELPERS}/check-drop-in", mode="755"),
        TemplateFile(path="/etc/hostname"),
        TemplateFile(path="/etc/hosts"),
        TemplateFile(path="/etc/timezone"),
        TemplateFile(path="/etc/issue", context={"owner": owner}),
        TemplateFile(path="/etc/issue.net", context={"owner": owner}),
        TemplateFile(path="/etc/motd"),
        TemplateFile(path="/etc/profile.d/mairie.sh", check=("sh", "-n", "{}")),
        TemplateFile(path="/etc/security/limits.d/mairie.conf"),
        TemplateFile(
            path="/etc/sudoers.d/mairie",
            mode="440",
            check=("visudo", "-c", "-f", "{}"),
            context={"group": GROUP},
        ),
        *(
            TemplateFile(
                path=f"/etc/ssh/authorized_keys.d/{user.name}",
                template="etc/ssh/authorized_keys.d/user.j2",
                check=("ssh-keygen", "-l", "-f", "{}"),
                context={"user": user},
            )
            for user in plan.base.users
        ),
        TemplateFile(
            path=SSHD,
            mode="600",
            check=(f"{HELPERS}/check-sshd", "{}"),
            context={"group": GROUP, "tcp_forwarding": "local" if jump else "no"},
        ),
        TemplateFile(path=UPGRADES, check=("apt-config", "-c", "{}", "dump")),
        *_source(plan),
        TemplateFile(
            path=LISTS_TIMER,
            check=(f"{HELPERS}/check-drop-in", "apt-daily.timer", "{}"),
            context={"lists_at": lists_at(plan.base.upgrades_at)},
        ),
        TemplateFile(
            path=UPGRADES_TIMER,
            check=(f"{HELPERS}/check-drop-in", "apt-daily-upgrade.timer", "{}"),
        ),
        TemplateFile(
            path=CHRONY,
            check=("chronyd", "-p", "-f", "{}"),
            context={"local_stratum": local_stratum(plan.base.ntp)},
        ),
        TemplateFile(path=JOURNAL),
        TemplateFile(path=MANAGER),
        TemplateFile(path=SYSCTL),
        TemplateFile(path=MODULES),
    )


def _source(plan: HostPlan) -> tuple[TemplateFile, ...]:
    """Return what apt knows of the hub's packages, on hosts that need some."""
    if plan.packages is None:
        return ()
    context = {"packages": plan.packages}
    return (TemplateFile(path=PINS, context=context), TemplateFile(path=SOURCE, context=context))

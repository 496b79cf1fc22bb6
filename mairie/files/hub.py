"""Which files brick ``hub`` gives a host: the names of the whole syndicate, and its packages."""

from __future__ import annotations

from mairie.files import SHELL, TemplateFile
from mairie.plan.host import HostPlan

DNSMASQ = "/etc/dnsmasq.d/mairie-hub.conf"
SITE = "/etc/nginx/conf.d/mairie-packages.conf"
CHECK_SITE = "/usr/local/libexec/mairie/check-packages-site"
PACKAGES = "/var/lib/mairie/packages"
"""Holds a folder for each publication, and the link to the one in force."""
CURRENT = f"{PACKAGES}/current"


def files(plan: HostPlan) -> tuple[TemplateFile, ...]:
    """Return the files of a hub; none elsewhere."""
    if plan.hub_plan is None:
        return ()
    return (
        TemplateFile(path=DNSMASQ, check=("dnsmasq", "--test", "-C", "{}")),
        *_packages(plan),
    )


def _packages(plan: HostPlan) -> tuple[TemplateFile, ...]:
    """Return what serves the packages that Debian does not have, where a commune needs some."""
    if plan.packages is None:
        return ()
    return (
        TemplateFile(path=CHECK_SITE, mode="755", check=SHELL),
        TemplateFile(
            path=SITE,
            check=(CHECK_SITE, "{}"),
            context={"packages": plan.packages, "folder": CURRENT},
        ),
    )

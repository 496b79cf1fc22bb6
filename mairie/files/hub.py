"""Which files brick ``hub`` gives a host: the names of the whole syndicate."""

from __future__ import annotations

from mairie.files import TemplateFile
from mairie.plan.host import HostPlan

DNSMASQ = "/etc/dnsmasq.d/mairie-hub.conf"


def files(plan: HostPlan) -> tuple[TemplateFile, ...]:
    """Return the files of a hub; none elsewhere."""
    if plan.hub_plan is None:
        return ()
    return (TemplateFile(path=DNSMASQ, check=("dnsmasq", "--test", "-C", "{}")),)

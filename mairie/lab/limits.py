"""What containers cannot show: the part of the kernel that they share with their machine.

Such a control stays unknown, in every report; a lab that has no other trouble is a success all the
same. The QEMU machine, with a kernel of its own, shows them.
"""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from mairie.host.events import ControlResult
from mairie.report.model import HostReport, RunReport, conformity

KERNEL_PARAMETERS: Final = "BAS-50"
SHARED: Final = ("fs.", "kernel.", "net.core.bpf_")


def shared_kernel(result: ControlResult) -> bool:
    """Tell whether a result is unknown because the kernel is not the container's own."""
    return (
        result.outcome == "unknown"
        and result.id == KERNEL_PARAMETERS
        and result.subject.startswith(SHARED)
    )


def within_limits(report: RunReport) -> RunReport:
    """Return the report without what no container can show, to judge the rest."""
    return replace(report, hosts=tuple(_shown(host) for host in report.hosts))


def _shown(host: HostReport) -> HostReport:
    controls = tuple(item for item in host.controls if not shared_kernel(item))
    if host.status != "unknown" or host.failed is not None:
        return replace(host, controls=controls)
    return replace(host, controls=controls, status=conformity(controls))

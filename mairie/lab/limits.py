"""What containers cannot show: the part of the kernel that they share with their machine.

Such a control stays unknown, in every report; a lab that has no other trouble is a success all the
same. The QEMU machine, with a kernel of its own, shows them.
"""

from __future__ import annotations

from typing import Final

from mairie.host.events import ControlResult

KERNEL_PARAMETERS: Final = "BAS-50"
SHARED: Final = ("fs.", "kernel.", "net.core.bpf_")


def shared_kernel(result: ControlResult) -> bool:
    """Tell whether a result is unknown because the kernel is not the container's own."""
    return (
        result.outcome == "unknown"
        and result.id == KERNEL_PARAMETERS
        and result.subject.startswith(SHARED)
    )

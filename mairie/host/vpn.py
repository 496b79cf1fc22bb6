"""pyinfra facts and operations of brick ``vpn`` that pyinfra itself does not have."""

from __future__ import annotations

from collections.abc import Generator

from pyinfra.api.command import StringCommand
from pyinfra.api.facts import FactBase
from pyinfra.api.operation import operation
from pyinfra.context import host

APPLY = "/usr/local/libexec/mairie/wg-apply"


class KernelWireGuard(FactBase[bool]):
    """Whether the kernel has WireGuard, loaded or as a module that can be."""

    @staticmethod
    def default() -> bool:
        """Nothing said: no."""
        return False

    def command(self) -> str:
        """Look without loading anything."""
        return (
            "if [ -e /sys/module/wireguard ] || modprobe -n -q wireguard 2>/dev/null; "
            "then echo yes; fi"
        )

    def process(self, output: list[str]) -> bool:
        """Read the one word."""
        return output == ["yes"]


class TunnelState(FactBase[tuple[str, ...]]):
    """What of a running tunnel differs from its file, in words; ``down`` when it does not run."""

    @staticmethod
    def default() -> tuple[str, ...]:
        """As its file says."""
        return ()

    def command(self, interface: str) -> str:
        """Compare; an interface, a program or a file that is not there reads as ``down``."""
        return (
            f"if systemctl -q is-active wg-quick@{interface} && [ -e /sys/class/net/{interface} ] "
            f"&& [ -x {APPLY} ]; then {APPLY} {interface} --check || echo unreadable; "
            "else echo down; fi"
        )

    def process(self, output: list[str]) -> tuple[str, ...]:
        """One difference per line."""
        return tuple(output)


@operation()
def tunnel(interface: str) -> Generator[StringCommand, None, None]:
    """Make the running tunnel what its file says: started when down, else reloaded without a cut.

    Args:
        interface: with a configuration in /etc/wireguard.

    """
    found = host.get_fact(TunnelState, interface=interface)
    if not found:
        host.noop(f"{interface} is as its file says")
    elif found == ("down",):
        yield StringCommand(f"systemctl restart wg-quick@{interface}.service")
    else:
        yield StringCommand(f"systemctl reload wg-quick@{interface}.service")

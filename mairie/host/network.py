"""pyinfra facts of brick ``network`` that pyinfra itself does not have."""

from __future__ import annotations

from pyinfra.api.facts import FactBase


class LegacyInterfaces(FactBase[tuple[str, ...]]):
    """Links that ifupdown has in /etc/network/interfaces, the loopback apart; sorted."""

    @staticmethod
    def default() -> tuple[str, ...]:
        """None: ifupdown has nothing, or was never there."""
        return ()

    def command(self) -> str:
        """Return the command; files that are not there read as empty."""
        return (
            "cat /etc/network/interfaces $(find /etc/network/interfaces.d -type f "
            "! -name '*.before-mairie' 2>/dev/null) 2>/dev/null || :"
        )

    def process(self, output: list[str]) -> tuple[str, ...]:
        """Read ``iface NAME family method`` stanzas (interfaces(5))."""
        words = (line.split() for line in output)
        return tuple(
            sorted({word[1] for word in words if len(word) > 1 and word[0] == "iface"} - {"lo"})
        )


class UplinkOverride(FactBase[tuple[str, ...]]):
    """Families (``-4``, ``-6``) that have a default route laid by uplink-watch."""

    @staticmethod
    def default() -> tuple[str, ...]:
        """Neither."""
        return ()

    def command(self) -> str:
        """Return the command."""
        return (
            "for family in -4 -6; do "
            'ip $family route show default metric 50 2>/dev/null | sed "s/^/$family /"; done'
        )

    def process(self, output: list[str]) -> tuple[str, ...]:
        """Keep the first word of each line."""
        return tuple(sorted({line.split()[0] for line in output if line.strip()}))


class FirewallChanged(FactBase[bool]):
    """Whether the kernel's rules or forwarding are no longer what the firewall's unit loaded."""

    @staticmethod
    def default() -> bool:
        """No: before the first deploy there is nothing to compare."""
        return False

    def command(self, program: str) -> str:
        """Return the command; ``program`` is firewall-state, which a first deploy still lacks."""
        return f"if [ -x {program} ]; then {program} changed; fi"

    def process(self, output: list[str]) -> bool:
        """Read its one word."""
        return "changed" in output

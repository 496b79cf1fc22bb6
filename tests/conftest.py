"""What every test run says at its end."""

from __future__ import annotations

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name what was left out, and the command that runs it."""
    left_out = terminalreporter.stats.get("deselected", ())
    if any(item.get_closest_marker("trunk") for item in left_out):
        terminalreporter.write_line(
            "Not run: a whole gateway in the QEMU machine (802.1Q trunk, kernel WireGuard), twenty "
            "minutes without KVM. To run it: ./dev test -m trunk"
        )

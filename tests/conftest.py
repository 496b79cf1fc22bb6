"""What every test run says at its end."""

from __future__ import annotations

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name what was left out, and the command that runs it."""
    if terminalreporter.stats.get("deselected"):
        terminalreporter.write_line(
            "Not run: a whole gateway in the QEMU machine (802.1Q trunk, kernel WireGuard), half "
            "an hour without KVM. To run it: ./dev test -m trunk"
        )

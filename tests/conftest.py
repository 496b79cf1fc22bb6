"""What every test run says at its end."""

from __future__ import annotations

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name what was left out, and the command that runs it."""
    ran = {
        report.nodeid
        for reports in terminalreporter.stats.values()
        for report in reports
        if isinstance(report, pytest.TestReport)
    }
    lab = any(nodeid.startswith("tests/lab/") for nodeid in ran)
    if lab and "not trunk" in terminalreporter.config.getoption("markexpr"):
        terminalreporter.write_line(
            "Not run: a whole gateway in the QEMU machine (802.1Q trunk, kernel WireGuard), twenty "
            "minutes without KVM. To run it: ./dev test -m trunk"
        )

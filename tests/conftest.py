"""What every test run says at its end."""

from __future__ import annotations

import pytest

_ONLY_WHEN_ASKED = {
    "trunk": (
        "a whole gateway in the QEMU machine (802.1Q trunk, kernel WireGuard), twenty minutes "
        "without KVM"
    ),
    "air": "a gateway's radio and its stations in the QEMU machine, fourteen minutes without KVM",
}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name what was left out, and the command that runs it."""
    reports = (each for found in terminalreporter.stats.values() for each in found)
    ran = (each.nodeid for each in reports if isinstance(each, pytest.TestReport))
    if any(nodeid.startswith("tests/lab/") for nodeid in ran):
        left_out = terminalreporter.config.getoption("markexpr")
        for marker, what in _ONLY_WHEN_ASKED.items():
            if f"not {marker}" in left_out:
                terminalreporter.write_line(f"Not run: {what}. To run it: ./dev test -m {marker}")

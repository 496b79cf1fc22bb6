"""Which tests run side by side, and what every run says at its end."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

# How long an example takes says how busy the machine is, and nothing of the code.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

_TOGETHER = {
    # They share one lab, deployed once.
    **dict.fromkeys(("test_breaks", "test_demo"), "demo"),
    # Two emulated machines at a time are too much for two processors.
    **dict.fromkeys(("test_air", "test_machine"), "machine"),
}
"""Files of tests/lab that stay on one worker, by its scope."""
_ONLY_WHEN_ASKED = {
    "trunk": (
        "a whole gateway in the QEMU machine (802.1Q trunk, kernel WireGuard), twenty minutes "
        "without KVM"
    ),
    "package": "a second build of Asterisk that gives the same bytes, seven minutes",
    "voice": "telephone systems and softphones that call, an hour with Asterisk built",
    "air": (
        "what becomes of stations on the air: roaming, leaving, a week alone, 6 GHz, damages; in "
        "the QEMU machine, an hour and a half without KVM"
    ),
}


class ByLab(LoadScopeScheduling):  # type: ignore[misc] # xdist has no types
    """Tests of one lab stay on one worker, the longest first; others go where there is room."""

    def _split_scope(self, nodeid: str) -> str:
        path = Path(nodeid.partition("::")[0])
        if path.parent != Path("tests/lab"):
            return nodeid
        return _TOGETHER.get(path.stem, path.stem)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """Share tests out between workers (``-n``)."""
    return ByLab(config, log)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name what was left out, and the command that runs it."""
    reports = (each for found in terminalreporter.stats.values() for each in found)
    ran = (each.nodeid for each in reports if isinstance(each, pytest.TestReport))
    if any(nodeid.startswith("tests/lab/") for nodeid in ran):
        left_out = terminalreporter.config.getoption("markexpr")
        for marker, what in _ONLY_WHEN_ASKED.items():
            if f"not {marker}" in left_out:
                terminalreporter.write_line(f"Not run: {what}. To run it: ./dev test -m {marker}")

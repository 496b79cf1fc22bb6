"""The demo territory in containers, deployed once for all tests that look at it."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from rich.console import Console

from mairie.host.events import Action, ControlResult
from mairie.lab.limits import shared_kernel
from mairie.lab.session import Session
from mairie.push import HostOutcome
from mairie.run import Run
from tests.lab.breaks import Break

DEMO = Path(__file__).parents[2] / "inventories" / "demo"
PARALLEL = 5
LOOKS = 6
"""At a host that is not green yet, before its first damage."""


def fine(result: ControlResult) -> bool:
    """Tell whether a container shows no more of a control than this."""
    return result.outcome == "pass" or shared_kernel(result)


@dataclass
class DeployedDemo:
    """The lab of the demo, and what was seen while it was built."""

    session: Session
    first: dict[str, HostOutcome] = field(default_factory=dict)
    second: dict[str, HostOutcome] = field(default_factory=dict)
    looks: dict[str, tuple[ControlResult, ...]] = field(default_factory=dict)
    """What each host's controls said before anything was damaged."""
    repaired: dict[str, tuple[Break, ...]] = field(default_factory=dict)
    """What was damaged and repaired last on each host: the next look finds all of it green."""

    def act(
        self, action: Action, *hosts: str, only: tuple[str, ...] = ()
    ) -> dict[str, HostOutcome]:
        """Do one thing on some hosts, or on all; ``only`` restricts it to bricks."""
        plans = self.session.plans
        chosen = {name: plans[name] for name in hosts} if hosts else plans
        run = Run(chosen, self.session.reach(), Console(file=io.StringIO()), "demo", PARALLEL)
        return {outcome.name: outcome for outcome in run.act(action, only)}

    def healthy(self, host: str) -> tuple[ControlResult, ...]:
        """Return every result of one host, seen before any damage.

        A clock just set needs its sources, and its sources theirs: a host is looked at again
        until nothing is to be said of it, and what still is fails the test that asks.
        """
        if host not in self.looks:
            for _ in range(LOOKS):
                looked = self.verify(host)
                wrong = [item for item in looked if not fine(item)]
                if not wrong:
                    break
                time.sleep(10)
            said = [f"{item.id} {item.subject}: {item.message}" for item in wrong]
            assert not said, f"{host}, before any damage: {said}"
            self.looks[host] = looked
        return self.looks[host]

    def verify(self, host: str, *bricks: str) -> tuple[ControlResult, ...]:
        """Return every result of one host, or of some of its bricks."""
        outcome = self.act("verify", host, only=bricks)[host]
        assert outcome.status == "done", outcome.message
        return outcome.results

    def run(self, host: str, script: str, timeout: float = 120) -> str:
        """Run a shell script as root on a host."""
        return self.session.lab.check(host, ["sh", "-c", script], timeout=timeout)


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--emergencies docs/emergencies.md`` renews the page of emergency calls."""
    parser.addoption("--emergencies", metavar="FILE", help="write the emergency calls made here")


@pytest.fixture(scope="session")
def deployed() -> Iterator[DeployedDemo]:
    """Start the demo, deploy it twice, and remove it at the end."""
    session = Session.of(DEMO, print, name="test-demo")
    with session.lab:
        session.up()
        world = DeployedDemo(session)
        world.first = world.act("apply")
        world.second = world.act("apply")
        yield world

"""One action of mairie on one host through the relay, measured."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from mairie.bundle import Bundle
from mairie.host.events import Action, Order
from mairie.push import HostOutcome, Target, push, whoami
from mairie.runtime import Runtimes
from tests.bench.relay import Traffic
from tests.bench.world import Door, World


@dataclass(frozen=True)
class Pushed:
    """What it took."""

    outcome: HostOutcome
    wall_s: float
    """From packing the bundle to the last event."""
    traffic: Traffic
    host_cpu_s: float
    """Processor time of the whole host meanwhile."""


def measure(
    lab: World, door: Door, bundle: Callable[[], Bundle], action: Action, user: str
) -> Pushed:
    """Do it."""
    runtimes = Runtimes()
    known = runtimes.known()
    door.relay.take()
    cpu_s = lab.cpu_s(door.alias)
    began = time.monotonic()
    outcome = push(
        Target(door.alias, door.transport(user)),
        bundle(),
        Order(action=action, who=whoami()),
        runtime=runtimes,
        known_runtimes=known,
    )
    wall_s = time.monotonic() - began
    return Pushed(outcome, wall_s, door.relay.take(), lab.cpu_s(door.alias) - cpu_s)

"""One action of mairie on one host through the relay, measured."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from mairie.bundle import Bundle
from mairie.host.events import Action, Order
from mairie.push import HostOutcome, Target, push, whoami
from mairie.runtime import Runtimes
from tests.bench.figures import Figure, Part, Verdict, verdict
from tests.bench.relay import Traffic
from tests.bench.world import Door, World

AGAIN_S = 10
AGAIN_TURNS = 16
AGAIN_BYTES = 100_000
"""What a deploy that changes nothing may cost at most."""


@dataclass(frozen=True)
class Pushed:
    """What it took."""

    outcome: HostOutcome
    wall_s: float
    """From packing the bundle to the last event."""
    traffic: Traffic
    host_cpu_s: float
    """Processor time of the whole host meanwhile."""

    @property
    def cost(self) -> str:
        """The figure for a person."""
        return cost(self.wall_s, self.traffic)

    @property
    def work(self) -> str:
        """What was done for it."""
        outcome = self.outcome
        if outcome.status != "done":
            return outcome.message
        names = ", ".join(change.name for change in outcome.changed[:3])
        few = f" ({names})" if 0 < len(outcome.changed) <= 3 else ""
        return (
            f"{outcome.operations} operations, {len(outcome.changed)} changed{few}, "
            f"{self.host_cpu_s:.1f} s of processor time on the host"
        )

    @property
    def values(self) -> dict[str, float]:
        """The figure for programs."""
        return {
            "wall_s": self.wall_s,
            "host_cpu_s": self.host_cpu_s,
            "turns": self.traffic.turns,
            "sent_bytes": self.traffic.sent,
            "received_bytes": self.traffic.received,
            "operations": self.outcome.operations,
            "changed": len(self.outcome.changed),
        }

    def unchanged(self, otherwise: Verdict) -> Verdict:
        """Return ``otherwise`` when it ended well and changed nothing."""
        if self.outcome.status != "done":
            return "failed"
        return "changed something" if self.outcome.changed else otherwise


def cost(wall_s: float, traffic: Traffic) -> str:
    """Return time, turns and bytes for a person."""
    return f"{wall_s:.1f} s, {traffic.turns} turns, {traffic.total / 1000:.0f} kB"


def measure(
    lab: World,
    door: Door,
    bundle: Callable[[], Bundle],
    action: Action,
    user: str,
    *,
    only: tuple[str, ...] = (),
) -> Pushed:
    """Do it; ``only`` restricts it to bricks."""
    runtimes = Runtimes()
    known = runtimes.known()
    door.relay.take()
    cpu_s = lab.cpu_s(door.alias)
    began = time.monotonic()
    outcome = push(
        Target(door.alias, door.transport(user)),
        bundle(),
        Order(action=action, only=only, who=whoami()),
        runtime=runtimes,
        known_runtimes=known,
    )
    wall_s = time.monotonic() - began
    return Pushed(outcome, wall_s, door.relay.take(), lab.cpu_s(door.alias) - cpu_s)


def median(runs: list[Pushed]) -> Pushed:
    """Return the run whose wall time is in the middle; of two, the slower."""
    return sorted(runs, key=lambda pushed: pushed.wall_s)[len(runs) // 2]


def first_deploy(part: Part, what: str, first: Pushed) -> Figure:
    """Return the figure of a deploy on a host that has had none."""
    return Figure(
        part=part,
        what=what,
        measured=first.cost,
        verdict="" if first.outcome.status == "done" else "failed",
        beside=f"{first.work}; Debian packages come from the lab's own folder",
        values=first.values,
    )


def no_change_deploy(part: Part, what: str, again: Pushed) -> Figure:
    """Return the figure of a deploy that has nothing to change, beside its budget."""
    kept = verdict(
        again.wall_s <= AGAIN_S,
        again.traffic.turns <= AGAIN_TURNS,
        again.traffic.total <= AGAIN_BYTES,
    )
    return Figure(
        part=part,
        what=what,
        budget=f"≤ {AGAIN_S} s, ≤ {AGAIN_TURNS} turns, ≤ {AGAIN_BYTES // 1000} kB",
        measured=again.cost,
        verdict=again.unchanged(kept),
        beside=again.work,
        values=again.values,
    )

"""One workload by mairie and by the tools one would pick instead, over the same relay."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from mairie.bundle import Bundle, make_bundle
from mairie.paths import at
from tests.bench.figures import Figure
from tests.bench.pushed import cost, measure, median
from tests.bench.rivals import WORKLOAD, Raced, Rival, race, rivals
from tests.bench.world import GATEWAY, Door, World, world

HOST = "workload"
PACKAGES = (
    "chrony", "curl", "nftables", "openssh-server", "python3", "rsync", "sudo",
    "unattended-upgrades",
)  # fmt: skip
"""Of the workload: there before anything is measured."""
WIPE = """rm -rf /srv/bench
for user in bench-one bench-two; do
    ! id "$user" >/dev/null 2>&1 || userdel -r "$user" 2>/dev/null
done"""
UNDELAYED_LIMIT_S = 600
"""For the run without delay, which prepares the host and counts turns."""


def figures(
    rtt_s: float, patience_s: float, runs: int, say: Callable[[str], None], *, alone: bool
) -> Iterator[Figure]:
    """Measure in a lab that ends with the last figure.

    Args:
        rtt_s: round-trip time added.
        patience_s: longest run of another tool.
        runs: how often mairie's is repeated.
        say: told what is being done.
        alone: leave the other tools out.

    """
    with (
        tempfile.TemporaryDirectory(prefix="mairie-bench-") as name,
        world(Path(name), say, (HOST,)) as lab,
    ):
        lab.prepare_ssh(HOST, PACKAGES)
        with lab.door(HOST, rtt_s) as door:
            say("The workload by mairie")
            yield _mairie(lab, door, runs)
            for rival in () if alone else rivals(door, Path(name)):
                say(f"The workload by {rival.name}")
                lab.lab.check(HOST, ["sh", "-ec", WIPE])
                yield _other(door, rival, rtt_s, patience_s)


def _mairie(lab: World, door: Door, runs: int) -> Figure:
    secrets = lab.session.reach().secrets(GATEWAY)
    plan = lab.session.plans[GATEWAY]  # any plan will do: the workload reads none
    bundle: Callable[[], Bundle] = partial(make_bundle, plan, secrets, at(WORKLOAD))
    first = measure(lab, door, bundle, "apply", "root")
    again = median([measure(lab, door, bundle, "apply", "root") for _ in range(runs)])
    return Figure(
        part="workload",
        what="mairie",
        measured=again.cost,
        verdict=again.unchanged(""),
        beside=f"{again.work}; first run {first.cost}, runtime sent",
        values=again.values,
    )


def _other(door: Door, rival: Rival, rtt_s: float, patience_s: float) -> Figure:
    door.relay.rtt_s = 0
    first = race(door, rival, UNDELAYED_LIMIT_S)
    door.relay.rtt_s = rtt_s
    again = race(door, rival, patience_s)
    failed = first.spent.status != 0 or (again.spent.status != 0 and not again.spent.timed_out)
    words = f"; {(first.spent.output + again.spent.output)[-300:]}" if failed else ""
    return Figure(
        part="workload",
        what=rival.name,
        measured=_figure(again),
        verdict="failed" if failed else "",
        beside=f"first run {first.traffic.turns} turns, {first.traffic.total / 1000:.0f} kB, "
        f"{first.spent.wall_s:.0f} s without any delay{words}",
        values={
            "wall_s": again.spent.wall_s,
            "cut_off": float(again.spent.timed_out),
            "turns": again.traffic.turns,
            "bytes": again.traffic.total,
            "first_turns": first.traffic.turns,
        },
    )


def _figure(again: Raced) -> str:
    spent = cost(again.spent.wall_s, again.traffic)
    return f"> {spent}: cut off there" if again.spent.timed_out else spent

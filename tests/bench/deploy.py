"""Deploy and verify the demo's gateway over a satellite's round-trip time."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from mairie.bundle import make_bundle
from tests.bench.figures import Figure, verdict
from tests.bench.process import run
from tests.bench.pushed import Pushed, cost, first_deploy, measure, median, no_change_deploy
from tests.bench.world import GATEWAY, HUB, TECHNICIAN, Door, World, world

VERIFY_S = 12
CONTROLS = 150


def figures(rtt_s: float, runs: int, say: Callable[[str], None]) -> Iterator[Figure]:
    """Measure in a lab that ends with the last figure.

    Args:
        rtt_s: round-trip time added.
        runs: how often the no-change deploy and the verification are repeated.
        say: told what is being done.

    """
    with (
        tempfile.TemporaryDirectory(prefix="mairie-bench-") as name,
        world(Path(name), say, (HUB, GATEWAY)) as lab,
    ):
        say("Preparing the hub")
        lab.deploy(HUB)
        lab.prepare_ssh(GATEWAY, ("openssh-server",))
        with lab.door(GATEWAY, rtt_s) as door:
            yield _connection(door)
            yield from _gateway(lab, door, runs, say)


def _connection(door: Door) -> Figure:
    door.relay.take()
    spent = run(door.transport("root").argv("exit 0"), limit_s=120)
    traffic = door.relay.take()
    reached = spent.status == 0
    return Figure(
        part="deploy",
        what="ssh connection alone",
        measured=cost(spent.wall_s, traffic),
        verdict="" if reached else "failed",
        beside="the system's ssh, one command" if reached else spent.output[-300:],
        values={"wall_s": spent.wall_s, "turns": traffic.turns, "bytes": traffic.total},
    )


def _gateway(lab: World, door: Door, runs: int, say: Callable[[str], None]) -> Iterator[Figure]:
    secrets = lab.session.reach().secrets(GATEWAY)
    bundle = partial(make_bundle, lab.session.plans[GATEWAY], secrets)
    say("First deploy of the gateway")
    first = measure(lab, door, bundle, "apply", "root")
    yield first_deploy("deploy", "first deploy of a gateway, blank host", first)
    say("Deploying it again")
    again = median([measure(lab, door, bundle, "apply", TECHNICIAN) for _ in range(runs)])
    yield no_change_deploy("deploy", "no-change deploy of a gateway", again)
    say("Verifying it")
    yield _verification(
        median([measure(lab, door, bundle, "verify", TECHNICIAN) for _ in range(runs)])
    )


def _verification(checked: Pushed) -> Figure:
    results = checked.outcome.results
    done = checked.outcome.status == "done"
    counts = ", ".join(
        f"{sum(result.outcome == outcome for result in results)} {outcome}"
        for outcome in ("pass", "fail", "unknown")
    )
    kept = verdict(checked.wall_s <= VERIFY_S, len(results) >= CONTROLS)
    return Figure(
        part="deploy",
        what=f"verify a gateway, ≥ {CONTROLS} controls",
        budget=f"≤ {VERIFY_S} s",
        measured=f"{len(results)} controls, {checked.cost}",
        verdict=kept if done else "failed",
        beside=f"{counts}, {checked.host_cpu_s:.1f} s of processor time on the host"
        if done
        else checked.outcome.message,
        values={**checked.values, "controls": len(results)},
    )

"""Deploy and verify over a satellite's round-trip time: mairie, and other tools on one workload."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from mairie.bundle import Bundle, make_bundle
from mairie.paths import at
from tests.bench import rivals
from tests.bench.figures import Figure, Verdict, verdict
from tests.bench.process import run
from tests.bench.pushed import Pushed, measure
from tests.bench.relay import Traffic
from tests.bench.world import (
    GATEWAY,
    HUB,
    PACKAGES,
    TECHNICIAN,
    WORKLOAD_HOST,
    Door,
    World,
    world,
)

AGAIN_S = 10
AGAIN_TURNS = 16
AGAIN_BYTES = 100_000
VERIFY_S = 12
CONTROLS = 150
UNDELAYED_LIMIT_S = 900
"""For the runs of other tools without delay, which prepare the host and count turns."""
WIPE = """rm -rf /srv/bench
for user in bench-one bench-two; do
    ! id "$user" >/dev/null 2>&1 || userdel -r "$user" 2>/dev/null
done"""


@dataclass(frozen=True)
class Choices:
    """How to measure."""

    rtt_s: float
    patience_s: float
    """Longest measured run of another tool."""
    beside: bool
    """Whether other tools are measured too."""
    runs: int
    """How often the no-change deploy and the verification are repeated."""


def figures(choices: Choices, say: Callable[[str], None]) -> Iterator[Figure]:
    """Measure in a lab that ends with the last figure."""
    with tempfile.TemporaryDirectory(prefix="mairie-bench-") as name:
        folder = Path(name)
        with world(folder, say) as lab:
            say("Preparing the hub")
            lab.deploy(HUB)
            lab.prepare_ssh(GATEWAY, ("openssh-server",))
            with lab.door(GATEWAY, choices.rtt_s) as door:
                yield from _gateway(lab, door, choices, say)
            lab.prepare_ssh(WORKLOAD_HOST, PACKAGES)
            with lab.door(WORKLOAD_HOST, choices.rtt_s) as door:
                yield from _workload(lab, door, folder, choices, say)


def _gateway(
    lab: World, door: Door, choices: Choices, say: Callable[[str], None]
) -> Iterator[Figure]:
    yield _connection(door)
    plan = lab.session.plans[GATEWAY]
    secrets = lab.session.reach().secrets(GATEWAY)
    bundle = partial(make_bundle, plan, secrets)
    say("First deploy of the gateway")
    first = measure(lab, door, bundle, "apply", "root")
    yield Figure(
        part="deploy",
        what="first deploy of a gateway, blank host",
        measured=_cost(first.wall_s, first.traffic),
        verdict="" if first.outcome.status == "done" else "failed",
        beside=_work(first) + "; Debian packages installed from the lab's own folder",
        values=_values(first),
    )
    say("Deploying it again")
    again = [measure(lab, door, bundle, "apply", TECHNICIAN) for _ in range(choices.runs)]
    best = _median(again)
    kept = verdict(
        best.wall_s <= AGAIN_S,
        best.traffic.turns <= AGAIN_TURNS,
        best.traffic.total <= AGAIN_BYTES,
    )
    yield Figure(
        part="deploy",
        what="no-change deploy of a gateway",
        budget=f"≤ {AGAIN_S} s, ≤ {AGAIN_TURNS} turns, ≤ {AGAIN_BYTES // 1000} kB",
        measured=_cost(best.wall_s, best.traffic),
        verdict=_unchanged(best, kept),
        beside=_work(best),
        values=_values(best),
    )
    say("Verifying it")
    checked = [measure(lab, door, bundle, "verify", TECHNICIAN) for _ in range(choices.runs)]
    yield _verification(_median(checked))


def _connection(door: Door) -> Figure:
    door.relay.take()
    spent = run(door.transport("root").argv("exit 0"), limit_s=60)
    traffic = door.relay.take()
    return Figure(
        part="deploy",
        what="ssh connection alone",
        measured=_cost(spent.wall_s, traffic),
        verdict="" if spent.status == 0 else "failed",
        beside="the system's ssh, one command, no connection kept" if spent.status == 0
        else spent.output[-300:],
        values={"wall_s": spent.wall_s, "turns": traffic.turns, "bytes": traffic.total},
    )  # fmt: skip


def _verification(checked: Pushed) -> Figure:
    results = checked.outcome.results
    counts = {
        outcome: sum(result.outcome == outcome for result in results)
        for outcome in ("pass", "fail", "unknown")
    }
    kept = verdict(checked.wall_s <= VERIFY_S, len(results) >= CONTROLS)
    return Figure(
        part="deploy",
        what=f"verify a gateway, ≥ {CONTROLS} controls",
        budget=f"≤ {VERIFY_S} s",
        measured=f"{len(results)} controls, {_cost(checked.wall_s, checked.traffic)}",
        verdict=kept if checked.outcome.status == "done" else "failed",
        beside=checked.outcome.message
        or ", ".join(f"{number} {outcome}" for outcome, number in counts.items())
        + f", {checked.host_cpu_s:.1f} s of processor time on the host",
        values={**_values(checked), "controls": len(results)},
    )


def _workload(
    lab: World, door: Door, folder: Path, choices: Choices, say: Callable[[str], None]
) -> Iterator[Figure]:
    what = "the workload, no change, by"
    secrets = lab.session.reach().secrets(GATEWAY)
    bundle: Callable[[], Bundle] = partial(
        make_bundle, lab.session.plans[GATEWAY], secrets, at(rivals.WORKLOAD)
    )
    say("The workload by mairie")
    first = measure(lab, door, bundle, "apply", "root")
    again = measure(lab, door, bundle, "apply", "root")
    yield Figure(
        part="deploy",
        what=f"{what} mairie",
        measured=_cost(again.wall_s, again.traffic),
        verdict=_unchanged(again, ""),
        beside=f"{_work(again)}; first run {_cost(first.wall_s, first.traffic)}",
        values=_values(again),
    )
    if not choices.beside:
        return
    for rival in rivals.rivals(door, folder):
        say(f"The workload by {rival.name}")
        lab.lab.check(WORKLOAD_HOST, ["sh", "-ec", WIPE])
        door.relay.rtt_s = 0
        first_of = rivals.race(door, rival, UNDELAYED_LIMIT_S)
        door.relay.rtt_s = choices.rtt_s
        delayed = rivals.race(door, rival, choices.patience_s)
        whole = delayed.traffic
        if delayed.spent.timed_out:
            door.relay.rtt_s = 0
            whole = rivals.race(door, rival, UNDELAYED_LIMIT_S).traffic
        failed = first_of.spent.status != 0 or (
            delayed.spent.status != 0 and not delayed.spent.timed_out
        )
        yield Figure(
            part="deploy",
            what=f"{what} {rival.name}",
            measured=_raced(delayed, whole),
            verdict="failed" if failed else "",
            beside=f"first run {first_of.traffic.turns} turns"
            + (f"; {(first_of.spent.output + delayed.spent.output)[-300:]}" if failed else ""),
            values={
                "wall_s": delayed.spent.wall_s,
                "cut_off": float(delayed.spent.timed_out),
                "turns": whole.turns,
                "bytes": whole.total,
                "first_turns": first_of.traffic.turns,
            },
        )


def _raced(delayed: rivals.Raced, whole: Traffic) -> str:
    if not delayed.spent.timed_out:
        return _cost(delayed.spent.wall_s, whole)
    share = 100 * delayed.traffic.turns // max(1, whole.turns)
    return (
        f"> {delayed.spent.wall_s:.0f} s (cut off after {share} % of its turns), "
        f"{whole.turns} turns, {whole.total / 1000:.0f} kB"
    )


def _cost(wall_s: float, traffic: Traffic) -> str:
    return f"{wall_s:.1f} s, {traffic.turns} turns, {traffic.total / 1000:.0f} kB"


def _work(pushed: Pushed) -> str:
    outcome = pushed.outcome
    if outcome.status != "done":
        return outcome.message
    names = ", ".join(change.name for change in outcome.changed[:3])
    few = f" ({names})" if 0 < len(outcome.changed) <= 3 else ""
    return (
        f"{outcome.operations} operations, {len(outcome.changed)} changed{few}, "
        f"{pushed.host_cpu_s:.1f} s of processor time on the host"
    )


def _unchanged(pushed: Pushed, otherwise: Verdict) -> Verdict:
    if pushed.outcome.status != "done":
        return "failed"
    return "changed something" if pushed.outcome.changed else otherwise


def _median(runs: list[Pushed]) -> Pushed:
    return sorted(runs, key=lambda pushed: pushed.wall_s)[(len(runs) - 1) // 2]


def _values(pushed: Pushed) -> dict[str, float]:
    return {
        "wall_s": pushed.wall_s,
        "host_cpu_s": pushed.host_cpu_s,
        "turns": pushed.traffic.turns,
        "sent_bytes": pushed.traffic.sent,
        "received_bytes": pushed.traffic.received,
        "operations": pushed.outcome.operations,
        "changed": len(pushed.outcome.changed),
    }

"""Many hosts at once: a few at a time, each through a process of its own, none hurting another."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from mairie.bundle import Bundle
from mairie.errors import EXIT_DONE, EXIT_HOST_FAILED, EXIT_NOT_CONFORMING, EXIT_UNREACHABLE
from mairie.host.events import Event, Order
from mairie.interruption import Interruption, interruptible
from mairie.push import HostOutcome, Target, push
from mairie.runtime import Runtimes

JOBS = 8
"""Hosts worked on at the same time, unless said otherwise."""


@dataclass(frozen=True, slots=True)
class Job:
    """One host to work on."""

    target: Target
    bundle: Callable[[], Bundle]
    """Makes the bundle when the host's turn comes."""


def run_fleet(
    jobs: Sequence[Job],
    orders: Sequence[Order],
    *,
    runtimes: Runtimes,
    parallel: int = JOBS,
    on_event: Callable[[str, Event], None] = lambda _name, _event: None,
    on_done: Callable[[HostOutcome], None] = lambda _outcome: None,
    on_interrupt: Callable[[int], None] = lambda _hosts: None,
) -> list[HostOutcome]:
    """Run actions in a row on every host; return the last outcomes in the order of the jobs.

    No host waits for another one between two actions; one whose action is not done stops there.

    The first interruption (SIGINT, SIGTERM) starts no further host and lets those at work finish
    the brick in hand; the second one leaves them to themselves. Call it from the main thread.

    Args:
        jobs: hosts with their bundles.
        orders: what to do on each, at least one.
        runtimes: where runtimes come from.
        parallel: how many at a time, at least 1.
        on_event: called with a host's name and event, one call at a time.
        on_done: called as soon as a host is finished with an action, in line with the events.
        on_interrupt: called at the first interruption with the number of hosts at work.

    Raises:
        RuntimeBuildError: no runtime can be made at all; no host was touched.

    """
    known = runtimes.known()
    interruption = Interruption()
    talking = threading.Lock()
    at_work: set[str] = set()

    def work(job: Job) -> HostOutcome:
        for order in orders:
            outcome = act(job, order)
            with talking:
                on_done(outcome)
            if outcome.status != "done":
                break
        return outcome

    def act(job: Job, order: Order) -> HostOutcome:
        name = job.target.name
        if interruption.stop.is_set():
            return _untouched(name, order)

        def relay(event: Event) -> None:
            with talking:
                on_event(name, event)

        at_work.add(name)
        try:
            bundle = job.bundle()
            return push(
                job.target,
                bundle,
                order,
                runtime=runtimes,
                known_runtimes=known,
                on_event=relay,
                interruption=interruption,
            )
        except Exception as error:  # one host's trouble is never another's
            message = f"{type(error).__name__}: {error}"
            return HostOutcome(name=name, action=order.action, status="failed", message=message)
        finally:
            at_work.discard(name)

    with (
        interruptible(interruption, lambda: on_interrupt(len(at_work))),
        ThreadPoolExecutor(max_workers=max(1, parallel)) as pool,
    ):
        return list(pool.map(work, jobs))


def _untouched(name: str, order: Order) -> HostOutcome:
    message = "Interrupted before it began."
    return HostOutcome(name=name, action=order.action, status="untouched", message=message)


def exit_code(outcomes: Sequence[HostOutcome]) -> int:
    """Return the exit status of a run: the worst of its hosts.

    A verification that could not look at a host does not say that it conforms: 4. A deploy says
    1 when a host failed, was stopped or never begun, 3 when the only trouble was to reach one.
    """
    statuses = {outcome.status for outcome in outcomes}
    if any(outcome.action == "verify" for outcome in outcomes):
        conforming = all(o.status == "done" and o.conforming for o in outcomes)
        return EXIT_DONE if conforming else EXIT_NOT_CONFORMING
    if statuses & {"failed", "stopped", "untouched"}:
        return EXIT_HOST_FAILED
    return EXIT_UNREACHABLE if "unreachable" in statuses else EXIT_DONE

"""One run over some hosts: actions in a row, progress while they last, a report at the end."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from rich.console import Console

from mairie.bundle import make_bundle
from mairie.fleet import JOBS, Job, run_fleet
from mairie.host.events import Action, Event, Failed, Order
from mairie.plan.host import HostPlan, HostSecrets
from mairie.push import HostOutcome, Target, whoami
from mairie.report.collect import HostLog
from mairie.report.model import HostReport, Kind
from mairie.report.progress import FleetProgress
from mairie.runtime import Runtimes
from mairie.transport import Transport


@dataclass(frozen=True)
class Reach:
    """How a run gets at its hosts.

    ``secrets`` gives a host's secrets, ``transport`` the way to it; both by full host name.
    """

    secrets: Callable[[str], HostSecrets]
    transport: Callable[[str], Transport]


class Run:
    """The hosts of one run; each action goes only to hosts that the earlier ones did not stop."""

    def __init__(
        self,
        plans: Mapping[str, HostPlan],
        reach: Reach,
        console: Console,
        kind: Kind,
        parallel: int = JOBS,
    ) -> None:
        self.started = datetime.now(UTC)
        self._plans = dict(plans)
        self._reach = reach
        self._console = console
        self._kind: Kind = kind
        self._parallel = parallel
        self._runtimes = Runtimes()
        self._seconds = dict.fromkeys(plans, 0.0)
        self._going = list(plans)
        self._logs = self._new_logs()

    def act(self, action: Action, only: Sequence[str] = (), *, times: int = 1) -> list[HostOutcome]:
        """Do one thing on every host that is still going; return what came of it.

        Args:
            action: what to do.
            only: the bricks that it is restricted to; empty: all.
            times: how often in a row; no host waits for the others in between.

        """
        orders = [Order(action=action, only=tuple(only), who=whoami())] * times
        jobs = [self._job(name) for name in self._going]
        outcomes = []
        this_action = self._new_logs()
        with FleetProgress(len(jobs) * times, self._console, self._kind) as progress:

            def on_event(name: str, event: Event) -> None:
                self._logs[name](event)
                this_action[name](event)
                progress.event(name, event)

            def on_done(outcome: HostOutcome) -> None:
                self._seconds[outcome.name] += outcome.duration_s
                for logs in (self._logs, this_action):
                    _note(outcome, logs[outcome.name])
                progress.done(this_action[outcome.name].report(outcome.duration_s))
                this_action[outcome.name] = self._new_log(outcome.name)

            outcomes = run_fleet(
                jobs,
                orders,
                runtimes=self._runtimes,
                parallel=self._parallel,
                on_event=on_event,
                on_done=on_done,
                on_interrupt=self._interrupted,
            )
        self._going = [outcome.name for outcome in outcomes if outcome.status == "done"]
        return outcomes

    def reports(self) -> tuple[HostReport, ...]:
        """Return what is known of every host, in the order of the plans."""
        return tuple(log.report(round(self._seconds[name], 3)) for name, log in self._logs.items())

    def _job(self, name: str) -> Job:
        plan = self._plans[name]
        return Job(
            Target(name, self._reach.transport(name)),
            lambda: make_bundle(plan, self._reach.secrets(name)),
        )

    def _new_logs(self) -> dict[str, HostLog]:
        return {name: self._new_log(name) for name in self._plans}

    def _new_log(self, name: str) -> HostLog:
        plan = self._plans[name]
        return HostLog(name, plan.place, plan.roles)

    def _interrupted(self, hosts: int) -> None:
        self._console.print(
            f"Interruption : {hosts} hôtes finissent la brique en cours, aucun autre ne commence ; "
            "interrompre encore pour les laisser finir seuls.",
            style="bold yellow",
        )


def _note(outcome: HostOutcome, log: HostLog) -> None:
    if outcome.status == "unreachable":
        log.unreachable(outcome.message)
    elif outcome.status == "failed" and outcome.failed is None:
        log(Failed(message=outcome.message))
    elif outcome.status == "untouched":
        log.skipped()

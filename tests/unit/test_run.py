"""Actions in a row on one host: each says at its end what it did itself."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from rich.console import Console

from mairie import run as module
from mairie.fleet import Job
from mairie.host.events import Changed, Done, Event, Order, Started
from mairie.push import HostOutcome
from mairie.run import Reach, Run
from mairie.transport import Local
from tests.unit.host.plans import a_plan, some_secrets


@pytest.mark.parametrize("calls", [(1, 1), (2,)])
def test_a_second_deploy_says_that_it_changed_nothing(
    monkeypatch: pytest.MonkeyPatch, calls: tuple[int, ...]
) -> None:
    changes = [(Changed(number=1, name="base: hostname"),), ()]

    def fleet(
        jobs: Sequence[Job],
        orders: Sequence[Order],
        *,
        on_event: Callable[[str, Event], None],
        on_done: Callable[[HostOutcome], None],
        **_: Any,
    ) -> list[HostOutcome]:
        (name,) = (job.target.name for job in jobs)
        for order in orders:
            changed = changes.pop(0)
            on_event(name, Started(host=name, action=order.action, bricks=("base",), operations=1))
            for event in changed:
                on_event(name, event)
            on_event(name, Done(ok=True, operations=1, changed=len(changed), duration_s=1.0))
            outcome = HostOutcome(name=name, action="apply", status="done", duration_s=1.0)
            on_done(outcome)
        return [outcome]

    monkeypatch.setattr(module, "run_fleet", fleet)
    plan = a_plan()
    said = io.StringIO()
    console = Console(file=said, width=120)
    run = Run(
        {plan.name: plan}, Reach(lambda _: some_secrets(), lambda _: Local()), console, "demo"
    )
    for times in calls:
        run.act("apply", times=times)
    ends = [line for line in said.getvalue().splitlines() if re.search(r"\([12]/", line)]
    assert ["modifié" in line for line in ends] == [True, False]
    assert "inchangé" in ends[1]
    (report,) = run.reports()
    assert (len(report.changed), report.changed_again) == (1, 0)

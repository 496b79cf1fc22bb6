"""Lines that carry more than the inventory says: for tests of what is sent, not of lines."""

from __future__ import annotations

from dataclasses import replace

from mairie.plan.host import HostPlan

FAST = 400_000_000
"""Bit/s."""


def with_fast_uplinks(plan: HostPlan) -> HostPlan:
    """Return a plan whose backups and queues send FAST bit/s."""
    if plan.backup is not None:
        plan = replace(plan, backup=replace(plan.backup, upload=FAST, download=FAST))
    queueing = plan.network.queueing
    if queueing is not None:
        queues = tuple(replace(each, rate=FAST) for each in queueing.queues)
        faster = replace(queueing, queues=queues)
        plan = replace(plan, network=replace(plan.network, queueing=faster))
    return plan

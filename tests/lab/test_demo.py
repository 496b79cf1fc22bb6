"""From the demo's files to conforming town halls: what an outsider sees."""

from __future__ import annotations

from collections import Counter

import pytest

from mairie.plan.host import HostPlan
from tests.lab.conftest import DeployedDemo, fine

pytestmark = [pytest.mark.lab, pytest.mark.timeout(1200)]


def test_blank_hosts_are_deployed(deployed: DeployedDemo) -> None:
    assert {name: outcome.message for name, outcome in deployed.first.items()} == dict.fromkeys(
        deployed.session.plans, ""
    )
    assert all(outcome.changed for outcome in deployed.first.values())


def test_a_second_deploy_changes_nothing(deployed: DeployedDemo) -> None:
    changed = {
        name: [change.name for change in outcome.changed]
        for name, outcome in deployed.second.items()
    }
    assert changed == {name: [] for name in deployed.session.plans}


def test_every_host_conforms(deployed: DeployedDemo) -> None:
    for name, outcome in deployed.act("verify").items():
        assert outcome.status == "done", outcome.message
        bad = [
            f"{result.id} {result.subject}: {result.outcome}: {result.message}"
            for result in outcome.results
            if not fine(result)
        ]
        assert not bad, f"{name}:\n" + "\n".join(bad)
        if deployed.session.plans[name].is_gateway:
            assert len(outcome.results) >= 150


def test_packets_go_where_flows_say_and_nowhere_else(deployed: DeployedDemo) -> None:
    checks = deployed.session.try_flows()
    wrong = [
        f"{check.host} → {check.destination} {check.family} {check.service}: "
        f"{check.expected}, {check.observed} {check.message}"
        for check in checks
        if check.outcome != "pass"
    ]
    assert not wrong, f"{len(wrong)} of {len(checks)}:\n" + "\n".join(wrong[:40])
    seen = Counter((check.family, check.observed) for check in checks)
    for family in ("ipv4", "ipv6"):
        assert seen[family, "allowed"] > 300
        assert seen[family, "refused"] > 3000


def test_devices_get_the_address_the_plan_reserves(deployed: DeployedDemo) -> None:
    session = deployed.session
    if not session.leases:
        session.connect_devices()
    reserved = {client.name: client.reserved for client in session.layout.clients}
    asked = {name: address for name, address in reserved.items() if address}
    assert asked
    assert {name: session.leases[name].ipv4 for name in asked} == asked


def test_a_bundle_already_there_is_not_sent_again(deployed: DeployedDemo) -> None:
    plan: HostPlan = deployed.session.plans["rapa-mairie-box"]
    listed = deployed.run(plan.name, "ls /var/lib/mairie/runtime | wc -l")
    assert listed.strip() == "1"

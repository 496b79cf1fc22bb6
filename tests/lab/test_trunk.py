"""The QEMU machine as a gateway: the same bundle over an 802.1Q trunk and kernel WireGuard."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from mairie.errors import MairieError
from mairie.host.events import ControlResult
from mairie.inventory import load
from mairie.lab.cabling import without_trunks
from mairie.lab.trunk import Shown, Trunk, frame_tags
from mairie.lab.trunk_world import site_with_trunk
from mairie.plan.resolve import resolve
from mairie.push import HostOutcome
from mairie.report.model import FlowCheck
from tests.lab.batches import all_breaks, conflict
from tests.lab.telling import quiet

DEMO = Path(__file__).parents[2] / "inventories" / "demo"


@dataclass
class Seen:
    """One run, looked at by all tests."""

    trunk: Trunk
    first: HostOutcome
    second: HostOutcome
    verified: HostOutcome
    kernel: list[Shown]
    devices: list[Shown]
    flows: tuple[FlowCheck, ...]


@pytest.fixture(scope="module")
def seen() -> Iterator[Seen]:
    with Trunk(DEMO, print) as trunk:
        first, second = trunk.act("apply", quiet()), trunk.act("apply", quiet())
        trunk.first_night()
        verified = trunk.act("verify", quiet())
        leases, devices = trunk.devices()
        flows = trunk.packets(leases)
        yield Seen(trunk, first, second, verified, trunk.kernel(), devices, flows)


def not_green(results: tuple[ControlResult, ...]) -> dict[tuple[str, str], str]:
    return {
        (item.id, item.subject): f"{item.outcome}: {item.message}"
        for item in results
        if item.outcome != "pass"
    }


@pytest.mark.machine
@pytest.mark.trunk
@pytest.mark.timeout(3600)
class TestMachine:
    def test_deploy_then_nothing_left_to_change(self, seen: Seen) -> None:
        assert seen.first.status == "done", seen.first.message
        assert seen.first.changed
        assert (seen.second.status, seen.second.changed) == ("done", ()), seen.second.message

    def test_every_control_is_green_none_unknown(self, seen: Seen) -> None:
        assert seen.verified.status == "done", seen.verified.message
        assert len(seen.verified.results) >= 150
        assert not_green(seen.verified.results) == {}
        kernels_own = [item for item in seen.verified.results if item.subject.startswith("kernel.")]
        assert kernels_own, "a kernel of its own has parameters that containers cannot show"

    def test_trunk_and_tunnel_are_the_kernels(self, seen: Seen) -> None:
        assert [item for item in seen.kernel if not item.seen] == []
        assert len(seen.kernel) == len(seen.trunk.site.gateway.network.segments) + 1

    def test_each_device_lives_in_its_vlan_only(self, seen: Seen) -> None:
        assert [item for item in seen.devices if not item.seen] == []
        strangers = [item for item in seen.devices if "gets nothing" in item.what]
        assert len(strangers) == 2
        assert len(seen.devices) == 2 * len(seen.trunk.site.clients) + 2

    def test_packets_go_where_the_plan_says(self, seen: Seen) -> None:
        assert [check for check in seen.flows if check.outcome != "pass"] == []
        tried = {(check.source, check.destination, check.expected) for check in seen.flows}
        assert ("agents", "internet", "allowed") in tried
        assert ("agents", "hub", "allowed") in tried
        assert ("public", "agents", "refused") in tried
        assert ("public", "internet", "allowed") in tried

    def test_damage_that_only_a_machine_shows_is_seen_and_repaired(self, seen: Seen) -> None:
        """All such breaks at once: a verification takes minutes here."""
        breaks = [item for item in all_breaks() if item.machine and not item.role]
        assert {item.control for item in breaks} == {"BAS-53", "NET-34"}
        assert not any(
            conflict(one, other) for one in breaks for other in breaks if one is not other
        )
        for item in breaks:
            seen.trunk.machine.run(item.damage, timeout=120)
        try:
            results = seen.trunk.verify(quiet())
            assert results
            after = not_green(results)
        finally:
            for item in reversed(breaks):
                seen.trunk.machine.run(item.repair, timeout=120)
        expected = {name for item in breaks for name in (item.control, *item.also)}
        assert {item.control for item in breaks} <= {control for control, _ in after}
        assert {key: said for key, said in after.items() if key[0] not in expected} == {}
        repaired = seen.trunk.verify(quiet())
        assert repaired
        assert not_green(repaired) == {}


def test_a_territory_without_trunk_says_so() -> None:
    with pytest.raises(MairieError, match="no gateway of this inventory has a trunk"):
        site_with_trunk(resolve(without_trunks(load(DEMO))))


def test_tags_of_frames() -> None:
    text = (
        "12:00:00.1 02:00:00:00:00:01 > ff:ff:ff:ff:ff:ff, ethertype 802.1Q (0x8100), length 346: "
        "vlan 20, p 0, ethertype IPv4 (0x0800), 0.0.0.0.68 > 255.255.255.255.67: BOOTP/DHCP\n"
        "12:00:00.2 02:00:00:00:00:02 > ff:ff:ff:ff:ff:ff, ethertype IPv4 (0x0800), length 342: "
        "0.0.0.0.68 > 255.255.255.255.67: BOOTP/DHCP\n"
        "listening\n"
    )
    assert frame_tags(text) == {"02:00:00:00:00:01": {20}, "02:00:00:00:00:02": {0}}

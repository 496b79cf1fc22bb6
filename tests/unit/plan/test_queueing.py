"""Queues of a gateway: how fast, of what, and whose marks are believed."""

from __future__ import annotations

from hypothesis import given, settings

from mairie.model.commune import Commune
from mairie.nftables.queues import CALLS, FORWARD, OUTPUT, chains
from mairie.nftables.rules import CLEARED
from mairie.plan.host import HostPlan
from mairie.plan.parts.queueing import QueueingPlan, VoiceSource
from mairie.plan.resolve import resolve
from tests.unit.plan.fleets import fleets, territory
from tests.unit.plan.test_voip import plans

few = settings(max_examples=25, deadline=None)
GATEWAY, SCHOOL, BOX = "rurutu-mairie-gw", "rurutu-ecole-gw", "rapa-mairie-box"


def queueing(host: str) -> QueueingPlan:
    found = plans()[host].network.queueing
    assert found is not None
    return found


def rates(plan: QueueingPlan) -> dict[tuple[str, str], int]:
    return {(item.interface, item.uplink): item.rate for item in plan.queues}


def test_less_is_sent_than_the_modem_takes() -> None:
    assert rates(queueing(GATEWAY)) == {
        ("eth0", "eth0"): 3_400_000,  # satellite, 85 % of 4M
        ("eth2", "eth2"): 1_600_000,  # 4G, 80 % of 2M
        ("wg0", "eth0"): 1_700_000,
        ("wg0", "eth2"): 800_000,
    }


def test_only_gateways_have_queues() -> None:
    for name, plan in plans().items():
        assert (plan.network.queueing is not None) == plan.is_gateway, name
        assert bool(chains(plan)) == plan.is_gateway


def test_marks_are_believed_from_telephones() -> None:
    voice = VoiceSource(interface="br-voice", ipv4="", ipv6="")
    voip = plans()["rurutu-mairie-srv"].voip
    assert voip is not None
    server = VoiceSource(interface="br-servers", ipv4=voip.ipv4, ipv6=voip.ipv6)
    assert queueing(GATEWAY).voice == (voice, server)
    assert queueing(SCHOOL).voice == (voice,)
    assert queueing(BOX).voice == (voice, VoiceSource(interface="", ipv4="", ipv6=""))


def lines(plan: HostPlan) -> dict[str, tuple[str, ...]]:
    return {chain.name: chain.lines for chain in chains(plan)}


def test_the_order_of_rules() -> None:
    """A packet is nobody's first, then a call's; what is left loses its mark."""
    found = lines(plans()[GATEWAY])[FORWARD]
    assert found[:2] == (
        'oifname != { "eth0", "eth2", "wg0" } accept',
        "meta priority set 1:2",
    )
    assert all('"br-voice"' in line and " udp dport 10000-20000 " in line for line in found[2:4])
    assert [line.rpartition(" jump ")[2] for line in found[4:7]] == [CALLS] * 3
    assert all(CLEARED in line and line.endswith("dscp set cs0") for line in found[7:])


def test_only_a_host_with_telephones_calls_itself() -> None:
    jump = f"jump {CALLS}"
    assert lines(plans()[BOX])[OUTPUT][-1] == jump
    assert jump not in lines(plans()[GATEWAY])[OUTPUT]


@few
@given(fleets(phones=True))
def test_the_tunnel_never_waits_twice(fleet: list[Commune]) -> None:
    """What leaves it fits into the half that an uplink carries before the rest."""
    for name, plan in resolve(territory(fleet)).items():
        found = plan.network.queueing
        if found is None:
            continue
        own = {item.uplink: item.rate for item in found.queues if item.interface == item.uplink}
        assert set(own) == {item.port for item in plan.network.uplinks}, name
        for item in plan.network.uplinks:
            assert 0 < own[item.port] <= item.up
            assert own[item.port] % 8 == 0
        for queue in found.queues:
            if queue.interface != queue.uplink:
                assert 0 < queue.rate <= own[queue.uplink] / 2

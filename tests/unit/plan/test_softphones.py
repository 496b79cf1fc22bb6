"""Telephones that are programs in the plan: where they may be, and who sets them up."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from ipaddress import ip_network
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from mairie.inventory import load
from mairie.model.territory import Territory
from mairie.plan.host import HostPlan
from mairie.plan.reach import Packet, Reach
from mairie.plan.resolve import resolve
from mairie.secrets.phone_certificates import NAMES
from mairie.secrets.telephony_names import made
from tests.lab.softphone_inventory import NAME, write

BOX = "rapa-mairie-box"


@cache
def demo() -> Territory:
    with TemporaryDirectory() as folder:
        return load(write(Path(folder) / "demo"))


def changed(**update: object) -> Territory:
    """Return the demo with another Rapa."""
    communes = dict(demo().communes)
    communes["rapa"] = communes["rapa"].model_copy(update=update)
    return replace(demo(), communes=communes)


def box(territory: Territory) -> HostPlan:
    return resolve(territory)[BOX]


def prefixes(plan: HostPlan) -> tuple[str, ...]:
    assert plan.voip is not None
    return next(each.more_prefixes for each in plan.voip.extensions if each.name == NAME)


def test_a_commune_whose_only_phone_reads_codes_sets_it_up() -> None:
    territory = changed(phones={NAME: demo().communes["rapa"].phones[NAME]}, telephony=None)
    plan = box(territory)
    assert plan.phones is not None and plan.voip is not None
    assert "phones" in plan.bricks
    assert plan.phones.phones == ()
    assert [each.name for each in plan.phones.programs] == [NAME]
    assert plan.voip.certificate
    assert {*NAMES} <= {*made(territory.communes["rapa"])}
    assert plan.network.dhcp_options == ()


def test_it_may_be_with_the_agents_of_its_own_site_and_hardware_may_not() -> None:
    plan = box(demo())
    assert plan.voip is not None
    own = {each.segment: each for each in plan.network.segments}
    agents = own["agents"]
    assert prefixes(plan) == (agents.prefix_ipv4,)
    for each in plan.voip.extensions:
        if each.name != NAME:
            assert each.more_prefixes == ()


@pytest.mark.parametrize(("segments", "count"), [([], 0), (["agents", "admin"], 2)])
def test_the_reference_says_in_which_segments(segments: list[str], count: int) -> None:
    override = {"telephony": {"program_segments": segments}}
    plan = box(changed(overrides=override))
    assert len(prefixes(plan)) == count
    assert plan.phones is not None
    (program,) = plan.phones.programs
    assert len(program.prefixes) == 1 + count


def test_colleagues_reach_what_it_needs_and_visitors_do_not() -> None:
    plans = resolve(demo())
    reach, plan = Reach(plans), plans[BOX]
    assert plan.phones is not None
    here = plan.phones.address
    for segment, allowed in (("agents", True), ("voice", True), ("public", False)):
        (item,) = (each for each in plan.network.segments if each.segment == segment)
        device = f"{ip_network(item.prefix_ipv4)[60]}"
        ports = (plan.phones.port, plan.phones.program_port)
        found = [reach.follow(Packet(device, here, "tcp", port)).allowed for port in ports]
        assert found == [allowed, allowed], segment

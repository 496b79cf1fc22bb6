"""Which gateways show visitors a page; and that nothing of it is elsewhere."""

from __future__ import annotations

from typing import Any

import pytest

from mairie.model.commune import Commune
from mairie.model.territory import PublicKeys, Terms, Territory
from mairie.nftables import portal, rules
from mairie.plan.host import HostPlan
from mairie.plan.reach import Packet, Reach
from mairie.plan.resolve import resolve
from tests.unit.plan.fleets import LAYERS, key_of, syndicate

GW = "essai-mairie-gw"
TERMS = (Terms("en", "English", "Hello."), Terms("fr", "Français", "Bonjour."))


def plan(*segments: str, **portal: Any) -> HostPlan:
    commune = Commune.model_validate(
        {
            "insee": "98707",
            "name": "Essai",
            "timezone": "Pacific/Tahiti",
            "index": 7,
            "uplinks": [{"kind": "fibre", "down": "20M", "up": "4M"}],
            "sites": {
                "mairie": {
                    "label": "Mairie",
                    "segments": ["admin", "agents", *segments],
                    "hosts": {"gw": {"roles": ["gateway"], "wan": "eth0", "trunk": "eth1"}},
                    "portal": portal,
                }
            },
        }
    )
    return resolve(
        Territory(
            name="essai",
            syndicate=syndicate(),
            communes={"essai": commune},
            layers=LAYERS,
            public_keys={name: PublicKeys(current=key_of(name)) for name in ("hub0", GW)},
            terms={"": TERMS},
        )
    )[GW]


def test_a_site_with_visitors_has_one() -> None:
    found = plan("public")
    assert found.portal is not None
    assert (found.portal.mode, found.portal.session_seconds) == ("click", 4 * 3600)
    assert [each.code for each in found.portal.terms] == ["fr", "en"]
    assert found.bricks == ("base", "network", "vpn", "portal", "records", "backup")


def test_settings_of_the_site_come_over_the_reference() -> None:
    found = plan("public", mode="voucher", data="5M", rate="1M", hours=2).portal
    assert found is not None
    assert (found.mode, found.data_bytes, found.rate) == ("voucher", 5_000_000, 1_000_000)


def test_no_visitor_is_faster_than_the_segment() -> None:
    found = plan("public", rate="50M")
    (segment,) = [item for item in found.network.segments if item.segment == "public"]
    assert found.portal is not None
    assert found.portal.rate == segment.rate_limit


@pytest.mark.parametrize("without", [plan(), plan("public", on=False)])
def test_a_gateway_without_one_has_nothing_of_it(without: HostPlan) -> None:
    assert without.portal is None
    assert "portal" not in without.bricks
    assert portal.chains(without) == {}
    text = str((rules.counters(without), rules.before_established(without)))
    assert "portal" not in text
    assert not [rule for rule in without.network.firewall.rules if rule.flow == "portal"]


def test_what_open_connections_meet_first() -> None:
    lines = rules.before_established(plan("public"))
    assert lines[:2] == (
        'iifname "br-public" oifname "eth0" jump portal-up',
        'iifname "eth0" oifname "br-public" jump portal-down',
    )


def test_the_page_is_for_visitors_alone() -> None:
    found = plan("public")
    reach = Reach({GW: found})
    by_name = {item.segment: item for item in found.network.segments}
    for segment, allowed in (("public", True), ("agents", False)):
        own = by_name[segment]
        device = own.prefix_ipv4.replace(".0/24", ".99")
        gateway = by_name["public"].ipv4.partition("/")[0]
        assert reach.follow(Packet(device, gateway, "tcp", 80)).allowed == allowed

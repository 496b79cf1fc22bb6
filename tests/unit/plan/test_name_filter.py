"""Which names a segment is not told, and who asks the filter."""

from __future__ import annotations

from typing import Any

from mairie.model.commune import Commune
from mairie.model.territory import PublicKeys, Territory
from mairie.nftables import name_filter
from mairie.plan.host import HostPlan
from mairie.plan.name_filter import PORT, covered, widest
from mairie.plan.reach import Packet, Reach
from mairie.plan.resolve import resolve
from tests.unit.plan.fleets import LAYERS, key_of, syndicate

GW = "essai-mairie-gw"
LISTS = {
    "doh": ("dns.example",),
    "exemple": ("adulte.example", "jeux.example", "www.adulte.example"),
}


def plan(*segments: str, **changes: Any) -> HostPlan:
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
                    "segments": ["admin", *segments],
                    "hosts": {"gw": {"roles": ["gateway"], "wan": "eth0", "trunk": "eth1"}},
                }
            },
            "overrides": {"dns_filter": changes},
        }
    )
    return resolve(
        Territory(
            name="essai",
            syndicate=syndicate(),
            communes={"essai": commune},
            layers=LAYERS,
            public_keys={name: PublicKeys(current=key_of(name)) for name in ("hub0", GW)},
            filter_lists=LISTS,
        )
    )[GW]


def test_lists_and_refused_names_of_the_reference() -> None:
    found = plan("agents", "school").network.name_filter
    assert found is not None
    assert found.interfaces == ("br-school",)
    assert {"dns.example", "adulte.example", "jeux.example"} < set(found.refused)
    assert "use-application-dns.net" in found.refused
    assert "www.adulte.example" not in found.refused, "it is below another one"


def test_exceptions() -> None:
    found = plan("school", allowed=["jeux.example", "www.adulte.example"]).network.name_filter
    assert found is not None
    assert "jeux.example" not in found.refused
    assert "adulte.example" in found.refused
    assert "www.adulte.example" in found.allowed


def test_an_exception_takes_away_what_is_below_it() -> None:
    found = plan("school", allowed=["adulte.example"]).network.name_filter
    assert found is not None
    assert not [name for name in found.refused if name.endswith("adulte.example")]
    assert "adulte.example" not in found.allowed, "nothing refuses it"


def test_an_engine_without_addresses_is_refused_and_its_filtering_one_is_there() -> None:
    found = plan("school").network.name_filter
    assert found is not None
    assert "duckduckgo.com" in found.refused
    assert "safe.duckduckgo.com" in found.allowed
    targets = {engine.target for engine in found.safe_search}
    assert targets == {"forcesafesearch.google.com", "restrict.youtube.com", "strict.bing.com"}


def test_nobody_else_is_filtered() -> None:
    without = plan("agents", "public")
    assert without.network.name_filter is None
    assert name_filter.chain(without) == ()
    assert not [rule for rule in without.network.firewall.rules if rule.flow == "name-filter"]
    with_school = plan("agents", "public", "school")
    assert without.bricks == with_school.bricks


def test_the_filter_is_for_its_segment_alone() -> None:
    found = plan("agents", "school")
    reach = Reach({GW: found})
    by_name = {item.segment: item for item in found.network.segments}
    for segment, allowed in (("school", True), ("agents", False)):
        own = by_name[segment]
        device = own.prefix_ipv4.replace(".0/24", ".99")
        gateway = own.ipv4.partition("/")[0]
        assert reach.follow(Packet(device, gateway, "udp", PORT)).allowed == allowed
        assert reach.follow(Packet(device, gateway, "udp", 53)).allowed


def test_no_other_resolver_is_reached() -> None:
    """Neither plain, nor over TLS or QUIC; over HTTPS it looks like any page."""
    found = plan("school")
    (own,) = (item for item in found.network.segments if item.segment == "school")
    device = own.prefix_ipv4.replace(".0/24", ".99")
    reach = Reach({GW: found})
    for protocol, port in (("udp", 53), ("tcp", 53), ("tcp", 853), ("udp", 853), ("udp", 443)):
        assert not reach.follow(Packet(device, "9.9.9.9", protocol, port)).allowed, port


def test_every_question_to_this_host_is_led_to_the_filter() -> None:
    assert name_filter.chain(plan("school")) == (
        'iifname "br-school" fib daddr type local meta l4proto { tcp, udp } th dport 53 '
        "redirect to :1053",
    )


def test_below() -> None:
    assert widest(["a.b.c", "b.c", "xb.c", "d.e"]) == {"b.c", "xb.c", "d.e"}
    assert covered("a.b.c", {"b.c"})
    assert not covered("ab.c", {"b.c"})

"""What holds for any fleet."""

from __future__ import annotations

from functools import cache
from ipaddress import IPv4Network, ip_address, ip_network
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from mairie.model.commune import Commune
from mairie.plan.codec import from_json, to_json
from mairie.plan.host import HostPlan
from mairie.plan.reach import Packet, Reach
from mairie.plan.resolve import resolve, resolve_host
from tests.unit.plan.fleets import LAYERS, SEGMENTS, communes, fleets, territory

few = settings(max_examples=25, deadline=None)


def within(prefix: str, allowed: str) -> bool:
    """Whether a prefix lies in another one of its family."""
    one, other = ip_network(prefix), ip_network(allowed)
    if isinstance(one, IPv4Network):
        assert isinstance(other, IPv4Network), (prefix, allowed)
        return one.subnet_of(other)
    assert not isinstance(other, IPv4Network), (prefix, allowed)
    return one.subnet_of(other)


def _prefixes(plans: dict[str, HostPlan]) -> list[str]:
    gateways = [plan for plan in plans.values() if plan.is_gateway]
    segments = [item for plan in gateways for item in plan.network.segments]
    tunnels = [plan.vpn for plan in plans.values() if plan.vpn is not None]
    hub = next(plan for plan in plans.values() if plan.is_hub)
    assert hub.vpn is not None
    unmanaged = [peer for peer in hub.vpn.peers if peer.kind != "gateway"]
    return [
        *(text for item in segments for text in (item.prefix_ipv4, item.prefix_ipv6)),
        *(text for vpn in tunnels for text in (vpn.ipv4, vpn.ipv6)),
        *(text for peer in unmanaged for text in (*peer.allowed_ipv4, *peer.allowed_ipv6)),
    ]


@few
@given(fleets())
def test_no_two_prefixes_overlap(fleet: list[Commune]) -> None:
    networks = [ip_network(text) for text in _prefixes(resolve(territory(fleet)))]
    for one, other in combinations(networks, 2):
        assert one.version != other.version or not one.overlaps(other), (one, other)


@few
@given(fleets(), st.integers(1, 3))
def test_both_ends_of_each_tunnel_agree(fleet: list[Commune], hubs: int) -> None:
    plans = resolve(territory(fleet, hubs))
    for name, plan in plans.items():
        if not plan.is_gateway:
            continue
        hub = plans[plan.hub]
        assert plan.vpn is not None
        assert hub.vpn is not None
        (up,) = plan.vpn.peers
        (down,) = [peer for peer in hub.vpn.peers if peer.name == name]
        assert up.public_key == hub.vpn.public_key
        assert down.public_key == plan.vpn.public_key
        assert up.preshared == down.preshared
        assert up.endpoint.endswith(f":{hub.vpn.listen_port}")
        for own, allowed in (
            (plan.vpn.ipv4, down.allowed_ipv4),
            (plan.vpn.ipv6, down.allowed_ipv6),
            (hub.vpn.ipv4, up.allowed_ipv4),
            (hub.vpn.ipv6, up.allowed_ipv6),
        ):
            assert any(within(own, text) for text in allowed)
        for item in plan.network.segments:
            assert within(item.prefix_ipv4, down.allowed_ipv4[0])
            assert within(item.prefix_ipv6, down.allowed_ipv6[0])


@few
@given(fleets(smallest=2))
def test_adding_a_commune_changes_no_other_commune(fleet: list[Commune]) -> None:
    before, after = resolve(territory(fleet[:-1])), resolve(territory(fleet))
    for name, plan in before.items():
        if not plan.is_hub:
            assert to_json(after[name]) == to_json(plan)


@few
@given(communes(7))
def test_adding_a_site_changes_no_other_site(commune: Commune) -> None:
    first = next(iter(commune.sites))
    smaller = commune.model_copy(update={"sites": {first: commune.sites[first]}})
    before, after = resolve(territory([smaller])), resolve(territory([commune]))
    for name, plan in before.items():
        if not plan.is_hub:
            assert to_json(after[name]) == to_json(plan)


@few
@given(communes(7), st.sampled_from(SEGMENTS))
def test_adding_a_segment_moves_nobody(commune: Commune, segment: str) -> None:
    name, site = next(iter(commune.sites.items()))
    host = site.hosts["gw"].model_copy(update={"trunk": "eth9", "ports": {}})
    assert site.segments is not None
    hosts = {"gw": host}
    fewer = tuple(item for item in site.segments if item != segment) or ("things",)
    addresses = []
    for segments in (fewer, tuple({*fewer, segment})):
        changed = site.model_copy(update={"segments": segments, "hosts": hosts})
        whole = commune.model_copy(update={"sites": {**commune.sites, name: changed}})
        plan = resolve(territory([whole]))[f"commune7-{name}-gw"]
        addresses.append({item.segment: item for item in plan.network.segments})
    for known, item in addresses[0].items():
        assert addresses[1][known] == item


@few
@given(fleets())
def test_same_input_same_bytes_and_json_round_trip(fleet: list[Commune]) -> None:
    first, second = resolve(territory(fleet)), resolve(territory(list(reversed(fleet))))
    assert list(first) == list(second)
    for name, plan in first.items():
        assert to_json(plan) == to_json(second[name])
        assert from_json(to_json(plan), HostPlan) == plan
    last = next(reversed(first))
    assert resolve_host(territory(fleet), last) == first[last]


@few
@given(fleets())
def test_counters_are_unique_on_a_host(fleet: list[Commune]) -> None:
    for plan in resolve(territory(fleet)).values():
        counters = [rule.counter for rule in plan.network.firewall.rules]
        assert len(counters) == len(set(counters))


@cache
def _flow_allows(source: str, destination: str, relation: str, protocol: str, port: int) -> bool:
    """Read the answer off the flow table alone; the second opinion on rules and addresses."""
    scopes = {
        "site": ("site", "commune", "communes"),
        "commune": ("commune", "communes"),
        "communes": ("communes",),
    }[relation]
    for flow in LAYERS["all"]["flows"].values():
        if (flow["from"], flow["to"]) != (source, destination):
            continue
        if flow.get("scope", "site") not in scopes:
            continue
        for service in flow["services"]:
            for text in LAYERS["all"]["services"][service]:
                if text == "any":
                    return True
                kind, _, span = text.partition("/")
                first, _, last = span.partition("-")
                if kind == protocol and int(first or 0) <= port <= int(last or first or 0):
                    return True
    return False


@settings(max_examples=12, deadline=None)
@given(fleets(smallest=2, largest=3), st.data())
def test_rules_allow_what_flows_name_and_nothing_else(
    fleet: list[Commune], data: st.DataObject
) -> None:
    plans = resolve(territory(fleet))
    reach = Reach(plans)
    gateways = [plan for plan in plans.values() if plan.is_gateway]
    tries = [("tcp", 22), ("tcp", 443), ("tcp", 8883), ("udp", 5060), ("udp", 10001), ("icmp", 0)]
    protocol, port = data.draw(st.sampled_from(tries))
    for here in gateways:
        for there in gateways:
            relation = (
                "site"
                if here is there
                else "commune"
                if here.place.commune == there.place.commune
                else "communes"
            )
            for source in here.network.segments:
                for target in there.network.segments:
                    if here is there and source is target:
                        continue
                    expected = _flow_allows(
                        source.segment, target.segment, relation, protocol, port
                    )
                    for family in ("ipv4", "ipv6"):
                        packet = Packet(
                            _client(getattr(source, f"prefix_{family}")),
                            _client(getattr(target, f"prefix_{family}")),
                            protocol,
                            port,
                        )
                        verdict = reach.follow(packet)
                        assert verdict.allowed == expected, (packet, verdict)


@settings(max_examples=15, deadline=None)
@given(fleets())
def test_the_internet_the_hub_and_the_gateway_are_reached_as_flows_say(
    fleet: list[Commune],
) -> None:
    plans = resolve(territory(fleet))
    reach = Reach(plans)
    for plan in plans.values():
        if not plan.is_gateway or plan.vpn is None:
            continue
        for item in plan.network.segments:
            for destination, address in (
                ("internet", "203.0.113.10"),
                ("hub", plan.vpn.hub_ipv4),
                ("gateway", item.gateway_ipv4),
            ):
                for protocol, port in (("tcp", 443), ("udp", 123), ("tcp", 25), ("icmp", 0)):
                    packet = Packet(_client(item.prefix_ipv4), address, protocol, port)
                    expected = _flow_allows(item.segment, destination, "site", protocol, port)
                    if destination == "hub" and port in (443,):
                        expected = False  # these hubs offer dns and ntp only
                    if destination == "gateway" and item.segment == "servers":
                        continue  # also reached as a server: the test below
                    assert reach.follow(packet).allowed == expected, packet


@few
@given(fleets())
def test_a_gateway_that_is_also_the_server_answers_as_a_server(fleet: list[Commune]) -> None:
    plans = resolve(territory(fleet))
    reach = Reach(plans)
    for plan in plans.values():
        segments = {item.segment: item for item in plan.network.segments}
        if not plan.is_gateway or not {"servers", "agents"} <= set(segments):
            continue
        packet = Packet(
            _client(segments["agents"].prefix_ipv4), segments["servers"].gateway_ipv4, "tcp", 8443
        )
        assert reach.follow(packet).allowed == ("server" in plan.roles)


def _client(prefix: str) -> str:
    network = ip_network(prefix)
    return str(ip_address(int(network.network_address) + 50))

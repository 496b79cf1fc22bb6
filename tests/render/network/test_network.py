"""What brick network writes, and what its rules allow."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from mairie.nftables import rules
from mairie.plan.host import HostPlan
from mairie.plan.parts.network import Ports, Rule, Selector
from mairie.render import RenderedFile, render
from tests.render.conftest import secrets_of

ANY = Selector(zone="any", interfaces=(), ipv4=(), ipv6=())


@pytest.mark.parametrize(
    "host",
    ["hub", "rapa-mairie-box", "rurutu-ecole-gw", "rurutu-mairie-gw", "rurutu-mairie-srv"],
)
def test_files(host: str, compare: Callable[[str, str], None]) -> None:
    compare("network", host)


def rule(source: Selector = ANY, destination: Selector = ANY) -> Rule:
    """Return a rule of the forward chain."""
    return Rule(
        flow="f",
        counter="f-1",
        chain="forward",
        source=source,
        destination=destination,
        ports=(),
        same_commune=False,
        hours="",
        reason="",
    )


def lines(item: Rule) -> list[str]:
    """Return the lines of a rule without its verdict."""
    end = "counter name f-1 accept"
    found = rules.rule_lines(item)
    assert all(line.endswith(end) for line in found)
    return [line.removesuffix(end).strip() for line in found]


def test_without_addresses_a_rule_holds_for_both_families() -> None:
    inside = Selector(zone="agents", interfaces=("br-agents",), ipv4=(), ipv6=())
    outside = Selector(zone="internet", interfaces=("eth0", "eth2"), ipv4=(), ipv6=())
    assert lines(rule(inside, outside)) == ['iifname "br-agents" oifname { "eth0", "eth2" }']


def test_addresses_of_one_family_leave_the_other_closed() -> None:
    old = Selector(zone="old", interfaces=(), ipv4=("10.1.0.0/24",), ipv6=())
    assert lines(rule(old)) == ["ip saddr 10.1.0.0/24"]


def test_two_ends_in_two_families_allow_nothing() -> None:
    four = Selector(zone="a", interfaces=(), ipv4=("10.1.0.0/24",), ipv6=())
    six = Selector(zone="b", interfaces=(), ipv4=(), ipv6=("fd00:1::/64",))
    assert lines(rule(four, six)) == []


def test_prefixes_that_overlap_are_joined() -> None:
    both = Selector(zone="a", interfaces=(), ipv4=("10.1.0.0/24", "10.1.0.0/16"), ipv6=())
    assert lines(rule(both)) == ["ip saddr 10.1.0.0/16"]


def test_masks_need_not_be_contiguous() -> None:
    servers = Selector(
        zone="servers",
        interfaces=("wg0",),
        ipv4=("10.44.1.0/255.255.15.0",),
        ipv6=("fd00:0:0:2c01::/ffff:ffff:ffff:ff0f::",),
    )
    assert lines(rule(servers)) == [
        'iifname "wg0" ip saddr & 255.255.15.0 == 10.44.1.0',
        'iifname "wg0" ip6 saddr & ffff:ffff:ffff:ff0f:: == fd00:0:0:2c01::',
    ]


def test_each_protocol_has_its_line() -> None:
    ports = (
        Ports(protocol="icmp", first=0, last=0),
        Ports(protocol="tcp", first=22, last=22),
        Ports(protocol="tcp", first=80, last=90),
        Ports(protocol="udp", first=53, last=53),
    )
    assert lines(replace(rule(), ports=ports)) == [
        "tcp dport { 22, 80-90 }",
        "udp dport 53",
        "icmp type echo-request",
        "icmpv6 type echo-request",
    ]


def test_an_input_rule_has_no_way_out() -> None:
    outside = Selector(zone="internet", interfaces=("eth0",), ipv4=(), ipv6=())
    assert lines(replace(rule(destination=outside), chain="input")) == [""]


def test_hours_and_communes_narrow_a_rule() -> None:
    found = lines(replace(rule(), hours="school", same_commune=True))
    assert found == [
        "iifname @open-school ip saddr . ip daddr @same-commune-4",
        "iifname @open-school ip6 saddr . ip6 daddr @same-commune-6",
    ]


def test_every_counter_is_declared(demo: dict[str, HostPlan]) -> None:
    for plan in demo.values():
        text = next(
            file.text
            for file in render(plan, secrets_of(plan), "network")
            if file.path == "/etc/nftables.conf"
        )
        used = {part.split()[0] for part in text.split("counter name ")[1:]}
        assert used == set(rules.counters(plan)), plan.name


def test_a_reason_cannot_become_a_rule(demo: dict[str, HostPlan]) -> None:
    plan = demo["hub"]
    firewall = plan.network.firewall
    sly = replace(firewall.rules[0], reason="x\n\t\taccept # y")
    changed = replace(
        plan,
        network=replace(plan.network, firewall=replace(firewall, rules=(sly, *firewall.rules[1:]))),
    )
    text = "\n".join(file.text for file in render(changed, secrets_of(plan), "network"))
    assert "# " + sly.flow + ": x accept # y" in text
    assert "\n\t\taccept # y" not in text


def test_one_uplink_needs_no_watch(rendered: Callable[[str, str], dict[str, RenderedFile]]) -> None:
    watch = "/etc/systemd/system/uplink-watch.service"
    assert watch in rendered("network", "rurutu-mairie-gw")
    assert watch not in rendered("network", "rapa-mairie-box")

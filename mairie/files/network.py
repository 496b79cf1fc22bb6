"""Which files brick ``network`` gives a host."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from ipaddress import ip_address, ip_network
from typing import Any

from mairie.files import JSON, PARSES, VERIFY, TemplateFile
from mairie.nftables import name_filter, portal, queues, rules, telephony
from mairie.plan.host import HostPlan
from mairie.plan.parts.network import SegmentInterface, Uplink

LIBEXEC = "/usr/local/libexec/mairie"
NETWORKD = "/etc/systemd/network"
CHECK_NETWORKD = f"{LIBEXEC}/check-networkd"
TAKE_OVER = f"{LIBEXEC}/take-over-network"
NFTABLES = "/etc/nftables.conf"
FIREWALL_STATE = f"{LIBEXEC}/firewall-state"
NFTABLES_UNIT = "/etc/systemd/system/nftables.service.d/mairie.conf"
NETWORKD_CONF = "/etc/systemd/networkd.conf.d/10-mairie.conf"
DNSMASQ = "/etc/dnsmasq.d/mairie.conf"
RESOLV_CONF = "/etc/resolv.conf"
ACCESS_HOURS = f"{LIBEXEC}/access-hours"
ACCESS_HOURS_TABLE = "/etc/mairie/access-hours.json"
ACCESS_HOURS_SERVICE = "/etc/systemd/system/access-hours.service"
ACCESS_HOURS_TIMER = "/etc/systemd/system/access-hours.timer"
UPLINK_WATCH = f"{LIBEXEC}/uplink-watch"
UPLINK_WATCH_SERVICE = "/etc/systemd/system/uplink-watch.service"
QUEUES = f"{LIBEXEC}/queues"
QUEUES_TABLE = "/etc/mairie/queues.json"
QUEUES_SERVICE = "/etc/systemd/system/mairie-queues.service"
QUEUES_TIMER = "/etc/systemd/system/mairie-queues.timer"
NAMES_WATCH = f"{LIBEXEC}/names-watch"
NAMES_WATCH_SERVICE = "/etc/systemd/system/names-watch.service"
RESOLVERS = "/run/mairie-names/resolvers"
"""Written by names-watch: whom dnsmasq asks, in resolv.conf(5) form."""

FILTER = "/etc/mairie/filter/dnsmasq.conf"
FILTER_SERVICE = "mairie-filter.service"
FILTER_UNIT = f"/etc/systemd/system/{FILTER_SERVICE}"

LAID_METRIC = 50
"""Of the better route that uplink-watch lays: below every metric of the plan."""
SERVER_METRIC = 100
"""Of the default route of a server or an access point through its gateway."""

NEVER_ASKED = (
    "alt",  # RFC 9476
    "home.arpa",  # RFC 8375
    "internal",  # ICANN, for private use
    "invalid",  # RFC 6761
    "lan",
    "local",  # RFC 6762
    "onion",  # RFC 7686
    "test",  # RFC 6761
)
"""Domains that mean nothing outside: a question about them never leaves the site."""


def files(plan: HostPlan) -> tuple[TemplateFile, ...]:
    """Return every file of the brick, what checks others first."""
    return (
        TemplateFile(path=CHECK_NETWORKD, mode="755", check=("sh", "-n", "{}")),
        TemplateFile(path=NETWORKD_CONF),
        *_interfaces(plan),
        TemplateFile(
            path=TAKE_OVER,
            mode="755",
            check=("sh", "-n", "{}"),
            context={"ports": _outside_ports(plan), "left": _left_ports(plan)},
        ),
        *_schedules(plan),
        TemplateFile(
            path=FIREWALL_STATE,
            mode="755",
            check=("sh", "-n", "{}"),
            context={"relays": rules.relays(plan)},
        ),
        TemplateFile(
            path=NFTABLES_UNIT,
            context={"forward": int(forwards(plan)), "relays": rules.relays(plan)},
        ),
        TemplateFile(
            path=NFTABLES,
            mode="600",
            check=("nft", "-c", "-f", "{}"),
            context=_firewall(plan),
        ),
        *_resolver(plan),
        *_filter(plan),
        *_watch(plan),
        *_queues(plan),
    )


def forwards(plan: HostPlan) -> bool:
    """Whether packets of others go through this host."""
    return plan.is_gateway or plan.is_hub


def _outside_ports(plan: HostPlan) -> list[dict[str, str | int]]:
    """Return the ports through which this host reaches others, with the metric of their route."""
    if plan.network.uplinks:
        return [{"name": item.port, "metric": item.metric} for item in plan.network.uplinks]
    addressed = (item for item in plan.network.segments if item.ipv4)
    return [{"name": item.bridge, "metric": SERVER_METRIC} for item in addressed]


def _left_ports(plan: HostPlan) -> list[str]:
    """Return the ports that had an address before, and carry VLANs alone from now on."""
    if plan.network.uplinks:
        return []
    return list(dict.fromkeys(item.trunk for item in plan.network.segments if item.trunk))


def probe_targets(plan: HostPlan) -> tuple[str, ...]:
    """Return the IPv4 addresses pinged through each uplink: the direct resolvers."""
    fallback = plan.network.dns.fallback if plan.network.dns else ()
    return tuple(address for address in fallback if ip_address(address).version == 4)


def is_watched(plan: HostPlan) -> bool:
    """Whether there is a choice between uplinks, and a way to tell them apart."""
    return len(plan.network.uplinks) > 1 and bool(probe_targets(plan))


def schedule_interfaces(plan: HostPlan, schedule: str) -> tuple[str, ...]:
    """Return the interfaces a schedule opens."""
    found = {
        interface
        for rule in plan.network.firewall.rules
        if rule.hours == schedule
        for interface in rule.source.interfaces
    }
    found |= {item.bridge for item in plan.network.segments if item.hours == schedule}
    return tuple(sorted(found))


def _networkd(name: str, template: str, **context: Any) -> TemplateFile:
    return TemplateFile(
        path=f"{NETWORKD}/{name}",
        template=f"etc/systemd/network/{template}.j2",
        check=(CHECK_NETWORKD, "{}"),
        context=context,
    )


def _interfaces(plan: HostPlan) -> Iterator[TemplateFile]:
    """Yield virtual links before the files that name them: check-networkd looks them up."""
    for uplink in plan.network.uplinks:
        yield _uplink(uplink)
    for item in plan.network.segments:
        yield from _netdevs(item)
    trunks: dict[str, list[str]] = {}
    for item in plan.network.segments:
        if item.trunk:
            trunks.setdefault(item.trunk, []).append(item.member)
    for trunk, vlans in trunks.items():
        yield _networkd(f"20-{trunk}.network", "trunk.network", trunk=trunk, vlans=vlans)
    for item in plan.network.segments:
        yield from _networks(plan, item)


def _uplink(uplink: Uplink) -> TemplateFile:
    # 05: before 10-netplan-*.network, which cloud images generate; the first match wins.
    return _networkd(f"05-{uplink.port}.network", "uplink.network", uplink=uplink)


def _of(item: SegmentInterface) -> dict[str, Any]:
    return {"segment": item, "label": rules.one_line(item.label)}


def _netdevs(item: SegmentInterface) -> Iterator[TemplateFile]:
    if item.member != item.bridge:
        yield _networkd(f"20-{item.bridge}.netdev", "bridge.netdev", **_of(item))
    if item.trunk:
        yield _networkd(f"20-{item.member}.netdev", "vlan.netdev", **_of(item))


def _networks(plan: HostPlan, item: SegmentInterface) -> Iterator[TemplateFile]:
    if item.member == item.bridge:
        yield _networkd(
            f"05-{item.member}.network",
            "server.network",
            metric=SERVER_METRIC,
            who="server",
            **_of(item),
        )
        return
    yield _networkd(f"30-{item.member}.network", "member.network", **_of(item))
    name = f"40-{item.bridge}.network"
    if plan.is_gateway:
        yield _networkd(name, "segment.network", **_of(item))
    elif item.ipv4:
        yield _networkd(
            name, "server.network", metric=SERVER_METRIC, who="access point", **_of(item)
        )
    else:
        yield _networkd(name, "relay.network", **_of(item))


def _schedules(plan: HostPlan) -> Iterator[TemplateFile]:
    schedules = plan.network.firewall.schedules
    if not schedules:
        return
    table = [
        {
            "name": item.name,
            "days": item.days,
            "start": item.start,
            "end": item.end,
            "interfaces": schedule_interfaces(plan, item.name),
        }
        for item in schedules
    ]
    clocks = {clock.replace("24:00", "00:00") for s in schedules for clock in (s.start, s.end)}
    moments = [f"*-*-* {clock}:00" for clock in sorted(clocks)]
    yield TemplateFile(path=ACCESS_HOURS, mode="755")
    yield TemplateFile(path=ACCESS_HOURS_TABLE, context={"schedules": table})
    yield TemplateFile(path=ACCESS_HOURS_SERVICE, check=("systemd-analyze", "verify", "{}"))
    yield TemplateFile(
        path=ACCESS_HOURS_TIMER,
        check=("systemd-analyze", "verify", "{}"),
        context={"moments": moments},
    )


def _firewall(plan: HostPlan) -> dict[str, Any]:
    return {
        "counters": rules.counters(plan),
        "schedules": [item.name for item in plan.network.firewall.schedules],
        "same_commune": plan.network.firewall.same_commune,
        "spoofed": rules.spoofed(plan),
        "base_input": rules.base_input(plan),
        "input": rules.blocks(plan, "input"),
        "dropped_input": rules.dropped(plan, "input"),
        "portal_chains": portal.chains(plan),
        "name_filter": name_filter.chain(plan),
        "telephony_jumps": telephony.jumps(plan),
        "telephony_sets": telephony.sets(plan),
        "telephony_chains": telephony.chains(plan),
        "most_devices": portal.MOST_DEVICES,
        "before_established": rules.before_established(plan),
        "forward": rules.blocks(plan, "forward"),
        "dropped_forward": rules.dropped(plan, "forward"),
        "clamp": rules.clamp(plan),
        "masquerade": rules.masquerade(plan),
        "queues": queues.chains(plan),
        "relays": rules.relays(plan),
        "relayed": rules.relayed(plan),
    }


def _queues(plan: HostPlan) -> Iterator[TemplateFile]:
    queueing = plan.network.queueing
    if queueing is None:
        return
    yield TemplateFile(path=QUEUES, mode="755", check=PARSES)
    yield TemplateFile(path=QUEUES_TABLE, check=JSON, context={"queueing": asdict(queueing)})
    yield TemplateFile(path=QUEUES_SERVICE, check=VERIFY)
    yield TemplateFile(path=QUEUES_TIMER, check=VERIFY)


def _resolver(plan: HostPlan) -> Iterator[TemplateFile]:
    dns = plan.network.dns
    servers: tuple[str, ...]
    if dns is None:
        segment = plan.network.segments[0]
        servers = (segment.gateway_ipv4, segment.gateway_ipv6)
        search = plan.fqdn.partition(".")[2]
    else:
        servers, search = ("127.0.0.1",), dns.domain
        yield TemplateFile(
            path=DNSMASQ,
            check=("dnsmasq", "--test", "-C", "{}"),
            context={
                "scopes": _scopes(plan),
                "never_asked": NEVER_ASKED,
                "endpoints": endpoint_names(plan),
                "resolvers": RESOLVERS,
            },
        )
        if dns.hub_address:
            yield TemplateFile(path=NAMES_WATCH, mode="755")
            yield TemplateFile(
                path=NAMES_WATCH_SERVICE,
                check=("systemd-analyze", "verify", "{}"),
                context={"resolvers": RESOLVERS},
            )
    yield TemplateFile(path=RESOLV_CONF, context={"nameservers": servers, "search": search})


def _filter(plan: HostPlan) -> Iterator[TemplateFile]:
    if plan.network.name_filter is not None:
        yield TemplateFile(
            path=FILTER,
            check=("dnsmasq", "--test", "-C", "{}"),
            context={"filter": plan.network.name_filter},
        )
        yield TemplateFile(
            path=FILTER_UNIT,
            check=("systemd-analyze", "verify", "{}"),
            context={"configuration": FILTER},
        )


def endpoint_names(plan: HostPlan) -> tuple[str, ...]:
    """Return names of tunnel ends, which the hub cannot be asked for: it is behind them."""
    if plan.vpn is None:
        return ()
    names = (peer.endpoint.rpartition(":")[0] for peer in plan.vpn.peers if peer.endpoint)
    return tuple(dict.fromkeys(name for name in names if not _is_address(name)))


def _is_address(text: str) -> bool:
    try:
        ip_address(text.strip("[]"))
    except ValueError:
        return False
    return True


def _scopes(plan: HostPlan) -> list[dict[str, Any]]:
    by_segment = {item.segment: item for item in plan.network.segments}
    found = []
    for scope in plan.network.dhcp_scopes:
        segment = by_segment[scope.segment]
        ipv6 = ip_network(segment.prefix_ipv6)
        found.append(
            {
                "scope": scope,
                "gateway": segment.gateway_ipv4,
                "network_ipv6": str(ipv6.network_address),
                "length_ipv6": ipv6.prefixlen,
                "isolated": segment.isolated,
            }
        )
    return found


def _watch(plan: HostPlan) -> Iterator[TemplateFile]:
    if is_watched(plan):
        yield TemplateFile(path=UPLINK_WATCH, mode="755", context={"metric": LAID_METRIC})
        yield TemplateFile(
            path=UPLINK_WATCH_SERVICE,
            check=("systemd-analyze", "verify", "{}"),
            context={"targets": probe_targets(plan)},
        )

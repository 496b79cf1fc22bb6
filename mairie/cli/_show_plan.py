"""A host's plan as tables for a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from mairie.cli import _show_telephony
from mairie.inventory.explain import Explained
from mairie.plan.host import HostPlan
from mairie.plan.parts.network import NetworkPlan, Rule, Selector
from mairie.plan.parts.vpn import VpnPlan


def print_plan(plan: HostPlan, console: Console | None = None) -> None:
    """Print the plan: who it is, its network, tunnels and rules."""
    out = console or Console()
    out.print(Text(plan.name, style="bold"), Text(f"  {plan.fqdn}", style="dim"), sep="")
    _facts(out, plan)
    _network(out, plan.network)
    if plan.vpn is not None:
        _vpn(out, plan.vpn)
    if plan.voip is not None:
        for title, columns, rows in _show_telephony.tables(plan.voip):
            _print(out, title, columns, rows)
    if plan.network.firewall.rules:
        _print(
            out,
            "Allowed (everything else is refused and counted)",
            ("flow", "from", "to", "ports", "when", "why"),
            (_rule(rule) for rule in plan.network.firewall.rules),
        )


def print_explanation(values: Sequence[Explained], console: Console | None = None) -> None:
    """Print each value of the reference with the place that wrote it."""
    _print(
        console or Console(),
        "Reference",
        ("path", "value", "written in"),
        ((item.path, _value(item.value), item.where) for item in values),
    )


def _facts(out: Console, plan: HostPlan) -> None:
    place = plan.place
    where = [place.site_label, place.commune_label, place.island, place.archipelago]
    facts = {
        "place": ", ".join(dict.fromkeys(filter(None, where))),
        "roles": ", ".join(plan.roles),
        "bricks": ", ".join(plan.bricks),
        "time zone": plan.timezone,
        "hub": "" if plan.is_hub else plan.hub,
        "users": ", ".join(user.name for user in plan.base.users),
        "upgrades": f"at {plan.base.upgrades_at}, local time",
        "radios": _radios(plan),
        "log-ins": _log_ins(plan),
        "lessons": _lessons(plan),
        "filter": _filter(plan),
        "portal": _portal(plan),
        "telephony": _show_telephony.summary(plan),
        "phones": _phones(plan),
        "mail": _mail(plan),
        "backup": _backup(plan),
    }
    table = Table.grid(padding=(0, 2))
    for name, value in facts.items():
        if value:
            table.add_row(Text(name, style="dim"), Text(value))
    out.print(table)


def _log_ins(plan: HostPlan) -> str:
    if plan.wifi is None:
        return ""
    if not plan.wifi.has_radius:
        return ""
    points = ", ".join(
        (
            *(point.name for point in plan.wifi.access_points),
            *(("its own radios",) if plan.wifi.asks_itself else ()),
        )
    )
    people = len(plan.wifi.people)
    return f"{people} {'person' if people == 1 else 'people'}, asked for by {points}"


def _radios(plan: HostPlan) -> str:
    return "; ".join(
        f"{radio.name} on {radio.band} GHz, channel {radio.channel or 'auto'}, {radio.width} MHz, "
        f"{radio.power} dBm at most: {', '.join(network.ssid for network in radio.networks)}"
        for radio in (plan.wifi.radios if plan.wifi else ())
    )


def _lessons(plan: HostPlan) -> str:
    if plan.lessons is None:
        return ""
    weekly = "; ".join(
        f"{' '.join(each.days)} {each.start} to {each.end}" for each in plan.lessons.schedule
    )
    page = plan.lessons.page_addresses[0]
    length = f"{plan.lessons.minutes} minutes, {plan.lessons.longest} at most"
    return f"{length}; http://{page}/" + (f"; {weekly}" if weekly else "")


def _phones(plan: HostPlan) -> str:
    if plan.phones is None:
        return ""
    makers: Counter[str] = Counter(phone.maker for phone in plan.phones.phones)
    makers.update({"Linphone": len(plan.phones.programs)} if plan.phones.programs else {})
    counted = ", ".join(f"{count} {maker}" for maker, count in sorted(makers.items()))
    return f"{counted} fetch their files from {plan.phones.url}"


def _mail(plan: HostPlan) -> str:
    if plan.mail is None:
        return ""
    mail = plan.mail
    return (
        f"from {mail.sender} through {mail.relay}:{mail.port} as {mail.username}; waits up to "
        f"{mail.keep_days} days for the link"
    )


def _filter(plan: HostPlan) -> str:
    found = plan.network.name_filter
    if found is None:
        return ""
    whom = ", ".join(name.removeprefix("br-") for name in found.interfaces)
    return f"{whom}: {len(found.refused)} domains refused"


def _portal(plan: HostPlan) -> str:
    if plan.portal is None:
        return ""
    opened = {
        "click": f"a click opens {plan.portal.session_seconds // 3600} h",
        "voucher": "a voucher from the desk opens its hours",
    }[plan.portal.mode]
    languages = ", ".join(each.language for each in plan.portal.terms)
    size, rate = _size(plan.portal.data_bytes), _rate(plan.portal.rate)
    return f"{opened}, {size} at most, {rate}; terms in {languages}"


def _backup(plan: HostPlan) -> str:
    if plan.store is not None:
        return f"keeps {len(plan.store.hosts)} hosts, maintenance at {plan.store.maintenance_at}"
    if plan.backup is None:
        return ""
    window = plan.backup.window
    rate = _rate(plan.backup.upload)
    return f"at {window.start} for {window.minutes} minutes, local time, {rate} at most"


def _network(out: Console, network: NetworkPlan) -> None:
    _print(
        out,
        "Uplinks, the preferred one first",
        ("name", "port", "down", "up", "round trip", "MTU", "address"),
        (
            (
                uplink.name,
                uplink.port,
                _rate(uplink.down),
                _rate(uplink.up),
                f"{uplink.rtt_ms} ms",
                str(uplink.mtu),
                uplink.static.interface_address if uplink.static else "by DHCP",
            )
            for uplink in network.uplinks
        ),
    )
    pools = {scope.segment: f"{scope.first} – {scope.last}" for scope in network.dhcp_scopes}
    _print(
        out,
        "Segments",
        ("segment", "VLAN", "interface", "IPv4", "IPv6", "DHCP", "limits"),
        (
            (
                item.segment,
                str(item.vlan),
                item.member,
                item.ipv4,
                item.ipv6,
                pools.get(item.segment, ""),
                ", ".join(
                    filter(
                        None,
                        (
                            _rate(item.rate_limit) if item.rate_limit else "",
                            "isolated" if item.isolated else "",
                            item.hours,
                        ),
                    )
                ),
            )
            for item in network.segments
        ),
    )
    _print(
        out,
        "Equipment",
        ("name", "segment", "MAC", "address"),
        ((item.name, item.segment, item.mac, item.address) for item in network.dhcp_reservations),
    )


def _vpn(out: Console, vpn: VpnPlan) -> None:
    _print(
        out,
        f"Tunnel {vpn.interface}: {vpn.ipv4}, {vpn.ipv6}, MTU {vpn.mtu}",
        ("peer", "kind", "endpoint", "allowed addresses"),
        (
            (
                peer.name,
                peer.kind,
                peer.endpoint or "calls us",
                ", ".join((*peer.allowed_ipv4, *peer.allowed_ipv6)),
            )
            for peer in vpn.peers
        ),
    )


def _rule(rule: Rule) -> tuple[str, ...]:
    ports = [
        item.protocol
        if item.protocol == "icmp"
        else f"{item.protocol}/{item.first}" + (f"-{item.last}" if item.last > item.first else "")
        for item in rule.ports
    ]
    return (
        rule.counter,
        _end(rule.source),
        _end(rule.destination),
        ", ".join(ports) or "any",
        rule.hours or "always",
        rule.reason,
    )


def _end(selector: Selector) -> str:
    where = f" ({', '.join(selector.interfaces)})" if selector.interfaces else ""
    return f"{selector.zone}{where}"


def _rate(bits: int) -> str:
    for factor, unit in ((10**9, "Gbit/s"), (10**6, "Mbit/s"), (10**3, "kbit/s")):
        if bits >= factor:
            return f"{bits / factor:g} {unit}"
    return f"{bits} bit/s"


def _size(size: int) -> str:
    for factor, unit in ((10**12, "TB"), (10**9, "GB")):
        if size >= factor:
            return f"{size / factor:g} {unit}"
    return f"{size / 10**6:g} MB"


def _value(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _print(out: Console, title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, header_style="dim", overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    if table.row_count:
        out.print()
        out.print(table)

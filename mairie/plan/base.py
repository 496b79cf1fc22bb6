"""Brick ``base``: accounts, SSH, time, journal, upgrades, hardening."""

from __future__ import annotations

from mairie.model.reference import Reference, Window
from mairie.plan.context import HubHost, SiteHost
from mairie.plan.parts.base import BasePlan, BlockedModule, Ntp, Ssh, Sysctl, User
from mairie.plan.stable import stable_number

MEBIBYTE = 1 << 20


def time_in_window(name: str, window: Window) -> str:
    """Return ``HH:MM`` in the window: a minute that follows from the name alone."""
    hour, minute = (int(part) for part in window.start.split(":"))
    at = (hour * 60 + minute + stable_number(name, window.hours * 60)) % (24 * 60)
    return f"{at // 60:02d}:{at % 60:02d}"


def _ntp(place: HubHost | SiteHost) -> Ntp:
    reference = place.reference.ntp
    shared = place.shared
    serve_to: tuple[str, ...] = ()
    if isinstance(place, HubHost):
        preferred, serve_to = "", shared.addressing.supernets.text
    elif place.is_gateway:
        preferred, serve_to = shared.hub_address(place.hub_name).ipv4, place.prefixes.text
    else:
        preferred = place.tunnel.ipv4
    return Ntp(
        preferred=preferred,
        servers=reference.servers,
        serve_to=serve_to,
        local_stratum=reference.local_stratum,
    )


def base_plan(place: HubHost | SiteHost) -> BasePlan:
    """Return what brick ``base`` puts on a host."""
    reference: Reference = place.reference
    technicians = place.shared.syndicate.technicians
    return BasePlan(
        users=tuple(
            User(name=name, label=person.label, ssh_keys=person.ssh_keys)
            for name, person in sorted(technicians.items())
        ),
        ssh=Ssh(
            kex=reference.ssh.kex,
            ciphers=reference.ssh.ciphers,
            macs=reference.ssh.macs,
            host_keys=reference.ssh.host_keys,
        ),
        ntp=_ntp(place),
        journal_max_bytes=reference.journal.max_use_mb * MEBIBYTE,
        journal_retention_days=reference.journal.retention_days,
        upgrades_at=time_in_window(f"upgrades {place.name}", reference.upgrades),
        sysctl=tuple(
            Sysctl(key=key, value=item.value, rule=item.rule, reason=item.reason)
            for key, item in sorted(reference.hardening.sysctl.items())
        ),
        blocked_modules=tuple(
            BlockedModule(name=name, rule=item.rule, reason=item.reason)
            for name, item in sorted(reference.hardening.modules.items())
        ),
        packages_present=tuple(sorted(reference.packages.present)),
        packages_absent=tuple(sorted(reference.packages.absent)),
    )

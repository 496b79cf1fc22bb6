"""Brick ``hub``: names of the whole syndicate."""

from __future__ import annotations

from dataclasses import dataclass

from mairie.plan.parts.network import DnsForward, DnsRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class HubPlan:
    """Brick ``hub``: what only a hub has beside its tunnels and forwarding rules."""

    domain: str
    records: tuple[DnsRecord, ...]
    """One per managed host of the syndicate."""
    forwards: tuple[DnsForward, ...]
    """Each site's domain to its gateway's tunnel address."""
    services: tuple[str, ...]

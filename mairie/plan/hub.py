"""Brick ``hub``: the names of the whole syndicate."""

from __future__ import annotations

from mairie.plan.context import HubHost
from mairie.plan.names import site_forwards, syndicate_records
from mairie.plan.parts.hub import HubPlan


def hub_plan(place: HubHost) -> HubPlan:
    """Return what only a hub has."""
    return HubPlan(
        domain=place.shared.syndicate.domain,
        records=tuple(syndicate_records(place.shared)),
        forwards=tuple(site_forwards(place)),
        services=place.hub.services,
    )

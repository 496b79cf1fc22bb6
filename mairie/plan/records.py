"""Brick ``records``: whose connections a gateway records, within which bounds, for how long."""

from __future__ import annotations

from mairie.model.commune import PUBLIC_SEGMENT
from mairie.model.reference import Records, RecordsTerritory
from mairie.plan.base import MEBIBYTE
from mairie.plan.context import SiteHost
from mairie.plan.interfaces import segment_interfaces
from mairie.plan.parts.records import RecordsPlan, RetentionPeriod

FOLDER = "/var/lib/mairie/records"
"""Where records are, and nowhere else: no backup has them."""


def has_records(place: SiteHost) -> bool:
    """Whether a host opens the internet to visitors."""
    return place.is_gateway and PUBLIC_SEGMENT in place.segments


def territory_of(insee: str, records: Records) -> str | None:
    """Return the name of the row whose law holds in a commune: the longest prefix of its code."""
    found = [
        (len(prefix), name)
        for name, row in records.territories.items()
        for prefix in row.insee
        if insee.startswith(prefix)
    ]
    return max(found)[1] if found else None


def site_records(place: SiteHost) -> RecordsPlan | None:
    """Return what a gateway records; None on a host that has no visitors."""
    if not has_records(place):
        return None
    reference = place.reference.records
    territory = territory_of(place.commune.insee, reference)
    if territory is None:
        raise KeyError(place.commune.insee)
    (carried,) = (item for item in segment_interfaces(place) if item.segment == PUBLIC_SEGMENT)
    day_bytes = reference.day_mb * MEBIBYTE
    return RecordsPlan(
        segment=carried.segment,
        interface=carried.bridge,
        prefix_ipv4=carried.prefix_ipv4,
        prefix_ipv6=carried.prefix_ipv6,
        territory=territory,
        periods=periods(reference.territories[territory]),
        day_bytes=day_bytes,
        source_bytes=day_bytes * reference.device_percent // 100,
        memory_bytes=reference.memory_mb * MEBIBYTE,
        cpu_percent=reference.cpu_percent,
    )


def periods(row: RecordsTerritory) -> tuple[RetentionPeriod, ...]:
    """Return the periods of a territory, the oldest first."""
    return tuple(
        RetentionPeriod(
            start=f"{item.start}",
            end=f"{item.end or ''}",
            days=item.days,
            source=item.source,
            checked=f"{item.checked or ''}",
        )
        for item in sorted(row.periods, key=lambda item: item.start)
    )

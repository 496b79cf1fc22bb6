"""Breaks gathered into batches, so that one verification proves many controls.

In a batch no break concerns a control that another one may turn red: each red control has one
cause.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tests.lab.breaks import (
    Break,
    backup,
    base,
    hub,
    lessons,
    mail,
    network,
    phones,
    portal,
    records,
    voip,
    vpn,
    wifi,
)

LARGEST = 14
HOST_OF_ROLE = {
    "hub": "hub",
    "gateway": "rurutu-mairie-gw",
    "server": "rurutu-mairie-srv",
    "radius": "rapa-mairie-box",
    "visitors": "rapa-mairie-box",
    "": "rurutu-mairie-gw",
}
"""Hosts of the demo; what it has none of is tried in other labs."""


def conflict(one: Break, other: Break) -> bool:
    """Tell whether a red control could come from either, or one would undo the other."""
    if one.alone or other.alone:
        return True
    return one.control in (other.control, *other.also) or other.control in one.also


def batches(breaks: Iterable[Break]) -> list[tuple[Break, ...]]:
    """Put each break into the first batch that has room and no conflict."""
    found: list[list[Break]] = []
    for item in breaks:
        for batch in found:
            if len(batch) < LARGEST and not any(conflict(item, other) for other in batch):
                batch.append(item)
                break
        else:
            found.append([item])
    return [tuple(batch) for batch in found]


TABLES = (base, network, vpn, hub, wifi, lessons, portal, records, voip, phones, mail, backup)
"""Of every brick, in the order of deployment."""


def all_breaks() -> tuple[Break, ...]:
    """Return the breaks of every brick."""
    return tuple(item for table in TABLES for item in table.BREAKS)


def bricks_of(batch: Iterable[Break]) -> tuple[str, ...]:
    """Return the bricks whose controls a batch turns red."""
    controls = {item.control for item in batch}
    return tuple(
        table.__name__.rpartition(".")[2]
        for table in TABLES
        if controls & {item.control for item in table.BREAKS}
    )


def cases() -> list[tuple[str, int, tuple[Break, ...]]]:
    """Return host, number and breaks of every batch that the demo's containers can show."""
    by_host: dict[str, list[Break]] = {}
    for item in all_breaks():
        if not item.machine and item.role in HOST_OF_ROLE:
            by_host.setdefault(HOST_OF_ROLE[item.role], []).append(item)
    return [
        (host, number, batch)
        for host, breaks in by_host.items()
        for number, batch in enumerate(batches(breaks), 1)
    ]


def words(batch: Sequence[Break]) -> str:
    """Return what a batch does, for a failing test."""
    return "; ".join(f"{item.control}: {item.note}" for item in batch)

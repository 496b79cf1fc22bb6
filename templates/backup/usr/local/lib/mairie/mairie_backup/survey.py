"""What a restore would do, before it does it: from restic's dry run against the target."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from mairie_restic import Message

NAMED = 20
"""Paths that would be overwritten and are named one by one."""


@dataclass
class Survey:
    """Counts of one dry run."""

    new: int = 0
    """Files and folders that are not there yet, or folders that get their owner and times."""
    same: int = 0
    """Files that are there already, or stay as they are because nothing may be overwritten."""
    overwritten: int = 0
    named: list[str] = field(default_factory=list)
    """The first of the overwritten."""
    kept: list[str] = field(default_factory=list)
    """Every file that stays, for a restore that overwrites nothing."""
    bytes: int = 0
    """What is to be written."""
    needs: dict[int, int] = field(default_factory=dict)
    """Bytes to be written, by device."""
    room: dict[int, int] = field(default_factory=dict)
    """Bytes free, by device."""

    @property
    def too_full(self) -> tuple[int, int] | None:
        """Return bytes needed and free on a device that has too little room; None: all have."""
        for device, need in self.needs.items():
            if need > self.room[device]:
                return need, self.room[device]
        return None


def survey(
    messages: Iterable[Message],
    target: Path,
    *,
    remember: bool,
    there_before: Collection[str] | None = None,
) -> Survey:
    """Read ``restic restore --dry-run -vv``.

    Args:
        messages: its output.
        target: folder that is restored to; ``/`` in place.
        remember: whether to remember each file that stays.
        there_before: the files that an interrupted restore found; what it half wrote beside them
            is finished, not overwritten. None: no restore was interrupted.

    """
    found = Survey()
    devices: dict[Path, int] = {}
    for message in messages:
        if message.get("message_type") != "verbose_status":
            continue
        item, size = str(message.get("item", "")), int(message.get("size", 0))
        match message.get("action"):
            case "unchanged":
                found.same += 1
                if remember:
                    found.kept.append(item)
                continue
            case "updated" if there_before is None or item in there_before:
                found.overwritten += 1
                if len(found.named) < NAMED:
                    found.named.append(item)
            case "updated" | "restored":
                found.new += 1
            case _:
                continue
        if size:
            _account(found, (target / item.lstrip("/")).parent, size, devices)
    return found


def _account(found: Survey, folder: Path, size: int, devices: dict[Path, int]) -> None:
    device = devices.get(folder)
    if device is None:
        there = folder
        while not there.exists():
            there = there.parent
        device = devices[folder] = there.stat().st_dev
        if device not in found.room:
            free = os.statvfs(there)
            found.room[device] = free.f_bavail * free.f_frsize
    found.bytes += size
    found.needs[device] = found.needs.get(device, 0) + size

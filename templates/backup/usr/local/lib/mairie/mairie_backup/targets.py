"""The two repositories of a host: the hub's, and perhaps one on a disk of its own."""

from __future__ import annotations

from pathlib import Path

from mairie_backup import settings as secrets
from mairie_backup.places import Places
from mairie_backup.settings import Settings, SettingsError
from mairie_restic import Restic

MIB = 1 << 20
PACK_MIB = (4, 128)
"""What restic allows."""
KEEP = ("--keep-daily=7", "--keep-weekly=5", "--keep-monthly=12")
"""Snapshots on the local disk, which this host keeps by itself."""


def limits(settings: Settings) -> tuple[str, ...]:
    """Return restic's options for this host's share of its link. restic counts in KiB/s."""
    pack = min(max(settings.pack_bytes // MIB, PACK_MIB[0]), PACK_MIB[1])
    return (
        f"--limit-upload={_kib(settings.upload)}",
        f"--limit-download={_kib(settings.download)}",
        f"--pack-size={pack}",
        "-o",
        f"rest.connections={settings.connections}",
    )


def _kib(bits_per_second: int) -> int:
    return max(1, bits_per_second // 8 // 1024)


def hub(settings: Settings, places: Places) -> Restic:
    """Return the way to the repository on the hub. Raises SettingsError."""
    return Restic(
        repository=settings.repository,
        secrets={**password(places), **secrets.credential(places.credential)},
        cache=str(places.cache),
        options=limits(settings),
    )


def password(places: Places) -> dict[str, str]:
    """Return where restic finds the password. Raises SettingsError when it is not there."""
    try:
        there = places.password.stat().st_size > 0
    except OSError:
        there = False
    if not there:
        raise SettingsError(
            f"Le mot de passe du dépôt ({places.password}) est perdu ou vide. Redéployez l'hôte."
        )
    return {"RESTIC_PASSWORD_FILE": str(places.password)}


def local(settings: Settings, places: Places) -> Restic:
    """Return the way to the repository on the local disk. Raises SettingsError."""
    return Restic(
        repository=str(Path(settings.local_target) / settings.host), secrets=password(places)
    )


def local_is_there(settings: Settings, places: Places) -> bool:
    """Tell whether the disk of the second repository is mounted.

    The mount point alone, on the disk of the system, is not it: a copy there would be no second
    copy, and would fill the disk.
    """
    try:
        return Path(settings.local_target).stat().st_dev != places.home.stat().st_dev
    except OSError:
        return False

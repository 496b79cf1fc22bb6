"""Whether the time of a snapshot can be believed.

A snapshot dated in the future would count as the newest for as long as that future lasts, and the
hub's guard rightly stops for it. So the hub's clock decides when the two disagree.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from mairie_backup.events import duration

TOLERANCE_S = 600
"""Clocks that differ by less agree."""


@dataclass(frozen=True, slots=True)
class Clock:
    """What is known about the time."""

    synchronised: bool | None
    """What the system says; None: it does not say."""
    ahead_s: float | None
    """Ahead of the hub, in seconds; None: the hub did not say."""

    @property
    def is_wrong(self) -> bool:
        """Whether the hub has another time."""
        return self.ahead_s is not None and abs(self.ahead_s) > TOLERANCE_S

    def corrected(self, now: datetime) -> datetime:
        """Return the time to write down: the hub's where the two disagree."""
        if self.ahead_s is None or not self.is_wrong:
            return now
        return now - timedelta(seconds=self.ahead_s)

    def sentence(self) -> str:
        """Return what is wrong, in French; empty when nothing is known to be wrong."""
        if self.is_wrong and self.ahead_s is not None:
            way = "avance" if self.ahead_s > 0 else "retarde"
            return (
                f"L'horloge de cet hôte {way} de {duration(abs(self.ahead_s))} sur celle du "
                "concentrateur : la sauvegarde porte l'heure du concentrateur."
            )
        if self.synchronised is False and self.ahead_s is None:
            return "L'horloge de cet hôte n'est pas synchronisée, et personne ne la confirme."
        return ""


def is_synchronised() -> bool | None:
    """Return what timedatectl says of the kernel's clock."""
    try:
        said = subprocess.run(
            ["timedatectl", "show", "--property=NTPSynchronized", "--value"],
            capture_output=True, text=True, timeout=10, check=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    return {"yes": True, "no": False}.get(said.stdout.strip())


def utc_now() -> datetime:
    """Return the time of this host."""
    return datetime.now(UTC)

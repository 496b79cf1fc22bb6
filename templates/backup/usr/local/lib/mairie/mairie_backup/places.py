"""Where everything is on the host."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

ROOT_VARIABLE = "MAIRIE_BACKUP_ROOT"
"""Environment variable: a folder to take for ``/``, so that tests leave the machine alone."""


@dataclass(frozen=True, slots=True)
class Places:
    """Paths of settings, secrets, state and scratch space, below one root."""

    root: Path

    @classmethod
    def here(cls) -> Places:
        """Return the places of this machine, or of a test's folder."""
        return cls(Path(os.environ.get(ROOT_VARIABLE, "/")))

    @property
    def settings(self) -> Path:
        """The plan, without secrets."""
        return self.root / "etc/mairie/backup/backup.json"

    @property
    def password(self) -> Path:
        """Of the repository."""
        return self.root / "etc/mairie/backup/password"

    @property
    def credential(self) -> Path:
        """``RESTIC_REST_USERNAME=`` and ``RESTIC_REST_PASSWORD=``."""
        return self.root / "etc/mairie/backup/credential.env"

    @property
    def hooks(self) -> Path:
        """Executables of the applications, run before a backup."""
        return self.root / "etc/mairie/backup/hooks.d"

    @property
    def home(self) -> Path:
        """What this program writes for the backup and about it; always part of a backup."""
        return self.root / "var/lib/mairie/backup"

    @property
    def dumps(self) -> Path:
        """One file per database, and what hooks leave."""
        return self.home / "dumps"

    @property
    def canary(self) -> Path:
        """A file that is new in every backup."""
        return self.home / "canary.json"

    @property
    def state(self) -> Path:
        """What the last run and the last drill came to."""
        return self.home / "state.json"

    @property
    def restored(self) -> Path:
        """Where a restore goes when nobody says where; never saved."""
        return self.home / "restored"

    @property
    def scratch(self) -> Path:
        """Where a drill restores to; removed at its end.

        Not below ``home``, which database servers may not enter.
        """
        return self.root / "var/lib/mairie-drill"

    @property
    def lock(self) -> Path:
        """Held by the one run that sends, restores or drills."""
        return self.root / "run/mairie-backup.lock"

    @property
    def cache(self) -> Path:
        """restic's: what it knows about the repository without asking."""
        return self.root / "var/cache/mairie/restic"

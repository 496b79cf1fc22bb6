"""What the hub keeps and where: ``/etc/mairie/store/store.json`` and the folders around it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from mairie_restic import Restic
from mairie_store.errors import StoreError

ACCOUNT = "mairie-store"
"""Account and group that own the repositories, and that restic runs as."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How many days, weeks, months and years keep one snapshot each."""

    name: str
    daily: int
    weekly: int
    monthly: int
    yearly: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredHost:
    """One host and what it may hold here."""

    name: str
    label: str
    timezone: str
    window_minutes: int
    folders: tuple[str, ...]
    """Paths a snapshot may hold."""
    quota_bytes: int
    retention: Retention
    alert_nights: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Folders of the hub; all below ``root`` so that a trial can stand beside the real thing."""

    root: Path = Path("/")

    @property
    def settings(self) -> Path:
        """Settings, without secrets."""
        return self.root / "etc/mairie/store/store.json"

    @property
    def keys(self) -> Path:
        """``store-password`` and one ``<host>.password`` per host; root alone."""
        return self.root / "etc/mairie/store/keys"

    @property
    def store(self) -> Path:
        """One repository per host."""
        return self.root / "var/lib/mairie/store"

    @property
    def state(self) -> Path:
        """``<host>.json``: what is known of each repository; no secret."""
        return self.root / "var/lib/mairie/store-state"

    @property
    def aside(self) -> Path:
        """``<host>/``: files taken out of a repository, kept for a person to look at."""
        return self.root / "var/lib/mairie/store-aside"

    @property
    def scratch(self) -> Path:
        """``<host>/``: partial views of a repository, on the disk of the repositories."""
        return self.root / "var/lib/mairie/store-scratch"

    @property
    def run(self) -> Path:
        """Locks of this program, and passwords on their way to restic; in memory."""
        return self.root / "run/mairie-store"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything the programs of the store need to know."""

    host: str
    hosts: tuple[StoredHost, ...]
    warn_percent: int
    free_percent: int
    check_slices: int
    places: Places
    account: str = ACCOUNT
    restic: str = "restic"

    def chosen(self, name: str | None) -> tuple[StoredHost, ...]:
        """Return one host, or all. Raises StoreError for a name that is not kept here."""
        if name is None:
            return self.hosts
        for host in self.hosts:
            if host.name == name:
                return (host,)
        known = ", ".join(host.name for host in self.hosts)
        raise StoreError(f"Ce concentrateur ne garde rien pour « {name} ». Il garde : {known}.")

    def secret(self, name: str) -> str:
        """Return ``store-password`` or ``<host>.password``. Raises StoreError when absent."""
        try:
            return (self.places.keys / name).read_text().strip()
        except OSError as error:
            raise StoreError(
                f"{self.places.keys / name} : {error.strerror}. Redéployez le concentrateur."
            ) from error

    def open(self, folder: Path, password: str, key: str = "") -> Restic:
        """Return a way into a repository on this machine's own disk.

        ``key`` names the key the password belongs to: restic otherwise tries the keys one by
        one, and a host may have added some that never end, or that break it.
        """
        hint = {"RESTIC_KEY_HINT": key} if key else {}
        return Restic(
            repository=str(folder),
            secrets={"RESTIC_PASSWORD": password, **hint},
            user=self.account,
            program=self.restic,
        )


def load_settings(places: Places) -> Settings:
    """Read the settings. Raises StoreError when there are none."""
    try:
        data = json.loads(places.settings.read_text())
    except (OSError, ValueError) as error:
        raise StoreError(
            f"{places.settings} est illisible ({error}). Redéployez le concentrateur."
        ) from error
    hosts = tuple(
        StoredHost(
            name=host["name"],
            label=host["label"],
            timezone=host["timezone"],
            window_minutes=host["window"]["minutes"],
            folders=tuple(host["folders"]),
            quota_bytes=host["quota_bytes"],
            retention=Retention(**host["retention"]),
            alert_nights=host["alert_nights"],
        )
        for host in data["hosts"]
    )
    return Settings(
        host=data["host"],
        hosts=hosts,
        warn_percent=data["warn_percent"],
        free_percent=data["free_percent"],
        check_slices=data["check_slices"],
        places=places,
    )

"""The plan of this host's backup as its deploy wrote it: ``BackupPlan`` of mairie/plan/host.py."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Engine = Literal["postgresql", "mariadb", "sqlite"]
SUFFIXES: Mapping[Engine, str] = {"postgresql": "pgdump", "mariadb": "sql", "sqlite": "sqlite"}


class SettingsError(Exception):
    """The settings or secrets are not there or not whole; the message says it in French."""


@dataclass(frozen=True, slots=True)
class Database:
    """A database saved by its own dump tool."""

    name: str
    engine: Engine
    source: str
    """Name in its engine; path of the file for SQLite."""

    @property
    def dump(self) -> str:
        """Name of its dump file."""
        return f"{self.name}.{SUFFIXES[self.engine]}"


@dataclass(frozen=True, slots=True)
class Drill:
    """How much a drill takes back."""

    files: int
    max_bytes: int
    max_age_days: int


@dataclass(frozen=True, slots=True)
class Settings:
    """What the programs need of the plan. Rates are in bit/s."""

    host: str
    domain: str
    repository: str
    window_start: str
    window_minutes: int
    upload: int
    download: int
    connections: int
    pack_bytes: int
    folders: tuple[str, ...]
    excludes: tuple[str, ...]
    databases: tuple[Database, ...]
    local_target: str
    alert_nights: int
    drill: Drill


def parse(data: Mapping[str, Any]) -> Settings:
    """Return the settings of a decoded ``backup.json``. Raises SettingsError."""
    try:
        return Settings(
            host=str(data["host"]),
            domain=str(data["domain"]),
            repository=str(data["repository"]),
            window_start=str(data["window"]["start"]),
            window_minutes=int(data["window"]["minutes"]),
            upload=int(data["upload"]),
            download=int(data["download"]),
            connections=int(data["connections"]),
            pack_bytes=int(data["pack_bytes"]),
            folders=tuple(data["folders"]),
            excludes=tuple(data["excludes"]),
            databases=tuple(
                Database(each["name"], each["engine"], each["source"]) for each in data["databases"]
            ),
            local_target=str(data["local_target"]),
            alert_nights=int(data["alert_nights"]),
            drill=Drill(
                files=int(data["drill"]["files"]),
                max_bytes=int(data["drill"]["max_bytes"]),
                max_age_days=int(data["drill"]["max_age_days"]),
            ),
        )
    except KeyError as error:
        raise SettingsError(f"Il manque {error} dans les réglages de la sauvegarde.") from error
    except (TypeError, ValueError) as error:
        raise SettingsError(f"Les réglages de la sauvegarde sont faux : {error}.") from error


def load(path: Path) -> Settings:
    """Read the settings. Raises SettingsError."""
    try:
        data = json.loads(path.read_text())
    except OSError as error:
        raise SettingsError(
            f"{path} ne se lit pas : {error.strerror}. Redéployez l'hôte."
        ) from error
    except ValueError as error:
        raise SettingsError(f"{path} n'est pas du JSON : {error}. Redéployez l'hôte.") from error
    return parse(data)


def credential(path: Path) -> dict[str, str]:
    """Return the variables of ``credential.env``. Raises SettingsError."""
    try:
        lines = path.read_text().splitlines()
    except OSError as error:
        raise SettingsError(
            f"L'identifiant {path} ne se lit pas : {error.strerror}. Redéployez l'hôte."
        ) from error
    found = dict(line.split("=", 1) for line in lines if "=" in line)
    wanted = ("RESTIC_REST_USERNAME", "RESTIC_REST_PASSWORD")
    if any(not found.get(name) for name in wanted):
        raise SettingsError(f"L'identifiant {path} est incomplet. Redéployez l'hôte.")
    return {name: found[name] for name in wanted}

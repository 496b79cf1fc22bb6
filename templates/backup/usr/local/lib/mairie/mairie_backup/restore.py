"""The way back: into a folder, or in place; byte for byte; begun again where it stopped."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from mairie_backup import link, owners, reload, targets
from mairie_backup.events import WARNING, Outcome, Reporter, duration, size
from mairie_backup.places import Places
from mairie_backup.sample import escape
from mairie_backup.settings import Settings, SettingsError, credential
from mairie_backup.snapshots import Snapshot, one
from mairie_backup.state import write_atomic
from mairie_backup.survey import Survey, survey
from mairie_restic import Restic, ResticError

Overwrite = Literal["if-changed", "never"]
AGAIN = "La même commande reprendra où elle s'arrête."


class RestoreError(Exception):
    """Nothing was restored; the message says why, in French."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a person asked for."""

    snapshot: str = "latest"
    paths: tuple[str, ...] = ()
    """Absolute; none: everything."""
    to: str = ""
    """Folder; empty: one of this program's own."""
    in_place: bool = False
    overwrite: Overwrite | None = None
    """None: nothing was said, so nothing that is there may be overwritten."""
    databases: bool = False
    """Whether the dumps are loaded into their engines too."""
    local: bool = False
    """Whether to take the repository on the local disk instead of the hub's."""
    dry_run: bool = False
    """Whether to say only what would be written and overwritten."""


@dataclass
class Restore:
    """One restore."""

    settings: Settings
    places: Places
    reporter: Reporter
    wish: Wish
    measures: dict[str, Any] = field(default_factory=dict)

    def go(self) -> int:
        """Do it; return the exit code."""
        began = time.monotonic()
        outcome: Outcome = "failed"
        try:
            outcome, text = self._restore()
        except (RestoreError, SettingsError, link.RefusedError) as error:
            text = str(error)
        except link.LinkDownError as error:
            outcome, text = "link-down", f"{error} {AGAIN}"
        except ResticError as error:
            outcome = "link-down" if error.kind == "link-down" else "failed"
            text = f"{error} {error.detail.strip()[-300:]}"
            if outcome == "link-down":
                text = f"{error} {AGAIN}"
        self.measures["seconds"] = round(time.monotonic() - began, 1)
        return self.reporter.result(outcome, text, **self.measures)

    def _repository(self) -> Restic:
        if self.wish.local:
            if not targets.local_is_there(self.settings, self.places):
                raise RestoreError(f"Le disque {self.settings.local_target} n'est pas là.")
            return targets.local(self.settings, self.places)
        link.require(self.settings.repository, credential(self.places.credential))
        return targets.hub(self.settings, self.places)

    def _restore(self) -> tuple[Outcome, str]:
        restic = self._repository()
        chosen = one(restic, self.settings.host, self.wish.snapshot)
        if chosen is None:
            raise RestoreError(
                f"La sauvegarde {self.wish.snapshot} de {self.settings.host} n'existe pas : "
                "« mairie-backup list » les montre toutes."
            )
        target = self._target(chosen)
        policy: Overwrite = self.wish.overwrite or "never"
        if self.wish.dry_run:
            told = self._told(restic, chosen, target, policy)
            return "done", (
                f"Rien n'a été écrit. À écrire : {size(told.bytes)} dans {target}, "
                f"{told.overwritten} fichiers remplacés, {told.same} laissés."
            )
        told, way = self._prepare(restic, chosen, target, policy)
        self._write(restic, chosen, target, way, told)
        mark = self._mark(chosen, target)
        left = set(json.loads(mark.read_text())) if policy == "never" else set()
        given = owners.give_back(restic, chosen, target, self._paths(), left)
        if given:
            self.measures["owners"] = given
            self.reporter.note(
                f"{given} fichiers et dossiers rendus à leurs comptes, renumérotés ici."
            )
        mark.unlink(missing_ok=True)
        text = (
            f"Sauvegarde du {chosen.time.astimezone():%d/%m/%Y %H:%M} restaurée dans {target} : "
            f"{size(told.bytes)} écrits en {duration(self.measures['write_seconds'])}, "
            f"{told.overwritten} fichiers remplacés, {told.same} laissés."
        )
        if not self.wish.databases:
            return "done", text
        return self._reload(target, text)

    def _paths(self) -> tuple[str, ...]:
        paths = self.wish.paths
        if paths and self.wish.databases:
            paths = (*paths, str(self.places.dumps))
        return paths

    def _target(self, chosen: Snapshot) -> Path:
        if self.wish.in_place:
            return Path("/")
        target = Path(self.wish.to) if self.wish.to else self.places.restored / chosen.short
        if not target.is_absolute():
            raise RestoreError(f"Le dossier {target} doit être un chemin absolu.")
        if not self.wish.dry_run:
            target.mkdir(mode=0o700, parents=True, exist_ok=True)
        return target

    def _mark(self, chosen: Snapshot, target: Path) -> Path:
        """Return the file that says which files were there before, while a restore runs.

        Of a restore that overwrites nothing: its own half-written files must not be taken for
        files that stay as they are.
        """
        asked = "\0".join([chosen.id, str(target), *self._paths()])
        name = hashlib.sha256(asked.encode(errors="surrogateescape")).hexdigest()[:16]
        return self.places.home / f".restoring-{name}.json"

    def _there_before(self, chosen: Snapshot, target: Path) -> set[str] | None:
        """Return the files that were there before an interrupted restore; None: there was none."""
        try:
            return set(json.loads(self._mark(chosen, target).read_text()))
        except (OSError, ValueError):
            return None

    def _prepare(
        self, restic: Restic, chosen: Snapshot, target: Path, policy: Overwrite
    ) -> tuple[Survey, Overwrite]:
        """Say what will happen; return it and how to write, after an interrupted restore too."""
        if policy != "never":
            return self._told(restic, chosen, target, policy), policy
        kept = self._there_before(chosen, target)
        if kept is None:
            told = self._told(restic, chosen, target, policy)
            write_atomic(self._mark(chosen, target), json.dumps(told.kept))
            return told, policy
        self.reporter.note("La restauration interrompue reprend où elle s'était arrêtée.")
        if not kept:
            # All that is there came from here: restic fetches only the parts that it lacks.
            return self._told(restic, chosen, target, "if-changed"), "if-changed"
        arguments = self._arguments(chosen, target, "if-changed")
        for message in restic.stream(*arguments, "--dry-run", "-vv"):
            item = str(message.get("item", ""))
            if message.get("action") == "updated" and item not in kept:
                (target / item.lstrip("/")).unlink(missing_ok=True)
        return self._told(restic, chosen, target, policy), policy

    def _arguments(self, chosen: Snapshot, target: Path, policy: Overwrite) -> list[str]:
        return [
            "restore", "--no-lock", chosen.id, f"--target={target}", f"--overwrite={policy}",
            *(f"--include={escape(path)}" for path in self._paths()),
        ]  # fmt: skip

    def _told(self, restic: Restic, chosen: Snapshot, target: Path, policy: Overwrite) -> Survey:
        """Say what would happen, and refuse what was not asked for or cannot be."""
        told = survey(
            restic.stream(*self._arguments(chosen, target, policy), "--dry-run", "-vv"),
            target,
            remember=policy == "never",
            there_before=self._there_before(chosen, target),
        )
        self.measures |= {
            "snapshot": chosen.id,
            "target": str(target),
            "written_bytes": told.bytes,
            "overwritten": told.overwritten,
            "kept": told.same,
        }
        self.reporter.note(
            f"{size(told.bytes)} à écrire ; {told.overwritten} fichiers seront remplacés, "
            f"{told.same} restent en place."
        )
        for path in told.named:
            self.reporter.note(f"sera remplacé : {path}")
        if policy == "never" and told.kept:
            self.reporter.note(
                f"{len(told.kept)} fichiers existent déjà et restent tels quels : pour remplacer "
                "ceux qui diffèrent, ajoutez --overwrite if-changed.",
                WARNING,
            )
        if told.too_full is not None:
            need, free = told.too_full
            raise RestoreError(f"Pas assez de place : il faut {size(need)}, il reste {size(free)}.")
        return told

    def _write(
        self, restic: Restic, chosen: Snapshot, target: Path, policy: Overwrite, told: Survey
    ) -> None:
        stream = restic.stream(*self._arguments(chosen, target, policy), "--sparse")
        self.measures["write_seconds"] = self.reporter.restoring("restore", stream, told.bytes)

    def _reload(self, target: Path, text: str) -> tuple[Outcome, str]:
        dumps = target / str(self.places.dumps).lstrip("/")
        came_to = reload.reload_all(self.settings.databases, dumps)
        self.measures["databases"] = came_to
        for why in filter(None, came_to.values()):
            self.reporter.note(why, WARNING)
        wrong = sum(1 for why in came_to.values() if why)
        if wrong:
            return "incomplete", f"{text} {wrong} base(s) de données n'ont pas pu être rechargées."
        return "done", f"{text} {len(came_to)} base(s) de données rechargées."

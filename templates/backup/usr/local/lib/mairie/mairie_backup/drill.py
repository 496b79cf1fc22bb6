"""The monthly proof that this host can be restored: some of it is, and is looked at."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from mairie_backup import canary, clock, link, sample, scratch, state, targets
from mairie_backup.compare import Compared, compare
from mairie_backup.events import Outcome, Reporter, duration, size
from mairie_backup.places import Places
from mairie_backup.sample import SavedFile
from mairie_backup.settings import Settings, SettingsError, credential
from mairie_backup.snapshots import AHEAD, Snapshot, all_of
from mairie_restic import Restic, ResticError

LIMIT_S = 5 * 3600


class DrillError(Exception):
    """The drill cannot go on; the message says why, in French."""


@dataclass
class Drill:
    """One drill."""

    settings: Settings
    places: Places
    reporter: Reporter
    problems: list[str] = field(default_factory=list)
    measures: dict[str, Any] = field(default_factory=dict)

    def go(self) -> int:
        """Do it and write it down; return the exit code."""
        began = time.monotonic()
        at = clock.utc_now()
        outcome: Outcome = "failed"
        text = ""
        try:
            text = self._prove(at)
        except ResticError as error:
            outcome, text = _of_restic(error)
            self.problems.append(text)
        except (DrillError, SettingsError, link.RefusedError) as error:
            text = str(error)
            self.problems.append(text)
        except link.LinkDownError as error:
            outcome, text = "link-down", str(error)
            self.problems.append(text)
        else:
            outcome = "failed" if self.problems else "done"
        if outcome == "failed":
            more = len(self.problems) - 1
            text = self.problems[0] + (f" Et {more} autre(s) défaut(s)." if more else "")
        self.measures["seconds"] = round(time.monotonic() - began, 1)
        self._write(at, outcome, text)
        for problem in self.problems[1:]:
            self.reporter.note(problem, 4)
        return self.reporter.result(outcome, text, problems=self.problems, **self.measures)

    def _write(self, at: datetime, outcome: Outcome, text: str) -> None:
        known = state.load(self.places.state)
        said = {"at": state.stamp(at), "outcome": outcome, "text": text, "problems": self.problems}
        known["drill"] = {**said, **self.measures}
        if outcome == "done":
            known["drill_success"] = known["drill"]
        state.save(self.places.state, known)

    def _prove(self, at: datetime) -> str:
        restic = targets.hub(self.settings, self.places)
        answer = link.require(self.settings.repository, credential(self.places.credential))
        at = clock.Clock(None, answer.ahead_s).corrected(at)
        found = all_of(restic, self.settings.host)
        if not found:
            raise DrillError("Le concentrateur n'a aucune sauvegarde de cet hôte.")
        newest = found[-1]
        self.measures |= {"snapshot": newest.id, "snapshot_time": state.stamp(newest.time)}
        self._judge_age(newest, at)
        drawn, dumps = self._choose(restic, newest, at)
        with scratch.folder_for(self.places.scratch) as folder:
            restored = folder / "files"
            restored.mkdir(mode=0o700)
            self._restore(restic, newest, restored, drawn, dumps)
            compared = compare(drawn, restored)
            self.problems += compared.problems
            self._find_canary(restored, newest)
            self._load_dumps(restored, folder)
        return self._sentence(newest, compared)

    def _judge_age(self, newest: Snapshot, at: datetime) -> None:
        age = at - newest.time
        if age < -AHEAD:
            self.problems.append(
                f"La dernière sauvegarde est datée du {newest.time:%d/%m/%Y %H:%M} UTC, "
                "dans l'avenir."
            )
        if age > timedelta(days=self.settings.alert_nights):
            self.problems.append(
                f"La dernière sauvegarde a {duration(age.total_seconds())} : plus que les "
                f"{self.settings.alert_nights} nuits tolérées."
            )

    def _choose(
        self, restic: Restic, newest: Snapshot, at: datetime
    ) -> tuple[list[SavedFile], list[SavedFile]]:
        """Return the files drawn, and the canary and dumps, which always come."""
        own = str(self.places.home)
        others: list[SavedFile] = []
        ours: list[SavedFile] = []
        for each in sample.files(restic.stream("ls", "--no-lock", newest.id)):
            (ours if each.path.startswith(f"{own}/") else others).append(each)
        if not others:
            raise DrillError("La dernière sauvegarde est vide : elle ne contient aucun fichier.")
        seed = f"{self.settings.host} {at:%Y-%m} {newest.id}"
        drill = self.settings.drill
        drawn = sample.draw(others, seed, drill.files, drill.max_bytes)
        wanted = {str(self.places.canary)} | {
            str(path)
            for database in self.settings.databases
            for path in (self.places.dumps / database.dump,)
        }
        dumps = [
            each
            for each in ours
            if each.path in wanted or each.path.startswith(f"{self.places.dumps}/_accounts.")
        ]
        self.measures |= {
            "snapshot_files": len(others) + len(ours),
            "snapshot_bytes": sum(each.size for each in (*others, *ours)),
            "files": len(drawn),
        }
        return drawn, dumps

    def _restore(
        self, restic: Restic, newest: Snapshot, target: Path, *groups: list[SavedFile]
    ) -> None:
        wanted = [each for group in groups for each in group]
        total = sum(each.size for each in wanted)
        free = shutil.disk_usage(target).free
        if total > free:
            raise DrillError(
                f"L'exercice a besoin de {size(total)}, il reste {size(free)} de libre."
            )
        stream = restic.stream(
            "restore", "--no-lock", newest.id, f"--target={target}", "--sparse",
            *(f"--include={each.pattern}" for each in wanted),
            timeout=LIMIT_S,
        )  # fmt: skip
        seconds = self.reporter.restoring("drill", stream, total)
        self.measures |= {"restored_bytes": total, "restore_seconds": seconds}

    def _find_canary(self, restored: Path, newest: Snapshot) -> None:
        found = restored / str(self.places.canary).lstrip("/")
        try:
            text = found.read_text()
        except OSError:
            self.problems.append("Le fichier témoin n'est pas dans la sauvegarde.")
            return
        problem = canary.problem(text, self.settings.host, newest.time)
        if problem:
            self.problems.append(problem)

    def _load_dumps(self, restored: Path, folder: Path) -> None:
        dumps = restored / str(self.places.dumps).lstrip("/")
        loaded: dict[str, Any] = {}
        for number, database in enumerate(self.settings.databases):
            began = time.monotonic()
            if not (dumps / database.dump).exists():
                self.problems.append(
                    f"La base {database.name} n'a pas de copie dans la sauvegarde."
                )
                continue
            instance = scratch.inside(folder, f"db{number}")
            try:
                counted = scratch.load(database, dumps, instance)
            except scratch.LoadError as error:
                self.problems.append(str(error))
                continue
            finally:
                scratch.remove(instance)
            loaded[database.name] = {
                "tables": counted.tables,
                "rows": counted.rows,
                "seconds": round(time.monotonic() - began, 1),
            }
        self.measures["databases"] = loaded

    def _sentence(self, newest: Snapshot, compared: Compared) -> str:
        self.measures |= {"same": compared.same, "changed_since": compared.changed}
        restored = int(self.measures["restored_bytes"])
        seconds = float(self.measures["restore_seconds"])
        bases = self.measures["databases"]
        rows = sum(each["rows"] for each in bases.values())
        return (
            f"La sauvegarde du {newest.time.astimezone():%d/%m/%Y %H:%M} se restaure : "
            f"{self.measures['files']} fichiers tirés au sort "
            f"({compared.same} comparés octet par octet, {compared.changed} modifiés depuis), "
            f"le témoin et {len(bases)} bases ({rows} lignes), "
            f"{size(restored)} en {duration(seconds)}."
        )


def _of_restic(error: ResticError) -> tuple[Outcome, str]:
    if error.kind == "link-down":
        return "link-down", str(error)
    last = error.detail.strip().splitlines()[-1:]
    return "failed", " ".join([str(error), *(f"({line[:300]})" for line in last)])

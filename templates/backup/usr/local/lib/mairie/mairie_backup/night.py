"""The nightly run: prepare, send to the hub, copy to the local disk, write down how it went."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mairie_backup import canary, clock, dumps, hooks, link, state, targets, verdicts, window
from mairie_backup.clock import Clock
from mairie_backup.events import ERROR, WARNING, Outcome, Reporter, seconds_left
from mairie_backup.localcopy import copy_locally
from mairie_backup.places import Places
from mairie_backup.settings import Settings, SettingsError, credential
from mairie_backup.upload import Uploaded, upload
from mairie_restic import Restic, ResticError

RETRY_S = 60
"""Between two questions to a hub that does not answer."""
TRIES_BY_HAND = 2
BY_HAND_S = 10
"""Without a window somebody waits: not for long."""
LEAST_S = 30
"""What is left of a window when beginning again makes no sense."""
CUT = (
    "Le lien vers le concentrateur s'est coupé pendant la sauvegarde et n'est pas revenu avant la "
    "fin de la plage : l'envoi continuera la nuit prochaine."
)
LOCAL_S = 1200
"""What the local copy may take after the window's end."""


@dataclass
class Night:
    """One run."""

    settings: Settings
    places: Places
    reporter: Reporter
    windowed: bool
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], datetime] = clock.utc_now
    clock: Clock = field(default_factory=lambda: Clock(None, None))
    _ends: float | None = None
    _state: state.State = field(default_factory=dict)
    _run: dict[str, Any] = field(default_factory=dict)

    def go(self) -> int:
        """Do everything; return the exit code."""
        began = self.now()
        self._state = state.load(self.places.state)
        unfinished = self._was_killed()
        self._run = {"started": state.stamp(began), "ended": None, "outcome": "running"}
        self._save()
        if self.windowed:
            local = began.astimezone()
            end = window.deadline(self.settings.window_start, self.settings.window_minutes, local)
            self._ends = time.monotonic() + (end - local).total_seconds()
        outcome: Outcome = "failed"
        text = "La sauvegarde s'est arrêtée sans rien dire."
        uploaded = Uploaded("failed")
        try:
            outcome, text, uploaded = self._send(unfinished)
        except SettingsError as error:
            outcome, text = "failed", str(error)
        except BaseException:
            outcome, text = "incomplete", "La sauvegarde a été interrompue."
            raise
        finally:
            self._conclude(began, outcome, text, uploaded)
        return self.reporter.result(
            self._run["outcome"],
            self._run["text"],
            **{
                key: self._run[key]
                for key in ("snapshot", "sent_bytes", "files", "total_bytes", "seconds", "local")
            },
        )

    def _was_killed(self) -> bool:
        run = self._state["run"]
        return bool(run) and run.get("ended") is None

    def _left(self) -> float | None:
        return None if self._ends is None else self._ends - time.monotonic()

    def _send(self, unfinished: bool) -> tuple[Outcome, str, Uploaded]:
        answer = self._ask()
        self._set_clock(answer)
        self._prepare()
        hub = targets.hub(self.settings, self.places)
        if unfinished:
            _unlock(hub)
        uploaded, outcome, text = self._until_sent(hub, answer)
        self._run["local"] = self._copy(hub_is_done=uploaded.saved)
        return outcome, text, uploaded

    def _ask(self) -> link.Answer:
        return link.ask(self.settings.repository, credential(self.places.credential))

    def _set_clock(self, answer: link.Answer) -> None:
        self.clock = Clock(clock.is_synchronised(), answer.ahead_s)
        self._run["clock"] = {
            "synchronised": self.clock.synchronised,
            "ahead_s": None if answer.ahead_s is None else round(answer.ahead_s),
        }

    def _prepare(self) -> None:
        """Write the canary, dump databases, run hooks: what goes wrong leaves the rest."""
        canary.write(self.places.canary, self.settings.host, self.clock.corrected(self.now()))
        databases = dumps.dump_all(self.settings.databases, self.places.dumps)
        ran = hooks.run(self.places.hooks, self.places.dumps)
        before = (self._state["run"] or {}).get("databases", {})
        now = state.stamp(self.now())
        self._run["hooks"] = ran
        self._run["databases"] = {
            name: {"error": why, "at": before.get(name, {}).get("at", "") if why else now}
            for name, why in databases.items()
        }
        for sentence in verdicts.shortfalls(databases, ran):
            self.reporter.note(sentence, WARNING)

    def _until_sent(self, hub: Restic, answer: link.Answer) -> tuple[Uploaded, Outcome, str]:
        """Send, and begin again while the window lasts when the link is down."""
        tries = 0
        uploaded = Uploaded("link-down")
        while True:
            tries += 1
            if answer.verdict == "there":
                self._set_clock(answer)
                uploaded = self._upload(hub)
                if uploaded.failure == "locked":
                    _unlock(hub)
                    uploaded = self._upload(hub)
                outcome, text = verdicts.judge(uploaded, window_ended=self._is_over())
                if uploaded.saved:
                    return uploaded, outcome, text
                answer = self._ask()
                if outcome == "incomplete":
                    if answer.may_pass:
                        outcome, text = "link-down", CUT
                    return uploaded, outcome, text
                if answer.verdict == "there" and outcome == "failed":
                    return uploaded, outcome, text
            elif not answer.may_pass:
                return Uploaded("refused"), "failed", link.SENTENCES[answer.verdict]
            if self._is_over() or (self._ends is None and tries >= TRIES_BY_HAND):
                if answer.verdict == "there":
                    return uploaded, "link-down", verdicts.judge(uploaded, window_ended=False)[1]
                return uploaded, "link-down", link.SENTENCES[answer.verdict]
            if answer.verdict != "there":
                self.sleep(BY_HAND_S if self._ends is None else RETRY_S)
            answer = self._ask()

    def _is_over(self) -> bool:
        left = self._left()
        return left is not None and left < LEAST_S

    def _upload(self, hub: Restic) -> Uploaded:
        left = self._left()
        return upload(
            hub,
            self.settings,
            self.places,
            when=self.clock.corrected(self.now()) if self.clock.is_wrong else None,
            limit_s=None if left is None else max(1.0, left),
            scan=not self.windowed,
            progress=self._progress,
        )

    def _progress(self, done: int, total: int, files: int, seconds: float) -> None:
        self.reporter.progress(
            "backup",
            done=done,
            total=total,
            files=files,
            seconds=seconds,
            left=seconds_left(done, total, seconds),
        )

    def _copy(self, *, hub_is_done: bool) -> dict[str, Any]:
        """Copy to the local disk, when there is to be one."""
        if not self.settings.local_target:
            return {"outcome": "", "text": ""}
        left = self._left()
        copied = copy_locally(
            self.settings,
            self.places,
            when=self.clock.corrected(self.now()) if self.clock.is_wrong else None,
            limit_s=None if left is None else max(left, 0) + LOCAL_S,
            sunday=self.now().astimezone().isoweekday() == 7 and hub_is_done,
        )
        self.reporter.note(copied["text"], WARNING if copied["outcome"] == "failed" else 6)
        return copied

    def _conclude(self, began: datetime, outcome: Outcome, text: str, uploaded: Uploaded) -> None:
        """Write down how it ended, and call for help after too many nights."""
        warnings = [*self.reporter.notes, *filter(None, [self.clock.sentence()])]
        if outcome == "done" and warnings:
            outcome = "incomplete"
        ended = self.now()
        self._run |= {
            "ended": state.stamp(ended),
            "outcome": outcome,
            "text": text,
            "warnings": warnings,
            "snapshot": uploaded.snapshot,
            "sent_bytes": uploaded.sent_bytes,
            "files": uploaded.files,
            "total_bytes": uploaded.total_bytes,
            "seconds": round((ended - began).total_seconds(), 1),
        }
        for key in ("databases", "hooks", "local", "clock"):
            self._run.setdefault(key, {})
        if uploaded.saved:
            self._state["success"] = {
                "at": state.stamp(self.clock.corrected(ended)),
                **{
                    key: self._run[key]
                    for key in ("snapshot", "sent_bytes", "files", "total_bytes", "seconds")
                },
            }
        if self._run["local"].get("snapshot"):
            self._state["local_success"] = {
                "at": state.stamp(self.clock.corrected(ended)),
                "snapshot": self._run["local"]["snapshot"],
            }
        if self.windowed or uploaded.saved:
            night = self.clock.corrected(began).astimezone().date()
            self._state = state.count_night(self._state, night, saved=uploaded.saved)
        self._save()
        if self.clock.sentence():
            self.reporter.note(self.clock.sentence(), WARNING)
        lost = int(self._state["nights_failed"])
        if lost >= self.settings.alert_nights and not uploaded.saved:
            self.reporter.note(
                f"ALERTE : {lost} nuit(s) sans sauvegarde de {self.settings.host}. {text}", ERROR
            )

    def _save(self) -> None:
        self._state = {**self._state, "run": self._run}
        state.save(self.places.state, self._state)


def _unlock(restic: Restic) -> None:
    """Remove the locks that a killed run of this host, or an old one, left.

    Append-only repositories allow it; restic leaves the locks of runs that live.
    """
    with contextlib.suppress(ResticError):
        restic.run("unlock")

"""A lost machine on blank hardware: deployed, its data back, proved; the time of each step kept."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from rich.console import Console

from mairie.asking import ask_hosts
from mairie.backups.ask import Answer, Verb
from mairie.backups.events import Snapshot
from mairie.errors import EXIT_HOST_FAILED, EXIT_UNREACHABLE, MairieError
from mairie.plan.backup import DUMPS
from mairie.plan.host import HostPlan
from mairie.run import Reach, Run
from mairie.transport import Transport

FROM_THE_PLAN = ("/etc", "/var/lib/mairie")
"""Never restored in place: a deploy makes them, and the saved ones know another machine (its disks,
its SSH keys, what was deployed on it)."""
_OF_DEBIAN = frozenset({"/etc", "/home", "/var/lib/mairie", "/var/lib/misc", "/var/spool/cron"})
"""Folders that hold something on a blank machine, or whose presence is looked at by itself."""
TUNNEL_S = 180
"""What a tunnel that was just configured may take to come up, over the slower uplink too."""
AGAIN_S = 5
_LOOK_S = 150
_LOOK = r"""
for path in /var/lib/mairie /etc/mairie; do [ ! -e "$path" ] || printf 'found %s\n' "$path"; done
for path in "$@"; do
  [ -z "$(ls -A -- "$path" 2>/dev/null)" ] || printf 'found %s\n' "$path"
done
echo looked
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step that was done, or the one that stopped it all."""

    title: str
    """French."""
    seconds: float
    ok: bool = True
    text: str = ""
    """French: what came of it."""


@dataclass
class Rebuilding:
    """The rebuilding of one host; ``steps`` grows as it goes.

    Args:
        plan: of the host; it has a brick ``backup``.
        reach: its secrets, and the way to the new machine.
        console: where progress goes.

    """

    plan: HostPlan
    reach: Reach
    console: Console
    on_step: Callable[[Step], None] = lambda _step: None
    steps: list[Step] = field(default_factory=list)
    snapshot: Snapshot | None = None
    """What was restored."""

    def __post_init__(self) -> None:
        """Note when it began: what is saved later is of the new machine."""
        self._started = datetime.now(UTC)
        name = self.plan.name
        self.run = Run({name: self.plan}, self.reach, self.console, "deploy")

    @property
    def ok(self) -> bool:
        """Whether every step went well."""
        return bool(self.steps) and all(step.ok for step in self.steps)

    @property
    def exit_code(self) -> int:
        """0, or 1; whether it conforms is for the report of the run."""
        return 0 if self.ok else EXIT_HOST_FAILED

    def go(self, snapshot: str = "") -> bool:
        """Do every step until one fails; return whether all went well.

        Args:
            snapshot: identifier, or its beginning; empty: the newest of the lost machine.

        """
        self.snapshot = self._choose(snapshot) if self._deploy() else None
        return (
            self.snapshot is not None
            and self._restore(self.snapshot)
            and self._ask("now", "Première sauvegarde de la nouvelle machine") is not None
            and self._ask("drill", "Exercice de restauration") is not None
            and self._verify()
        )

    def _deploy(self) -> bool:
        began = time.monotonic()
        (outcome,) = self.run.act("apply")
        return self._step("Déploiement", began, outcome.status == "done", outcome.message)

    def _choose(self, wanted: str) -> Snapshot | None:
        began = time.monotonic()
        title = "Choix de l'instantané"
        answer = self._answer("list")
        while answer.outcome == "link-down" and time.monotonic() - began < TUNNEL_S:
            time.sleep(AGAIN_S)
            answer = self._answer("list")
        if answer.outcome != "done":
            self._step(title, began, False, answer.text)
            return None
        found = choose(answer.snapshots, wanted, self._started)
        if found is None:
            which = f"{wanted} ne désigne pas un seul instantané" if wanted else "il n'y en a aucun"
            self._step(title, began, False, f"{which} ; la machine est déployée, sans données.")
            return None
        self._step(title, began, True, f"{found.id[:8]}, {found.time:%Y-%m-%d %H:%M %Z}")
        return found

    def _restore(self, snapshot: Snapshot) -> bool:
        data = [path for path in snapshot.paths if path not in FROM_THE_PLAN] + [DUMPS]
        paths = [word for path in data for word in ("--path", path)]
        fixed = ("--in-place", "--databases", "--overwrite", "if-changed")
        arguments = ("--snapshot", snapshot.id, *fixed, *paths)
        return self._ask("restore", "Données remises en place", arguments) is not None

    def _verify(self) -> bool:
        began = time.monotonic()
        (outcome,) = self.run.act("verify")
        passed = sum(result.outcome == "pass" for result in outcome.results)
        text = outcome.message or f"{passed} vérifications conformes sur {len(outcome.results)}"
        return self._step("Vérification", began, outcome.status == "done", text)

    def _ask(self, verb: Verb, title: str, arguments: Sequence[str] = ()) -> Answer | None:
        began = time.monotonic()
        answer = self._answer(verb, arguments)
        done = self._step(title, began, answer.outcome == "done", answer.text)
        return answer if done else None

    def _answer(self, verb: Verb, arguments: Sequence[str] = ()) -> Answer:
        (answer,) = ask_hosts(
            {self.plan.name: self.plan},
            self.reach.transport,
            verb,
            arguments,
            console=self.console,
        )
        return answer

    def _step(self, title: str, began: float, ok: bool, text: str) -> bool:
        seconds = round(time.monotonic() - began, 1)
        step = Step(title=title, seconds=seconds, ok=ok, text=text)
        self.steps.append(step)
        self.on_step(step)
        return ok


def choose(snapshots: Sequence[Snapshot], wanted: str, before: datetime) -> Snapshot | None:
    """Return the snapshot to restore.

    Args:
        snapshots: those of the host.
        wanted: identifier, or its beginning; empty: the newest.
        before: when the new machine appeared; what is newer is its own, or forged.

    """
    if wanted:
        matching = [one for one in snapshots if one.id.startswith(wanted)]
        return matching[0] if len(matching) == 1 else None
    older = [one for one in snapshots if one.time < before]
    return max(older, key=lambda one: one.time, default=None)


def traces(transport: Transport, plan: HostPlan) -> list[str]:
    """Return what shows that a machine is not blank: paths; empty when it is.

    Raises:
        MairieError: it cannot be reached.

    """
    folders = plan.backup.folders if plan.backup else ()
    argv = transport.argv(_LOOK, *(path for path in folders if path not in _OF_DEBIAN))
    try:
        done = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_LOOK_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise MairieError(
            f"{plan.name} said nothing for {_LOOK_S} s; check its link, then try again",
            exit_code=EXIT_UNREACHABLE,
        ) from error
    lines = done.stdout.splitlines()
    if "looked" not in lines:
        why = transport.unreachable(done.returncode, done.stderr) or done.stderr.strip()
        raise MairieError(
            f"{plan.name} could not be looked at: {why or 'nothing was said'}",
            exit_code=EXIT_UNREACHABLE,
        )
    return [line.removeprefix("found ") for line in lines if line.startswith("found ")]

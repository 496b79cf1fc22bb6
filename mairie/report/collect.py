"""Events of one host, in the order they came, gathered into its report."""

from __future__ import annotations

from collections.abc import Sequence

from mairie.host.events import (
    Changed,
    ControlResult,
    Done,
    Event,
    Failed,
    Operation,
    Started,
    Warned,
)
from mairie.plan.host import Place
from mairie.report.model import HostReport, HostStatus, conformity

CUT = "La liaison s'est interrompue avant la fin : l'état de l'hôte n'est pas connu."
STOPPED = "Interrompu à la demande, après la brique en cours : la suite n'a pas été faite."
SKIPPED = "Interrompu avant la suite du passage : ce qui restait n'a pas été fait."
NO_WORD = "Le programme sur l'hôte a signalé un échec sans dire lequel ; voir /var/log/mairie."


class HostLog:
    """Takes every event of one host: one run, or several in a row (deploy, deploy again, verify).

    Of two deploys the first says what changed and the second only how much changed again.
    """

    def __init__(self, host: str, place: Place, roles: Sequence[str] = ()) -> None:
        self._host, self._place, self._roles = host, place, tuple(roles)
        self._action = ""
        self._applies = 0
        self._ended = True
        self._operations = 0
        self._changed: list[Changed] = []
        self._changed_again = 0
        self._failed: Failed | None = None
        self._deploy_failed = False
        self._warnings: dict[str, None] = {}
        self._controls: list[ControlResult] = []
        self._reported_s = 0.0
        self._reachable = True
        self._skipped: Failed | None = None

    def __call__(self, event: Event) -> None:
        """Take the next event."""
        match event:
            case Started():
                if not self._ended:
                    self._fail(Failed(message=CUT))
                self._action, self._ended = event.action, False
                if event.action != "verify":
                    self._applies += 1
                    self._total(event.operations)
            case Operation():
                self._total(event.total)
            case Changed() if self._applies > 1:
                self._changed_again += 1
            case Changed():
                self._changed.append(event)
            case Warned():
                self._warnings[event.message] = None
            case Failed():
                self._fail(event)
            case ControlResult():
                self._controls.append(event)
            case Done():
                self._end(event)

    def unreachable(self, message: str) -> None:
        """Note that the host could not be reached, and what the transport said."""
        self._reachable = False
        self._failed = self._failed or Failed(message=message)

    def skipped(self) -> None:
        """Note that an action was not begun on this host: the run was interrupted before."""
        if self._action and self._failed is None:
            self._skipped = Failed(message=SKIPPED)

    def report(self, duration_s: float | None = None) -> HostReport:
        """Return what is known at the end; a run without its last event was cut short.

        Args:
            duration_s: as the client measured it; None: the sum of what the host reported.

        """
        if not self._ended:
            self._ended = True
            self._fail(Failed(message=CUT))
        return HostReport(
            host=self._host,
            place=self._place,
            roles=self._roles,
            status=self._status(),
            operations=self._operations,
            changed=tuple(self._changed),
            changed_again=self._changed_again if self._applies > 1 else None,
            failed=self._failed or self._skipped,
            warnings=tuple(self._warnings),
            controls=tuple(self._controls),
            duration_s=self._reported_s if duration_s is None else duration_s,
        )

    def _fail(self, failed: Failed) -> None:
        self._failed = self._failed or failed
        self._deploy_failed |= self._action != "verify"

    def _total(self, operations: int) -> None:
        if self._applies == 1:
            self._operations = max(self._operations, operations)

    def _end(self, event: Done) -> None:
        self._ended = True
        self._reported_s += event.duration_s
        if self._action != "verify":
            self._total(event.operations)
        if event.stopped:
            self._fail(Failed(message=STOPPED))
        elif not event.ok:
            self._fail(Failed(message=NO_WORD))

    def _status(self) -> HostStatus:
        if not self._reachable:
            return "unreachable"
        if self._deploy_failed:
            return "failed"
        if not self._action:
            return "untouched"
        if self._skipped and conformity(self._controls) != "not-conforming":
            return "unknown"
        if self._action == "verify":
            # A verification that broke off saw some things and not others: unknown, or worse.
            seen = conformity(self._controls)
            return "unknown" if self._failed and seen == "conforming" else seen
        return "changed" if self._changed else "unchanged"

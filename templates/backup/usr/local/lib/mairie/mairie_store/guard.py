"""Guard before pruning: what, in these snapshots, should a person see first.

``--append-only`` keeps a host from deleting, not from adding: with dates of its choice
(``restic backup --time``), forged snapshots would take the places of the good ones in a retention
policy, and the hub itself would forget the good ones (restic/rest-server issue 292). Nothing here
believes a host: when a snapshot *arrived* is the time of its file on the hub's own disk.

A pure function of what the hub sees. Each reason has a key that names exactly what was seen, so
that a person who accepts it accepts that and nothing else.
"""

from __future__ import annotations

import itertools
import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

CLOCK_TOLERANCE = timedelta(minutes=10)
"""chrony keeps both clocks within seconds; ten minutes leave room for a host after a power cut."""

LONGEST_RUN = timedelta(hours=12)
"""A snapshot bears the time its backup began; a window is under an hour, a first backup by hand
over a slow link may take the night. Beyond, the date is another day's."""

MOST_A_DAY = 6
"""One a night; the rest is room for a technician's own."""

DAY = timedelta(days=1)

SHRINK = 0.5
"""Share of its usual size below which a snapshot is suspect: ransomware that deletes, or a disk
that was not mounted, takes all; an ordinary clean-up takes less than half."""

SHRINK_BYTES = 1_000_000
SHRINK_FILES = 50
"""What must be missing for a shrink to count: on a nearly empty host, one file is half."""

UPHEAVAL = 0.5
"""Share of a snapshot that is new content: files encrypted in place keep names and sizes, but
restic finds no known block in them."""

UPHEAVAL_BYTES = 10_000_000
UPHEAVAL_HISTORY = 3
"""Snapshots needed to know what is usual for a host; compressed dumps may be all new each night."""

BASELINE = timedelta(days=30)
"""How far back « usual » looks: the largest size in it, so that shrinking a little each night
shows too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One snapshot, as it says, and as it came."""

    id: str
    time: datetime
    """What the host says, with a time zone."""
    arrived: datetime
    """What the hub saw."""
    hostname: str
    username: str
    paths: tuple[str, ...]
    bytes: int | None
    """Size of the files it holds; None when it does not say."""
    files: int | None
    added: int | None
    """Bytes of content the repository did not know."""
    tree: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Strange:
    """Files in a repository that no restic of ours wrote, found before restic runs."""

    keys: tuple[str, ...] = ()
    """Names of keys the hub did not make."""
    unreadable: tuple[str, ...] = ()
    """Snapshots and indexes that are not what restic writes."""
    packs: tuple[str, ...] = ()
    """Data that arrived and is not what it claims to be."""
    packs_since: datetime | None = None
    """When the first of these arrived: a snapshot that came later may need them."""
    others: tuple[str, ...] = ()
    """Relative paths that do not belong in a repository."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that the verdict depends on."""

    now: datetime
    host: str
    folders: tuple[str, ...]
    snapshots: Sequence[Snapshot]
    missing: Sequence[str] = ()
    """Seen at an earlier run, not forgotten nor set aside by the hub, and no longer there."""
    strange: Strange = field(default_factory=Strange)
    approved: frozenset[str] = frozenset()
    """Keys of reasons that a person accepted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a repository is held."""

    key: str
    """``<what>:<of what>``, the same at each run."""
    text: str
    """A French sentence."""
    snapshots: tuple[str, ...] = ()
    """Those that are suspect."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """``held`` when there is any reason."""

    reasons: tuple[Reason, ...]
    known_good: str
    """Newest snapshot that came before anything suspect; empty when there is none."""

    @property
    def held(self) -> bool:
        """Whether nothing may be forgotten or pruned."""
        return bool(self.reasons)


def judge(evidence: Evidence) -> Verdict:
    """Judge a repository."""
    ordered = sorted(evidence.snapshots, key=lambda snapshot: (snapshot.arrived, snapshot.id))
    found = [*_strange(evidence), *_bursts(ordered)]
    trusted: list[Snapshot] = []
    baseline: list[Snapshot] = []
    for snapshot in ordered:
        own = [
            *_dates(snapshot, evidence.now),
            *_identity(snapshot, evidence, trusted),
            *_content(snapshot, baseline),
        ]
        found += own
        if any(reason.key not in evidence.approved for reason in own):
            continue
        trusted.append(snapshot)
        # What a person accepted is the new usual.
        accepted = any(reason.key.startswith(("shrink:", "upheaval:")) for reason in own)
        baseline = [snapshot] if accepted else [*baseline, snapshot]
    reasons = tuple(reason for reason in found if reason.key not in evidence.approved)
    suspect = {id_ for reason in reasons for id_ in reason.snapshots}
    before = itertools.takewhile(lambda snapshot: snapshot.id not in suspect, ordered)
    known_good = next((snapshot.id for snapshot in reversed(list(before))), "")
    return Verdict(reasons=reasons, known_good=known_good)


def _strange(evidence: Evidence) -> list[Reason]:
    strange = evidence.strange
    kinds: Mapping[str, tuple[tuple[str, ...], str]] = {
        "key": (strange.keys, "Une clé que le concentrateur n'a pas créée a été déposée"),
        "unreadable": (strange.unreadable, "Un fichier que restic n'a pas écrit a été déposé"),
        "pack": (strange.packs, "Des données reçues ne sont pas ce qu'elles prétendent être"),
        "other": (strange.others, "Un fichier étranger au dépôt a été déposé"),
        "missing": (tuple(evidence.missing), "Une sauvegarde connue a disparu"),
    }
    since = strange.packs_since
    doubtful = tuple(one.id for one in evidence.snapshots if since and one.arrived >= since)
    return [
        Reason(
            key=f"{kind}:{name}",
            text=f"{text} ({name[:40]}).",
            snapshots=doubtful if kind == "pack" else (),
        )
        for kind, (names, text) in kinds.items()
        for name in names
    ]


def _bursts(ordered: Sequence[Snapshot]) -> list[Reason]:
    """Find snapshots that came when there were MOST_A_DAY in the 24 hours before already.

    Those alone are suspect: the first of the day may be the last good one.
    """
    reasons: list[Reason] = []
    first = 0
    for last, snapshot in enumerate(ordered):
        while snapshot.arrived - ordered[first].arrived >= DAY:
            first += 1
        count = last - first + 1
        if count > MOST_A_DAY:
            text = (
                f"La sauvegarde {snapshot.id[:8]} est la {count}e en 24 heures "
                f"(arrivée le {_minute(snapshot.arrived)}) ; {MOST_A_DAY} au plus sont attendues."
            )
            reasons.append(Reason(key=f"burst:{snapshot.id}", text=text, snapshots=(snapshot.id,)))
    return reasons


def _dates(snapshot: Snapshot, now: datetime) -> list[Reason]:
    name, said, came = snapshot.id[:8], _minute(snapshot.time), _minute(snapshot.arrived)
    if snapshot.arrived > now + CLOCK_TOLERANCE:
        kind, text = (
            "arrival",
            f"La sauvegarde {name} serait arrivée le {came}, dans le futur : "
            "l'horloge du concentrateur a changé.",
        )
    elif snapshot.time > now + CLOCK_TOLERANCE:
        kind, text = "date", f"La sauvegarde {name} est datée du {said}, dans le futur."
    elif snapshot.time > snapshot.arrived + CLOCK_TOLERANCE:
        kind, text = (
            "date",
            f"La sauvegarde {name} est datée du {said}, après son arrivée ({came}).",
        )
    elif snapshot.time < snapshot.arrived - LONGEST_RUN:
        kind, text = (
            "date",
            f"La sauvegarde {name} est datée du {said}, longtemps avant son arrivée ({came}).",
        )
    else:
        return []
    return [Reason(key=f"{kind}:{snapshot.id}", text=text, snapshots=(snapshot.id,))]


def _identity(snapshot: Snapshot, evidence: Evidence, trusted: Sequence[Snapshot]) -> list[Reason]:
    name = snapshot.id[:8]
    reasons: list[tuple[str, str]] = []
    if snapshot.hostname != evidence.host:
        reasons.append(
            ("host", f"La sauvegarde {name} se dit de « {snapshot.hostname} », non de cet hôte.")
        )
    foreign = [path for path in snapshot.paths if not _within(path, evidence.folders)]
    if foreign:
        reasons.append(
            ("paths", f"La sauvegarde {name} contient des dossiers non prévus : {_few(foreign)}.")
        )
    if trusted:
        before = trusted[-1]
        lost = [
            path
            for path in before.paths
            if path not in snapshot.paths and _within(path, evidence.folders)
        ]
        if lost:
            reasons.append(("lost", f"La sauvegarde {name} ne contient plus : {_few(lost)}."))
        if snapshot.username != before.username:
            reasons.append(
                (
                    "user",
                    f"La sauvegarde {name} est faite par « {snapshot.username} », "
                    f"auparavant « {before.username} ».",
                )
            )
    return [
        Reason(key=f"{kind}:{snapshot.id}", text=text, snapshots=(snapshot.id,))
        for kind, text in reasons
    ]


def _content(snapshot: Snapshot, baseline: Sequence[Snapshot]) -> list[Reason]:
    """Compare sizes with what was usual in the month before."""
    name = snapshot.id[:8]
    if snapshot.bytes is None or snapshot.files is None or snapshot.added is None:
        text = f"La sauvegarde {name} ne dit pas ce qu'elle contient."
        return [Reason(key=f"summary:{snapshot.id}", text=text, snapshots=(snapshot.id,))]
    recent = [past for past in baseline if snapshot.arrived - past.arrived <= BASELINE]
    recent = recent or list(baseline[-1:])
    reasons: list[tuple[str, str]] = []
    most_bytes = max((past.bytes or 0 for past in recent), default=0)
    most_files = max((past.files or 0 for past in recent), default=0)
    if snapshot.bytes < most_bytes * SHRINK and most_bytes - snapshot.bytes >= SHRINK_BYTES:
        reasons.append(
            (
                "shrink",
                f"La sauvegarde {name} ne contient plus que {_megabytes(snapshot.bytes)}, "
                f"contre {_megabytes(most_bytes)} auparavant.",
            )
        )
    elif snapshot.files < most_files * SHRINK and most_files - snapshot.files >= SHRINK_FILES:
        reasons.append(
            (
                "shrink",
                f"La sauvegarde {name} ne contient plus que {snapshot.files} fichiers, "
                f"contre {most_files} auparavant.",
            )
        )
    if _is_upheaval(snapshot, recent):
        reasons.append(
            (
                "upheaval",
                f"La sauvegarde {name} change presque tout : {_megabytes(snapshot.added)} de "
                f"contenu nouveau sur {_megabytes(snapshot.bytes)}, comme après un chiffrement.",
            )
        )
    return [
        Reason(key=f"{kind}:{snapshot.id}", text=text, snapshots=(snapshot.id,))
        for kind, text in reasons
    ]


def _is_upheaval(snapshot: Snapshot, recent: Sequence[Snapshot]) -> bool:
    # The first of a host is all new, and says nothing of what is usual.
    usual = [_new_share(past) for past in recent[1:]]
    if len(recent) < UPHEAVAL_HISTORY or (snapshot.added or 0) < UPHEAVAL_BYTES:
        return False
    return _new_share(snapshot) >= UPHEAVAL and max(usual) < UPHEAVAL / 2


def _new_share(snapshot: Snapshot) -> float:
    return min(1.0, (snapshot.added or 0) / max(1, snapshot.bytes or 0))


def _within(path: str, folders: Sequence[str]) -> bool:
    if posixpath.normpath(path) != path:
        return False
    return any(path == folder or path.startswith(folder.rstrip("/") + "/") for folder in folders)


def _few(paths: Sequence[str]) -> str:
    shown = ", ".join(path[:80] for path in paths[:3])
    return shown if len(paths) <= 3 else f"{shown} et {len(paths) - 3} autres"


def _minute(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M %Z").strip()


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} Mo"

"""What systemd says of a unit, for controls."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from mairie.host.probe import CannotLookError, Probe, said
from mairie.plan.host import HostPlan


def properties(probe: Probe, unit: str, *names: str) -> dict[str, str]:
    """Return properties of a unit."""
    wanted = " ".join(f"-p {name}" for name in names)
    lines = said(probe(f"systemctl show {unit} {wanted}")).splitlines()
    return dict(line.partition("=")[::2] for line in lines)


def changed_since_start(probe: Probe, unit: str, paths: Iterable[str]) -> list[str]:
    """Return which files changed after a unit started, or are gone: they are not what it read.

    Raises:
        CannotLookError: the unit does not run.

    """
    shown = properties(probe, unit, "ActiveEnterTimestamp")["ActiveEnterTimestamp"]
    if not shown:
        raise CannotLookError(f"{unit} n'est pas en service")
    started = float(said(probe(f"date --date='{shown}' +%s")))
    return [path for path in paths if _changed(Path(path)) > started + 1]


def _changed(path: Path) -> float:
    return path.stat().st_ctime if path.exists() else float("inf")


@dataclass(frozen=True, slots=True)
class Rights:
    """What the main process of a unit may do (proc_pid_status(5))."""

    users: frozenset[str]
    """Real, effective, saved and file system user."""
    capabilities: int
    """Those it may ever have: CapBnd, a bit each (linux/capability.h)."""
    may_gain: bool
    """Whether a program that it starts may have more (NoNewPrivileges)."""


def rights(probe: Probe, unit: str) -> Rights:
    """Return what the main process of a unit may do.

    Raises:
        CannotLookError: the unit does not run.

    """
    shown = properties(probe, unit, "MainPID", "NoNewPrivileges")
    if shown["MainPID"] == "0":
        raise CannotLookError(f"{unit} n'est pas en service")
    status = Path(f"/proc/{shown['MainPID']}/status").read_text()
    told = dict(line.partition(":")[::2] for line in status.splitlines())
    users, capabilities = frozenset(told["Uid"].split()), int(told["CapBnd"], 16)
    return Rights(users, capabilities, shown["NoNewPrivileges"] != "yes")


def program_replaced(probe: Probe, unit: str) -> bool:
    """Tell whether the main process of a unit runs a program that was since replaced.

    An upgrade puts another file into the place of the program's: proc_pid_exe(5).

    Raises:
        CannotLookError: the unit does not run.

    """
    main = properties(probe, unit, "MainPID")["MainPID"]
    if main == "0":
        raise CannotLookError(f"{unit} n'est pas en service")
    return str(Path(f"/proc/{main}/exe").readlink()).endswith(" (deleted)")


def is_active(unit: str) -> str:
    """Return the command that says whether a unit is active."""
    return f"systemctl is-active {unit}"


def next_time(probe: Probe, plan: HostPlan, timer: str) -> datetime | None:
    """Return when a timer elapses next, in the host's time zone; None when it will not."""
    listed = json.loads(said(probe(f"systemctl list-timers --all --output=json {timer}")))
    times = [item["next"] for item in listed if item["unit"] == timer and item["next"]]
    return datetime.fromtimestamp(times[0] / 1e6, ZoneInfo(plan.timezone)) if times else None

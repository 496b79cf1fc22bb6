"""A figure beside its budget; a set of them with the machine they were taken on."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

ROOT = Path(__file__).parents[2]
Part = Literal["resolve", "runtime", "deploy", "workload", "backup", "demo", "wifi", "air"]
Verdict = Literal["within", "over", "changed something", "failed", ""]
"""Empty: there is no budget for it."""
LIBRARIES = ("pyinfra", "ansible-core", "mitogen", "pydantic", "pytest-testinfra")


@dataclass(frozen=True)
class Figure:
    """One line of the table."""

    part: Part
    what: str
    measured: str
    budget: str = ""
    verdict: Verdict = ""
    beside: str = ""
    """The same on other tools, or what explains the figure."""
    values: Mapping[str, float] = field(default_factory=dict)
    """The figure for programs; the unit ends each name: ``wall_s``, ``peak_mb``, ``turns``."""


@dataclass(frozen=True)
class Conditions:
    """When and where figures were taken."""

    at: str
    processor: str
    processors: int
    load: float
    """Load average of the last minute as the part began: above ``processors``, others waited."""
    system: str
    python: str
    commit: str
    versions: Mapping[str, str]

    @property
    def busy(self) -> bool:
        """Whether the machine had more to do than it can."""
        return self.load > self.processors

    def sentence(self) -> str:
        """Return them for a person."""
        tools = ", ".join(f"{name} {number}" for name, number in self.versions.items())
        busy = "; busy with other work, so wall times are too long" if self.busy else ""
        return (
            f"{self.at}, commit {self.commit}, {self.processors} × {self.processor}, "
            f"{self.system}, Python {self.python}, {tools}; load average {self.load:.1f}{busy}"
        )


def verdict(*conditions: bool) -> Verdict:
    """Return whether every bound of a budget is kept."""
    return "within" if all(conditions) else "over"


def conditions() -> Conditions:
    """Return the conditions now."""
    return Conditions(
        at=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        processor=_processor(),
        processors=os.cpu_count() or 1,
        load=round(os.getloadavg()[0], 1),
        system=_system(),
        python=platform.python_version(),
        commit=_commit(),
        versions={name: version(name) for name in LIBRARIES},
    )


def as_json(taken: Sequence[tuple[Conditions, list[Figure]]]) -> list[dict[str, Any]]:
    """Return figures as plain data, one item per part that was run."""
    return [
        {"conditions": asdict(where), "figures": [asdict(figure) for figure in figures]}
        for where, figures in taken
    ]


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _system() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except OSError:
        return platform.system()


def _commit() -> str:
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stdout.strip() or "unknown"

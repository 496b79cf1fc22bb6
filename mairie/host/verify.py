"""Run the controls of this host's bricks, on the host, in one process.

Run as ``python3 -m mairie.host.verify BUNDLE ORDER``; events go to stdout, one JSON object per
line. Nothing is changed on the host.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections import Counter
from pathlib import Path

import msgspec
import pytest

from mairie.host.events import ControlResult, Done, EventWriter, Order, Started
from mairie.host.plugin import Conformance
from mairie.plan.codec import from_json
from mairie.plan.host import HostPlan


def verify(conformance: Path, plan: HostPlan, order: Order, write: EventWriter) -> Done:
    """Run the controls of each brick; the returned event ends the run.

    They are in ``conformance/test_<brick>.py`` and, beside it, in ``test_<brick>_<part>.py``.
    """
    bricks = tuple(brick for brick in plan.bricks if not order.only or brick in order.only)
    write(Started(host=plan.name, action="verify", bricks=bricks))
    outcomes: Counter[str] = Counter()

    def report(result: ControlResult) -> None:
        outcomes[result.outcome] += 1
        write(result)

    plugin = Conformance(plan, report)
    present: list[str] = []
    for brick in bricks:
        file = conformance / f"test_{brick}.py"
        if not file.is_file():
            plugin.unknown(brick, f"there are no controls for the brick {brick}")
            continue
        present += [str(file), *map(str, sorted(conformance.glob(f"test_{brick}_*.py")))]
    # fmt: off
    arguments = [
        "--quiet", "--rootdir", str(conformance), "-c", os.devnull, "-p", "no:cacheprovider",
        "-p", "testinfra.plugin", "--hosts", "local://", "--import-mode", "importlib",
        "--continue-on-collection-errors",
        # What nobody would read costs a third of the time of a short check.
        "--capture=no", "--tb=native", "-p", "no:logging", "-p", "no:warnings",
        "-p", "no:unraisableexception", "-p", "no:threadexception",
    ]
    # fmt: on
    status = pytest.main([*arguments, *present], plugins=[plugin]) if present else 0
    if status not in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}:
        plugin.unknown("controls", f"pytest ended with status {int(status)}")
    if not outcomes:
        plugin.unknown("controls", "no control ran")
    return Done(
        ok=True,
        operations=sum(outcomes.values()),
        duration_s=write.elapsed(),
        outcomes=dict(sorted(outcomes.items())),
    )


def strings(value: object) -> list[str]:
    """Return every string of a nested JSON value."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return strings(list(value.values()))
    return [text for item in value for text in strings(item)] if isinstance(value, list) else []


def main(bundle: str, order_json: str) -> int:
    """Serve one order; return 0 when the controls could be run, whatever they found."""
    folder = Path(bundle)
    order = msgspec.json.decode(order_json, type=Order)
    # Only events may reach stdout: pytest's own words go to stderr.
    events = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    signal.alarm(order.limit_s)
    write = EventWriter(events, strings(json.loads((folder / "secrets.json").read_bytes())))
    plan = from_json((folder / "plan.json").read_bytes(), HostPlan)
    done = verify(folder / "tests" / "conformance", plan, order, write)
    write(done)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))

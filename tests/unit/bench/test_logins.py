"""Crowds of log-ins: what eapol_test says of them, and what follows from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mairie.inventory import load
from mairie.plan.resolve import resolve_host
from tests.bench.logins import Taken, median, succeeded
from tests.bench.wifi import BOX, with_radios

SAID = """at 100.5
No EAP-Key-Name received from server
MPPE keys OK: 25  mismatch: 0
SUCCESS
MPPE keys OK: 3  mismatch: 1
FAILURE
at 101.5
"""


def test_log_ins_without_right_keys_do_not_count() -> None:
    assert succeeded(SAID) == 28
    assert succeeded("eapol_test: not found\n") == 0


def test_figures_of_a_crowd() -> None:
    taken = Taken(logins=800, wall_s=10.0, cpu_s=4.0, peak_mb=20.0)
    assert taken.words == "80/s, 5.0 ms of processor time each"
    assert taken.cpu_ms == pytest.approx(5.0)


def test_the_median_is_the_run_in_the_middle() -> None:
    runs = [Taken(1, wall_s, 1.0, 1.0) for wall_s in (3.0, 1.0, 2.0)]
    assert median(runs).wall_s == 2.0
    assert median(runs[:2]).wall_s == 3.0


def test_the_gateway_has_an_access_point_and_radios(tmp_path: Path) -> None:
    folder = with_radios(tmp_path / "inventory")
    wifi = resolve_host(load(folder), BOX).wifi
    assert wifi is not None
    assert [point.name for point in wifi.access_points] == ["ap-hall"]
    assert [radio.band for radio in wifi.radios] == ["2.4", "5"]

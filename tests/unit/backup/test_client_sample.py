"""Which files a drill draws, and how it compares them."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mairie_backup.compare import compare
from mairie_backup.sample import SavedFile, draw, escape, files
from mairie_backup.snapshots import Snapshot, believable, moment, snapshot

THEN = datetime(2026, 3, 2, tzinfo=UTC)
FILES = [SavedFile(f"/srv/{n}", n * 10, THEN) for n in range(100)]


def test_the_same_seed_draws_the_same_files_in_any_order() -> None:
    drawn = draw(FILES, "rapa 2026-03 a1", 10, 10_000)
    assert len(drawn) == 10
    assert drawn == draw(reversed(FILES), "rapa 2026-03 a1", 10, 10_000)
    assert drawn != draw(FILES, "rapa 2026-04 a1", 10, 10_000)


@given(
    st.lists(st.integers(0, 1_000), max_size=50),
    st.integers(1, 20),
    st.integers(0, 3_000),
    st.text(),
)
def test_a_draw_keeps_to_its_ceilings(
    sizes: list[int], count: int, max_bytes: int, seed: str
) -> None:
    drawn = draw(
        [SavedFile(f"/srv/{n}", size, THEN) for n, size in enumerate(sizes)], seed, count, max_bytes
    )
    assert len(drawn) <= count
    assert sum(each.size for each in drawn) <= max_bytes
    assert len(set(drawn)) == len(drawn)
    if len(drawn) < count:
        left = max_bytes - sum(each.size for each in drawn)
        rest = [n for n in range(len(sizes)) if f"/srv/{n}" not in {each.path for each in drawn}]
        assert all(sizes[n] > left for n in rest), "a file that fitted was left out"


def test_a_name_that_cannot_be_asked_for_is_not_drawn() -> None:
    assert draw([SavedFile("/srv/\ufffd", 1, THEN)], "x", 5, 100) == []


def test_only_files_are_drawn_from_what_restic_lists() -> None:
    listed: list[dict[str, object]] = [
        {"message_type": "snapshot", "id": "a"},
        {"type": "dir", "path": "/srv"},
        {
            "type": "file",
            "path": "/srv/a",
            "size": 3,
            "mtime": "2026-03-02T00:00:00.123456789+01:00",
        },
        {"type": "file", "path": "/srv/empty", "mtime": "2026-03-02T00:00:00Z"},
        {"type": "symlink", "path": "/srv/l"},
    ]
    assert [(each.path, each.size) for each in files(listed)] == [("/srv/a", 3), ("/srv/empty", 0)]


def test_a_pattern_means_one_path() -> None:
    assert escape("/srv/a*b?[c]\\d $HOME") == r"/srv/a\*b\?\[c\]\\d $HOME"


def test_times_of_restic_and_old_snapshots_without_figures() -> None:
    assert moment("2026-03-02T01:00:00.123456789+01:00").astimezone(UTC) == datetime(
        2026, 3, 2, 0, 0, 0, 123456, UTC
    )
    old = snapshot({"id": "a1b2c3d4e5", "time": "2026-03-02T00:00:00Z", "paths": ["/etc"]})
    assert (old.short, old.files, old.bytes) == ("a1b2c3d4", 0, 0)


@pytest.fixture
def pair(tmp_path: Path) -> tuple[SavedFile, Path, Path]:
    """Return a saved file, the live one and the restored one."""
    live = tmp_path / "live"
    live.write_bytes(b"content")
    os.utime(live, ns=(0, 1_700_000_000_123_456_789))
    saved = SavedFile(str(live), 7, datetime.fromtimestamp(1_700_000_000.123456, UTC))
    back = tmp_path / "restored" / str(live).lstrip("/")
    back.parent.mkdir(parents=True)
    back.write_bytes(b"content")
    return saved, live, back


def test_an_unchanged_file_is_compared_byte_for_byte(
    pair: tuple[SavedFile, Path, Path], tmp_path: Path
) -> None:
    saved, live, back = pair
    compared = compare([saved], tmp_path / "restored")
    assert (compared.same, compared.changed, compared.problems) == (1, 0, ())
    back.write_bytes(b"c0ntent")
    (problem,) = compare([saved], tmp_path / "restored").problems
    assert "différent" in problem
    back.write_bytes(b"conten")
    (problem,) = compare([saved], tmp_path / "restored").problems
    assert "6 octets au lieu de 7" in problem
    back.unlink()
    (problem,) = compare([saved], tmp_path / "restored").problems
    assert "pas revenu" in problem
    assert live.read_bytes() == b"content"


def test_a_file_that_lives_on_is_no_problem(
    pair: tuple[SavedFile, Path, Path], tmp_path: Path
) -> None:
    saved, live, _ = pair
    live.write_bytes(b"another")
    compared = compare([saved], tmp_path / "restored")
    assert (compared.same, compared.changed, compared.problems) == (0, 1, ())
    live.unlink()
    assert compare([saved], tmp_path / "restored").changed == 1


def test_the_newest_backup_is_not_one_forged_into_the_future() -> None:
    good, forged = (
        Snapshot(name, THEN + timedelta(days=days), (), 0, 0)
        for name, days in (("good", 0), ("forged", 3_000))
    )
    assert believable([good, forged], THEN + timedelta(days=1)) == [good]
    assert believable([good, forged], THEN - timedelta(days=9_000)) == [good, forged]

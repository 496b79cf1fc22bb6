"""Dumps and hooks: what fails leaves what was good, what says nothing new costs nothing."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

import pytest

from mairie_backup import dumps, hooks, process
from mairie_backup.settings import Database


@pytest.fixture
def base(tmp_path: Path) -> Path:
    path = tmp_path / "live.db"
    with sqlite3.connect(path) as live:
        live.execute("pragma journal_mode = wal")
        live.execute("create table acte (titre text)")
        live.execute("insert into acte values ('un')")
    return path


def titles(path: Path) -> list[str]:
    with sqlite3.connect(path) as copy:
        return [title for (title,) in copy.execute("select titre from acte")]


def test_a_database_in_use_is_copied_whole(base: Path, tmp_path: Path) -> None:
    folder = tmp_path / "dumps"
    with sqlite3.connect(base) as live:
        live.execute("insert into acte values ('deux')")
        live.commit()
        assert dumps.dump_all([Database("registre", "sqlite", str(base))], folder) == {
            "registre": ""
        }
    copy = folder / "registre.sqlite"
    assert titles(copy) == ["un", "deux"]
    assert (copy.stat().st_mode & 0o777, folder.stat().st_mode & 0o777) == (0o600, 0o700)
    assert [path.name for path in folder.iterdir()] == ["registre.sqlite"]


def test_an_unchanged_database_keeps_its_dump(base: Path, tmp_path: Path) -> None:
    folder = tmp_path / "dumps"
    database = Database("registre", "sqlite", str(base))
    dumps.dump_all([database], folder)
    before = (folder / "registre.sqlite").stat()
    dumps.dump_all([database], folder)
    after = (folder / "registre.sqlite").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_a_dump_that_fails_leaves_the_last_good_one(base: Path, tmp_path: Path) -> None:
    folder = tmp_path / "dumps"
    database = Database("registre", "sqlite", str(base))
    dumps.dump_all([database], folder)
    base.write_bytes(b"not a database, and long enough to be looked at" * 100)
    Path(f"{base}-wal").unlink(missing_ok=True)
    (why,) = dumps.dump_all([database], folder).values()
    assert why.startswith("registre : ")
    assert titles(folder / "registre.sqlite") == ["un"]


def test_a_database_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    source = tmp_path / "absent.db"
    (why,) = dumps.dump_all([Database("x", "sqlite", str(source))], tmp_path / "dumps").values()
    assert why
    assert not source.exists()


def test_the_date_in_a_dump_is_nothing_new(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_bytes(b"PGDMP" + b"1" * 46 + b"the same")
    other.write_bytes(b"PGDMP" + b"2" * 46 + b"the same")
    assert dumps.says_the_same(one, other, dumps.PG_DATE_END)
    assert not dumps.says_the_same(one, other, 0)
    other.write_bytes(b"PGDMP" + b"2" * 46 + b"the Same")
    assert not dumps.says_the_same(one, other, dumps.PG_DATE_END)
    assert not dumps.says_the_same(one, tmp_path / "absent", 0)


def hook(folder: Path, name: str, script: str, mode: int = 0o755) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(mode)


def test_hooks_run_in_order_with_the_folder_and_one_that_fails_stops_none(tmp_path: Path) -> None:
    folder, out = tmp_path / "hooks.d", tmp_path / "dumps"
    out.mkdir()
    hook(folder, "10-first", 'echo first >>"$1/said"')
    hook(folder, "20-bad", "echo boum >&2; exit 3")
    hook(folder, "30-last", 'echo last >>"$1/said"')
    hook(folder, "40-off", 'echo off >>"$1/said"', mode=0o644)
    came_to = hooks.run(folder, out)
    assert (out / "said").read_text() == "first\nlast\n"
    assert (came_to["10-first"], came_to["30-last"]) == ("", "")
    assert "boum" in came_to["20-bad"]
    assert "40-off" not in came_to
    assert hooks.run(tmp_path / "absent", out) == {}


def test_a_hook_that_hangs_ends_with_its_children(tmp_path: Path) -> None:
    folder = tmp_path / "hooks.d"
    hook(folder, "10-hangs", 'sleep 60 & echo $! >"$1/pid"; wait')
    (why,) = hooks.run(folder, tmp_path, limit_s=2).values()
    assert "a dépassé" in why
    child = Path(f"/proc/{(tmp_path / 'pid').read_text().strip()}/stat")
    # Killed is not yet gone: a busy machine takes its time.
    end = time.monotonic() + 20
    while not _is_gone(child):
        assert time.monotonic() < end, "it goes on"
        time.sleep(0.05)


def _is_gone(stat: Path) -> bool:
    try:
        return stat.read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_a_program_that_is_not_there_is_named() -> None:
    with pytest.raises(process.ProcessError, match="pg_nothing"):
        process.run(process.as_user("root", ["/nowhere/pg_nothing"]), limit_s=5)

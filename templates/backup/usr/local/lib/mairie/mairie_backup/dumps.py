"""Databases written to files by their own tools, so that what is saved is consistent.

A dump that fails leaves the last good one in place. A dump that says nothing new leaves it too,
with its old time: an unchanged database then costs nothing on the link.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

from mairie_backup import process
from mairie_backup.process import ProcessError, as_user
from mairie_backup.settings import Database, Engine

LIMIT_S = 3600
CHECK_S = 600
PIECE = 1 << 20
PG_DATE_END = 51
"""pg_dump's custom format has its date in its first 51 bytes (``WriteHead`` in
pg_backup_archiver.c: 11 fixed bytes, the compression in 1 or 5, seven numbers of 5)."""
MARIADB_DUMP = (
    "mariadb-dump", "--single-transaction", "--quick", "--routines", "--events", "--triggers",
    "--hex-blob", "--skip-dump-date", "--default-character-set=utf8mb4",
)  # fmt: skip
COMPLETED = b"-- Dump completed"
ACCOUNTS: dict[Engine, str] = {
    "postgresql": "_accounts.postgresql.sql",
    "mariadb": "_accounts.mariadb.sql",
}
"""Files with the accounts of an engine, beside the dumps of its databases."""


class DumpError(Exception):
    """A database could not be dumped; the message says why, in French."""


def dump_all(databases: Iterable[Database], folder: Path) -> dict[str, str]:
    """Dump every database; return name → what went wrong, empty: nothing.

    The accounts of an engine count with each of its databases.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in folder.glob(".*.part*"):
        left.unlink()
    came_to: dict[str, str] = {}
    accounts: dict[str, str] = {}
    for database in databases:
        if database.engine in ACCOUNTS and database.engine not in accounts:
            accounts[database.engine] = _try_accounts(database.engine, folder)
        try:
            _dump(database, folder)
            came_to[database.name] = accounts.get(database.engine, "")
        except DumpError as error:
            came_to[database.name] = str(error)
    return came_to


def _try_accounts(engine: Engine, folder: Path) -> str:
    argv = (
        as_user("postgres", ["pg_dumpall", "--roles-only", "--no-password"])
        if engine == "postgresql"
        else ["mariadb-dump", "--system=users", "--skip-dump-date"]
    )
    final = folder / ACCOUNTS[engine]
    part = folder / f".{final.name}.part"
    try:
        _to_file(argv, part)
        _keep(part, final, 0)
    except (ProcessError, OSError) as error:
        return f"les comptes n'ont pas été sauvés : {error}"
    finally:
        part.unlink(missing_ok=True)
    return ""


def _dump(database: Database, folder: Path) -> None:
    final = folder / database.dump
    part = folder / f".{database.dump}.part"
    skip = 0
    try:
        match database.engine:
            case "postgresql":
                dump_postgresql(database.source, part)
                skip = PG_DATE_END
            case "mariadb":
                dump_mariadb(database.source, part)
            case "sqlite":
                dump_sqlite(Path(database.source), part)
        _keep(part, final, skip)
    except (ProcessError, sqlite3.Error, OSError) as error:
        raise DumpError(f"{database.name} : {error}") from error
    finally:
        part.unlink(missing_ok=True)


def dump_postgresql(name: str, target: Path) -> None:
    """Dump as the account ``postgres``.

    Uncompressed: restic compresses, and sends less when little has changed.
    """
    _to_file(
        as_user(
            "postgres",
            ["pg_dump", "--format=custom", "--compress=0", "--no-password", f"--dbname={name}"],
        ),
        target,
    )
    with target.open("rb") as file:
        process.run(["pg_restore", "--list"], limit_s=CHECK_S, stdin=file)


def dump_mariadb(name: str, target: Path) -> None:
    """Dump as root through the local socket; a dump cut short has no last line."""
    _to_file([*MARIADB_DUMP, "--", name], target)
    with target.open("rb") as file:
        file.seek(max(0, target.stat().st_size - 200))
        if COMPLETED not in file.read():
            raise ProcessError("le fichier de mariadb-dump n'a pas sa dernière ligne")


def dump_sqlite(source: Path, target: Path) -> None:
    """Copy through SQLite's online backup (the shell's ``.backup``), then check the copy."""
    target.unlink(missing_ok=True)
    target.touch(0o600)
    with (
        contextlib.closing(sqlite3.connect(read_only(source), uri=True, timeout=60)) as live,
        contextlib.closing(sqlite3.connect(target)) as copy,
    ):
        live.backup(copy, pages=4096)
        copy.execute("PRAGMA journal_mode = DELETE")
        (verdict,) = copy.execute("PRAGMA integrity_check(1)").fetchone()
    if verdict != "ok":
        raise ProcessError(f"la base SQLite est abîmée : {verdict}")


def read_only(path: Path) -> str:
    """Return the URI of an SQLite database that is neither made nor changed."""
    return f"file:{quote(str(path))}?mode=ro"


def _to_file(argv: list[str], target: Path) -> None:
    target.unlink(missing_ok=True)
    target.touch(0o600)
    with target.open("wb") as file:
        process.run(argv, limit_s=LIMIT_S, stdout=file)


def _keep(part: Path, final: Path, skip: int) -> None:
    if not says_the_same(part, final, skip):
        part.replace(final)


def says_the_same(one: Path, other: Path, skip: int) -> bool:
    """Tell whether two files are equal after their first ``skip`` bytes."""
    try:
        if one.stat().st_size != other.stat().st_size:
            return False
        with one.open("rb") as left, other.open("rb") as right:
            left.seek(skip)
            right.seek(skip)
            while piece := left.read(PIECE):
                if piece != right.read(PIECE):
                    return False
    except FileNotFoundError:
        return False
    return True

"""Dumps loaded back into the engines of this host: what is in the databases now is replaced."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from collections.abc import Iterable
from pathlib import Path

from mairie_backup import process
from mairie_backup.dumps import ACCOUNTS, read_only
from mairie_backup.process import ProcessError, as_user
from mairie_backup.settings import Database, Engine

LOAD_S = 4 * 3600
QUERY_S = 600


def reload_all(databases: Iterable[Database], dumps: Path) -> dict[str, str]:
    """Load every dump; return name → what went wrong in French, empty: nothing.

    A PostgreSQL database is replaced whole or not at all.
    """
    came_to: dict[str, str] = {}
    done: set[Engine] = set()
    for database in databases:
        dump = dumps / database.dump
        if not dump.exists():
            came_to[database.name] = f"La base {database.name} n'a pas de copie ici."
            continue
        try:
            if database.engine not in done:
                done.add(database.engine)
                _accounts(database.engine, dumps)
            _load(database, dump)
        except (ProcessError, sqlite3.Error, OSError) as error:
            came_to[database.name] = f"La base {database.name} ne se recharge pas : {error}"
        else:
            came_to[database.name] = ""
    return came_to


def _accounts(engine: Engine, dumps: Path) -> None:
    """Have the accounts: those that exist already are refused one by one, and stay."""
    if engine not in ACCOUNTS or not (dumps / ACCOUNTS[engine]).exists():
        return
    argv = (
        as_user("postgres", ["psql", "-qX", "-d", "postgres"])
        if engine == "postgresql"
        else ["mariadb", "--force"]
    )
    with (
        (dumps / ACCOUNTS[engine]).open("rb") as file,
        # mariadb --force ends with 1 when one of them was there.
        contextlib.suppress(ProcessError),
    ):
        process.run(argv, limit_s=QUERY_S, stdin=file)


def _load(database: Database, dump: Path) -> None:
    match database.engine:
        case "postgresql":
            _postgresql(database.source, dump)
        case "mariadb":
            _mariadb(database.source, dump)
        case "sqlite":
            _sqlite(Path(database.source), dump)


def _postgresql(name: str, dump: Path) -> None:
    asked = "select datname from pg_database"
    there = process.run(
        as_user("postgres", ["psql", "-qXAt", "-d", "postgres", "-c", asked]), limit_s=QUERY_S
    )
    if name not in there.splitlines():
        process.run(
            as_user("postgres", ["createdb", "--template=template0", "--", name]), limit_s=QUERY_S
        )
    with dump.open("rb") as file:
        process.run(
            as_user(
                "postgres",
                ["pg_restore", "--clean", "--if-exists", "--single-transaction", "-d", name],
            ),
            limit_s=LOAD_S,
            stdin=file,
        )


def _mariadb(name: str, dump: Path) -> None:
    quoted = "`" + name.replace("`", "``") + "`"
    process.run(["mariadb", "-e", f"create database if not exists {quoted}"], limit_s=QUERY_S)
    with dump.open("rb") as file:
        process.run(["mariadb", "--", name], limit_s=LOAD_S, stdin=file)


def _sqlite(live: Path, dump: Path) -> None:
    """Replace the content in one transaction: an application that has the file open sees it."""
    is_new = not live.exists()
    with (
        contextlib.closing(sqlite3.connect(read_only(dump), uri=True)) as copy,
        contextlib.closing(sqlite3.connect(live, timeout=60)) as target,
    ):
        copy.backup(target)
    if is_new:
        owner = live.parent.stat()
        shutil.chown(live, owner.st_uid, owner.st_gid)

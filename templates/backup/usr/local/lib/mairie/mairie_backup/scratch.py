"""A dump loaded into an instance of its engine that is made for it and gone afterwards.

No instance listens on the network, none touches the host's own databases.
"""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mairie_backup import process
from mairie_backup.dumps import ACCOUNTS, read_only
from mairie_backup.process import ProcessError, as_user
from mairie_backup.settings import Database

LOAD_S = 3600
QUERY_S = 600
START_S = 120
NAME = "scratch"
PG_VERSIONS = Path("/usr/lib/postgresql")
PG_OPTIONS = (
    "-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off "
    "-c shared_buffers=16MB -c max_connections=10 -c logging_collector=off"
)
PG_COUNT = """
select count(*), coalesce(sum((xpath('/row/n/text()', query_to_xml(
  format('select count(*) as n from %I.%I', schemaname, tablename), false, true, '')))[1]
  ::text::bigint), 0)
from pg_tables where schemaname not in ('pg_catalog', 'information_schema')"""
MARIADB_TABLES = (
    "select concat('`', replace(table_name, '`', '``'), '`') from information_schema.tables "
    "where table_schema = database() and table_type = 'BASE TABLE'"
)


class LoadError(Exception):
    """A dump does not load; the message says why, in French."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What a loaded dump holds."""

    tables: int
    rows: int


def load(database: Database, dumps: Path, folder: Path) -> Counted:
    """Load one dump below ``folder`` and count what it holds. Raises LoadError.

    Args:
        database: whose dump it is.
        dumps: folder with the restored dumps.
        folder: a new folder of root's that every account may enter; left behind.

    """
    dump = dumps / database.dump
    try:
        match database.engine:
            case "postgresql":
                counted = _postgresql(dump, dumps / ACCOUNTS["postgresql"], folder)
            case "mariadb":
                counted = _mariadb(dump, folder)
            case "sqlite":
                counted = _sqlite(dump)
    except (ProcessError, sqlite3.Error, OSError, ValueError) as error:
        raise LoadError(
            f"La copie de la base {database.name} ne se charge pas : {error}"
        ) from error
    if counted.tables == 0:
        raise LoadError(f"La copie de la base {database.name} ne contient aucune table.")
    return counted


def _postgresql(dump: Path, accounts: Path, folder: Path) -> Counted:
    with _postgresql_server(folder) as (tools, connection):
        if accounts.exists():
            # The account that made the cluster is among them: that one line fails, rightly.
            with accounts.open("rb") as file:
                process.run(
                    as_user("postgres", [f"{tools}/psql", "-qXd", f"{connection} dbname=postgres"]),
                    limit_s=QUERY_S, stdin=file,
                )  # fmt: skip
        process.run(
            as_user("postgres", [f"{tools}/psql", "-qXd", f"{connection} dbname=postgres", "-c",
                                 f"create database {NAME} template template0"]),
            limit_s=QUERY_S,
        )  # fmt: skip
        target = f"{connection} dbname={NAME}"
        with dump.open("rb") as file:
            process.run(
                as_user("postgres", [f"{tools}/pg_restore", "--exit-on-error", "-d", target]),
                limit_s=LOAD_S, stdin=file,
            )  # fmt: skip
        said = process.run(
            as_user("postgres", [f"{tools}/psql", "-qXAtd", target, "-c", PG_COUNT]),
            limit_s=QUERY_S,
        )
    tables, rows = said.strip().split("|")
    return Counted(int(tables), int(rows))


@contextmanager
def _postgresql_server(folder: Path) -> Iterator[tuple[Path, str]]:
    """Run a cluster of its own; yield the folder of its tools and how to connect."""
    tools = newest_postgresql()
    shutil.chown(folder, "postgres", "postgres")
    data = folder / "data"
    process.run(
        as_user("postgres", [f"{tools}/initdb", "--auth=trust", "--no-sync", "--encoding=UTF8",
                             "--locale=C.UTF-8", "-D", str(data)]),
        limit_s=START_S,
    )  # fmt: skip
    control = [f"{tools}/pg_ctl", "-D", str(data), "-w", "-t", str(START_S)]
    options = PG_OPTIONS.format(folder=folder)
    log = folder / "log"
    try:
        process.run(
            as_user("postgres", [*control, "-l", str(log), "-o", options, "start"]),
            limit_s=START_S + 30,
        )  # fmt: skip
        yield tools, f"host={folder} user=postgres"
    finally:
        with contextlib.suppress(ProcessError):
            process.run(as_user("postgres", [*control, "-m", "immediate", "stop"]), limit_s=START_S)


def newest_postgresql(versions: Path = PG_VERSIONS) -> Path:
    """Return the folder of the newest version's programs. Raises ProcessError."""
    found = [path for path in versions.glob("*/bin") if (path / "initdb").exists()]
    if not found:
        raise ProcessError("PostgreSQL n'est pas installé sur cet hôte")
    return max(found, key=lambda path: float(path.parent.name))


def _mariadb(dump: Path, folder: Path) -> Counted:
    with _mariadb_server(folder) as client:
        process.run([*client, "-e", f"create database {NAME}"], limit_s=QUERY_S)
        with dump.open("rb") as file:
            process.run([*client, NAME], limit_s=LOAD_S, stdin=file)
        tables = process.run([*client, NAME, "-e", MARIADB_TABLES], limit_s=QUERY_S).splitlines()
        rows = 0
        for table in tables:
            query = f"select count(*) from {NAME}.{table}"  # noqa: S608 - quoted by the server
            rows += int(process.run([*client, "-e", query], limit_s=QUERY_S))
    return Counted(len(tables), rows)


@contextmanager
def _mariadb_server(folder: Path) -> Iterator[list[str]]:
    """Run a server of its own; yield the client's command."""
    shutil.chown(folder, "mysql", "mysql")
    data, socket = folder / "data", folder / "socket"
    process.run(
        ["mariadb-install-db", "--no-defaults", f"--datadir={data}", "--user=mysql",
         "--auth-root-authentication-method=normal", "--skip-test-db"],
        limit_s=START_S,
    )  # fmt: skip
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            ["mariadbd", "--no-defaults", f"--datadir={data}", f"--socket={socket}",
             "--skip-networking", "--user=mysql", f"--pid-file={folder}/pid",
             "--innodb-buffer-pool-size=32M", "--innodb-flush-log-at-trx-commit=0"],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/",
            env={"PATH": process.PATH},
        )  # fmt: skip
    try:
        client = ["mariadb", "--no-defaults", f"--socket={socket}", "--user=root", "-N", "-B", "-r",
                  "--default-character-set=utf8mb4"]  # fmt: skip
        _wait_for_mariadb(server, client)
        yield client
    finally:
        server.terminate()
        try:
            server.wait(START_S)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _wait_for_mariadb(server: subprocess.Popen[bytes], client: list[str]) -> None:
    end = time.monotonic() + START_S
    while True:
        try:
            process.run([*client, "-e", "select 1"], limit_s=10)
        except ProcessError as error:
            if server.poll() is not None or time.monotonic() > end:
                raise ProcessError(
                    f"le serveur MariaDB d'essai ne démarre pas : {error}"
                ) from error
            time.sleep(0.3)
        else:
            return


def _sqlite(dump: Path) -> Counted:
    with contextlib.closing(sqlite3.connect(read_only(dump), uri=True)) as copy:
        (verdict,) = copy.execute("PRAGMA integrity_check(1)").fetchone()
        if verdict != "ok":
            raise ProcessError(f"la base SQLite est abîmée : {verdict}")
        names = [
            name
            for (name,) in copy.execute(
                "select name from sqlite_master where type = 'table' and name not like 'sqlite_%'"
            )
        ]
        rows = 0
        for name in names:
            quoted = name.replace('"', '""')
            query = f'select count(*) from "{quoted}"'  # noqa: S608 - quoted above
            (count,) = copy.execute(query).fetchone()
            rows += count
    return Counted(len(names), rows)


@contextmanager
def folder_for(path: Path) -> Iterator[Path]:
    """Have an empty folder of root's while the block lasts; what a killed run left goes first."""
    remove(path)
    path.mkdir(mode=0o711, parents=True)
    path.chmod(0o711)
    try:
        yield path
    finally:
        remove(path)


def remove(path: Path) -> None:
    """Remove a folder and all below it; nothing to do is fine."""
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(path)


def inside(folder: Path, name: str) -> Path:
    """Make a folder that every account may enter."""
    made = folder / name
    made.mkdir(mode=0o711)
    made.chmod(0o711)  # whatever the umask
    return made

"""What a town hall would have on its hosts before the first deploy: data, and a second disk."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from mairie.lab.containers import Lab
from mairie.plan.host import HostPlan

ACTS = 200
"""Rows of the table that stands for an application's data."""
DISK_MIB = 256


def fill(lab: Lab, plans: Iterable[HostPlan]) -> None:
    """Give hosts the SQLite bases that their plans declare, and the disk of their second copy.

    Servers of databases (PostgreSQL, MariaDB) are not the lab's to install.

    Raises:
        LabError: a host refuses.

    """
    for plan in plans:
        databases = plan.backup.databases if plan.backup else ()
        bases = [base.source for base in databases if base.engine == "sqlite"]
        if bases:
            lab.put(plan.name, dict.fromkeys(bases, register()), mode=0o600)
        plug_disk(lab, plan)


def plug_disk(lab: Lab, plan: HostPlan) -> None:
    """Mount an empty disk where a plan wants its second copy; nothing where it wants none.

    Raises:
        LabError: the host refuses.

    """
    if plan.backup is not None and plan.backup.local_target:
        mount = f'mkdir -p "$1" && mount -t tmpfs -o size={DISK_MIB}M,mode=755 disk "$1"'
        lab.check(plan.name, ["sh", "-c", mount, "sh", plan.backup.local_target])


def register() -> bytes:
    """Return a small SQLite base, always the same."""
    base = sqlite3.connect(":memory:")
    base.execute("create table acte (numero integer primary key, titre text)")
    acts = [(f"Acte {number}",) for number in range(1, ACTS + 1)]
    base.executemany("insert into acte (titre) values (?)", acts)
    base.commit()
    content = base.serialize()
    base.close()
    return content

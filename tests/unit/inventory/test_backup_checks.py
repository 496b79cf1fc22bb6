"""What only backups can get wrong: the exact sentence, for each."""

# ruff: noqa: E501 - sentences are compared whole

from __future__ import annotations

import pytest

from mairie.model.base import check_absolute
from tests.unit.inventory.small import Inventory
from tests.unit.inventory.test_checks import RAPA, RURUTU, SYNDICATE, Case

BOX = "        ports: {admin: eth1, servers: eth2, agents: eth3}\n"


def box(backup: str) -> str:
    return f"{BOX}        backup: {backup}\n"


def override(backup: str) -> str:
    return f"demo: true\noverrides: {{backup: {backup}}}\n"


CASES: tuple[Case, ...] = (
    (
        "relative folder",
        RAPA,
        BOX,
        box("{folders: [/srv/a, srv/b]}"),
        [
            'communes/rapa.yaml:18: sites.mairie.hosts.box.backup.folders[1]: "srv/b" is not an absolute path; write it from the root, without "." or ".." and without a slash at the end, such as /srv/partage'
        ],
    ),
    (
        "folder with a slash at its end",
        RAPA,
        BOX,
        box("{folders: [/srv/b/]}"),
        [
            'communes/rapa.yaml:18: sites.mairie.hosts.box.backup.folders[0]: "/srv/b/" is not an absolute path; write it from the root, without "." or ".." and without a slash at the end, such as /srv/partage'
        ],
    ),
    (
        "folder of the kernel",
        RAPA,
        BOX,
        box("{folders: [/srv, /proc/sys]}"),
        [
            "communes/rapa.yaml:18: sites.mairie.hosts.box.backup.folders[1]: /proc/sys is made anew at each start and holds no data; remove it"
        ],
    ),
    (
        "relative local target",
        RAPA,
        BOX,
        box("{local: mnt/copie}"),
        [
            'communes/rapa.yaml:18: sites.mairie.hosts.box.backup.local: "mnt/copie" is not an absolute path; write it from the root, without "." or ".." and without a slash at the end, such as /srv/partage'
        ],
    ),
    (
        "local target inside what is saved",
        RAPA,
        BOX,
        box("{local: /srv/copie}"),
        [
            "communes/rapa.yaml:18: sites.mairie.hosts.box.backup.local: /srv/copie is inside /srv, which is saved: the copy would hold itself; take a folder elsewhere, such as /mnt/copie"
        ],
    ),
    (
        "quota too small",
        RAPA,
        BOX,
        box("{quota: 500M}"),
        [
            "communes/rapa.yaml:18: sites.mairie.hosts.box.backup.quota: 500M is out of range; allowed: 1G to 1000T"
        ],
    ),
    (
        "quota far too small",
        RAPA,
        BOX,
        box("{quota: 1000}"),
        [
            "communes/rapa.yaml:18: sites.mairie.hosts.box.backup.quota: 1000 is out of range; allowed: 1G to 1000T"
        ],
    ),
    (
        "quota in words",
        RAPA,
        BOX,
        box("{quota: beaucoup}"),
        [
            'communes/rapa.yaml:18: sites.mairie.hosts.box.backup.quota: not a size; write bytes with M, G or T, such as "20G"'
        ],
    ),
    (
        "class",
        RAPA,
        BOX,
        box("{class: standart}"),
        [
            'communes/rapa.yaml:18: sites.mairie.hosts.box.backup.class: unknown class "standart"; did you mean "standard"?'
        ],
    ),
    (
        "exclude",
        RAPA,
        BOX,
        box('{excludes: [""]}'),
        [
            'communes/rapa.yaml:18: sites.mairie.hosts.box.backup.excludes[0]: "" is not allowed; write a name or a path, with * and ?, such as *.iso'
        ],
    ),
    (
        "two databases of one name",
        RAPA,
        BOX,
        box("{databases: {registre: {engine: postgresql}, registre: {engine: mariadb}}}"),
        [
            "communes/rapa.yaml:18: sites.mairie.hosts.box.backup.databases.registre: key written twice; it is already on line 18"
        ],
    ),
    (
        "one database twice",
        RAPA,
        BOX,
        box(
            "{databases: {registre: {engine: postgresql}, copie: {engine: postgresql, source: registre}}}"
        ),
        [
            'communes/rapa.yaml:18: sites.mairie.hosts.box.backup.databases.copie.source: registre is already saved as "registre"; remove one of them'
        ],
    ),
    (
        "engine",
        RAPA,
        BOX,
        box("{databases: {registre: {engine: oracle}}}"),
        [
            'communes/rapa.yaml:18: sites.mairie.hosts.box.backup.databases.registre.engine: "oracle" is not allowed; allowed: postgresql, mariadb, sqlite'
        ],
    ),
    (
        "SQLite without file",
        RAPA,
        BOX,
        box("{databases: {registre: {engine: sqlite}}}"),
        [
            "communes/rapa.yaml:18: sites.mairie.hosts.box.backup.databases.registre: an SQLite database is a file; write source: with its absolute path"
        ],
    ),
    (
        "SQLite with a relative file",
        RAPA,
        BOX,
        box("{databases: {registre: {engine: sqlite, source: srv/registre.db}}}"),
        [
            'communes/rapa.yaml:18: sites.mairie.hosts.box.backup.databases.registre.source: "srv/registre.db" is not an absolute path; write it from the root, without "." or ".." and without a slash at the end, such as /srv/partage'
        ],
    ),
    (
        "path of a server's database",
        RAPA,
        BOX,
        box("{databases: {registre: {engine: postgresql, source: /srv/registre}}}"),
        [
            'communes/rapa.yaml:18: sites.mairie.hosts.box.backup.databases.registre.source: "/srv/registre" is a path; write the name that postgresql knows'
        ],
    ),
    (
        "database that would be an option",
        RAPA,
        BOX,
        box("{databases: {registre: {engine: mariadb, source: --all-databases}}}"),
        [
            'communes/rapa.yaml:18: sites.mairie.hosts.box.backup.databases.registre.source: "--all-databases" is not allowed; write the name of a database, or the absolute path of its file'
        ],
    ),
    (
        "slot outside the night",
        RURUTU,
        "index: 44\n",
        "index: 44\nbackup: {slot: 8}\n",
        ["communes/rurutu.yaml:7: backup.slot: the night has no slot 8; allowed: 0 to 7"],
    ),
    (
        "class kept longer than the law allows",
        SYNDICATE,
        "demo: true\n",
        override("{classes: {video: {monthly: 2}}}"),
        [
            "syndicate.yaml:27: overrides.backup.classes.video: its copies grow 62 days old; allowed: 30 at most (Code de la sécurité intérieure, art. L252-5 : un mois au plus; to be checked); keep fewer"
        ],
    ),
    (
        "bounds that a person has read",
        SYNDICATE,
        "demo: true\n",
        override(
            '{classes: {standard: {daily: 100, legal: {maximum_days: 90, source: Délibération 12, checked: "2026-03-02"}}}}'
        ),
        [
            "syndicate.yaml:27: overrides.backup.classes.standard: its copies grow 372 days old; allowed: 90 at most (Délibération 12, checked on 2026-03-02); keep fewer"
        ],
    ),
    (
        "bounds that exclude each other",
        SYNDICATE,
        "demo: true\n",
        override("{classes: {video: {legal: {minimum_days: 40}}}}"),
        [
            "syndicate.yaml:27: overrides.backup.classes.video: at least 40 days and at most 30 cannot be; correct legal"
        ],
    ),
    (
        "day that is no date",
        SYNDICATE,
        "demo: true\n",
        override("{classes: {video: {legal: {checked: hier}}}}"),
        [
            'syndicate.yaml:27: overrides.backup.classes.video.legal.checked: "hier" is not a date; write year, month and day, such as 2026-03-02'
        ],
    ),
    (
        "class gone before the law allows",
        SYNDICATE,
        "demo: true\n",
        override("{classes: {accounting: {yearly: 5}}}"),
        [
            "syndicate.yaml:27: overrides.backup.classes.accounting: its copies are gone after 1830 days; allowed: 3650 at least (Instruction DAF/DPACI/RES/2009/018 du 28 août 2009 : pièces comptables gardées dix ans, à relire avec la note d'information du 31 janvier 2018 ; le plafond de onze ans est le choix de cette référence; to be checked); keep more"
        ],
    ),
    (
        "default class",
        SYNDICATE,
        "demo: true\n",
        override("{retention: normal}"),
        [
            'syndicate.yaml:27: overrides.backup.retention: unknown class "normal"; allowed: standard, video, accounting'
        ],
    ),
    (
        "default quota",
        SYNDICATE,
        "demo: true\n",
        override("{quota: 200M}"),
        ["syndicate.yaml:27: overrides.backup.quota: 200M is out of range; allowed: 1G to 1000T"],
    ),
    (
        "more slots than a day",
        SYNDICATE,
        "demo: true\n",
        override("{night: {slots: 24, slot_minutes: 90}}"),
        [
            "syndicate.yaml:27: overrides.backup.night.slots: 24 slots of 90 minutes are more than a day; allowed: 1 to 16"
        ],
    ),
    (
        "window longer than its slot",
        SYNDICATE,
        "demo: true\n",
        override("{night: {window_minutes: 61}}"),
        [
            "syndicate.yaml:27: overrides.backup.night.window_minutes: 61 minutes do not fit in a slot of 60; allowed: 5 to 60"
        ],
    ),
    (
        "maintenance in the night",
        SYNDICATE,
        "demo: true\n",
        override('{maintenance_at: "02:00"}'),
        [
            'syndicate.yaml:27: overrides.backup.maintenance_at: hosts save themselves to "hub" within the hour after 02:00; allowed: 03:59 to 21:00 (its own time)'
        ],
    ),
    (
        "two ports of the store",
        SYNDICATE,
        "demo: true\n",
        "demo: true\noverrides: {services: {backup: [tcp/8000, tcp/8001]}}\n",
        [
            "syndicate.yaml:27: overrides.services.backup: tcp/8000, tcp/8001: hubs keep backups behind one TCP port; write [tcp/8000]"
        ],
    ),
    (
        "more hosts of a site than slots",
        SYNDICATE,
        "demo: true\n",
        override("{night: {slots: 1}}"),
        [
            "communes/rurutu.yaml:13: sites.mairie.hosts: 2 hosts on one uplink need as many slots, but the night has 1; have fewer hosts, or raise backup.night.slots"
        ],
    ),
)


@pytest.mark.parametrize("case", CASES, ids=[case[0] for case in CASES])
def test_exact_sentence(inventory: Inventory, case: Case) -> None:
    _, file, old, new, expected = case
    inventory.replace(file, old, new)
    assert inventory.errors() == expected


def crowded(inventory: Inventory, limit: int = 1) -> Inventory:
    inventory.replace(SYNDICATE, "demo: true\n", override(f"{{at_once: {limit}}}"))
    return inventory


def test_a_night_that_is_full_names_the_free_slots(inventory: Inventory) -> None:
    crowded(inventory).replace(RAPA, "index: 41\n", "index: 52\n")
    assert inventory.errors() == [
        'communes/rapa.yaml:6: index: 2 hosts would save themselves to "hub" at 01:14, allowed: 1; write backup: {slot: 0}; free slots: 0, 1, 2, 3, 7'
    ]
    inventory.replace(RAPA, "index: 52\n", "index: 52\nbackup: {slot: 0}\n")
    assert inventory.errors() == []


def test_a_written_slot_that_is_full(inventory: Inventory) -> None:
    crowded(inventory).replace(RURUTU, "index: 44\n", "index: 44\nbackup: {slot: 1}\n")
    assert inventory.errors() == [
        'communes/rurutu.yaml:7: backup.slot: 2 hosts would save themselves to "hub" at 22:14, allowed: 1; free slots: 2, 3, 4, 5, 6'
    ]


def test_a_night_without_a_free_slot(inventory: Inventory) -> None:
    inventory.replace(SYNDICATE, "demo: true\n", override("{at_once: 1, night: {slots: 3}}"))
    assert inventory.errors() == [
        'communes/rurutu.yaml:6: index: 2 hosts would save themselves to "hub" at 23:14, allowed: 1; no slot is free: raise backup.at_once in the overrides of syndicate.yaml'
    ]


def test_hosts_of_two_time_zones_meet_in_one_time(inventory: Inventory) -> None:
    """21:30 in the Marquesas is 21:00 in Tahiti: half an hour of one slot, half of the next."""
    crowded(inventory).replace(
        RAPA, "timezone: Pacific/Tahiti\nindex: 41", "timezone: Pacific/Marquesas\nindex: 43"
    )
    assert inventory.errors() == []
    inventory.replace(RAPA, "index: 43", "index: 45")
    (error,) = inventory.errors()
    assert error.startswith(
        'communes/rapa.yaml:6: index: 2 hosts would save themselves to "hub" at 02:'
    )
    assert error.endswith("allowed: 1; write backup: {slot: 0}; free slots: 0, 1, 2, 3")


@pytest.mark.parametrize("path", ["", "/", "//", "srv", "/srv/", "/srv//a", "/srv/../etc", "/./a"])
def test_paths_that_are_not_absolute(path: str) -> None:
    with pytest.raises(ValueError, match="is not an absolute path"):
        check_absolute(path)


@pytest.mark.parametrize("path", ["/srv", "/srv/a b", "/srv/été", "/srv/.cache", "/srv/..."])
def test_paths_that_are(path: str) -> None:
    assert check_absolute(path) == path

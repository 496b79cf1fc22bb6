"""Files that are not YAML, not text or not files: one sentence each, and the others still read."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from mairie.inventory import load
from mairie.inventory.yaml_nodes import MAX_BYTES, MAX_DEPTH, Document, parse
from tests.unit.inventory.small import RAPA, Inventory

FILE = "communes/rapa.yaml"

NOT_YAML: tuple[tuple[str, str | bytes, str], ...] = (
    ("empty", "", "1: the file is empty"),
    ("comments only", "# nothing\n", "1: the file is empty"),
    (
        "bracket",
        'insee: "98741"\nname: [Rapa\nisland: Rapa\n',
        "3: YAML syntax: did not find expected ',' or ']'; check that every [ and { is closed",
    ),
    (
        "quote",
        'insee: "98741\n',
        "2: YAML syntax: found unexpected end of stream; a quote is opened and never closed",
    ),
    (
        "colon",
        "name: Rapa: Iti\n",
        "1: YAML syntax: mapping values are not allowed in this context; "
        'put text that contains ": " in quotes',
    ),
    (
        "tab",
        "sites:\n\tmairie: 1\n",
        "2: YAML syntax: found character that cannot start any token; "
        "put text that starts with this character in quotes",
    ),
    ("NUL", b"name: Ra\0pa\n", "1: YAML syntax: character U+0000 is not allowed"),
    (
        "latin-1",
        "name: R\xe9pa\n".encode("latin-1"),
        "1: not UTF-8 (byte 0xe9); save the file as UTF-8",
    ),
    (
        "UTF-16",
        "name: Rapa\n".encode("utf-16"),
        "1: not UTF-8 (byte 0xff); save the file as UTF-8",
    ),
    (
        "two documents",
        f"{RAPA}---\n{RAPA}",
        "18: a second document starts here (---); keep one per file",
    ),
    ("nesting", "[" * 100_000, f"1: nested more than {MAX_DEPTH} levels deep"),
    ("key that is a list", "? [a]\n: 1\n", "1: a key must be text"),
    ("large", "#" * (MAX_BYTES + 1), " is larger than 512 kB; this cannot be an inventory file"),
)


@pytest.mark.parametrize(
    ("content", "expected"), [c[1:] for c in NOT_YAML], ids=[c[0] for c in NOT_YAML]
)
def test_not_yaml(inventory: Inventory, content: str | bytes, expected: str) -> None:
    inventory.write(FILE, content)
    # Rurutu's file is still checked.
    inventory.replace(
        "communes/rurutu.yaml", "trunk: eth1}\n      srv", "trunk: eth1, x: 1}\n      srv"
    )
    first, *others = inventory.errors()
    assert first == f"{FILE}:{expected}"
    assert [line.split(":")[0] for line in others] == ["communes/rurutu.yaml"]


INSIDE: tuple[tuple[str, str, str, str], ...] = (
    (
        "duplicate key",
        "island: Rapa\n",
        "name: Iti\n",
        "4: name: key written twice; it is already on line 2",
    ),
    (
        "duplicate key inside",
        "wan: eth0\n",
        "wan: eth0\n        wan: eth0\n",
        "17: sites.mairie.hosts.box.wan: key written twice; it is already on line 16",
    ),
    (
        "anchor",
        "island: Rapa\n",
        "island: &here Rapa\n",
        "4: island: anchors and aliases are not used here; write the value out",
    ),
    (
        "alias",
        "island: Rapa\n",
        "island: *here\n",
        "4: island: anchors and aliases are not used here; write the value out",
    ),
    (
        "tag",
        "island: Rapa\n",
        "island: !!python/name:os.system Rapa\n",
        "4: island: tags are not used here; remove tag:yaml.org,2002:python/name:os.system",
    ),
    (
        "control character",
        "label: Mairie\n",
        'label: "Mairie\\u0007"\n',
        "11: sites.mairie.label: character U+0007 is not allowed in a text",
    ),
    (
        "text that turns around",
        "label: Mairie\n",
        'label: "Mairie\\u202E"\n',
        "11: sites.mairie.label: character U+202E is not allowed in a text",
    ),
    (
        "several lines",
        "label: Mairie\n",
        "label: |\n      Mairie\n      de Rapa\n",
        "11: sites.mairie.label: character U+000A is not allowed in a text; write it on one line",
    ),
)


@pytest.mark.parametrize("case", INSIDE, ids=[case[0] for case in INSIDE])
def test_yaml_that_is_not_used(inventory: Inventory, case: tuple[str, str, str, str]) -> None:
    _, old, new, expected = case
    inventory.replace(FILE, old, new)
    assert inventory.errors() == [f"{FILE}:{expected}"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("22:00", "22:00"),
        ("no", "no"),
        ("On", "On"),
        ("0o17", "0o17"),
        ("007", "007"),
        ("1_000", "1_000"),
        ("0x1F", "0x1F"),
        ("2026-11-21", "2026-11-21"),
        (".inf", ".inf"),
        ("4g", "4g"),
        ("1e3", "1e3"),
        ("9" * 30, "9" * 30),
        ("44", 44),
        ("-1", -1),
        ("1.5", 1.5),
        ("true", True),
        ("~", None),
        ('"44"', "44"),
    ],
)
def test_scalars_follow_yaml_1_2(text: str, value: object) -> None:
    document = Document("file.yaml")
    parse(f"key: {text}\n", document)
    assert document.data == {"key": value}
    assert type(document.data["key"]) is type(value)


def test_byte_order_mark_and_windows_lines_are_read(inventory: Inventory) -> None:
    inventory.write(FILE, b"\xef\xbb\xbf" + RAPA.replace("\n", "\r\n").encode())
    assert inventory.errors() == []


def test_anchors_cannot_multiply(inventory: Inventory) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    inventory.write(FILE, "\n".join(lines))
    assert any("anchors and aliases are not used here" in line for line in inventory.errors())


def test_folder_in_place_of_a_file(inventory: Inventory) -> None:
    (inventory.folder / FILE).unlink()
    (inventory.folder / FILE).mkdir()
    assert inventory.errors() == [f"{FILE}: is a folder; a YAML file is expected here"]


def test_links_that_lead_nowhere(inventory: Inventory) -> None:
    path = inventory.folder / FILE
    path.unlink()
    path.symlink_to("nowhere.yaml")
    assert inventory.errors() == [f"{FILE}: is a link that leads nowhere; write the file"]
    path.unlink()
    path.symlink_to(path.name)
    assert len(inventory.errors()) == 1


def test_pipe_in_place_of_a_file(inventory: Inventory) -> None:
    (inventory.folder / FILE).unlink()
    os.mkfifo(inventory.folder / FILE)
    assert inventory.errors() == [f"{FILE}: is not an ordinary file; a YAML file is expected here"]


def test_unreadable_file(inventory: Inventory, monkeypatch: pytest.MonkeyPatch) -> None:
    read_bytes = Path.read_bytes

    def refuse(path: Path) -> bytes:
        if path.name == "rapa.yaml":  # a mode of 0 would not stop root
            raise PermissionError(errno.EACCES, "Permission denied")
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert inventory.errors() == [f"{FILE}: cannot be read: permission denied"]


def test_other_names_of_files(inventory: Inventory) -> None:
    inventory.write("communes/tubuai.yml", RAPA)
    inventory.write("communes/.rapa.yaml.swp", "x")
    inventory.write("communes/notes.txt", "x")
    assert inventory.errors() == ["communes/tubuai.yml: is not read; name it tubuai.yaml"]


def test_name_of_a_commune_file(inventory: Inventory) -> None:
    (inventory.folder / FILE).rename(inventory.folder / "communes" / "Rapa Iti.yaml")
    assert (
        'communes/Rapa Iti.yaml: the file name "Rapa Iti" is the start of host names; rename it '
        "with lower-case letters, digits and single hyphens, at most 40, such as rurutu.yaml"
    ) in inventory.errors()


def test_commune_with_the_name_of_a_hub(inventory: Inventory) -> None:
    (inventory.folder / FILE).rename(inventory.folder / "communes" / "hub.yaml")
    assert (
        'communes/hub.yaml: "hub" is already a hub (syndicate.yaml:7); rename the file or the hub'
    ) in inventory.errors()


def test_host_name_too_long(inventory: Inventory) -> None:
    stem = "c" * 40
    (inventory.folder / FILE).rename(inventory.folder / "communes" / f"{stem}.yaml")
    inventory.replace(f"communes/{stem}.yaml", "      box:", f"      {'b' * 24}:")
    name = f"{stem}-mairie-{'b' * 24}"
    assert (
        f'communes/{stem}.yaml:14: sites.mairie.hosts.{"b" * 24}: the host name "{name}" has 72 '
        "characters; at most 63 (RFC 1035): shorten the commune, the site or the host"
    ) in inventory.errors()


def test_two_hosts_with_one_name(inventory: Inventory) -> None:
    inventory.write(
        "communes/rurutu-mairie.yaml", RAPA.replace("98741", "98753").replace("41", "53")
    )
    inventory.replace("communes/rurutu-mairie.yaml", "name: Rapa", "name: Tubuai")
    inventory.replace("communes/rurutu-mairie.yaml", "  mairie:", "  gw:")
    inventory.replace("communes/rurutu.yaml", "  ecole:", "  mairie-gw:")
    inventory.replace(
        "communes/rurutu.yaml",
        "voice]\n    hosts:\n      gw:",
        "voice]\n    hosts:\n      box:",
    )
    assert (
        'communes/rurutu-mairie.yaml:14: sites.gw.hosts.box: "rurutu-mairie-gw-box" is already the '
        "name of another machine (communes/rurutu.yaml:23); rename one of them"
    ) in inventory.errors()


def test_no_inventory(tmp_path: Path) -> None:
    folder = tmp_path / "nowhere"
    inventory = Inventory.__new__(Inventory)
    inventory.folder = folder
    assert inventory.errors() == [
        f"{folder}: no such folder; an inventory is a folder with syndicate.yaml and communes/"
    ]


def test_no_syndicate_file(inventory: Inventory) -> None:
    (inventory.folder / "syndicate.yaml").unlink()
    assert inventory.errors() == ["syndicate.yaml: no such file"]


def test_communes_are_checked_beside_a_broken_syndicate(inventory: Inventory) -> None:
    inventory.write("syndicate.yaml", "name: [")
    inventory.replace(FILE, "index: 41", "index: 44")
    inventory.replace(FILE, "servers: eth2", "servers: eth1")
    assert [line.split(": ", 1)[0] for line in inventory.errors()] == [
        "communes/rapa.yaml:17",
        "communes/rurutu.yaml:6",
        "syndicate.yaml:2",
    ]


def test_communes_folder_that_is_a_file(inventory: Inventory) -> None:
    for path in (inventory.folder / "communes").iterdir():
        path.unlink()
    (inventory.folder / "communes").rmdir()
    inventory.write("communes", "x")
    assert inventory.errors() == ["communes: is a file; a folder is expected here"]


def test_no_commune_yet(inventory: Inventory) -> None:
    for path in (inventory.folder / "communes").iterdir():
        path.unlink()
    (inventory.folder / "communes").rmdir()
    assert inventory.errors() == []


def test_no_public_keys_yet(inventory: Inventory) -> None:
    (inventory.folder / "secrets/public.yaml").unlink()
    assert inventory.errors() == [
        'secrets/public.yaml: no such file; run "mairie secrets generate"'
    ]
    assert inventory.errors(secrets=False) == []


def test_what_is_loaded(inventory: Inventory) -> None:
    territory = load(inventory.folder)
    assert territory.name == inventory.folder.name
    assert list(territory.communes) == ["rapa", "rurutu"]
    assert territory.communes["rapa"].uplinks[0].down == 10_000_000
    assert territory.public_keys["hub"].next is None
    assert territory.layers["all"]["segments"]["voice"]["vlan"] == 30


def test_more_sites_than_fit(inventory: Inventory) -> None:
    inventory.replace(
        "syndicate.yaml",
        "domain: essai.example\n",
        "domain: essai.example\naddressing: {site: {ipv4: 18, ipv6: 60}}\n",
    )
    more = "".join(
        f"  annexe{n}:\n    label: A\n    segments: [admin]\n    hosts:\n"
        "      gw: {roles: [gateway], wan: eth0, trunk: eth1}\n"
        for n in range(4)
    )
    inventory.write(FILE, RAPA + more)
    assert f"{FILE}:9: sites: 5 sites; 4 fit in a commune's prefix" in inventory.errors()


def test_two_sites_whose_names_give_one_place(inventory: Inventory) -> None:
    inventory.replace("communes/rurutu.yaml", "    index: 1\n", "")
    inventory.replace("communes/rurutu.yaml", "index: 2\n", "index: 12\n")
    assert (
        "communes/rurutu.yaml:10: sites.mairie.index: 12, which follows from the name, is already "
        'site "ecole"; write index: with a free one: 0, 1, 2 …'
    ) in inventory.errors()

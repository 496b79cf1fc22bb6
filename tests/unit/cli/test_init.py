"""``mairie init``: a repository that checks, and to which a commune can be added."""

from __future__ import annotations

import ast
from ipaddress import IPv6Network
from pathlib import Path

import pytest

from mairie.cli.init import random_ula
from mairie.inventory import load
from tests.unit.cli.demo import INVENTORIES, mairie

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBi3Zts3b1r6h10575VUXyGzal8O4FTuzgUDrMx4gbBZ hina"


@pytest.fixture
def key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("MAIRIE_INVENTORY", "MAIRIE_IDENTITY", "MAIRIE_AGE_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    path = tmp_path / "id_ed25519.pub"
    path.write_text(KEY + "\n")
    return path


def start(folder: Path, key: Path, **changed: str) -> tuple[str, ...]:
    options = {
        "--name": "Syndicat d'essai",
        "--domain": "essai.example",
        "--timezone": "Pacific/Tahiti",
        "--technician": "hina",
        "--ssh-key": str(key),
        **changed,
    }
    return ("init", str(folder), *(word for pair in options.items() for word in pair))


def test_the_repository_checks_and_takes_a_commune(tmp_path: Path, key: Path) -> None:
    folder = tmp_path / "repository"
    outcome = mairie(*start(folder, key))
    assert outcome.code == 0, outcome.stderr
    inventory = folder / "inventories" / "syndicat-d-essai"
    assert mairie("check", inventory).stdout.splitlines()[0] == "0 communes, 1 host, no error"
    outcome = mairie("new", "Rurutu", "--uplink", "satellite:20M/4M", "-i", inventory)
    assert outcome.code == 0, outcome.stderr
    assert mairie("check", inventory).stdout.splitlines()[0] == "1 commune, 3 hosts, no error"
    territory = load(inventory)
    assert territory.syndicate.technicians["hina"].ssh_keys == (KEY,)
    assert not territory.syndicate.demo


def test_what_is_in_it(tmp_path: Path, key: Path) -> None:
    folder = tmp_path / "repository"
    assert mairie(*start(folder, key)).code == 0
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert files == {
        ".gitignore",
        ".gitlab-ci.yml",
        "README.md",
        "group_data/all.py",
        "inventories/syndicat-d-essai/secrets/hub.age",
        "inventories/syndicat-d-essai/secrets/others.yaml",
        "inventories/syndicat-d-essai/secrets/public.yaml",
        "inventories/syndicat-d-essai/secrets/recipients.yaml",
        "inventories/syndicat-d-essai/syndicate.yaml",
        "schemas/commune.schema.json",
        "schemas/syndicate.schema.json",
    }
    own = ast.parse((folder / "group_data" / "all.py").read_text())
    assert ast.get_docstring(own)
    schema = folder / "schemas" / "commune.schema.json"
    assert schema.read_text() == (INVENTORIES.parent / "schemas" / schema.name).read_text()
    check = "mairie check inventories/syndicat-d-essai"
    assert check in (folder / ".gitlab-ci.yml").read_text()


def test_answers(tmp_path: Path, key: Path) -> None:
    outcome = mairie(
        *("init", tmp_path / "repository", "--ask", "--ssh-key", key),
        answers="SIVU du Sud\nsivu.example\nteva\n\nPacific/Tahiti\n",
    )
    assert outcome.code == 0, outcome.stderr
    syndicate = load(tmp_path / "repository/inventories/sivu-du-sud").syndicate
    assert syndicate.hubs["hub"].endpoint == "hub.sivu.example:51820"


def test_a_folder_in_use_is_left_alone(tmp_path: Path, key: Path) -> None:
    outcome = mairie(*start(tmp_path, key))
    assert outcome.code == 2
    assert outcome.stderr == f"{tmp_path} is not empty; name a new folder, or an empty one\n"
    assert [path.name for path in tmp_path.iterdir()] == [key.name]


def test_a_file_in_place_of_the_folder(key: Path) -> None:
    outcome = mairie(*start(key, key))
    assert (outcome.code, outcome.stderr) == (2, f"{key} is a file; name a new folder\n")


@pytest.mark.parametrize("content", [b"-----BEGIN OPENSSH PRIVATE KEY-----\n", b"\xff", b"a\nb\n"])
def test_a_file_that_is_no_public_key(tmp_path: Path, key: Path, content: bytes) -> None:
    key.write_bytes(content)
    outcome = mairie(*start(tmp_path / "repository", key))
    assert outcome.code == 2
    assert outcome.stderr.startswith(f"{key} is not a public key that can also open secrets")
    assert not (tmp_path / "repository").exists()


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    outcome = mairie("init", tmp_path / "repository", "--no-ask")
    assert outcome.code == 2
    assert outcome.stderr == "--name is missing; give it, or answer the questions with --ask\n"


def test_what_the_models_refuse_is_said(tmp_path: Path, key: Path) -> None:
    outcome = mairie(*start(tmp_path / "repository", key, **{"--timezone": "Pacific/Tahit"}))
    assert outcome.code == 2
    assert 'unknown time zone "Pacific/Tahit"; did you mean "Pacific/Tahiti"?' in outcome.stderr


def test_random_prefix() -> None:
    drawn = {random_ula() for _ in range(20)}
    assert len(drawn) == 20
    for text in drawn:
        prefix = IPv6Network(text)
        assert prefix.prefixlen == 48
        assert prefix.subnet_of(IPv6Network("fd00::/8"))

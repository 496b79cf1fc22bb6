"""Phones opened from outside, on a host that is a script; one phone in the place of another."""

from __future__ import annotations

from pathlib import Path

import pytest

from mairie.cli.hosts import Hosts
from mairie.plan.host import HostPlan
from tests.lab.voip_inventory import write
from tests.unit.cli import demo
from tests.unit.cli.fake_host import FakeHost, fake_host

SERVER = "rurutu-mairie-srv"
OLD, NEW = "00:15:65:10:44:11", "00:15:65:aa:bb:cc"


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    return write(tmp_path / "demo")


@pytest.fixture
def rurutu(inventory: Path) -> Path:
    return inventory / "communes" / "rurutu.yaml"


def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> Path:
    """Make the telephone host a script. Return what it was asked."""

    def transport(_hosts: Hosts, plan: HostPlan) -> FakeHost:
        assert plan.name == SERVER
        return fake_host(tmp_path / SERVER, script, "mairie-phones")

    monkeypatch.setattr(Hosts, "transport", transport)
    return tmp_path / SERVER / "asked"


@pytest.mark.parametrize("target", ["rurutu", "rurutu-mairie", SERVER])
def test_a_commune_a_site_or_a_host(
    inventory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    asked = host(tmp_path, monkeypatch, "printf 'accueil\\n'")
    words = ("phone", "open", target, "accueil", "103", "--minutes", "5", "--by", "Hina")
    found = demo.mairie(*words, "-i", inventory)
    assert (found.code, found.stdout) == (0, "accueil\n")
    assert asked.read_text() == "open --minutes 5 --by Hina -- accueil 103\n"


@pytest.mark.parametrize("word", ["list", "log"])
def test_the_host_says_the_rest(
    inventory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, word: str
) -> None:
    asked = host(tmp_path, monkeypatch, "true")
    assert demo.mairie("phone", word, SERVER, "-i", inventory).code == 0
    assert asked.read_text() == f"{word}\n"


class Refusing:
    """A telephone host whose program has a reason."""

    def argv(self, _script: str, *_arguments: str) -> list[str]:
        return ["sh", "-c", "echo 'aucun poste x' >&2; exit 2"]

    def unreachable(self, _status: int, _stderr: str) -> str:
        return ""


def test_a_refusal_is_a_sentence(inventory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Hosts, "transport", lambda _hosts, _plan: Refusing())
    found = demo.mairie("phone", "open", SERVER, "x", "-i", inventory)
    assert (found.code, found.stderr) == (1, f"{SERVER}: aucun poste x\n")


def test_a_host_without_phones_is_a_sentence(inventory: Path) -> None:
    found = demo.mairie("phone", "list", "rurutu-ecole-gw", "-i", inventory)
    assert found.code == 2
    assert "rurutu-ecole-gw has none" in found.stderr


@pytest.mark.parametrize("typed", [OLD, OLD.upper(), OLD.replace(":", "-")])
def test_one_phone_in_the_place_of_another(inventory: Path, rurutu: Path, typed: str) -> None:
    before = rurutu.read_text()
    found = demo.mairie("phone", "swap", "rurutu", typed, NEW.upper(), "-i", inventory)
    assert (found.code, found.stdout) == (0, f"accueil, 101: {NEW}, a yealink-t31g\n")
    rotated = found.stderr.index("mairie secrets rotate rurutu --phone accueil")
    assert rotated < found.stderr.index("mairie deploy rurutu-mairie-gw rurutu-mairie-srv")
    assert rurutu.read_text() == before.replace(OLD, NEW)


def test_comments_and_other_sections_stay(inventory: Path, rurutu: Path) -> None:
    text = rurutu.read_text().replace("phones:\n", f"# {OLD}\nphones:\n  # {OLD} is broken\n")
    rurutu.write_text(text)
    assert demo.mairie("phone", "swap", "rurutu", OLD, NEW, "-i", inventory).code == 0
    assert rurutu.read_text() == NEW.join(text.rsplit(OLD, 1))


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("00:15:65:00:00:00", NEW, "no phone of rurutu has 00:15:65:00:00:00; there are: "),
        (OLD, "00:15:65:10:44:12", "nothing was changed: 00:15:65:10:44:12 cannot be there"),
        (OLD, "garbage", '"garbage" is no MAC address'),
        (OLD, "01:00:5e:00:00:01", "nothing was changed"),
    ],
)
def test_what_would_not_check_is_not_written(
    inventory: Path, rurutu: Path, old: str, new: str, sentence: str
) -> None:
    before = rurutu.read_bytes()
    found = demo.mairie("phone", "swap", "rurutu", old, new, "-i", inventory)
    assert found.code == 2, found.stdout
    assert sentence in found.stderr
    assert rurutu.read_bytes() == before


def test_an_address_written_twice_is_left_to_a_person(inventory: Path, rurutu: Path) -> None:
    text = rurutu.read_text().replace("label: Accueil,", f'label: "{OLD}",')
    rurutu.write_text(text)
    found = demo.mairie("phone", "swap", "rurutu", OLD, NEW, "-i", inventory)
    assert found.code == 2
    assert "is written 2 times under phones:" in found.stderr
    assert rurutu.read_text() == text


def test_show_says_where_phones_fetch_their_files(inventory: Path) -> None:
    found = demo.mairie("show", SERVER, "-i", inventory)
    said = " ".join(found.stdout.split())
    assert "1 grandstream, 1 snom, 2 yealink fetch their files from https://10.44.193.8/" in said
    assert (
        "fetch their files" not in demo.mairie("show", "rurutu-mairie-gw", "-i", inventory).stdout
    )

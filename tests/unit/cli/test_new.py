"""``mairie new``: a commune from options or answers, its secrets, and nothing overwritten."""

from __future__ import annotations

from pathlib import Path

import pytest

from mairie.cli._skeletons import yaml_text
from mairie.inventory import load
from tests.unit.cli.demo import copy, mairie


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("MAIRIE_INVENTORY", "MAIRIE_IDENTITY", "MAIRIE_AGE_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return copy(tmp_path)


def test_official_facts_and_the_next_index_are_proposed(demo: Path) -> None:
    outcome = mairie("new", "Tubuai", "--uplink", "satellite:20M/4M:600", "-i", demo)
    assert outcome.code == 0, outcome.stderr
    assert (demo / "communes" / "tubuai.yaml").read_text() == (
        "# yaml-language-server: $schema=../../../schemas/commune.schema.json\n"
        'insee: "98753"\n'
        "name: Tubuai\n"
        "archipelago: australes\n"
        "island: Tubuai\n"
        "timezone: Pacific/Tahiti\n"
        "index: 45                      # its place in the addressing plan: never reused\n"
        "uplinks:\n"
        "  - {kind: satellite, down: 20M, up: 4M, rtt_ms: 600}\n"
        "sites:\n"
        "  mairie:\n"
        "    label: Mairie de Tubuai\n"
        "    hosts:\n"
        "      gw: {roles: [gateway], wan: eth0, trunk: eth1}\n"
        "      srv: {roles: [server]}\n"
    )
    assert "tubuai-mairie-gw" in load(demo).public_keys
    assert mairie("check", demo).stdout.splitlines()[0] == "3 communes, 7 hosts, no error"


def test_a_commune_whose_slot_is_full_gets_another(demo: Path) -> None:
    with (demo / "syndicate.yaml").open("a") as stream:
        stream.write("overrides:\n  backup: {at_once: 1}\n")
    arguments = ("new", "Tubuai", "--uplink", "satellite:20M/4M:600", "-i", demo)
    assert mairie(*arguments).code == 0
    text = (demo / "communes" / "tubuai.yaml").read_text()
    assert text.splitlines()[6:8] == [
        "index: 45                      # its place in the addressing plan: never reused",
        "backup: {slot: 2}              # the slot of the night that its index gives is full",
    ]
    assert mairie("check", demo).code == 0


def test_a_full_night_is_said_and_nothing_is_written(demo: Path) -> None:
    with (demo / "syndicate.yaml").open("a") as stream:
        stream.write("overrides:\n  backup: {at_once: 1, night: {slots: 6}}\n")
    sites = ("--site", "mairie", "--site", "ecole")
    outcome = mairie("new", "Tubuai", "--uplink", "satellite:20M/4M:600", *sites, "-i", demo)
    assert outcome.code == 2
    assert "no slot is free: raise backup.at_once" in outcome.stderr
    assert not (demo / "communes" / "tubuai.yaml").exists()


def test_several_uplinks_and_sites(demo: Path) -> None:
    outcome = mairie(
        *("new", "Tubuai", "-i", demo, "--uplink", "satellite:20M/4M:600"),
        *("--uplink", "4g:10M/2M", "--site", "mairie", "--site", "ecole=École: primaire"),
    )
    assert outcome.code == 0, outcome.stderr
    commune = load(demo).communes["tubuai"]
    assert commune.sites["ecole"].label == "École: primaire"
    assert commune.sites["ecole"].hosts["gw"].wan == {"satellite": "eth0", "4g": "eth2"}
    assert [uplink.rtt_ms for uplink in commune.uplinks] == [600, None]


def test_answers(demo: Path) -> None:
    outcome = mairie(
        *("new", "--ask", "--small", "-i", demo),
        answers="Raivavae\n\n\n\n\n47\nsatellite:20M/4M\n\n",
    )
    assert outcome.code == 0, outcome.stderr
    commune = load(demo).communes["raivavae"]
    assert (commune.insee, commune.index) == ("98739", 47)
    assert commune.sites["mairie"].hosts["box"].roles == ("gateway", "server")


def test_a_commune_of_no_list(demo: Path) -> None:
    outcome = mairie(
        *("new", "L'Île-d'Yeu", "-i", demo, "--insee", "85113", "--timezone", "Europe/Paris"),
        *("--uplink", "fibre:100M/50M"),
    )
    assert outcome.code == 0, outcome.stderr
    commune = load(demo).communes["l-ile-d-yeu"]
    assert (commune.name, commune.archipelago) == ("L'Île-d'Yeu", None)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("Tubuai",),
            "--uplink (KIND:DOWN/UP[:RTT_MS], such as satellite:20M/4M:600) is missing; give it, "
            "or answer the questions with --ask\n",
        ),
        (("Rapa",), "communes/rapa.yaml exists already; edit it, or choose another name\n"),
        (
            ("Atlantis",),
            "--insee is missing; give it, or answer the questions with --ask\n",
        ),
        (
            ("Tubuai", "--uplink", "satellite"),
            '"satellite" is not an uplink; write KIND:DOWN/UP[:RTT_MS], '
            "such as satellite:20M/4M:600\n",
        ),
        (
            ("Tubuai", "--uplink", "adsl:8M/1M"),
            '"adsl" is not allowed; allowed: fibre, dsl, 4g, satellite\n',
        ),
        (
            ("Tubuai", "--uplink", "fibre:8M/1M", "--index", "44"),
            "index: 44 is already Rurutu's (communes/rurutu.yaml:7); free: 45, 46, 47 …\n",
        ),
    ],
    ids=str,
)
def test_refusals_write_nothing(demo: Path, arguments: tuple[str, ...], message: str) -> None:
    before = {path: path.read_bytes() for path in demo.rglob("*") if path.is_file()}
    outcome = mairie("new", *arguments, "-i", demo)
    assert outcome.code == 2
    assert outcome.stderr.endswith(message)
    assert {path: path.read_bytes() for path in demo.rglob("*") if path.is_file()} == before


def test_a_broken_inventory_is_mended_first(demo: Path) -> None:
    (demo / "communes" / "rapa.yaml").write_text("name: [")
    outcome = mairie("new", "Tubuai", "--uplink", "fibre:8M/1M", "-i", demo)
    assert outcome.code == 2
    assert outcome.stderr.startswith(f"{demo}/communes/rapa.yaml:2: YAML syntax")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Mairie de Moerai", "Mairie de Moerai"),
        ("L'Île-d'Yeu", "L'Île-d'Yeu"),
        ("no", '"no"'),
        ("École: primaire", '"École: primaire"'),
        ('dit "le fort" #1', '"dit \\"le fort\\" #1"'),
        ("- tiret", '"- tiret"'),
        ("44", '"44"'),
    ],
)
def test_text_in_yaml(text: str, written: str) -> None:
    assert yaml_text(text) == written

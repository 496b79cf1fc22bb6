"""``mairie check``: a summary, or every error and exit code 2."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.cli.demo import copy, mairie


@pytest.fixture(autouse=True)
def no_identity_of_mine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("MAIRIE_INVENTORY", "MAIRIE_IDENTITY", "MAIRIE_AGE_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.mark.parametrize(
    ("name", "summary"),
    [
        ("demo", "2 communes, 5 hosts, no error\n"),
        (
            "polynesie",
            "48 communes, 100 hosts, no error\n"
            "to be checked: who answers 112, 15, 16, 17, 18 (Polynésie française) in nuku-hiva; "
            "ask, then write the day into checked: in telephony.territories\n"
            "one way out: calls of nuku-hiva leave by one uplink (fibre); while it is down no "
            "emergency call gets out; add a second one, such as 4G, and keep a charged mobile "
            "telephone beside the phones\n"
            "to be checked: what calls outside cost at most (Polynésie française) in nuku-hiva; "
            "compare with a contract, then write the day into checked: in "
            "telephony.territories.<territory>.outside\n"
            "to be checked: how long call records are kept, 180 days (CNIL, norme simplifiée n° 47 "
            "(autocommutateurs) : un an au plus ; sans valeur juridique depuis le RGPD, gardée "
            "comme repère ; 180 jours : choix de cette référence), in nuku-hiva; read the rules in "
            "force, then write the day into checked: in telephony.records\n",
        ),
    ],
)
def test_summary(tmp_path: Path, name: str, summary: str) -> None:
    copy(tmp_path)  # the identity of the demo opens its neighbours too
    folder = tmp_path / name if name == "demo" else copy(tmp_path, name)
    outcome = mairie("check", folder)
    assert (outcome.code, outcome.stdout, outcome.stderr) == (0, summary, "")


def test_without_identity_it_says_what_it_did_not_look_at(tmp_path: Path) -> None:
    folder = copy(tmp_path)
    (folder / "identity" / "demo-identity.txt").unlink()
    outcome = mairie("check", folder)
    assert outcome.code == 0
    first, second = outcome.stdout.splitlines()
    assert first == "2 communes, 5 hosts, no error"
    assert second.startswith("not looked at: the content of the secrets: no identity")


def test_every_error_of_every_file_and_exit_code_2(tmp_path: Path) -> None:
    folder = copy(tmp_path)
    rapa = folder / "communes" / "rapa.yaml"
    rapa.write_text(rapa.read_text().replace("index: 41", "index: 44"))
    syndicate = folder / "syndicate.yaml"
    syndicate.write_text(syndicate.read_text().replace("label: Hina\n", "lable: Hina\n", 1))
    outcome = mairie("check", "-i", folder)
    assert outcome.code == 2
    assert outcome.stdout == ""
    lines = outcome.stderr.splitlines()
    assert (
        f"{folder}/communes/rurutu.yaml:7: index: 44 is already Rapa's (communes/rapa.yaml:7); "
        "free: 45, 46, 47 …"
    ) in lines
    wrong = syndicate.read_text().splitlines().index("    lable: Hina") + 1
    assert (
        f"{folder}/syndicate.yaml:{wrong}: technicians.hina.lable: unknown key; "
        'did you mean "label"?'
    ) in lines
    assert lines[-1] == "2 errors"


def test_missing_secrets(tmp_path: Path) -> None:
    folder = copy(tmp_path)
    (folder / "secrets" / "rapa.age").unlink()
    outcome = mairie("check", folder)
    assert outcome.code == 2
    assert outcome.stderr.splitlines() == [
        f"{folder}/secrets/rapa.age: is missing: rapa has no secrets yet; "
        'make them with "mairie secrets generate"',
        "1 error",
    ]


def test_secrets_that_do_not_open(tmp_path: Path) -> None:
    folder = copy(tmp_path)
    path = folder / "secrets" / "rapa.age"
    path.write_bytes(path.read_bytes()[:-10])
    outcome = mairie("check", folder)
    assert outcome.code == 2
    assert f"{path}: is truncated or damaged; take it back from version control" in outcome.stderr


def test_the_inventory_comes_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAIRIE_INVENTORY", str(copy(tmp_path)))
    assert mairie("check").stdout == "2 communes, 5 hosts, no error\n"


def test_the_only_inventory_here_is_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    outcome = mairie("check")
    assert outcome.code == 2
    assert outcome.stderr.startswith("no inventory here; write -i FOLDER")
    copy(tmp_path / "inventories").rename(tmp_path / "inventories" / "mine")
    assert mairie("check").stdout.startswith("2 communes")
    copy(tmp_path / "inventories").rename(tmp_path / "inventories" / "other")
    outcome = mairie("check")
    assert outcome.code == 2
    assert outcome.stderr == (
        "several inventories are here; write -i with one of: inventories/mine, inventories/other\n"
    )

"""Programs invited from outside: what is asked of the host, and the slip that a camera reads."""

from __future__ import annotations

import stat
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp

from mairie.cli.hosts import Hosts
from mairie.inventory.load import load
from mairie.plan.host import HostPlan
from mairie.plan.resolve import resolve_host
from mairie.secrets.identity import find_identity
from mairie.secrets.telephony import Lines
from mairie.secrets.vault import Vault
from tests.lab.softphone_inventory import NAME, NUMBER, write
from tests.unit.cli import demo
from tests.unit.cli.fake_host import FakeHost, fake_host

BOX = "rapa-mairie-box"
TOKEN = "0123456789abcdef01234567"


@pytest.fixture
def invited(tmp_path: Path) -> Path:
    return write(tmp_path / "demo")


def url(inventory: Path) -> str:
    phones = resolve_host(load(inventory), BOX).phones
    assert phones is not None
    return f"{phones.invitations}{TOKEN}"


def rapa(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> Path:
    """Make the telephone host a script. Return what it was asked."""

    def transport(_hosts: Hosts, plan: HostPlan) -> FakeHost:
        assert plan.name == BOX
        return fake_host(tmp_path / BOX, script, "mairie-phones")

    monkeypatch.setattr(Hosts, "transport", transport)
    return tmp_path / BOX / "asked"


def answer(inventory: Path) -> str:
    return f"printf '{NAME}\\t{NUMBER}\\t{url(inventory)}\\t20 min\\n'"


def test_a_slip_is_one_page_whose_code_is_the_address(
    invited: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = rapa(tmp_path, monkeypatch, answer(invited))
    path = tmp_path / "slip.pdf"
    words = ("phone", "invite", "rapa", NAME, "--minutes", "20", "--by", "Hina", "--pdf", path)
    found = demo.mairie(*words, "-i", invited)
    assert (found.code, found.stdout, found.stderr) == (0, "", f"{path}: 1 page\n")
    assert asked.read_text() == f"invite --minutes 20 --by Hina -- {NAME}\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    (page,) = pypdfium2.PdfDocument(path)
    codes = [code.text for code in zxingcpp.read_barcodes(page.render(scale=2).to_pil())]
    assert codes == [url(invited)]
    text = " ".join(page.get_textpage().get_text_range().split())
    for word in (f"Téléphone {NUMBER}", "Tablette du maire", "Mairie de Ahuréi", "20 min", "*97"):
        assert word in text
    assert url(invited) in text.replace(" ", "")


def test_a_code_is_shown_in_a_terminal(
    invited: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = rapa(tmp_path, monkeypatch, answer(invited))
    refused = demo.mairie("phone", "invite", BOX, NAME, "-i", invited)
    assert refused.code == 2
    assert "secrets are only printed to a terminal" in refused.stderr
    assert not asked.exists(), "nobody is invited whom nobody could tell"
    found = demo.mairie("phone", "invite", BOX, NAME, "--yes", "-i", invited)
    assert found.code == 0, found
    *drawn, last = found.stdout.splitlines()
    assert last == f"{NUMBER} Tablette du maire, 20 min : {url(invited)}"
    assert len(drawn) > 10


def test_a_lost_slip_is_closed(
    invited: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = rapa(tmp_path, monkeypatch, f"printf '{NAME}\\n'")
    found = demo.mairie("phone", "close", BOX, NAME, "--by", "Hina", "-i", invited)
    assert (found.code, found.stdout) == (0, f"{NAME}\n")
    assert asked.read_text() == f"close --by Hina -- {NAME}\n"


def test_another_password_leads_to_another_invitation(invited: Path) -> None:
    vault = Vault(invited, load(invited))
    Lines(vault).generate(lambda: find_identity(invited, demo=True))
    words = ("secrets", "rotate", "rapa", "--phone")
    said = demo.mairie(*words, NAME, "-i", invited).stdout
    assert said.endswith(f"Deploy: mairie deploy rapa\nInvite: mairie phone invite rapa {NAME}\n")
    said = demo.mairie(*words, "accueil", "-i", invited).stdout
    assert said.endswith("Deploy: mairie deploy rapa\nReopen: mairie phone open rapa accueil\n")


def test_the_plan_counts_it(invited: Path) -> None:
    said = demo.mairie("show", BOX, "-i", invited).stdout
    assert "1 Linphone, 2 yealink fetch their files from https://" in said


def test_a_sheet_is_made_for_nothing_but_invitations(
    invited: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rapa(tmp_path, monkeypatch, "echo huh")
    path = tmp_path / "slip.pdf"
    found = demo.mairie("phone", "invite", BOX, NAME, "--pdf", path, "-i", invited)
    assert found.code == 2
    assert "answered something else than invitations; deploy it" in found.stderr
    assert not path.exists()

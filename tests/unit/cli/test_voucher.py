"""Codes for visitors, on a gateway that is a script."""

from __future__ import annotations

import stat
from pathlib import Path

import pypdfium2
import pytest

from mairie.cli.hosts import Hosts
from mairie.plan.host import HostPlan
from tests.unit.cli import demo
from tests.unit.cli.fake_host import FakeHost, fake_host

BOX = "rapa-mairie-box"


class Refusing:
    """A gateway whose program has a reason."""

    def argv(self, _script: str, *_arguments: str) -> list[str]:
        return ["sh", "-c", 'echo "Aucun code n° 9 : rien n\'a été annulé." >&2; exit 2']

    def unreachable(self, _status: int, _stderr: str) -> str:
        return ""


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    """The demo, where Rapa asks for codes."""
    folder = demo.copy(tmp_path)
    path = folder / "communes" / "rapa.yaml"
    text = path.read_text()
    path.write_text(
        text.replace("    access_points:", "    portal: {mode: voucher}\n    access_points:")
    )
    return folder


def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> Path:
    """Make the gateway a script; empty: it does not answer. Return what it was asked."""

    def transport(_hosts: Hosts, plan: HostPlan) -> FakeHost:
        assert plan.name == BOX
        if not script:
            return FakeHost(tmp_path / BOX, "No route to host")
        return fake_host(tmp_path / BOX, script, "mairie-portal")

    monkeypatch.setattr(Hosts, "transport", transport)
    return tmp_path / BOX / "asked"


def test_a_site_makes_codes(
    inventory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = host(tmp_path, monkeypatch, "printf '1\\tK7QF-3MXP\\t12 h\\n'")
    words = ("voucher", "new", "rapa-mairie", "--count", "1", "--hours", "12", "-i", inventory)
    found = demo.mairie(*words)
    assert (found.code, found.stdout) == (0, "1\tK7QF-3MXP\t12 h\n")
    assert asked.read_text() == "new --count 1 --hours 12\n"


def test_codes_are_printed_on_slips_too(
    inventory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = [f"K7QF-3MX{letter}" for letter in "ABCDEFGHJKL"]
    lines = "".join(f"{number}\\t{code}\\t12 h\\n" for number, code in enumerate(codes, 1))
    asked = host(tmp_path, monkeypatch, f"printf '{lines}'")
    path = tmp_path / "slips.pdf"
    words = ("voucher", "new", BOX, "--count", "11", "--hours", "12", "--pdf", path)
    found = demo.mairie(*words, "-i", inventory)
    assert found.code == 0, found
    assert [line.split("\t")[1] for line in found.stdout.splitlines()] == codes
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    sheets = [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(path)]
    assert [sum(code in sheet for code in codes) for sheet in sheets] == [10, 1]
    assert "Rapa · Mairie d" in sheets[0]
    assert "12 h dès la première connexion" in sheets[0]
    asked.unlink()
    again = demo.mairie(*words, "-i", inventory)
    assert (again.code, asked.exists()) == (2, False), "no code is made that cannot be written"


def test_an_answer_that_is_no_code_is_said(
    inventory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host(tmp_path, monkeypatch, "echo huh")
    path = tmp_path / "slips.pdf"
    found = demo.mairie("voucher", "new", BOX, "--pdf", path, "-i", inventory)
    assert "answered something else than codes" in found.stderr
    assert not path.exists()


def test_codes_are_listed_and_revoked(
    inventory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = host(tmp_path, monkeypatch, "true")
    assert demo.mairie("voucher", "list", BOX, "-i", inventory).code == 0
    assert demo.mairie("voucher", "revoke", BOX, "1", "3", "-i", inventory).code == 0
    assert asked.read_text() == "list\nrevoke 1 3\n"


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        (
            "rurutu-ecole",
            "rurutu-ecole-gw has no visitors' portal; it needs the role gateway, the segment "
            "public and a portal that is on\n",
        ),
        (
            "rurutu-mairie",
            "rurutu-mairie-gw lets visitors in by a click; for codes, write portal: "
            "{mode: voucher} under its site and deploy\n",
        ),
        (
            "rurutu",
            "rurutu has 2 gateways; name one: rurutu-mairie-gw, rurutu-ecole-gw\n",
        ),
        (
            "hub",
            "no host matches all of these targets together; leave one of them out\n",
        ),
    ],
)
def test_who_asks_for_no_code(inventory: Path, target: str, sentence: str) -> None:
    found = demo.mairie("voucher", "new", target, "-i", inventory)
    assert (found.code, found.stderr) == (2, sentence)


def test_a_gateway_that_refuses_or_does_not_answer(
    inventory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Hosts, "transport", lambda _hosts, _plan: Refusing())
    found = demo.mairie("voucher", "revoke", BOX, "9", "-i", inventory)
    assert (found.code, found.stderr) == (
        1,
        f"{BOX}: Aucun code n° 9 : rien n'a été annulé.\n",
    )
    host(tmp_path, monkeypatch, "")
    found = demo.mairie("voucher", "list", BOX, "-i", inventory)
    assert (found.code, found.stderr) == (
        3,
        f"{BOX}: cannot be reached by ssh: No route to host\n",
    )

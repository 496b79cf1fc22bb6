"""Lessons switched from outside, on a gateway that is a script."""

from __future__ import annotations

from pathlib import Path

import pytest

from mairie.cli.hosts import Hosts
from mairie.plan.host import HostPlan
from tests.unit.cli import demo
from tests.unit.cli.fake_host import FakeHost, fake_host

GATEWAY = "rurutu-ecole-gw"
CABLES = "admin: eth3}}"


class Refusing:
    """A gateway whose program has a reason."""

    def argv(self, _script: str, *_arguments: str) -> list[str]:
        return ["sh", "-c", "echo 'De 1 à 180 minutes : rien n’a changé.' >&2; exit 2"]

    def unreachable(self, _status: int, _stderr: str) -> str:
        return ""


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    """The demo, where the school of Rurutu has a radio."""
    folder = demo.copy(tmp_path)
    path = folder / "communes" / "rurutu.yaml"
    text = path.read_text()
    assert text.count(CABLES) == 1
    radios = "radios: {wlan0: {band: 2.4, channel: 6}}"
    path.write_text(text.replace(CABLES, f"{CABLES[:-1]}, {radios}}}"))
    return folder


def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> Path:
    """Make the gateway a script. Return what it was asked."""

    def transport(_hosts: Hosts, plan: HostPlan) -> FakeHost:
        assert plan.name == GATEWAY
        return fake_host(tmp_path / GATEWAY, script, "mairie-lessons")

    monkeypatch.setattr(Hosts, "transport", transport)
    return tmp_path / GATEWAY / "asked"


@pytest.mark.parametrize("target", ["rurutu", "rurutu-ecole", GATEWAY])
def test_a_commune_a_site_or_a_host(
    inventory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    asked = host(tmp_path, monkeypatch, "printf 'allumé\\n'")
    words = ("lesson", "on", target, "--minutes", "45", "--by", "Hina", "-i", inventory)
    found = demo.mairie(*words)
    assert (found.code, found.stdout) == (0, "allumé\n")
    assert asked.read_text() == "on --minutes 45 --by Hina\n"


@pytest.mark.parametrize(
    ("words", "expected"),
    [(("on",), "on --by \n"), (("status",), "status\n"), (("log",), "log\n")],
)
def test_the_host_says_the_rest(
    inventory: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    expected: str,
) -> None:
    asked = host(tmp_path, monkeypatch, "true")
    assert demo.mairie("lesson", *words, GATEWAY, "-i", inventory).code == 0
    assert asked.read_text() == expected


def test_a_refusal_is_a_sentence(inventory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Hosts, "transport", lambda _hosts, _plan: Refusing())
    found = demo.mairie("lesson", "on", GATEWAY, "--minutes", "300", "-i", inventory)
    assert (found.code, found.stderr) == (
        1,
        f"{GATEWAY}: De 1 à 180 minutes : rien n’a changé.\n",
    )


def test_a_radio_that_fails_is_told(
    inventory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host(tmp_path, monkeypatch, "echo allumé; echo 'radio wlan0 : cette radio n’est pas là' >&2")
    found = demo.mairie("lesson", "on", GATEWAY, "-i", inventory)
    assert (found.code, found.stdout) == (0, "allumé\n")
    assert found.stderr == f"{GATEWAY}: radio wlan0 : cette radio n’est pas là\n"


def test_a_site_without_such_networks(inventory: Path) -> None:
    found = demo.mairie("lesson", "status", "rapa", "-i", inventory)
    assert (found.code, found.stderr) == (
        2,
        "rapa has no network for lessons; it needs a gateway with radios and the segment school\n",
    )

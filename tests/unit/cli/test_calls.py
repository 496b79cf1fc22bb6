"""Calls asked from outside, of a host that is a script."""

from __future__ import annotations

from pathlib import Path

import pytest

from mairie.cli.hosts import Hosts
from mairie.plan.host import HostPlan
from tests.lab.voip_inventory import write
from tests.unit.cli import demo
from tests.unit.cli.fake_host import FakeHost, fake_host

SERVER = "rurutu-mairie-srv"


@pytest.mark.parametrize("target", ["rurutu", SERVER])
def test_the_telephone_host_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    def transport(_hosts: Hosts, plan: HostPlan) -> FakeHost:
        assert plan.name == SERVER
        return fake_host(tmp_path / SERVER, "echo 'En cours'", "mairie-calls")

    monkeypatch.setattr(Hosts, "transport", transport)
    inventory = write(tmp_path / "demo")
    found = demo.mairie("calls", target, "--last", "5", "-i", inventory)
    assert (found.code, found.stdout) == (0, "En cours\n")
    assert (tmp_path / SERVER / "asked").read_text() == "--last 5\n"


def test_a_host_without_telephones_is_a_sentence(tmp_path: Path) -> None:
    inventory = write(tmp_path / "demo")
    found = demo.mairie("calls", "rurutu-ecole-gw", "-i", inventory)
    assert found.code == 2
    assert "rurutu-ecole-gw has none" in found.stderr

"""What the deploy of backups asks a host, in a shell with a systemctl of our own."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from mairie.host.backup import BackupTried, KnownInstances, OpenInstances, Repositories

LISTED = """\
mairie-store@rapa-mairie-box.socket loaded active running Door to the copies of rapa-mairie-box
mairie-store@rapa-mairie-box.service loaded active running Copies of rapa-mairie-box
mairie-store@tubuai-mairie-srv.socket loaded active listening Door to the copies of tubuai
"""


@pytest.fixture
def systemctl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "systemctl"
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{LISTED}END\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")


def said(command: str) -> list[str]:
    done = subprocess.run(["sh", "-c", command], check=True, capture_output=True, text=True)
    return done.stdout.splitlines()


@pytest.mark.usefixtures("systemctl")
def test_every_instance_is_known_once() -> None:
    fact = KnownInstances()
    assert fact.process(said(fact.command())) == ("rapa-mairie-box", "tubuai-mairie-srv")


@pytest.mark.usefixtures("systemctl")
def test_a_door_that_no_boot_opens_is_not_open(tmp_path: Path) -> None:
    wants = tmp_path / "wants"
    wants.mkdir()
    (wants / "mairie-store@rapa-mairie-box.socket").touch()
    fact = OpenInstances()
    command = fact.command().replace("/etc/systemd/system/sockets.target.wants", str(wants))
    assert fact.process(said(command)) == ("rapa-mairie-box",)


def test_a_folder_without_configuration_is_no_repository(tmp_path: Path) -> None:
    for name in ("rapa-mairie-box", "tubuai-mairie-srv"):
        (tmp_path / name).mkdir()
    (tmp_path / "rapa-mairie-box" / "config").touch()
    fact = Repositories()
    command = fact.command().replace("/var/lib/mairie/store", str(tmp_path))
    assert fact.process(said(command)) == ("rapa-mairie-box",)


def test_one_try_is_enough_to_leave_the_rest_to_the_nights(tmp_path: Path) -> None:
    fact = BackupTried()
    command = fact.command().replace("/var/lib/mairie/backup", str(tmp_path))
    assert not fact.process(said(command))
    (tmp_path / "state.json").touch()
    assert fact.process(said(command))

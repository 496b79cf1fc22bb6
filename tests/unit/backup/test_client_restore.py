"""What a restore says before it writes, and what it refuses."""

from __future__ import annotations

import io
import json
import os
from collections import namedtuple
from pathlib import Path
from typing import Any

import pytest

from mairie_backup import link, settings
from mairie_backup.events import Reporter
from mairie_backup.places import Places
from mairie_backup.restore import Restore, Wish
from mairie_backup.survey import survey
from tests.unit.backup.client_settings import SETTINGS

SNAPSHOT = {"id": "a1b2c3d4e5f6", "time": "2026-03-02T00:00:00Z", "paths": ["/srv"]}
ROOM = namedtuple("ROOM", ("f_bavail", "f_frsize"))


def message(action: str, item: str, size: int = 0) -> dict[str, object]:
    return {"message_type": "verbose_status", "action": action, "item": item, "size": size}


DRY_RUN = [
    message("restored", "/srv"),
    message("restored", "/srv/new", 100),
    message("updated", "/srv/old", 50),
    message("unchanged", "/srv/same", 70),
    {"message_type": "summary", "total_files": 4},
]


def test_what_would_happen_is_counted(tmp_path: Path) -> None:
    found = survey(DRY_RUN, tmp_path, remember=True)
    assert (found.new, found.same, found.overwritten, found.bytes) == (2, 1, 1, 150)
    assert (found.named, found.kept) == (["/srv/old"], ["/srv/same"])
    assert found.too_full is None
    assert survey(DRY_RUN, tmp_path, remember=False).kept == []


def test_what_an_interrupted_restore_half_wrote_is_finished_not_overwritten(tmp_path: Path) -> None:
    theirs = survey(DRY_RUN, tmp_path, remember=False, there_before={"/srv/old"})
    ours = survey(DRY_RUN, tmp_path, remember=False, there_before=())
    assert (theirs.overwritten, ours.overwritten) == (1, 0)
    assert (ours.new, ours.bytes, ours.named) == (3, 150, [])


def test_too_little_room_is_seen_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "statvfs", lambda _: ROOM(149, 1))
    assert survey(DRY_RUN, tmp_path, remember=False).too_full == (150, 149)


class World:
    """A host whose restic answers from a script."""

    def __init__(self, folder: Path) -> None:
        self.places = Places(folder / "root")
        self.folder = folder
        self.out = io.StringIO()
        self.places.password.parent.mkdir(parents=True)
        self.places.password.write_text("x")
        self.places.credential.write_text("RESTIC_REST_USERNAME=a\nRESTIC_REST_PASSWORD=b\n")
        self.dry(DRY_RUN)

    def dry(self, messages: list[Any], restore: str = "exit 0") -> None:
        """Say what a dry run answers and what a restore does."""
        (self.folder / "dry").write_text("\n".join(json.dumps(each) for each in messages) + "\n")
        program = self.folder / "restic"
        program.write_text(
            f'#!/bin/sh\necho "$@" >>{self.folder}/calls\ncase "$*" in\n'
            f"*snapshots*) echo '[{json.dumps(SNAPSHOT)}]';;\n"
            f"*--dry-run*) cat {self.folder}/dry;;\n*restore*) {restore};;\nesac\n"
        )
        program.chmod(0o755)

    def restore(self, **wish: Any) -> int:
        reporter = Reporter(as_json=True, out=self.out)
        return Restore(settings.parse(SETTINGS), self.places, reporter, Wish(**wish)).go()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.getvalue().splitlines()]

    @property
    def written(self) -> list[str]:
        calls = (self.folder / "calls").read_text().splitlines()
        return [call for call in calls if " restore " in call and "--dry-run" not in call]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(link, "ask", lambda *_: link.Answer("there", 0.0))
    return World(tmp_path)


def test_nothing_is_overwritten_unless_it_was_said(world: World) -> None:
    assert world.restore() == 0
    (call,) = world.written
    assert "--overwrite=never" in call
    assert f"--target={world.places.restored / 'a1b2c3d4'}" in call
    assert world.restore(in_place=True, overwrite="if-changed") == 0
    assert "--overwrite=if-changed" in world.written[-1]
    assert "--target=/ " in world.written[-1] + " "
    assert any("sera remplacé : /srv/old" in line.get("text", "") for line in world.lines)


def test_odd_paths_are_asked_for_as_they_are(world: World, tmp_path: Path) -> None:
    assert world.restore(paths=("/srv/a*[b]",), to=str(tmp_path / "back")) == 0
    assert r"--include=/srv/a\*\[b\]" in world.written[0]


def test_an_interrupted_restore_does_not_keep_its_own_half_files(
    world: World, tmp_path: Path
) -> None:
    target = tmp_path / "back"
    world.dry([message("unchanged", "/mine", 5), message("restored", "/half", 9)], "exit 1")
    assert world.restore(to=str(target)) == 1
    (target / "mine").write_text("mine!")
    (target / "half").write_text("half")
    # Seen again: both differ from the snapshot.
    world.dry([message("updated", "/mine", 5), message("updated", "/half", 9)])
    assert world.restore(to=str(target)) == 0
    assert (target / "mine").read_text() == "mine!"
    assert not (target / "half").exists(), "restic writes it again, whole"
    assert any("reprend" in line.get("text", "") for line in world.lines)
    (target / "half").write_text("changed by somebody since")
    assert world.restore(to=str(target)) == 0
    assert (target / "half").exists(), "that restore had ended"


def test_an_interrupted_restore_into_a_folder_of_its_own_keeps_what_arrived(
    world: World, tmp_path: Path
) -> None:
    target = tmp_path / "back"
    world.dry([message("restored", "/half", 9)], "exit 1")
    assert world.restore(to=str(target)) == 1
    (target / "half").write_text("half")
    world.dry([message("updated", "/half", 9)])
    assert world.restore(to=str(target)) == 0
    assert (target / "half").read_text() == "half", "restic fetches only what it lacks"
    assert "--overwrite=if-changed" in world.written[-1]
    assert world.lines[-1]["overwritten"] == 0


def test_a_snapshot_that_is_not_there_is_a_sentence(world: World) -> None:
    assert world.restore(snapshot="ffff") == 1
    assert "n'existe pas" in world.lines[-1]["text"]


def test_a_relative_folder_is_refused(world: World) -> None:
    assert world.restore(to="here") == 1
    assert "absolu" in world.lines[-1]["text"]


def test_no_room_writes_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "statvfs", lambda _: ROOM(1, 1))
    assert world.restore() == 1
    assert "Pas assez de place" in world.lines[-1]["text"]
    assert world.written == []


def test_a_link_that_is_down_is_no_failure(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "ask", lambda *_: link.Answer("unreachable"))
    assert world.restore() == 3
    assert "reprendra" in world.lines[-1]["text"]

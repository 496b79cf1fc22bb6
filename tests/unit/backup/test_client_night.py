"""The nightly run against a hub that answers as told and a restic that says what it is told."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mairie_backup import link, night, settings, state, targets, upload
from mairie_backup.alone import BusyError, alone
from mairie_backup.clock import Clock
from mairie_backup.events import Reporter
from mairie_backup.link import Answer
from mairie_backup.places import Places
from mairie_backup.settings import Settings, SettingsError
from tests.unit.backup.client_settings import SETTINGS

SUMMARY = (
    '{"message_type":"summary","snapshot_id":"abc","data_added_packed":10,'
    '"total_bytes_processed":100,"total_files_processed":3}'
)
THERE, AWAY = Answer("there", 0.0), Answer("unreachable")


@dataclass
class World:
    """One host."""

    places: Places
    settings: Settings
    restic: Path
    answers: list[Answer] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)
    said: io.StringIO = field(default_factory=io.StringIO)

    def restic_says(self, script: str) -> None:
        """Write the program that stands for restic; it notes its arguments."""
        self.restic.write_text(f'#!/bin/sh\necho "$@" >>{self.restic}.calls\n{script}\n')
        self.restic.chmod(0o755)

    @property
    def calls(self) -> list[str]:
        path = Path(f"{self.restic}.calls")
        return path.read_text().splitlines() if path.exists() else []

    def run(self, now: datetime | None = None, *, windowed: bool = True) -> int:
        reporter = Reporter(as_json=True, out=self.said)
        at = now or datetime.now().astimezone()
        local = at.astimezone()
        # The window has just begun, wherever this machine is.
        known = replace(self.settings, window_start=f"{local:%H:%M}")
        return night.Night(
            known, self.places, reporter, windowed=windowed, sleep=self.slept.append,
            now=lambda: at,
        ).go()  # fmt: skip

    @property
    def known(self) -> dict[str, Any]:
        return state.load(self.places.state)

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.said.getvalue().splitlines()]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    places = Places(tmp_path / "root")
    places.password.parent.mkdir(parents=True)
    places.password.write_text("pa55word")
    places.credential.write_text("RESTIC_REST_USERNAME=rapa\nRESTIC_REST_PASSWORD=x=y\n")
    made = World(places, settings.parse(SETTINGS), tmp_path / "bin" / "restic")
    made.restic.parent.mkdir()
    made.restic_says(f"echo '{SUMMARY}'")
    monkeypatch.setenv("PATH", f"{made.restic.parent}:/usr/bin:/bin")
    monkeypatch.setattr(
        link, "ask", lambda *_: made.answers.pop(0) if len(made.answers) > 1 else made.answers[0]
    )
    monkeypatch.setattr("mairie_backup.clock.is_synchronised", lambda: True)
    made.answers = [THERE]
    return made


def test_a_good_night_is_written_down(world: World) -> None:
    assert world.run() == 0
    known = world.known
    assert known["run"]["outcome"] == "done"
    assert (known["run"]["snapshot"], known["run"]["sent_bytes"]) == ("abc", 10)
    assert known["success"]["snapshot"] == "abc"
    assert known["nights_failed"] == 0
    assert world.lines[-1]["kind"] == "result"
    assert json.loads(world.places.canary.read_text())["host"] == "rapa-mairie-box"
    assert world.places.state.stat().st_mode & 0o777 == 0o600


def test_no_secret_is_among_the_arguments(world: World) -> None:
    world.run()
    (call,) = world.calls
    assert "pa55word" not in call
    assert "x=y" not in call


def test_what_is_saved_and_how(world: World) -> None:
    world.run()
    (call,) = world.calls
    words = call.split()
    assert words[words.index("--") + 1 :] == ["/etc", str(world.places.home)]
    for option in (
        "--host=rapa-mairie-box",
        "--group-by=host",
        "--no-scan",
        "--pack-size=4",
        "--limit-upload=146",
        "--limit-download=732",
        "--exclude=*.tmp",
        f"--exclude={world.places.restored}",
        f"--exclude={world.places.state}",
    ):
        assert option in words, option
    assert "--time" not in call


def test_a_link_that_comes_back_in_the_window_is_used(world: World) -> None:
    world.answers = [AWAY, AWAY, THERE]
    assert world.run() == 0
    assert world.slept == [night.RETRY_S, night.RETRY_S]
    assert world.known["success"]["snapshot"] == "abc"


def test_nobody_waits_for_a_link_all_night_by_hand(world: World) -> None:
    world.answers = [AWAY]
    assert world.run(windowed=False) == 3
    assert world.calls == []
    assert world.known["nights_failed"] == 0, "a try by day is no night"


def test_nights_without_a_backup_become_an_alert(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.answers = [AWAY]
    monkeypatch.setattr(night, "LEAST_S", 1e9)
    alerts = []
    for day in (1, 2, 3):
        assert world.run(datetime(2026, 3, day, 12, 0, tzinfo=UTC)) == 3
        alerts.append(any("ALERTE" in line.get("text", "") for line in world.lines))
    assert alerts == [False, True, True]
    assert world.known["nights_failed"] == 3
    world.answers = [THERE]
    assert world.run(datetime(2026, 3, 4, 12, 0, tzinfo=UTC)) == 0
    assert world.known["nights_failed"] == 0


def test_a_clock_that_is_a_day_ahead_gives_the_snapshot_the_hub_s_time(world: World) -> None:
    world.answers = [Answer("there", 86_400.0)]
    assert world.run(datetime(2026, 3, 2, 12, 0, tzinfo=UTC)) == 5
    assert "--time=2026-03-01 12:00:00" in world.calls[0]
    assert json.loads(world.places.canary.read_text())["date"] == "2026-03-01T12:00:00+00:00"
    assert world.known["success"]["at"] == "2026-03-01T12:00:00+00:00"
    assert "avance" in " ".join(world.known["run"]["warnings"])


STUCK = """echo "said before" >&2
trap 'echo "signal terminated received, cleaning up" >&2; exit 1' TERM
echo '{"message_type":"status","bytes_done":5000000}'
while :; do sleep 0.05; done"""


def test_the_end_of_the_window_is_no_failure(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.restic_says(STUCK)
    monkeypatch.setattr("mairie_backup.window.deadline", lambda *asked: _soon(asked[2]))
    assert world.run() == 5
    run = world.known["run"]
    assert run["outcome"] == "incomplete"
    assert "continuera la nuit prochaine" in run["text"]
    assert "5,0 Mo" in run["text"]
    assert world.known["nights_failed"] == 1


def test_a_store_that_is_full_is_named_also_when_restic_goes_on_asking(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = "Save(<data/1>) returned error, retrying after 1s: unexpected HTTP response (507)"
    world.restic_says(STUCK.replace("said before", full))
    monkeypatch.setattr("mairie_backup.window.deadline", lambda *asked: _soon(asked[2]))
    assert world.run() == 1
    assert "plus de place" in world.known["run"]["text"]


def test_a_link_that_was_cut_until_the_end_of_the_window_is_said(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.restic_says(STUCK)
    world.answers = [THERE, AWAY]
    monkeypatch.setattr("mairie_backup.window.deadline", lambda *asked: _soon(asked[2]))
    assert world.run() == 3
    assert "coupé pendant la sauvegarde" in world.known["run"]["text"]


def _soon(now: datetime) -> datetime:
    return now.fromtimestamp(now.timestamp() + 1, now.tzinfo)


@pytest.mark.parametrize(
    ("script", "code", "outcome", "says"),
    [
        ("echo 'Fatal: wrong password' >&2; exit 12", 1, "failed", "mot de passe"),
        ("echo 'Fatal: no repository' >&2; exit 10", 1, "failed", "pas de dépôt"),
        ("echo 'server response: (413)' >&2; exit 1", 1, "failed", "plus de place"),
        (
            f"echo '{SUMMARY}'; echo "
            '\'{"message_type":"error","error":{"message":"denied"},"item":"/etc/x"}\' >&2; exit 3',
            5, "incomplete", "/etc/x",
        ),
    ],
)  # fmt: skip
def test_what_restic_ends_with(
    world: World, script: str, code: int, outcome: str, says: str
) -> None:
    world.restic_says(script)
    assert world.run() == code
    assert world.known["run"]["outcome"] == outcome
    assert says in world.known["run"]["text"]
    assert bool(world.known["success"]) == (code == 5), "a snapshot without one file is a snapshot"


def test_a_lock_that_an_earlier_run_left_is_removed(world: World) -> None:
    world.restic_says(f"case \"$*\" in *unlock*) exit 0;; esac; echo '{SUMMARY}'")
    state.save(world.places.state, {**state.EMPTY, "run": {"started": "x", "ended": None}})
    assert world.run() == 0
    assert [" unlock" in call for call in world.calls] == [True, False]
    assert world.run() == 0
    assert not any(" unlock" in call for call in world.calls[2:])


def test_a_repository_that_is_locked_is_unlocked_once(world: World) -> None:
    world.restic_says('case "$*" in *unlock*) exit 0;; esac; echo locked >&2; exit 11')
    assert world.run() == 1
    kinds = ["unlock" if " unlock" in call else "backup" for call in world.calls]
    assert kinds == ["backup", "unlock", "backup"]


def test_a_database_that_cannot_be_dumped_makes_the_night_incomplete(world: World) -> None:
    data = {**SETTINGS, "databases": [{"name": "x", "engine": "sqlite", "source": "/nowhere/x"}]}
    world.settings = settings.parse(data)
    assert world.run() == 5
    run = world.known["run"]
    assert run["snapshot"] == "abc"
    assert run["databases"]["x"]["error"]
    assert run["databases"]["x"]["at"] == ""
    assert world.known["success"]["snapshot"] == "abc"


def test_an_absent_local_disk_is_said_and_fine(world: World, tmp_path: Path) -> None:
    world.settings = replace(world.settings, local_target=str(tmp_path / "usb"))
    assert world.run() == 0
    assert world.known["run"]["local"]["outcome"] == "absent"
    (tmp_path / "usb").mkdir()
    assert world.run() == 0
    assert world.known["run"]["local"]["outcome"] == "absent", "an empty mount point is no disk"


def test_a_local_disk_gets_its_own_repository(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usb = tmp_path / "usb"
    usb.mkdir()
    world.settings = replace(world.settings, local_target=str(usb))
    monkeypatch.setattr(targets, "local_is_there", lambda *_: True)
    assert world.run(datetime(2026, 3, 2, 12, 0, tzinfo=UTC)) == 0
    assert world.known["local_success"]["snapshot"] == "abc"
    words = [word for call in world.calls for word in call.split()]
    assert [word for word in words if word in ("init", "backup")] == ["backup", "init", "backup"]
    assert f"--exclude={usb}" in world.calls[0]


def test_a_lost_key_is_said(world: World) -> None:
    world.places.password.write_text("")
    assert world.run() == 1
    assert "perdu ou vide" in world.known["run"]["text"]
    assert world.known["nights_failed"] == 1


def test_a_refused_credential_is_not_tried_again(world: World) -> None:
    world.answers = [Answer("refused", 0.0)]
    assert world.run() == 1
    assert (world.slept, world.calls) == ([], [])


@contextmanager
def holding(path: Path) -> Iterator[None]:
    with alone(path):
        yield


def test_one_run_at_a_time(tmp_path: Path) -> None:
    lock = tmp_path / "run" / "lock"
    with holding(lock), pytest.raises(BusyError, match="déjà en cours"), holding(lock):
        pass
    with holding(lock):
        pass


@pytest.mark.parametrize("missing", ["host", "window", "drill"])
def test_settings_that_are_not_whole_are_a_sentence(missing: str) -> None:
    data = {key: value for key, value in SETTINGS.items() if key != missing}
    with pytest.raises(SettingsError, match=missing):
        settings.parse(data)


def test_packs_are_what_restic_allows(world: World) -> None:
    for size, option in ((1, "--pack-size=4"), (16 << 20, "--pack-size=16"),
                         (1 << 40, "--pack-size=128")):  # fmt: skip
        assert option in targets.limits(replace(world.settings, pack_bytes=size))
    assert "--limit-upload=1" in targets.limits(replace(world.settings, upload=100))


def test_a_folder_above_is_not_saved_twice(world: World) -> None:
    above = replace(world.settings, folders=(str(world.places.home.parent),))
    assert upload.paths(above, world.places) == [str(world.places.home)]
    world.places.home.mkdir(parents=True)
    assert upload.paths(above, world.places) == [str(world.places.home.parent)]


def test_a_damaged_state_is_begun_again(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    for text in ("", "{", "[1]"):
        path.write_text(text)
        assert state.load(path) == state.EMPTY


def test_wrong_clocks_are_named_in_the_state(world: World) -> None:
    world.run()
    assert world.known["run"]["clock"] == {"synchronised": True, "ahead_s": 0}
    assert Clock(True, 0.0).sentence() == ""

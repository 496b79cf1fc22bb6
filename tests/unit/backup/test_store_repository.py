"""What is taken out of a repository before restic meets it; failures by their names."""

from __future__ import annotations

import os
import stat
import time
from dataclasses import replace
from pathlib import Path

import pytest

from mairie_restic import Restic, ResticError, failure_kind, parse_line
from mairie_store.approve import approve
from mairie_store.errors import StoreError
from mairie_store.repository import foreign_files, remove_locks, set_aside, short_files, size
from mairie_store.screen import screen, strange
from mairie_store.settings import Places, Retention, Settings, StoredHost
from mairie_store.state import Guard, State, load, save

GOOD = "a" * 64


def put(repository: Path, path: str, content: bytes = b"x" * 100, age: float = 0) -> Path:
    file = repository / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    os.utime(file, (time.time() - age, time.time() - age))
    return file


@pytest.fixture
def places(tmp_path: Path) -> Places:
    found = Places(root=tmp_path)
    repository = found.store / "rapa"
    put(repository, "config")
    for path in ("keys/" + "1" * 64, "keys/" + "2" * 64, "index/" + GOOD, "snapshots/" + GOOD):
        put(repository, path)
    put(repository, f"data/aa/{GOOD}")
    return found


def test_a_good_repository_is_left_alone(places: Places) -> None:
    state = State(host="rapa", keys={"host": "1" * 64, "store": "2" * 64})
    before = size(places.store)
    assert screen(places, state) == []
    assert size(places.store) == before == 600
    assert not places.aside.exists()


def test_what_does_not_belong_is_set_aside_and_told(places: Places) -> None:
    repository = places.store / "rapa"
    state = State(host="rapa", keys={"host": "1" * 64, "store": "2" * 64})
    put(repository, "keys/" + "3" * 64)
    put(repository, "snapshots/" + "4" * 64, b"ninebytes")
    put(repository, "index/" + "5" * 64, b"")
    put(repository, "inner/config")
    put(repository, "data/" + GOOD)
    screen(places, state)
    assert strange(state).keys == ("3" * 64,)
    assert strange(state).unreadable == ("4" * 64, "5" * 64)
    assert strange(state).others == (GOOD, "inner/config")
    assert (places.aside / "rapa/inner/config").exists()
    assert stat.S_IMODE((places.aside / "rapa").stat().st_mode) == 0o700
    assert foreign_files(repository) == short_files(repository) == []


def test_without_knowing_its_keys_the_hub_removes_none(places: Places) -> None:
    screen(places, State(host="rapa"))
    assert len(list((places.store / "rapa/keys").iterdir())) == 2


def test_a_part_that_still_arrives_stays_and_an_old_one_goes(places: Places) -> None:
    repository = places.store / "rapa"
    arriving = put(repository, f"data/aa/{GOOD}-rest-1234")
    old = put(repository, f"data/aa/{GOOD}-rest-99", age=2 * 24 * 3600)
    assert foreign_files(repository) == []
    assert arriving.exists()
    assert not old.exists()


def test_locks_of_any_kind_go(places: Places) -> None:
    repository = places.store / "rapa"
    put(repository, "locks/" + GOOD, b"")
    put(repository, "locks/unlike")
    assert remove_locks(repository) == 2
    assert remove_locks(repository) == 0


def settings(places: Places) -> Settings:
    host = StoredHost(
        name="rapa",
        label="Rapa",
        timezone="Pacific/Tahiti",
        window_minutes=45,
        folders=("/etc",),
        quota_bytes=1000,
        retention=Retention(name="standard", daily=7, weekly=4, monthly=12, yearly=2),
        alert_nights=3,
    )
    return Settings(
        host="hub",
        hosts=(host,),
        warn_percent=80,
        free_percent=10,
        check_slices=28,
        places=places,
    )


def held(places: Places) -> State:
    state = State(host="rapa", strange={"keys": ["3" * 64]})
    state.guard = Guard(
        verdict="held",
        known_good="b" * 64,
        reasons=[
            {"key": f"date:{GOOD}", "text": "Une date.", "snapshots": [GOOD]},
            {"key": "key:" + "3" * 64, "text": "Une clé.", "snapshots": []},
        ],
    )
    save(places.state, state)
    return state


def test_approval_is_for_what_was_held_and_pins_the_last_good(places: Places) -> None:
    held(places)
    found = settings(places)
    assert approve(found, found.hosts[0]) == ("Une date.", "Une clé.")
    state = load(places.state, "rapa")
    assert state.approved_keys == {f"date:{GOOD}"}
    assert state.guard.verdict == "unknown"
    assert state.strange == {}
    assert list(state.pinned) == ["b" * 64]
    assert state.approved[0]["action"] == "approve"
    with pytest.raises(StoreError, match="Rien n'est retenu pour rapa"):
        approve(found, found.hosts[0])


def test_setting_aside_accepts_nothing_about_the_snapshots(places: Places) -> None:
    held(places)
    found = settings(places)
    approve(found, found.hosts[0], remove=True)
    state = load(places.state, "rapa")
    assert state.approved_keys == frozenset()
    assert state.removed == [GOOD]
    assert (places.aside / "rapa/snapshots" / GOOD).exists()
    assert not (places.store / "rapa/snapshots" / GOOD).exists()


def test_set_aside_returns_names(places: Places) -> None:
    repository = places.store / "rapa"
    assert set_aside(repository, places.aside, [repository / "config"]) == ["config"]


def test_an_unknown_host_is_told_what_is_kept(places: Places) -> None:
    with pytest.raises(StoreError, match=r"ne garde rien pour « rurutu »\. Il garde : rapa"):
        settings(places).chosen("rurutu")


@pytest.mark.parametrize(
    ("code", "text", "kind"),
    [
        (10, "Fatal: repository does not exist", "no-repository"),
        (11, "unable to create lock in backend", "locked"),
        (12, "Fatal: wrong password or no key found", "wrong-password"),
        (3, "could not read", "incomplete"),
        (130, "", "stopped"),
        (-9, "", "stopped"),
        (1, "dial tcp 10.0.0.1:8000: connect: connection refused", "link-down"),
        (1, "unexpected HTTP response (502): 502 Bad Gateway", "link-down"),
        (1, "unexpected HTTP response (507): 507 Insufficient Storage", "no-space"),
        (1, "write /var/lib/x: no space left on device", "no-space"),
        (1, "unexpected HTTP response (403): 403 Forbidden", "refused"),
        (1, "Fatal: ciphertext verification failed", "damaged"),
        (1, "Fatal: unknown flag", "failed"),
        (2, "panic: runtime error", "failed"),
    ],
)
def test_failures_have_names(code: int, text: str, kind: str) -> None:
    assert failure_kind(code, text) == kind


def test_lines_of_restic() -> None:
    assert list(parse_line('{"message_type": "status"}\n')) == [{"message_type": "status"}]
    assert list(parse_line('[{"id": 1}, {"id": 2}]')) == [{"id": 1}, {"id": 2}]
    assert list(parse_line("done\n")) == [{"message_type": "text", "text": "done"}]
    assert list(parse_line("\n")) == []


def script(tmp_path: Path, body: str) -> Restic:
    """A program in restic's place."""
    program = tmp_path / "restic"
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o755)
    return Restic(
        repository="http://192.0.2.1/h/",
        secrets={"RESTIC_PASSWORD": "very-secret"},
        program=str(program),
    )


def test_secrets_are_in_the_environment_alone(tmp_path: Path) -> None:
    restic = script(tmp_path, 'echo "$RESTIC_PASSWORD $RESTIC_REPOSITORY"; echo "$@"')
    said = [message["text"] for message in restic.run("snapshots")]
    assert said == ["very-secret rest:http://192.0.2.1/h/", "--json --no-cache snapshots"]
    assert "very-secret" not in repr(restic)


def test_messages_come_before_the_failure(tmp_path: Path) -> None:
    body = """echo '{"message_type":"summary"}'
echo '{"message_type":"error","error":{"message":"denied"},"during":"archival","item":"/a"}' >&2
exit 3"""
    seen = []
    with pytest.raises(ResticError) as caught:
        for message in script(tmp_path, body).stream("backup"):
            seen.append(message)
    assert seen == [{"message_type": "summary"}]
    assert (caught.value.kind, caught.value.items) == ("incomplete", ("/a",))


def test_a_run_that_lasts_too_long_is_interrupted(tmp_path: Path) -> None:
    restic = script(
        tmp_path,
        "trap 'echo signal terminated received >&2; exit 1' TERM; while :; do sleep 0.05; done",
    )
    with pytest.raises(ResticError) as caught:
        restic.run("backup", timeout=0.3)
    assert caught.value.kind == "stopped"


def test_an_absent_restic_is_a_sentence(tmp_path: Path) -> None:
    absent = replace(script(tmp_path, ""), program=str(tmp_path / "none"))
    with pytest.raises(ResticError, match="restic a échoué") as caught:
        absent.run("snapshots")
    assert "No such file" in caught.value.detail
